# ccache turns the 20 s of a torch file into a tenth of a second the second time.
find_program(DSCOPE_CCACHE ccache)
if(DSCOPE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${DSCOPE_CCACHE}")
endif()
