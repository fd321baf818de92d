# Compile options of every target. -ffp-contract=off keeps a*b+c two roundings on every CPU and compiler, so that
# vectorised and portable paths give the same bits.
add_library(proffer_compile INTERFACE)
add_library(proffer::compile ALIAS proffer_compile)
set_target_properties(proffer_compile PROPERTIES EXPORT_NAME compile)
target_compile_features(proffer_compile INTERFACE cxx_std_20)
target_compile_options(proffer_compile INTERFACE $<BUILD_INTERFACE:-ffp-contract=off>)
target_compile_options(proffer_compile INTERFACE
  $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wno-sign-conversion>)
if(PROFFER_WARNINGS_AS_ERRORS)
  target_compile_options(proffer_compile INTERFACE $<BUILD_INTERFACE:-Werror>)
endif()
if(PROFFER_SANITIZE)
  target_compile_options(proffer_compile INTERFACE
    $<BUILD_INTERFACE:-fsanitize=${PROFFER_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=undefined>)
  # Instrumented code makes GCC warn of uninitialised members inside the standard library that are not.
  target_compile_options(proffer_compile INTERFACE $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>>)
  target_link_options(proffer_compile INTERFACE $<BUILD_INTERFACE:-fsanitize=${PROFFER_SANITIZE}>)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Release keeps line numbers small and asserts off; O2 is enough: hot loops ask for more themselves.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
find_program(PROFFER_CCACHE ccache)
if(PROFFER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PROFFER_CCACHE})
endif()
