// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Rules for the text of single configuration keys, and text for messages about them. Pure.
namespace misp_zeek::app {

/// What is wrong with a value, to follow the key's name: `is not a number`; nullopt = nothing.
using Problem = std::optional<std::string>;

/// `ADDRESS:PORT`, `[IPV6]:PORT`.
struct HostPort {
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
};
/// nullopt if it is not that, or the port is below `lowest_port` or above 65535.
std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t lowest_port);

/// A host name or address, without anything around it.
bool is_host(std::string_view text);
Problem check_misp_url(std::string_view url);
Problem check_feed_endpoint(std::string_view endpoint);
Problem check_proxy(std::string_view proxy);
Problem check_listen(std::string_view listen);
/// 1 to 64 letters, digits and . _ - :
Problem check_zeek_name(std::string_view name);
/// 1 to 32 letters, digits and _
Problem check_owner(std::string_view name);
/// A MISP event's decimal id from 1; `exclusion`: it may follow a '!'.
Problem check_event_id(std::string_view id, bool exclusion);

/// `text` in double quotes, as a TOML basic string.
std::string toml_string(std::string_view text);
/// The candidate that `name` is probably a misspelling of; nullopt if none is near.
std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);
/// ` (did you mean "..."?)`, or nothing.
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace misp_zeek::app
