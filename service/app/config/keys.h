// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"
#include "app/config/values.h"

/// The one table of configuration keys: loading, messages, to_toml() and the documents go by it.
namespace misp_zeek::app {

template <typename Section>
struct Key {
  std::string name;
  std::string meaning;  ///< for people: sentences, with code in `` as in Markdown
  std::string allowed;  ///< for people: what the value may be
  std::function<Problem(Section&, const Value&)> set;
  std::function<std::string(const Section&)> show;  ///< the value in TOML
};

/// In the order of the documents; names as "misp.feed.endpoint".
const std::vector<Key<Config>>& config_keys();
/// Of a [[zeek]]; names without "zeek.".
const std::vector<Key<ZeekConfig>>& zeek_keys();

/// How `allowed` of a duration begins.
inline constexpr std::string_view kDurationForm =
    R"(a duration such as "30s", "2m", "6h" or "90d", )";

/// "misp", "misp.feed", ... without "zeek".
const std::vector<std::string>& section_names();
/// The section whose keys are MISP types and whose values are rule names.
inline constexpr std::string_view kMappingTypes = "mapping.types";
/// Sets the rule of a MISP type.
Problem set_mapping_type(MappingOptions& mapping, const std::string& type, const Value& value);

/// "MISP_ZEEK_MISP_FEED_ENDPOINT" of "misp.feed.endpoint".
std::string variable_of(std::string_view key);

/// "misp.feed" of "misp.feed.endpoint".
std::string_view section_of(std::string_view key);
/// "endpoint" of "misp.feed.endpoint".
std::string_view last_part(std::string_view key);

}  // namespace misp_zeek::app
