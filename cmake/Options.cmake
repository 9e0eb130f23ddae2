# SPDX-License-Identifier: BSD-3-Clause
# Flags of all targets of this project, on one interface target.
add_library(misp_zeek_options INTERFACE)
add_library(misp_zeek::options ALIAS misp_zeek_options)
target_compile_options(misp_zeek_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -fno-omit-frame-pointer)
# Lines and functions, for stack traces; descriptions of variables cost a third of the compile time.
target_compile_options(misp_zeek_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-g1>)
# Hardening, whoever builds: the program reads what strangers send. tests/packaging/hardening.sh reads the
# result. Builds of type Debug are for developers, and are not optimised, which _FORTIFY_SOURCE needs.
set(_fortify 2)
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
   OR CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set(_fortify 3)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(misp_zeek_options INTERFACE _FORTIFY_SOURCE=2)
else()
  target_compile_options(misp_zeek_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${_fortify}
    -fstack-protector-strong -fPIE)
  target_compile_definitions(misp_zeek_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(misp_zeek_options INTERFACE -pie)
endif()
target_link_options(misp_zeek_options INTERFACE -Wl,-z,relro -Wl,-z,now)
if(MISP_ZEEK_WERROR)
  # GCC 12 sees uninitialised values inside std::optional where there are none.
  target_compile_options(misp_zeek_options INTERFACE -Werror -Wno-error=maybe-uninitialized)
endif()
if(MISP_ZEEK_SANITIZE)
  # GCC takes minutes and gigabytes for the coroutines when it optimises and follows variables in
  # instrumented code, and sees uninitialised values where there are none.
  target_compile_options(misp_zeek_options INTERFACE -fsanitize=${MISP_ZEEK_SANITIZE}
    -fno-sanitize-recover=all -O1 -g1 -fno-var-tracking -Wno-maybe-uninitialized)
  target_link_options(misp_zeek_options INTERFACE -fsanitize=${MISP_ZEEK_SANITIZE})
endif()
target_include_directories(misp_zeek_options INTERFACE "${PROJECT_SOURCE_DIR}/service")
