// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>
#include <utility>

namespace misp_zeek::app {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Each function makes one key. `get` gives the field of a section, const or not.

template <typename Section, typename Get>
Key<Section> flag(std::string name, Get get) {
  return {std::move(name), "true or false",
          [get](Section& section, const Value& value) { return read_bool(value, get(section)); },
          [get](const Section& section) { return get(section) ? "true" : "false"; }};
}

using Check = std::function<Problem(std::string_view)>;

template <typename Section, typename Get>
Key<Section> text(std::string name, std::string allowed, Get get, Check check = nullptr) {
  return {std::move(name), std::move(allowed),
          [get, check = std::move(check)](Section& section, const Value& value) -> Problem {
            std::string read;
            if (auto problem = read_string(value, read)) {
              return problem;
            }
            if (auto problem = check ? check(read) : Problem()) {
              return problem;
            }
            get(section) = std::move(read);
            return std::nullopt;
          },
          [get](const Section& section) { return toml_string(get(section)); }};
}

template <typename Section, typename Get>
Key<Section> integer(std::string name, std::int64_t low, std::int64_t high, Get get) {
  return {std::move(name), std::to_string(low) + " to " + std::to_string(high),
          [=](Section& section, const Value& value) -> Problem {
            std::int64_t read = 0;
            if (auto problem = read_integer(value, low, high, read)) {
              return problem;
            }
            using Field = std::remove_reference_t<decltype(get(section))>;
            get(section) = static_cast<Field>(read);
            return std::nullopt;
          },
          [get](const Section& section) { return std::to_string(get(section)); }};
}

template <typename Section, typename Get>
Key<Section> duration(std::string name, milliseconds low, milliseconds high, Get get) {
  const bool zero = low.count() == 0;
  std::string allowed = R"(a duration such as "30s", "2m", "6h" or "90d", )";
  allowed += zero ? "\"0\" for no limit" : "from \"" + show_duration(low) + "\"";
  allowed += ", up to \"" + show_duration(high) + "\"";
  return {std::move(name), std::move(allowed),
          [=](Section& section, const Value& value) -> Problem {
            using Field = std::remove_reference_t<decltype(get(section))>;
            milliseconds read{};
            if (auto problem = read_duration(value, low, high, read)) {
              return problem;
            }
            const auto whole = std::chrono::duration_cast<Field>(read);
            if (whole != read) {
              return "\"" + show_duration(read) + "\" is not a whole number of seconds";
            }
            get(section) = whole;
            return std::nullopt;
          },
          [get](const Section& section) { return toml_string(show_duration(get(section))); }};
}

template <typename Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

template <typename Section, typename Enum, typename Get>
Key<Section> choice(std::string name, Choices<Enum> choices, Get get) {
  std::vector<std::string> names(choices.size());
  std::transform(choices.begin(), choices.end(), names.begin(),
                 [](const auto& one) { return one.first; });
  std::string allowed = join(names, ", ");
  return {std::move(name), std::move(allowed),
          [choices, names, get](Section& section, const Value& value) -> Problem {
            std::string read;
            if (auto problem = read_string(value, read)) {
              return problem;
            }
            const auto it = std::find(names.begin(), names.end(), read);
            if (it == names.end()) {
              return "\"" + read + "\" is unknown" + suggestion(read, names);
            }
            get(section) = choices.at(static_cast<std::size_t>(it - names.begin())).second;
            return std::nullopt;
          },
          [choices, get](const Section& section) {
            const auto it = std::find_if(choices.begin(), choices.end(), [&](const auto& one) {
              return one.second == get(section);
            });
            return toml_string(it == choices.end() ? "" : it->first);
          }};
}

std::string show_list(const std::vector<std::string>& members, bool quote) {
  std::vector<std::string> shown;
  shown.reserve(members.size());
  for (const std::string& member : members) {
    shown.push_back(quote ? toml_string(member) : member);
  }
  return "[" + join(shown, ", ") + "]";
}

template <typename Get>
Key<Config> names(std::string name, std::string allowed, Get get, Check check = nullptr) {
  return {std::move(name), std::move(allowed),
          [get, check = std::move(check)](Config& config, const Value& value) -> Problem {
            std::vector<std::string> read;
            if (auto problem = read_list(value, read)) {
              return problem;
            }
            for (const std::string& member : read) {
              if (auto problem = check ? check(member) : Problem()) {
                return problem;
              }
            }
            get(config) = std::move(read);
            return std::nullopt;
          },
          [get](const Config& config) { return show_list(get(config), true); }};
}

Problem set_fixed_events(Config& config, const Value& value) {
  std::vector<std::string> read;
  if (auto problem = read_list(value, read)) {
    return problem;
  }
  std::vector<std::uint64_t> ids;
  for (const std::string& member : read) {
    if (auto problem = check_event_id(member, false)) {
      return problem;
    }
    std::from_chars(member.data(), member.data() + member.size(), ids.emplace_back());
  }
  config.filter.fixed_events = std::move(ids);
  return std::nullopt;
}

Problem set_show_tags(Config& config, const Value& value) {
  std::vector<std::string> read;
  if (auto problem = read_list(value, read)) {
    return problem;
  }
  if (read.size() > 64) {
    return "has more than 64 names";
  }
  for (const std::string& name : read) {
    const bool bad = std::any_of(name.begin(), name.end(), [](char c) {
      return c == ',' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (name.empty() || name.size() > 255 || bad) {
      return "has a name that is empty, too long, or has a comma or control character in it";
    }
  }
  config.filter.shown_tags = std::move(read);
  return std::nullopt;
}

std::string show_show_tags(const Config& config) {
  return show_list(config.filter.shown_tags, true);
}

std::string show_fixed_events(const Config& config) {
  std::vector<std::string> ids;
  ids.reserve(config.filter.fixed_events.size());
  for (const std::uint64_t id : config.filter.fixed_events) {
    ids.push_back(std::to_string(id));
  }
  return show_list(ids, false);
}

constexpr const char* kPem = "a PEM file, or \"\" for none";

// NOLINTBEGIN(bugprone-macro-parentheses): a member's name cannot stand in parentheses
/// A function that gives a field of its argument.
#define FIELD(path) \
  [](auto& section) -> auto& { return section.path; }
// NOLINTEND(bugprone-macro-parentheses)

std::vector<Key<Config>> misp_keys() {
  return {
      text<Config>("misp.url", "an http or https URL such as \"https://misp.example.org\"",
                   FIELD(misp.url), check_misp_url),
      text<Config>("misp.api_key_file",
                   "a file that holds the API key, readable by the service only",
                   FIELD(misp.api_key_file)),
      flag<Config>("misp.verify_tls", FIELD(misp.verify_tls)),
      text<Config>("misp.ca_file", kPem, FIELD(misp.ca_file)),
      text<Config>("misp.proxy", "an http, https, socks5 or socks5h URL, or \"\" for none",
                   FIELD(misp.proxy), check_proxy),
      duration<Config>("misp.connect_timeout", milliseconds(100), minutes(10),
                       FIELD(misp.connect_timeout)),
      duration<Config>("misp.request_timeout", seconds(1), hours(1), FIELD(misp.request_timeout)),
      integer<Config>("misp.page_size", 100, 50'000, FIELD(misp.page_size)),
      text<Config>("misp.feed.endpoint",
                   R"("tcp://HOST:PORT" of MISP's ZeroMQ publisher, or "ipc:///PATH")",
                   FIELD(feed.endpoint), check_feed_endpoint),
      text<Config>("misp.feed.username", "a user name, or \"\" for none", FIELD(feed.username)),
      text<Config>("misp.feed.password_file", "a file that holds the password, or \"\" for none",
                   FIELD(feed.password_file)),
      choice<Config, VisibilityMode>("misp.feed.visibility",
                                     {{"auto", VisibilityMode::kAuto},
                                      {"confirm", VisibilityMode::kConfirm},
                                      {"trust", VisibilityMode::kTrust}},
                                     FIELD(filter.visibility)),
      integer<Config>("misp.feed.max_queue", 1'000, 10'000'000, FIELD(feed.max_queue)),
  };
}

std::vector<Key<Config>> filter_keys() {
  return {
      flag<Config>("filter.to_ids", FIELD(filter.to_ids)),
      choice<Config, PublishedMode>("filter.published",
                                    {{"any", PublishedMode::kAny},
                                     {"published", PublishedMode::kPublished},
                                     {"ever_published", PublishedMode::kEverPublished}},
                                    FIELD(filter.published)),
      names("filter.types", "a list of MISP types that have a rule, \"!TYPE\" to exclude one",
            FIELD(filter.types)),
      names("filter.tags", "a list of tag names, \"!NAME\" to exclude one", FIELD(filter.tags)),
      names("filter.event_ids", "a list of event ids, \"!ID\" to exclude one",
            FIELD(filter.event_ids), [](std::string_view id) { return check_event_id(id, true); }),
      {"filter.fixed_events", "a list of event ids", set_fixed_events, show_fixed_events},
      duration<Config>("filter.max_age", seconds(0), days(36'500), FIELD(filter.max_age)),
      flag<Config>("filter.enforce_warninglist", FIELD(filter.enforce_warninglist)),
      integer<Config>("filter.honour_false_positives", 0, 1'000,
                      FIELD(filter.honour_false_positives)),
      flag<Config>("filter.honour_expirations", FIELD(filter.honour_expirations)),
      integer<Config>("mapping.max_length", 1, 2'048, FIELD(mapping.max_length)),
      integer<Config>("mapping.min_prefix_v4", 0, 32, FIELD(mapping.min_prefix_v4)),
      integer<Config>("mapping.min_prefix_v6", 0, 128, FIELD(mapping.min_prefix_v6)),
      {"mapping.show_tags", "at most 64 names of tags, without commas", set_show_tags,
       show_show_tags},
  };
}

Key<Config> max_shrink_key() {
  return {"reconcile.max_shrink", "0.0 to 1.0",
          [](Config& config, const Value& value) {
            return read_real(value, 0, 1, config.reconcile.max_shrink);
          },
          [](const Config& config) {
            std::array<char, 32> digits{};
            auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                            config.reconcile.max_shrink, std::chars_format::fixed)
                                  .ptr;
            const std::string shown(digits.data(), end);
            return shown.find('.') == std::string::npos ? shown + ".0" : shown;
          }};
}

Problem check_state_path(std::string_view path) {
  return path.empty() || path.starts_with('/') ? Problem() : Problem("is not an absolute path");
}

Problem check_sighting_source(std::string_view source) {
  if (source.size() > 255) {
    return "is too long for MISP";
  }
  const bool control = std::any_of(source.begin(), source.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  return control ? Problem("has a control character") : Problem();
}

std::vector<Key<Config>> sighting_keys() {
  return {
      flag<Config>("sightings.enabled", FIELD(sightings.enabled)),
      text<Config>("sightings.source", "at most 255 bytes, or \"\" for the [[zeek]]'s name",
                   FIELD(sightings.source), check_sighting_source),
      duration<Config>("sightings.aggregate", seconds(1), hours(1), FIELD(sightings.aggregate)),
      integer<Config>("sightings.max_per_second", 1, 1'000, FIELD(sightings.max_per_second)),
      integer<Config>("sightings.max_waiting", 100, 10'000'000, FIELD(sightings.max_waiting)),
      text<Config>("sightings.webhook.url_file",
                   "a file that holds the webhook's URL, or \"\" for none",
                   FIELD(sightings.webhook.url_file)),
      integer<Config>("sightings.webhook.max_per_minute", 1, 60,
                      FIELD(sightings.webhook.max_per_minute)),
  };
}

std::vector<Key<Config>> service_keys() {
  return {
      duration<Config>("reconcile.interval", seconds(1), days(1), FIELD(reconcile.interval)),
      duration<Config>("reconcile.full_interval", seconds(1), days(30),
                       FIELD(reconcile.full_interval)),
      max_shrink_key(),
      text<Config>("http.listen", R"(ADDRESS:PORT such as "127.0.0.1:9180", or "" for no HTTP)",
                   FIELD(http.listen), check_listen),
      text<Config>("http.tls_certificate", kPem, FIELD(http.tls_certificate)),
      text<Config>("http.tls_key", kPem, FIELD(http.tls_key)),
      text<Config>("http.token_file", "a file that holds the token, or \"\" for none",
                   FIELD(http.token_file)),
      flag<Config>("http.allow_without_token", FIELD(http.allow_without_token)),
      text<Config>("state.path", "an absolute path, or \"\" for none", FIELD(state.path),
                   check_state_path),
      choice<Config, log::Level>("log.level",
                                 {{"trace", log::Level::kTrace},
                                  {"debug", log::Level::kDebug},
                                  {"info", log::Level::kInfo},
                                  {"warn", log::Level::kWarn},
                                  {"error", log::Level::kError}},
                                 FIELD(log.level)),
      choice<Config, log::Format>("log.format",
                                  {{"logfmt", log::Format::kLogfmt}, {"json", log::Format::kJson}},
                                  FIELD(log.format)),
  };
}

Problem check_transport(std::string_view transport) {
  const bool known = transport == "broker" || transport == "websocket";
  return known ? Problem() : "\"" + std::string(transport) + "\" is unknown";
}

Problem check_address(std::string_view address) {
  return is_host(address) ? Problem() : Problem("is not a host name or address");
}

}  // namespace

const std::vector<Key<Config>>& config_keys() {
  static const auto keys = [] {
    auto all = misp_keys();
    for (auto&& part : {filter_keys(), sighting_keys(), service_keys()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return keys;
}

const std::vector<Key<ZeekConfig>>& zeek_keys() {
  static const std::vector<Key<ZeekConfig>> keys = {
      text<ZeekConfig>("name", "1 to 64 letters, digits and . _ - :", FIELD(name), check_zeek_name),
      text<ZeekConfig>("transport", "broker, websocket", FIELD(transport), check_transport),
      text<ZeekConfig>("address", "a host name or address", FIELD(address), check_address),
      integer<ZeekConfig>("port", 1, 65'535, FIELD(port)),
      flag<ZeekConfig>("listen", FIELD(listen)),
      flag<ZeekConfig>("tls", FIELD(tls)),
      flag<ZeekConfig>("verify_tls", FIELD(verify_tls)),
      text<ZeekConfig>("server_name", "the name in Zeek's certificate, or \"\" for address",
                       FIELD(server_name)),
      text<ZeekConfig>("ca_file", kPem, FIELD(ca_file)),
      text<ZeekConfig>("certificate", kPem, FIELD(certificate)),
      text<ZeekConfig>("key", kPem, FIELD(key)),
      text<ZeekConfig>("key_passphrase_file",
                       "a file that holds the key's passphrase, or \"\" for none",
                       FIELD(key_passphrase_file)),
  };
  return keys;
}

#undef FIELD

const std::vector<std::string>& section_names() {
  static const auto names = [] {
    std::vector<std::string> sections;
    for (const auto& key : config_keys()) {
      const std::string section(section_of(key.name));
      if (std::find(sections.begin(), sections.end(), section) == sections.end()) {
        sections.push_back(section);
      }
    }
    sections.emplace_back(kMappingTypes);
    return sections;
  }();
  return names;
}

Problem set_mapping_type(MappingOptions& mapping, const std::string& type, const Value& value) {
  std::string rule;
  if (auto problem = read_string(value, rule)) {
    return problem;
  }
  const auto rules = Mapping::rule_names();
  if (std::find(rules.begin(), rules.end(), rule) == rules.end()) {
    return "names the unknown rule \"" + rule + "\"" + suggestion(rule, rules);
  }
  mapping.overrides[type] = rule;
  return std::nullopt;
}

std::string variable_of(std::string_view key) {
  std::string name = "MISP_ZEEK_";
  for (const char c : key) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string_view section_of(std::string_view key) {
  const auto dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

std::string_view last_part(std::string_view key) {
  const auto dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

}  // namespace misp_zeek::app
