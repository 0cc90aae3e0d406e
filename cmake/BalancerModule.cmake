# balancer_module(NAME folder...): one library from a folder's *.cpp, and one test program
# NAME_test from its *_test.cpp, which stand beside what they test.
#
# The folder's CMakeLists.txt adds the links; what is linked PRIVATE stays inside the module.
function(balancer_module name)
  set(folders ${ARGN})
  if(NOT folders)
    set(folders ".")
  endif()
  set(sources "")
  set(tests "")
  foreach(folder IN LISTS folders)
    file(GLOB found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
    foreach(file IN LISTS found)
      if(file MATCHES "_test\\.cpp$")
        list(APPEND tests ${file})
      else()
        list(APPEND sources ${file})
      endif()
    endforeach()
  endforeach()

  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC balancer_options)
  if(BUILD_TESTING AND tests)
    balancer_test(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name})
  endif()
endfunction()

# balancer_test(NAME source...): a Catch2 program, one ctest entry.
function(balancer_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE catch_main balancer_options)
  target_precompile_headers(${name} PRIVATE <catch2/catch.hpp>)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
