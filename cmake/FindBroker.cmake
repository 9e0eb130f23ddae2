# SPDX-License-Identifier: BSD-3-Clause
# Finds Broker, the library that Zeek talks through.
#
# Broker 1.4 (Debian's package) and Broker 2.x (part of Zeek) speak different protocols. Zeek 7 and
# later need 2.x. Where it is looked for:
#   ZEEK_ROOT=PREFIX  in that Zeek, or fail
#   ZEEK_ROOT=none    only in the system
#   ZEEK_ROOT empty   in the Zeek of `zeek-config` in PATH, /usr/local/zeek or /opt/zeek; then in the
#                     system
#
# Gives the target Broker::broker and the variables Broker_FOUND, Broker_VERSION, Broker_INCLUDE_DIR,
# Broker_LIBRARY and MISP_ZEEK_BROKER_FLAVOUR ("1.4 (Debian)", "2.8"). With a Broker outside of the
# system's folders, installed programs get its folder as RUNPATH.

set(_broker_root "${ZEEK_ROOT}")
# A cache entry of type PATH makes "none" of the command line an absolute path.
if(_broker_root MATCHES "(^|/)none$" AND NOT EXISTS "${_broker_root}/include")
  set(_broker_root "none")
elseif(NOT _broker_root)
  find_program(MISP_ZEEK_ZEEK_CONFIG zeek-config PATHS /usr/local/zeek/bin /opt/zeek/bin)
  mark_as_advanced(MISP_ZEEK_ZEEK_CONFIG)
  if(MISP_ZEEK_ZEEK_CONFIG)
    execute_process(COMMAND "${MISP_ZEEK_ZEEK_CONFIG}" --prefix
      OUTPUT_VARIABLE _broker_root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT EXISTS "${_broker_root}/include/broker/broker.hh")
    set(_broker_root "none")
  endif()
endif()

# Looked up anew each time, so that another ZEEK_ROOT takes effect in an old build folder.
unset(Broker_INCLUDE_DIR CACHE)
unset(Broker_LIBRARY CACHE)
if(_broker_root STREQUAL "none")
  find_path(Broker_INCLUDE_DIR broker/broker.hh PATHS /usr/include /usr/local/include
    NO_DEFAULT_PATH)
  find_library(Broker_LIBRARY broker)
else()
  find_path(Broker_INCLUDE_DIR broker/broker.hh PATHS "${_broker_root}/include" NO_DEFAULT_PATH)
  find_library(Broker_LIBRARY broker
    PATHS "${_broker_root}/lib" "${_broker_root}/lib64"
          "${_broker_root}/lib/${CMAKE_LIBRARY_ARCHITECTURE}" NO_DEFAULT_PATH)
endif()
mark_as_advanced(Broker_INCLUDE_DIR Broker_LIBRARY)

unset(Broker_VERSION)
unset(_broker_reason)
if(Broker_INCLUDE_DIR AND EXISTS "${Broker_INCLUDE_DIR}/broker/version.hh")
  file(READ "${Broker_INCLUDE_DIR}/broker/version.hh" _broker_text)
  foreach(_part IN ITEMS major minor patch)
    if(_broker_text MATCHES "constexpr type ${_part} = ([0-9]+)")
      list(APPEND _broker_parts "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  list(JOIN _broker_parts "." Broker_VERSION)
  unset(_broker_parts)
endif()

set(_broker_libraries "")
if(Broker_VERSION VERSION_GREATER_EQUAL 2)
  if(NOT EXISTS "${Broker_INCLUDE_DIR}/broker/variant.hh")
    set(_broker_reason "Broker ${Broker_VERSION} is too old: Zeek 7.0 or later is needed")
    unset(Broker_LIBRARY CACHE)
  endif()
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" MISP_ZEEK_BROKER_FLAVOUR "${Broker_VERSION}")
elseif(Broker_VERSION)
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" MISP_ZEEK_BROKER_FLAVOUR "${Broker_VERSION}")
  string(APPEND MISP_ZEEK_BROKER_FLAVOUR " (Debian)")
  # Broker 1.x has CAF in its headers, and CAF is a package of its own.
  foreach(_part IN ITEMS core io openssl)
    find_library(Broker_CAF_${_part}_LIBRARY caf_${_part})
    mark_as_advanced(Broker_CAF_${_part}_LIBRARY)
    if(Broker_CAF_${_part}_LIBRARY)
      list(APPEND _broker_libraries "${Broker_CAF_${_part}_LIBRARY}")
    else()
      set(_broker_reason "libcaf_${_part} is missing (Debian: libcaf-dev)")
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
if(NOT _broker_reason)
  set(_broker_reason
    "Install Zeek and set ZEEK_ROOT to its prefix, or install libbroker-dev and libcaf-dev")
endif()
find_package_handle_standard_args(Broker
  REQUIRED_VARS Broker_LIBRARY Broker_INCLUDE_DIR VERSION_VAR Broker_VERSION
  REASON_FAILURE_MESSAGE "${_broker_reason}")

if(Broker_FOUND AND NOT TARGET Broker::broker)
  find_package(Threads REQUIRED)
  find_package(OpenSSL REQUIRED)
  add_library(Broker::broker SHARED IMPORTED)
  set_target_properties(Broker::broker PROPERTIES
    IMPORTED_LOCATION "${Broker_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Broker_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${_broker_libraries};OpenSSL::SSL;OpenSSL::Crypto;Threads::Threads")
  if(NOT _broker_root STREQUAL "none")
    get_filename_component(_broker_folder "${Broker_LIBRARY}" DIRECTORY)
    list(APPEND CMAKE_INSTALL_RPATH "${_broker_folder}")
    list(REMOVE_DUPLICATES CMAKE_INSTALL_RPATH)
  endif()
endif()
message(STATUS "Broker flavour: ${MISP_ZEEK_BROKER_FLAVOUR}")
