# SPDX-License-Identifier: BSD-3-Clause
# misp_zeek_embed_text(FILE OUTPUT VARIABLE): a C++ source that defines
# `const std::string_view misp_zeek::http::VARIABLE` with the text of FILE.
function(misp_zeek_embed_text file output variable)
  file(READ "${file}" text)
  file(GENERATE OUTPUT "${output}" CONTENT
"#include <string_view>
namespace misp_zeek::http {
extern const std::string_view ${variable};
const std::string_view ${variable} = R\"misp_zeek(${text})misp_zeek\";
}  // namespace misp_zeek::http
")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
endfunction()
