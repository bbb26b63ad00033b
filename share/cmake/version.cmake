# share/cmake/version.cmake -- core/base/version.h, with the commit where there is one.
set(DS_VERSION_FULL ${PROJECT_VERSION})
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${CMAKE_SOURCE_DIR} rev-parse --short=10 HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(DS_VERSION_FULL "${PROJECT_VERSION}+g${commit}")
  endif()
  if(EXISTS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD) # a line is added with every commit
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
      ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
  endif()
endif()
configure_file(${CMAKE_SOURCE_DIR}/core/base/version.h.in
  ${CMAKE_BINARY_DIR}/generated/core/base/version.h @ONLY)
