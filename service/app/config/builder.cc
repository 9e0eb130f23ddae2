// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/builder.h"

#include <algorithm>
#include <utility>

#include "app/config/keys.h"
#include "core/mapping/misp_types.h"

namespace misp_zeek::app {
namespace {

constexpr std::string_view kZeekPrefix = "zeek.";

template <typename Section>
const Key<Section>* find_key(const std::vector<Key<Section>>& keys, std::string_view name) {
  const auto it =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
  return it == keys.end() ? nullptr : &*it;
}

/// Names of the keys of a section; its sections, too, for the top.
std::vector<std::string> names_in(std::string_view section) {
  std::vector<std::string> names;
  if (section == "zeek") {
    for (const auto& key : zeek_keys()) {
      names.push_back(key.name);
    }
    return names;
  }
  for (const auto& key : config_keys()) {
    if (section_of(key.name) == section) {
      names.emplace_back(last_part(key.name));
    }
  }
  for (const auto& name : section_names()) {
    if (section_of(name) == section) {
      names.emplace_back(last_part(name));
    }
  }
  if (section.empty()) {
    names.emplace_back("zeek");
  }
  return names;
}

/// ` (did you mean "..."?)` for what is right in another section.
std::optional<std::string> elsewhere(std::string_view name, bool section) {
  const auto meant = [&](const std::string& known) -> std::optional<std::string> {
    return last_part(known) == name ? std::optional(" (did you mean \"" + known + "\"?)")
                                    : std::nullopt;
  };
  if (section) {
    for (const auto& known : section_names()) {
      if (auto found = meant(known)) {
        return found;
      }
    }
    return std::nullopt;
  }
  for (const auto& known : config_keys()) {
    if (auto found = meant(known.name)) {
      return found;
    }
  }
  return std::nullopt;
}

/// See AllowedOf.
std::string allowed_of(const std::string& key) {
  if (key.starts_with(kZeekPrefix)) {
    const auto* known = find_key(zeek_keys(), key.substr(kZeekPrefix.size()));
    return known == nullptr ? "" : known->allowed;
  }
  const auto* known = find_key(config_keys(), key);
  return known == nullptr ? "" : known->allowed;
}

/// A key whose value is meant for one Zeek only, the first.
bool is_identity(std::string_view key) {
  return key == "name" || key == "address" || key == "port";
}

}  // namespace

Draft::Draft(std::string file) : file_(std::move(file)) {}

bool Draft::apply_file(const std::string& text) {
  auto entries = parse_toml(text, section_names(), allowed_of);
  if (!entries) {
    problems_ += file_ + ":" + entries.error().message + "\n";
    return false;
  }
  for (const Entry& entry : *entries) {
    apply_entry(entry);
  }
  return true;
}

void Draft::apply_entry(const Entry& entry) {
  const std::string place = file_ + ":" + std::to_string(entry.line);
  if (entry.kind == Entry::Kind::kZeek) {
    config_.zeek.emplace_back();
    zeek_places_.push_back({{"", place}});
  } else if (entry.kind == Entry::Kind::kUnknownSection) {
    unknown(place, (entry.zeek ? std::string(kZeekPrefix) : "") + entry.key, true);
  } else if (entry.zeek) {
    set_zeek(*entry.zeek, entry.key, entry.value, place);
  } else {
    set(entry.key, entry.value, place);
  }
}

void Draft::apply_zeek_flags(const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    if (flag.key != "zeek") {
      continue;
    }
    if (!std::exchange(zeeks_from_flags_, true)) {
      config_.zeek.clear();
      zeek_places_.clear();
    }
    const auto both = parse_host_port(flag.text, 1);
    if (!both && !is_host(flag.text)) {
      problem(flag.name, "zeek", "\"" + flag.text + "\" is not an address",
              "ADDRESS or ADDRESS:PORT");
      continue;
    }
    ZeekConfig& zeek = config_.zeek.emplace_back();
    zeek.address = both ? both->host : flag.text;
    zeek.port = both ? both->port : std::uint16_t{0};
    zeek.name = both ? zeek.address + ":" + std::to_string(zeek.port) : zeek.address;
    zeek_places_.push_back({{"", flag.name}, {"port", flag.name}});
  }
}

void Draft::apply_environment(const Environment& environment) {
  const auto apply = [&](const std::string& key) {
    const std::string variable = variable_of(key);
    if (const auto it = environment.find(variable); it != environment.end()) {
      apply_text(key, it->second, variable);
    }
  };
  for (const auto& key : config_keys()) {
    apply(key.name);
  }
  for (const auto& key : zeek_keys()) {
    if (!zeeks_from_flags_ || !is_identity(key.name)) {
      apply(std::string(kZeekPrefix) + key.name);
    }
  }
  apply(std::string(kMappingTypes));
  warn_of_unknown_variables(environment);
}

void Draft::warn_of_unknown_variables(const Environment& environment) {
  std::vector<std::string> known = {kConfigVariable,       kApiKeyVariable,
                                    kFeedPasswordVariable, kWebhookUrlVariable,
                                    kHttpTokenVariable,    variable_of(kMappingTypes)};
  for (const auto& key : config_keys()) {
    known.push_back(variable_of(key.name));
  }
  for (const auto& key : zeek_keys()) {
    known.push_back(variable_of(std::string(kZeekPrefix) + key.name));
  }
  for (const auto& [name, unused] : environment) {
    if (name.starts_with("MISP_ZEEK_") &&
        std::find(known.begin(), known.end(), name) == known.end()) {
      // Not an error: Kubernetes makes variables of this shape from the names of services.
      loaded_.warnings.push_back("environment variable " + name + " is unknown and was ignored" +
                                 suggestion(name, known));
    }
  }
}

void Draft::apply_flags(const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    if (flag.key != "zeek") {
      apply_text(flag.key, flag.text, flag.name);
    }
  }
}

void Draft::apply_text(const std::string& key, const std::string& text, const std::string& place) {
  if (key.starts_with(kZeekPrefix)) {
    apply_zeek_text(key.substr(kZeekPrefix.size()), text, place);
    return;
  }
  if (key != kMappingTypes) {
    set(key, Text{text}, place);
    return;
  }
  std::vector<std::string> rules;
  auto wrong = read_list(Text{text}, rules);
  for (const std::string& rule : rules) {
    const auto equals = rule.find('=');
    if (equals == std::string::npos) {
      wrong = "has the member \"" + rule + "\", which is not TYPE=RULE";
    } else {
      set_type(rule.substr(0, equals), Text{rule.substr(equals + 1)}, place);
    }
  }
  if (wrong) {
    problem(place, key, *wrong, "TYPE=RULE,TYPE=RULE");
  }
}

void Draft::apply_zeek_text(const std::string& key, const std::string& text,
                            const std::string& place) {
  if (config_.zeek.empty()) {
    config_.zeek.emplace_back();
    zeek_places_.push_back({{"", place}});
  }
  const std::size_t end = is_identity(key) ? 1 : config_.zeek.size();
  const std::string before = problems_;
  for (std::size_t i = 0; i < end && problems_ == before; ++i) {
    set_zeek(i, key, Text{text}, place);
  }
}

void Draft::set(const std::string& key, const Value& value, const std::string& place) {
  if (section_of(key) == kMappingTypes || key.starts_with(std::string(kMappingTypes) + ".")) {
    set_type(key.substr(kMappingTypes.size() + 1), value, place);
    return;
  }
  if (const auto* known = find_key(config_keys(), key)) {
    if (const auto wrong = known->set(config_, value)) {
      problem(place, key, *wrong, known->allowed);
    }
    places_[key] = place;
    return;
  }
  const auto& sections = section_names();
  if (key == "zeek") {
    problem(place, key, "is not a list of sections", "[[zeek]]");
  } else if (std::find(sections.begin(), sections.end(), key) != sections.end()) {
    problem(place, key, "is not a section", "[" + key + "]");
  } else {
    unknown(place, key, false);
  }
}

void Draft::set_zeek(std::size_t index, const std::string& key, const Value& value,
                     const std::string& place) {
  const auto* known = find_key(zeek_keys(), key);
  if (known == nullptr) {
    unknown(place, std::string(kZeekPrefix) + key, false);
    return;
  }
  if (const auto wrong = known->set(config_.zeek.at(index), value)) {
    problem(place, std::string(kZeekPrefix) + key, *wrong, known->allowed);
  }
  zeek_places_.at(index)[key] = place;
}

void Draft::set_type(const std::string& type, const Value& value, const std::string& place) {
  const std::string key = std::string(kMappingTypes) + "." + type;
  if (const auto wrong = set_mapping_type(config_.mapping, type, value)) {
    problem(place, key, *wrong, join(Mapping::rule_names(), ", "));
  }
  check_misp_type(type, place, key);
  places_[key] = place;
}

void Draft::check_misp_type(const std::string& type, const std::string& place,
                            const std::string& key) {
  if (mapping::is_misp_type(type) || Mapping().knows(type)) {
    return;
  }
  const std::vector<std::string> known(mapping::kMispTypes.begin(), mapping::kMispTypes.end());
  const std::string what = "\"" + type + "\" is no type of MISP" + suggestion(type, known);
  if (nearest(type, known)) {
    problem(place, key, what, "the name of a type as in MISP's list of attributes");
  } else {
    warning(place, key, what + ": it does nothing unless your MISP has it");
  }
}

std::string Draft::place_of(const std::string& key) const {
  const auto it = places_.find(key);
  if (it != places_.end()) {
    return it->second;
  }
  return file_.empty() ? "configuration" : file_;
}

std::string Draft::zeek_place(std::size_t index, const std::string& key) const {
  const Places& places = zeek_places_.at(index);
  const auto it = places.find(key);
  return it == places.end() ? places.at("") : it->second;
}

void Draft::problem(const std::string& place, const std::string& key, const std::string& what,
                    const std::string& allowed) {
  problems_ += place + ": key \"" + key + "\": " + what;
  if (!allowed.empty()) {
    problems_ += "; allowed: " + allowed;
  }
  problems_ += "\n";
  bad_.insert(key);
}

void Draft::unknown(const std::string& place, const std::string& key, bool section) {
  // [zeek] is the likeliest slip of all.
  if (key == "zeek") {
    problem(place, key, "is a section, not a list of sections", "[[zeek]]");
    return;
  }
  const auto candidates = names_in(section_of(key));
  std::string what = section ? "is an unknown section" : "is unknown";
  what += elsewhere(last_part(key), section).value_or(suggestion(last_part(key), candidates));
  problem(place, key, what, join(candidates, ", "));
}

void Draft::warning(const std::string& place, const std::string& key, const std::string& what) {
  loaded_.warnings.push_back(place + ": key \"" + key + "\": " + what);
}

}  // namespace misp_zeek::app
