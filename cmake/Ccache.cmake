# ccache turns the 20 s of a torch file into a tenth of a second the second time.
find_program(DSCOPE_CCACHE ccache)
if(DSCOPE_CCACHE)
  # Whoever has set one of these variables has reasons of their own.
  set(_dscope_ccache "")
  # Paths below this checkout are hashed as relative ones, so that a second checkout (another branch, a clean clone) finds what the first one compiled.
  if(NOT DEFINED ENV{CCACHE_BASEDIR})
    list(APPEND _dscope_ccache "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}")
  endif()
  # Without it nothing that uses a precompiled header is kept (cmake/Precompile.cmake). No source of ours depends on __DATE__ or __TIME__.
  if(NOT DEFINED ENV{CCACHE_SLOPPINESS})
    list(APPEND _dscope_ccache "CCACHE_SLOPPINESS=pch_defines,time_macros")
  endif()
  if(_dscope_ccache)
    set(_dscope_ccache "${CMAKE_COMMAND};-E;env;${_dscope_ccache}")
  endif()
  set(CMAKE_CXX_COMPILER_LAUNCHER "${_dscope_ccache};${DSCOPE_CCACHE}")
  string(REGEX REPLACE "^;" "" CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()
