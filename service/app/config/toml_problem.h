// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace misp_zeek::app {

/// What a key may be, by its whole name; "": there is no such key.
using AllowedOf = std::function<std::string(const std::string&)>;

/// Why a file is not TOML and how it would be: `key "log.level": text needs quotes, ...`. `line`
/// counts from 1; `reason` is the parser's. Values are shown for known keys only, and never of one
/// that names a file of a secret.
std::string toml_problem(std::string_view text, std::size_t line, std::string_view reason,
                         const AllowedOf& allowed_of);

}  // namespace misp_zeek::app
