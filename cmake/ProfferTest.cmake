find_package(GTest REQUIRED)
include(GoogleTest)

# proffer_test(FOLDER [RANKS 1 2 3 4] [LIBRARIES target...] [TIMEOUT seconds])
# One executable FOLDER_test from all *_test.cpp of tests/FOLDER. With RANKS it is started by
# slurm/environment.sh's launcher at each of these numbers of ranks, else once, alone.
function(proffer_test folder)
  cmake_parse_arguments(arg "" "TIMEOUT" "RANKS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(PROFFER_SANITIZE)  # several times slower
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4")
  endif()
  set(name ${folder}_test)
  add_executable(${name} ${sources})
  # What tests do is done in the libraries: compiled with less effort, they save a fifth of their build.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE proffer::${folder} ${arg_LIBRARIES} GTest::gtest GTest::gmock)
  target_compile_definitions(${name} PRIVATE PROFFER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(arg_RANKS)
    target_link_libraries(${name} PRIVATE proffer_test_main)
    foreach(ranks IN LISTS arg_RANKS)
      # Small tests, most of whose time goes into starting ranks: none fills more than two processors.
      set(processors ${ranks})
      if(processors GREATER 2)
        set(processors 2)
      endif()
      add_test(NAME ${folder}/${ranks}
        COMMAND ${PROJECT_SOURCE_DIR}/slurm/launch ${ranks} $<TARGET_FILE:${name}>)
      # One rank, and three, which divide nothing evenly, go first; test.sh --all adds the others.
      set(labels ${folder})
      if(NOT ranks MATCHES "^[13]$")
        list(APPEND labels other_ranks)
      endif()
      set_tests_properties(${folder}/${ranks} PROPERTIES
        TIMEOUT ${arg_TIMEOUT} PROCESSORS ${processors} LABELS "${labels}")
    endforeach()
  else()
    target_link_libraries(${name} PRIVATE GTest::gtest_main)
    add_test(NAME ${folder} COMMAND ${name})
    set_tests_properties(${folder} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${folder})
  endif()
endfunction()
