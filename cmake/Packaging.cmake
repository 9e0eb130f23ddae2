# SPDX-License-Identifier: BSD-3-Clause
# The Debian package, by CPack; `./dev package` calls it with the right options.
#
# Zeek's Broker (2.x) is in no Debian package. So it goes into ours, to a folder of its own: the program
# then needs no Zeek on its machine, and is not disturbed by another version of one.
set(_private "${CMAKE_INSTALL_FULL_LIBDIR}/misp-zeek")
set(_broker_is_zeeks FALSE)
if(Broker_VERSION VERSION_GREATER_EQUAL 2)
  set(_broker_is_zeeks TRUE)
  set(CMAKE_INSTALL_RPATH "${_private}")
  # Under the name by which the program asks for it.
  execute_process(COMMAND "${CMAKE_READELF}" -d "${Broker_LIBRARY}" OUTPUT_VARIABLE _dynamic
    COMMAND_ERROR_IS_FATAL ANY)
  if(NOT _dynamic MATCHES "SONAME[^\n]*\\[([^]]+)\\]")
    message(FATAL_ERROR "${Broker_LIBRARY} has no SONAME")
  endif()
  set(_broker_name "${CMAKE_MATCH_1}")
  file(REAL_PATH "${Broker_LIBRARY}" _broker_file)
  install(FILES "${_broker_file}" DESTINATION "${_private}" RENAME "${_broker_name}")
  install(CODE "
    set(_installed \"\$ENV{DESTDIR}${_private}/${_broker_name}\")
    file(RPATH_REMOVE FILE \"\${_installed}\")
    execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-unneeded \"\${_installed}\" COMMAND_ERROR_IS_FATAL ANY)")
endif()

# The files that Debian's policy asks for. string(TIMESTAMP) goes by SOURCE_DATE_EPOCH.
string(TIMESTAMP MISP_ZEEK_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(_debian "${PROJECT_SOURCE_DIR}/service/packaging/debian")
configure_file("${_debian}/changelog.in" changelog @ONLY)
execute_process(COMMAND gzip -9nf changelog WORKING_DIRECTORY "${PROJECT_BINARY_DIR}"
  COMMAND_ERROR_IS_FATAL ANY)
install(FILES "${PROJECT_BINARY_DIR}/changelog.gz" "${_debian}/copyright"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${_debian}/lintian-overrides" DESTINATION "${CMAKE_INSTALL_DATADIR}/lintian/overrides"
  RENAME misp-zeek)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME misp-zeek)
set(CPACK_PACKAGE_CONTACT "misp-zeek maintainers <misp-zeek@localhost>")
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(_broker_is_zeeks)
  get_filename_component(_broker_folder "${Broker_LIBRARY}" DIRECTORY)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${_broker_folder}")
endif()
set(CPACK_DEBIAN_PACKAGE_DEPENDS
  "systemd | systemd-standalone-sysusers | systemd-sysusers, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${_debian}/postinst;${_debian}/prerm;${_debian}/postrm;${_debian}/conffiles")
if(_broker_is_zeeks)
  set(_broker_words
    "This build has Broker ${MISP_ZEEK_BROKER_FLAVOUR}, which Zeek 7.0 to 9.0 speaks, inside.")
else()
  set(_broker_words
    "This build has Debian's Broker, which no Zeek since 7.0 speaks.")
endif()
string(JOIN "\n" CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "keeps Zeek's Intel framework in sync with MISP"
  "misp-zeek reads the attributes of a MISP instance over REST, follows MISP's"
  "ZeroMQ feed, and inserts, updates and removes indicators in Zeek's Intel"
  "framework within milliseconds. It reconciles with MISP regularly, because the"
  "feed loses messages. Matches in Zeek return to MISP as sightings."
  "."
  "${_broker_words}")

include(CPack)
