# One interface target carries the warnings and the Qt strictness for every target of ours.
add_library(dscope_options INTERFACE)
target_include_directories(dscope_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(dscope_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlaps in std::string's own inlined copying that are not there (GCC bug 105651).
  target_compile_options(dscope_options INTERFACE -Wno-restrict)
endif()
target_compile_definitions(dscope_options INTERFACE QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII)
if(DSCOPE_SANITIZE)
  target_compile_options(dscope_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(dscope_options INTERFACE -fsanitize=address,undefined)
endif()
if(CMAKE_COMPILE_WARNING_AS_ERROR)
  # GCC 12 sees overflows in the inlined concatenation of strings that are none (its bugs 105329, 105651); told, but no error.
  target_compile_options(dscope_options INTERFACE -Wno-error=stringop-overflow -Wno-error=array-bounds -Wno-error=restrict)
endif()
