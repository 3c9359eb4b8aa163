# Imported targets for libtorch, made by hand.
#
# find_package(Torch) of the CUDA wheel stops on a machine without the CUDA toolkit, although nothing of ours is compiled by nvcc.
# We link against libtorch_cpu and libc10 alone; libtorch_cuda is loaded at run time where a driver is found (core/base/device.cpp),
# so one binary serves machines with and without a GPU.
if(DEFINED ENV{DSCOPE_CACHE})
  set(_dscope_cache "$ENV{DSCOPE_CACHE}")
else()
  set(_dscope_cache "$ENV{HOME}/.cache/dscope")
endif()
set(DSCOPE_LIBTORCH_DIR "${_dscope_cache}/libtorch-2.11.0/torch" CACHE PATH "Folder with libtorch's lib/ and include/")

set(_version_file "${DSCOPE_LIBTORCH_DIR}/include/torch/headeronly/version.h")
if(NOT EXISTS "${_version_file}")
  set(_version_file "${DSCOPE_LIBTORCH_DIR}/include/torch/csrc/api/include/torch/version.h")
endif()
if(NOT EXISTS "${_version_file}")
  message(FATAL_ERROR "libtorch was not found in ${DSCOPE_LIBTORCH_DIR}. Run ./run.sh or ./test.sh, which install it, or pass -DDSCOPE_LIBTORCH_DIR=<folder with lib/ and include/>.")
endif()
file(STRINGS "${_version_file}" _version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE ".*TORCH_VERSION_MAJOR ([0-9]+).*TORCH_VERSION_MINOR ([0-9]+).*TORCH_VERSION_PATCH ([0-9]+).*" "\\1.\\2.\\3" DSCOPE_LIBTORCH_VERSION "${_version_lines}")
if(DSCOPE_LIBTORCH_VERSION VERSION_LESS 2.1)
  message(FATAL_ERROR "libtorch ${DSCOPE_LIBTORCH_VERSION} in ${DSCOPE_LIBTORCH_DIR} is too old: 2.1 or later is needed. Debian's 1.13 is CPU-only and corrupts the heap in the backward pass of a 1x1 stride-2 convolution on channels-last input. Run ./run.sh or ./test.sh, which install 2.11.0.")
endif()
message(STATUS "libtorch ${DSCOPE_LIBTORCH_VERSION} in ${DSCOPE_LIBTORCH_DIR}")

add_library(libtorch::c10 SHARED IMPORTED)
set_target_properties(libtorch::c10 PROPERTIES
  IMPORTED_LOCATION "${DSCOPE_LIBTORCH_DIR}/lib/libc10.so"
  INTERFACE_INCLUDE_DIRECTORIES "${DSCOPE_LIBTORCH_DIR}/include"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${DSCOPE_LIBTORCH_DIR}/include;${DSCOPE_LIBTORCH_DIR}/include/torch/csrc/api/include")
add_library(libtorch::cpu SHARED IMPORTED)
set_target_properties(libtorch::cpu PROPERTIES
  IMPORTED_LOCATION "${DSCOPE_LIBTORCH_DIR}/lib/libtorch_cpu.so"
  IMPORTED_LINK_DEPENDENT_LIBRARIES libtorch::c10
  INTERFACE_INCLUDE_DIRECTORIES "${DSCOPE_LIBTORCH_DIR}/include;${DSCOPE_LIBTORCH_DIR}/include/torch/csrc/api/include"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${DSCOPE_LIBTORCH_DIR}/include;${DSCOPE_LIBTORCH_DIR}/include/torch/csrc/api/include")
add_library(dscope_torch INTERFACE)
target_link_libraries(dscope_torch INTERFACE libtorch::cpu libtorch::c10)
# Without NDEBUG some of libtorch's classes have a member more (at::RecordFunction) than in the library, which was built with it: networks would
# count a wrong cost, or crash. So debug builds define it too; they have the standard library's assertions instead (see CMakePresets.json).
target_compile_definitions(dscope_torch INTERFACE "$<$<NOT:$<CONFIG:Release,RelWithDebInfo,MinSizeRel>>:NDEBUG>")
# libtorch_cpu needs libcudart and libcupti, which lie beside it in ../nvidia and are found by its own run path.
target_link_options(dscope_torch INTERFACE "LINKER:--allow-shlib-undefined" "LINKER:--disable-new-dtags")
# An installed program finds libtorch where the build found it.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
