# One interface target carries the warnings and the Qt strictness for every target of ours.
add_library(dscope_options INTERFACE)
target_include_directories(dscope_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(dscope_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
target_compile_definitions(dscope_options INTERFACE QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII)
if(DSCOPE_SANITIZE)
  target_compile_options(dscope_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(dscope_options INTERFACE -fsanitize=address,undefined)
endif()
