// SPDX-License-Identifier: BSD-3-Clause
#include "model/scenario.h"

#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace misp_zeek::model {
namespace {

const std::set<std::string> kSettings = {"seed",
                                         "reader",
                                         "unpublished_private",
                                         "batch_rows",
                                         "pace1",
                                         "pace2",
                                         "to_ids",
                                         "published",
                                         "types",
                                         "tags",
                                         "event_ids",
                                         "max_age",
                                         "fixed_events",
                                         "enforce_warninglist",
                                         "visibility",
                                         "honour_false_positives",
                                         "honour_expirations",
                                         "state",
                                         "show_tags",
                                         "timers"};

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) {
      parts.push_back(part);
    }
  }
  return parts;
}

Step parse_step(const std::string& line) {
  Step step;
  const auto semicolon = line.find(';');
  const auto words = split(line.substr(0, semicolon), ' ');
  step.at = words.empty() ? 0 : number(words[0]);
  step.verb = words.size() > 1 ? words[1] : "";
  if (words.size() > 2) {
    step.args.assign(words.begin() + 2, words.end());
  }
  if (semicolon != std::string::npos) {
    for (const auto& option : split(line.substr(semicolon + 1), ' ')) {
      const auto equals = option.find('=');
      step.options[option.substr(0, equals)] =
          equals == std::string::npos ? "" : option.substr(equals + 1);
    }
  }
  return step;
}

}  // namespace

std::string Step::str() const {
  std::string text = std::to_string(at) + " " + verb;
  for (const auto& word : args) {
    text += " " + word;
  }
  text += options.empty() ? "" : " ;";
  for (const auto& [name, value] : options) {
    text += " " + name + (value.empty() ? "" : "=" + value);
  }
  return text;
}

SteadyMs Step::milliseconds(const std::string& option) const {
  const auto it = options.find(option);
  return it == options.end() ? 0 : number(it->second);
}

const std::string& Step::arg(std::size_t index) const {
  static const std::string kNone;
  return index < args.size() ? args[index] : kNone;
}

std::string Scenario::setting(const std::string& key, const std::string& fallback) const {
  const auto it = settings.find(key);
  return it == settings.end() ? fallback : it->second;
}

std::uint32_t Scenario::seed() const {
  return static_cast<std::uint32_t>(number(setting("seed", "1")));
}

MispModel::Reader Scenario::reader() const {
  MispModel::Reader reader;
  reader.site_admin = setting("reader", "admin") == "admin";
  reader.org = reader.site_admin ? 1 : 2;
  FilterOptions& filter = reader.filter;
  filter.to_ids = setting("to_ids", "true") == "true";
  const std::string published = setting("published", "any");
  filter.published = published == "published"        ? PublishedMode::kPublished
                     : published == "ever_published" ? PublishedMode::kEverPublished
                                                     : PublishedMode::kAny;
  filter.types = split(setting("types", ""), ',');
  filter.tags = split(setting("tags", ""), ',');
  filter.event_ids = split(setting("event_ids", ""), ',');
  for (const auto& id : split(setting("fixed_events", ""), ',')) {
    filter.fixed_events.push_back(static_cast<std::uint64_t>(number(id)));
  }
  filter.max_age = std::chrono::seconds(number(setting("max_age", "0")));
  filter.enforce_warninglist = setting("enforce_warninglist", "false") == "true";
  filter.shown_tags = split(setting("show_tags", ""), ',');
  filter.honour_false_positives =
      static_cast<std::uint32_t>(number(setting("honour_false_positives", "0")));
  filter.honour_expirations = setting("honour_expirations", "false") == "true";
  const std::string visibility = setting("visibility", "auto");
  filter.visibility = visibility == "lookup"  ? VisibilityMode::kLookup
                      : visibility == "trust" ? VisibilityMode::kTrust
                                              : VisibilityMode::kAuto;
  return reader;
}

std::string Scenario::str() const {
  std::string text;
  for (const auto& line : split(comment, '\n')) {
    text += "# " + line + "\n";
  }
  for (const auto& [key, value] : settings) {
    text += "set " + key + " " + value + "\n";
  }
  for (const auto& step : steps) {
    text += step.str() + "\n";
  }
  return text;
}

Result<Scenario> parse_scenario(std::string_view text) {
  Scenario scenario;
  std::istringstream in{std::string(text)};
  int number_of_line = 0;
  for (std::string line; std::getline(in, line);) {
    ++number_of_line;
    const auto words = split(line, ' ');
    if (words.empty()) {
      continue;
    }
    if (line.front() == '#') {
      scenario.comment += line.substr(std::min<std::size_t>(2, line.size())) + "\n";
    } else if (words[0] == "set" && words.size() == 3 && kSettings.contains(words[1])) {
      scenario.settings[words[1]] = words[2];
    } else if (words.size() >= 2 && words[0].find_first_not_of("0123456789") == std::string::npos) {
      scenario.steps.push_back(parse_step(line));
      const auto count = scenario.steps.size();
      if (count > 1 && scenario.steps[count - 2].at > scenario.steps[count - 1].at) {
        return fail(ErrorCode::kMalformed,
                    "line " + std::to_string(number_of_line) + ": earlier than the one before");
      }
    } else {
      return fail(ErrorCode::kMalformed, "line " + std::to_string(number_of_line) + ": " + line);
    }
  }
  return scenario;
}

Result<Scenario> load_scenario(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    return fail(ErrorCode::kUnavailable, "cannot read " + file);
  }
  return parse_scenario(text.str());
}

}  // namespace misp_zeek::model
