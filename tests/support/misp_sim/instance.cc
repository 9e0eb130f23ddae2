// SPDX-License-Identifier: BSD-3-Clause
#include "instance.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <utility>

namespace misp_zeek::misp_sim {
namespace {

/// An entry of the allowedlist is a PHP regular expression with its delimiters: `/^192\.0\.2\./i`.
/// Empty: not of that form.
std::function<bool(const std::string&)> parse_pattern(std::string_view text) {
  const auto end = text.empty() ? 0 : text.rfind(text.front());
  if (end == 0) return {};
  const auto modifiers = text.substr(end + 1);
  if (!modifiers.empty() && modifiers != "i") return {};
  auto flags = std::regex::ECMAScript | std::regex::optimize;
  if (modifiers == "i") flags |= std::regex::icase;
  try {
    return [pattern = std::regex(std::string(text.substr(1, end - 1)), flags)](
               const std::string& value) { return std::regex_search(value, pattern); };
  } catch (const std::regex_error&) {
    return {};
  }
}

struct Translation {
  std::string_view language;
  std::string_view english;
  std::string_view words;
};

constexpr auto kTranslations = std::to_array<Translation>({
    {"deu", "Invalid attribute", "Ungültiges Attribut"},
    {"deu", "Invalid event", "Ungültiges Event"},
    {"deu", "Invalid event.", "Ungültiges Event."},
    {"fra", "Invalid attribute", "Attribut invalide"},
    {"fra", "Invalid event", "Evénement invalide"},
    {"fra", "Invalid event.", "Evenement invalide."},
    {"jpn", "Invalid attribute", "無効なアトリビュート"},
    {"jpn", "Invalid event", "無効なイベント"},
    {"jpn", "Invalid event.", "無効なイベントです。"},
    {"pt_BR", "Invalid attribute", "Atributo inválido % s"},
    {"pt_BR", "Invalid event", "Evento inválido"},
    {"pt_BR", "Invalid event.", "Evento inválido."},
});

bool is_known_language(std::string_view language) {
  return language == "eng" ||
         std::any_of(kTranslations.begin(), kTranslations.end(),
                     [&](const Translation& entry) { return entry.language == language; });
}

/// nullopt: not `major.minor.hotfix`.
std::optional<std::array<int, 3>> parse_version(const std::string& text) {
  std::array<int, 3> parts{};
  char rest = 0;
  const int read = std::sscanf(text.c_str(), "%d.%d.%d%c", &parts[0], &parts[1], &parts[2], &rest);
  return read == 3 ? std::optional(parts) : std::nullopt;
}

/// "" or what is wrong.
std::string change_viewer(const Json& user, Viewer& viewer) {
  viewer.site_admin = flag_field(user, "site_admin").value_or(viewer.site_admin);
  viewer.disabled = flag_field(user, "disabled").value_or(viewer.disabled);
  viewer.sighting_right = flag_field(user, "perm_sighting").value_or(viewer.sighting_right);
  if (const auto org = text_field(user, "org")) {
    if (*org != "own" && *org != "other") return "user: org is own or other";
    viewer.own_org = *org == "own";
  }
  if (has_field(user, "default_restsearch_parameters")) {
    const auto& defaults = field(user, "default_restsearch_parameters");
    if (!defaults.is_object()) return "user: default_restsearch_parameters is an object";
    viewer.search_defaults = defaults.empty() ? "" : defaults.dump();
  }
  return {};
}

/// "" or what is wrong.
std::string change_costs(const Json& settings, Costs& costs) {
  if (settings.is_string()) {
    if (settings != "measured") return "costs: measured, or an object, or false";
    costs = Costs::measured();
    return {};
  }
  if (!settings.is_object()) {
    costs = {};
    return {};
  }
  const auto read = [&](std::string_view name, std::chrono::nanoseconds& target) {
    if (const auto value = number_field(settings, name)) target = std::chrono::nanoseconds(*value);
  };
  read("request_ns", costs.request);
  read("row_ns", costs.row);
  read("offset_row_ns", costs.offset_row);
  read("count_row_ns", costs.count_row);
  read("index_row_ns", costs.index_row);
  if (const auto rows = number_field(settings, "count_rows_at_most")) {
    costs.count_rows_at_most = static_cast<std::size_t>(*rows);
  }
  return {};
}

}  // namespace

Costs Costs::measured() {
  using std::chrono::microseconds;
  Costs costs;
  costs.request = microseconds(40'000);
  costs.row = microseconds(21);
  costs.offset_row = std::chrono::nanoseconds(1'300);
  costs.count_row = microseconds(35);
  costs.index_row = microseconds(10);
  costs.count_rows_at_most = 480'000;
  return costs;
}

std::string Instance::change(const Json& settings) {
  Instance changed = *this;
  if (has_field(settings, "allowedlist")) {
    changed.allowedlist_.clear();
    for (const auto& text : as_texts(field(settings, "allowedlist"))) {
      changed.allowedlist_.push_back(parse_pattern(text));
      if (!changed.allowedlist_.back()) {
        return "allowedlist: no regular expression with delimiters: " + text;
      }
    }
  }
  changed.language_ = text_field(settings, "language").value_or(language_);
  if (!is_known_language(changed.language_)) return "language: none of eng, deu, fra, jpn, pt_BR";
  const auto chunk = number_field(settings, "chunk_rows");
  if (chunk && *chunk < 1) return "chunk_rows: not positive";
  if (chunk) changed.chunk_rows_ = static_cast<std::size_t>(*chunk);
  changed.version_ = text_field(settings, "version").value_or(version_);
  if (!parse_version(changed.version_)) return "version: not like 2.5.1";
  changed.unpublished_private_ =
      flag_field(settings, "unpublishedprivate").value_or(unpublished_private_);
  auto error = change_viewer(field(settings, "user"), changed.viewer_);
  if (error.empty() && has_field(settings, "costs")) {
    error = change_costs(field(settings, "costs"), changed.costs_);
  }
  if (error.empty()) *this = std::move(changed);
  return error;
}

bool Instance::hides(const std::string& value) const {
  return std::any_of(allowedlist_.begin(), allowedlist_.end(),
                     [&](const auto& hits) { return hits(value); });
}

bool Instance::shows(const Event& event) const {
  if (viewer_.site_admin || viewer_.own_org) return true;
  return event.distribution > 0 && event.distribution < 4 &&
         (event.published || !unpublished_private_);
}

bool Instance::shows(const Attribute& attribute, const Event& event) const {
  if (viewer_.site_admin || viewer_.own_org) return true;
  return shows(event) && attribute.distribution > 0 && attribute.distribution != 4;
}

std::string Instance::visibility() const {
  if (viewer_.site_admin || viewer_.own_org) return "all";
  return unpublished_private_ ? "published" : "shared";
}

std::string Instance::words(std::string_view english) const {
  const auto* it = std::find_if(kTranslations.begin(), kTranslations.end(), [&](const auto& entry) {
    return entry.language == language_ && entry.english == english;
  });
  return std::string(it == kTranslations.end() ? english : it->words);
}

bool Instance::is_since(int major, int minor, int hotfix) const {
  return *parse_version(version_) >= std::array{major, minor, hotfix};
}

}  // namespace misp_zeek::misp_sim
