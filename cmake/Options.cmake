# SPDX-License-Identifier: BSD-3-Clause
# Flags of all targets of this project, on one interface target.
add_library(misp_zeek_options INTERFACE)
add_library(misp_zeek::options ALIAS misp_zeek_options)
target_compile_options(misp_zeek_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -fno-omit-frame-pointer)
# Lines and functions, for stack traces; descriptions of variables cost a third of the compile time.
target_compile_options(misp_zeek_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-g1>)
target_compile_definitions(misp_zeek_options INTERFACE _FORTIFY_SOURCE=2)
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
