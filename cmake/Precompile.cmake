# SPDX-License-Identifier: GPL-3.0-or-later
#
# libtorch's headers, compiled once: parsing them is most of what a file with tensors costs (18 of 35 s).
#
# dscope_precompile_torch(<target>) after all sources of the target are named. The first target so called (dscope_core) builds the precompiled header, all others take that one, which
# needs the same flags (-fPIC, the build type, the sanitizers). Only files that include libtorch's headers, themselves or through a header of ours, are compiled with it. They are found by
# reading the includes as they are when CMake runs; a file that is missed compiles as well, just slowly. Every file goes on to include what it needs.
option(DSCOPE_PRECOMPILE "Compile libtorch's headers once for all files (half a gigabyte in the build folder)" ON)

option(DSCOPE_UNITY "Compile files with tensors six at a time (with DSCOPE_PRECOMPILE alone)" ON)

# The headers of ours that bring libtorch's along, as a regular expression of what is included.
function(_dscope_torch_includes out)
  set(includes "torch/|ATen/|c10/")
  file(GLOB_RECURSE headers RELATIVE "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/core/*.h" "${CMAKE_SOURCE_DIR}/tests/*.h")
  set(grew ON)
  while(grew)
    set(grew OFF)
    foreach(header ${headers})
      file(STRINGS "${CMAKE_SOURCE_DIR}/${header}" found REGEX "^#include [<\"](${includes})" LIMIT_COUNT 1)
      if(found)
        string(REPLACE "." "\\." pattern "${header}")
        string(APPEND includes "|${pattern}")
        list(REMOVE_ITEM headers "${header}")
        set(grew ON)
      endif()
    endforeach()
  endwhile()
  set(${out} "${includes}" PARENT_SCOPE)
endfunction()

function(dscope_precompile_torch target)
  # clang's builds (libFuzzer) and the thread sanitizer's compile few files with tensors.
  if(NOT DSCOPE_PRECOMPILE OR DSCOPE_INSTRUMENTS)
    return()
  endif()
  get_property(includes GLOBAL PROPERTY DSCOPE_TORCH_INCLUDES)
  if(NOT includes)
    _dscope_torch_includes(includes)
    set_property(GLOBAL PROPERTY DSCOPE_TORCH_INCLUDES "${includes}")
  endif()
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  get_target_property(binary_folder ${target} BINARY_DIR)
  set(others "${binary_folder}/${target}_autogen/mocs_compilation.cpp")
  set(with_torch "")
  foreach(source ${sources})
    get_filename_component(source "${source}" ABSOLUTE BASE_DIR "${folder}")
    set(found "")
    if(EXISTS "${source}")
      file(STRINGS "${source}" found REGEX "^#include [<\"](${includes})" LIMIT_COUNT 1)
    endif()
    if(found)
      list(APPEND with_torch "${source}")
    else()
      list(APPEND others "${source}")
    endif()
  endforeach()
  if(NOT with_torch)
    return()
  endif()
  set_source_files_properties(${others} TARGET_DIRECTORY ${target} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  if(target STREQUAL "dscope_core")
    target_precompile_headers(${target} PRIVATE <torch/types.h> <torch/nn/module.h> <torch/nn/modules/activation.h> <torch/nn/modules/batchnorm.h>
      <torch/nn/modules/container/sequential.h> <torch/nn/modules/conv.h> <torch/nn/modules/linear.h> <torch/csrc/autograd/autograd.h>)
  else()
    target_precompile_headers(${target} REUSE_FROM dscope_core)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # or the compiler cache misses every file that uses the precompiled header
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
  if(NOT DSCOPE_UNITY OR target MATCHES "^tests_") # tests give their helpers the same short names
    return()
  endif()
  # Six files of a folder at a time: what libtorch's headers leave to be instantiated at the end of every file (4.5 of the 9.9 s of ddnet.cpp, by -ftime-report) is then instantiated once for six.
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  list(SORT with_torch)
  set(previous "")
  foreach(source ${with_torch})
    get_filename_component(room "${source}" DIRECTORY)
    get_filename_component(room "${room}" NAME)
    if(NOT room STREQUAL previous)
      set(count 0)
      set(previous "${room}")
    endif()
    math(EXPR group "${count} / 6")
    math(EXPR count "${count} + 1")
    set_source_files_properties("${source}" TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP "${target}_${room}_${group}")
  endforeach()
endfunction()

# Qt's headers likewise, for the window: they are half of what a file of it costs. (Its tests have other modules, and so other flags.)
function(dscope_precompile_qt target)
  if(NOT DSCOPE_PRECOMPILE)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE <algorithm> <cmath> <filesystem> <functional> <map> <memory> <optional> <set> <span> <string> <vector>
      <QAbstractItemModel> <QAction> <QApplication> <QBoxLayout> <QCheckBox> <QComboBox> <QDialog> <QDoubleSpinBox> <QFileDialog> <QFormLayout> <QHeaderView> <QLabel>
      <QLineEdit> <QListView> <QLocale> <QMainWindow> <QMenu> <QMenuBar> <QMessageBox> <QMimeData> <QPainter> <QPointer> <QPushButton> <QScrollBar> <QSettings> <QSplitter>
      <QStatusBar> <QStyledItemDelegate> <QTableView> <QThreadPool> <QTimer> <QToolBar> <QToolButton> <QTreeView> <QUndoStack>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()
