// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/diff.h"

#include <algorithm>
#include <set>
#include <utility>

#include "app/config/keys.h"

namespace misp_zeek::app {
namespace {

std::string difference(std::string_view key, const std::string& old_value,
                       const std::string& new_value) {
  return std::string(key) + ": " + old_value + " -> " + new_value;
}

void compare_mapping_types(const MappingOptions& running, const MappingOptions& wanted,
                           ConfigChange& change) {
  const auto rule = [](const MappingOptions& options, const std::string& type) {
    const auto it = options.overrides.find(type);
    return it == options.overrides.end() ? std::string("default") : toml_string(it->second);
  };
  std::set<std::string> types;
  for (const auto* options : {&running, &wanted}) {
    for (const auto& [type, unused] : options->overrides) {
      types.insert(type);
    }
  }
  for (const std::string& type : types) {
    if (rule(running, type) != rule(wanted, type)) {
      change.rules = true;
      change.applied.push_back(difference(std::string(kMappingTypes) + "." + type,
                                          rule(running, type), rule(wanted, type)));
    }
  }
}

void compare_zeeks(const Config& running, const Config& wanted, ConfigChange& change) {
  if (running.zeek.size() != wanted.zeek.size()) {
    change.needs_restart.emplace_back("zeek");
    return;
  }
  for (std::size_t i = 0; i < running.zeek.size(); ++i) {
    const ZeekConfig& before = running.zeek[i];
    const ZeekConfig& after = wanted.zeek[i];
    const std::string of_zeek = " of zeek \"" + before.name + "\"";
    for (const auto& key : zeek_keys()) {
      if (key.show(before) != key.show(after)) {
        change.needs_restart.push_back(key.name + of_zeek);
      }
    }
    if (before.key_passphrase.reveal() != after.key_passphrase.reveal()) {
      change.needs_restart.push_back("key_passphrase_file" + of_zeek);
    }
  }
}

void compare_secrets(const Config& running, const Config& wanted, ConfigChange& change) {
  const auto note = [&](const Secret& before, const Secret& after, const char* key) {
    const auto& known = change.needs_restart;
    if (before.reveal() != after.reveal() &&
        std::find(known.begin(), known.end(), key) == known.end()) {
      change.needs_restart.emplace_back(key);
    }
  };
  // A new content of the same file is read before the next request.
  if (running.misp.api_key_path != wanted.misp.api_key_path || wanted.misp.api_key_path.empty()) {
    note(running.misp.api_key, wanted.misp.api_key, "misp.api_key_file");
  }
  note(running.feed.password, wanted.feed.password, "misp.feed.password_file");
  if (running.http.token.reveal() != wanted.http.token.reveal()) {
    change.applied.emplace_back("http.token_file: another token");
  }
  note(running.sightings.webhook.url, wanted.sightings.webhook.url, "sightings.webhook.url_file");
}

}  // namespace

bool is_reloadable(std::string_view key) {
  if (key == "mapping.show_tags") {
    return false;  // the store holds them by their place in this list
  }
  const std::string_view section = section_of(key);
  return section == "filter" || section == "mapping" || section == "log" ||
         key == "misp.feed.visibility" || key == "http.token_file" || key == "http.allowed_hosts" ||
         key == "http.tls_certificate" || key == "http.tls_key";
}

ConfigChange compare(const Config& running, const Config& wanted) {
  ConfigChange change;
  for (const auto& key : config_keys()) {
    const std::string before = key.show(running);
    const std::string after = key.show(wanted);
    if (before == after) {
      continue;
    }
    if (is_reloadable(key.name)) {
      change.applied.push_back(difference(key.name, before, after));
      change.rules |= section_of(key.name) != "log" && section_of(key.name) != "http";
    } else {
      change.needs_restart.push_back(key.name);
    }
  }
  compare_mapping_types(running.mapping, wanted.mapping, change);
  compare_zeeks(running, wanted, change);
  compare_secrets(running, wanted, change);
  return change;
}

}  // namespace misp_zeek::app
