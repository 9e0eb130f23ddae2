// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace misp_zeek::text {

/// Text for a terminal: what one cannot see, or what turns text around, becomes its number, such as
/// <U+202E>; control characters of ASCII, and what is not UTF-8, become '?'.
std::string visible(std::string_view text);

}  // namespace misp_zeek::text
