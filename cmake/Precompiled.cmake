# SPDX-License-Identifier: BSD-3-Clause
# misp_zeek_precompile(NAME HEADERS... [LIBRARIES TARGETS...]): these headers are read once for all targets of this folder and below,
# not once for each source. The standard library takes 0.8 s of each source, GoogleTest another 1.2 s.
#
# Not with ccache, which does not trust such headers unless it is told to. So both kinds of build exist, and a
# source that forgets an include fails in one of them. LIBRARIES are those of the headers: GCC refuses
# precompiled headers that were read with other macros than the source has.
option(MISP_ZEEK_PRECOMPILE "Precompile common headers, if no CMAKE_CXX_COMPILER_LAUNCHER is set" OFF)

set(MISP_ZEEK_STANDARD_HEADERS <algorithm> <chrono> <functional> <map> <memory> <optional> <set> <string>
  <string_view> <unordered_map> <utility> <variant> <vector>)

set(MISP_ZEEK_TEST_HEADERS ${MISP_ZEEK_STANDARD_HEADERS} <nlohmann/json.hpp> <gtest/gtest.h> <gmock/gmock.h>)

function(_misp_zeek_targets folder result)
  get_property(_targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  get_property(_folders DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  foreach(_folder IN LISTS _folders)
    _misp_zeek_targets("${_folder}" _more)
    list(APPEND _targets ${_more})
  endforeach()
  set(${result} "${_targets}" PARENT_SCOPE)
endfunction()

function(misp_zeek_precompile name)
  if(NOT MISP_ZEEK_PRECOMPILE OR CMAKE_CXX_COMPILER_LAUNCHER)
    return()
  endif()
  _misp_zeek_targets("${CMAKE_CURRENT_SOURCE_DIR}" _targets)
  file(GENERATE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${name}.cc" CONTENT "")
  add_library(${name} OBJECT "${CMAKE_CURRENT_BINARY_DIR}/${name}.cc")
  cmake_parse_arguments(_precompile "" "" "LIBRARIES" ${ARGN})
  target_link_libraries(${name} PRIVATE misp_zeek::options ${_precompile_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${_precompile_UNPARSED_ARGUMENTS})
  foreach(_target IN LISTS _targets)
    get_target_property(_type ${_target} TYPE)
    get_target_property(_has ${_target} PRECOMPILE_HEADERS_REUSE_FROM)
    if(_type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$" AND NOT _has)
      target_precompile_headers(${_target} REUSE_FROM ${name})
    endif()
  endforeach()
endfunction()
