# ccache turns the 20 s of a torch file into a tenth of a second the second time.
find_program(DSCOPE_CCACHE ccache)
if(DSCOPE_CCACHE)
  # Paths below this checkout are hashed as relative ones, so that a second checkout (another branch, a clean clone) finds what the first one compiled.
  # Whoever has set the variable has reasons of their own.
  set(_dscope_ccache "${DSCOPE_CCACHE}")
  if(NOT DEFINED ENV{CCACHE_BASEDIR})
    set(_dscope_ccache "${CMAKE_COMMAND};-E;env;CCACHE_BASEDIR=${CMAKE_SOURCE_DIR};${DSCOPE_CCACHE}")
  endif()
  set(CMAKE_CXX_COMPILER_LAUNCHER "${_dscope_ccache}")
endif()
