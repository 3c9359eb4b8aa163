# Builds of a few targets with instruments: libFuzzer's (./fuzz.sh, preset fuzz) and ThreadSanitizer's (./sanitize.sh thread, preset tsan). Only the sources that such a build is about
# are compiled in it, everything else comes from the libraries of an ordinary build: a tenth of the compiling, and libtorch, OpenCV and FFmpeg have no instruments in any case.
# The address sanitizer over all tests is a whole build of its own (preset dev-asan).
set(DSCOPE_INSTRUMENTS "" CACHE STRING "fuzz (clang) or thread: build what tests/fuzz or tests/threads need, with instruments, and nothing else")
set(DSCOPE_PLAIN_BUILD "${CMAKE_SOURCE_DIR}/build/release" CACHE PATH "With DSCOPE_INSTRUMENTS: the ordinary build whose libraries give what is not compiled here")

if(DSCOPE_INSTRUMENTS STREQUAL "fuzz")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer comes with clang: use the preset fuzz, or call ./fuzz.sh.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize=vptr,function -fno-sanitize-recover=undefined,float-cast-overflow
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined -fuse-ld=lld)
elseif(DSCOPE_INSTRUMENTS STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread -fuse-ld=lld)
endif()

# dscope_instrumented(<target> <archive> FUZZ <folder/file>... THREAD <folder/file>...)
# Leaves of a library's sources those that the build is about (regular expressions, without .cpp) and takes the rest from the ordinary build's archive.
function(dscope_instrumented target archive)
  if(NOT DSCOPE_INSTRUMENTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "FUZZ;THREAD" ${ARGN})
  string(TOUPPER "${DSCOPE_INSTRUMENTS}" kind)
  list(JOIN ARG_${kind} "|" chosen)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "/(${chosen})\\.cpp$")
  set_property(TARGET ${target} PROPERTY SOURCES ${sources})
  target_link_libraries(${target} INTERFACE "${DSCOPE_PLAIN_BUILD}/${archive}")
endfunction()
