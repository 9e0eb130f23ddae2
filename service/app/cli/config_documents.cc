// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/config_documents.h"

#include <array>
#include <sstream>
#include <string_view>
#include <utility>

#include "app/cli/man_page.h"
#include "app/config/config.h"
#include "app/config/diff.h"
#include "app/config/keys.h"
#include "app/process/version.h"

namespace misp_zeek::app {
namespace {

struct SectionMeaning {
  std::string_view name;
  std::string_view text;
};

constexpr std::array<SectionMeaning, 12> kSections = {{
    {"misp", "How to reach MISP's REST API."},
    {"misp.feed", "How to follow MISP's ZeroMQ feed."},
    {"filter", "Which attributes Zeek gets."},
    {"mapping", "How attributes become indicators."},
    {"reconcile", "When the service reconciles with MISP, and how much it may remove."},
    {"limits", "What waits for an operator."},
    {"http", "Where the service answers."},
    {"control", "Where the service takes commands."},
    {"sightings", "How matches return to MISP."},
    {"sightings.webhook",
     "Post matches to a chat as well: POST `{\"text\": ...}` to an incoming webhook of Slack, "
     "Mattermost or similar. Only while `sightings.enabled`."},
    {"state", "What survives a restart."},
    {"log", "The log."},
}};

constexpr std::string_view kZeekMeaning =
    "One section per Zeek: a stand-alone Zeek, or the manager of a cluster. At least one.";

constexpr std::string_view kSampleHead =
    R"(# SPDX-License-Identifier: BSD-3-Clause
# Configuration of misp-zeek. Every key is here with its default, or with an example if it is required.
# Leave out what you do not change. `misp-zeek check -c FILE` says what is wrong. misp-zeek.toml(5) has
# the environment variables, flags, and which keys a reload (SIGHUP) takes up.
#
# Durations are a number and a unit: "250ms", "30s", "2m", "6h", "90d", or "0".
)";

constexpr std::string_view kManDescription =
    "The file is TOML. Unknown keys are errors. `misp-zeek check -c FILE` says what is wrong, with "
    "line and key.\n.PP\n"
    "Durations are a number and a unit: \"250ms\", \"30s\", \"2m\", \"6h\", \"90d\", or \"0\".\n"
    ".PP\n"
    "Each key can come from the environment instead: misp.feed.endpoint is\n"
    ".BR MISP_ZEEK_MISP_FEED_ENDPOINT ,\nand commas separate the members of a list.\nFlags such "
    "as\n"
    ".B \\-\\-set misp.feed.endpoint=tcp://misp:50000\n"
    "win over the environment, and the environment wins over the file. Of the [[zeek]] keys, "
    "name,\n"
    "address and port then mean the first Zeek, the others every Zeek.\n.PP\n"
    "SIGHUP reloads the keys that say so. The others need a restart.\n";

bool is_required(const std::string& key) {
  return key == "misp.url" || key == "misp.api_key_file" || key == "misp.feed.endpoint";
}

/// The defaults, and examples of what has none.
Config example() {
  Config config;
  config.misp.url = "https://misp.example.org";
  config.misp.api_key_file = "/etc/misp-zeek/misp.key";
  config.feed.endpoints = {"tcp://misp.example.org:50000"};
  return config;
}

std::string short_form(const std::string& allowed) {
  if (allowed == "true or false") {
    return "";
  }
  return allowed.starts_with(kDurationForm) ? allowed.substr(kDurationForm.size()) : allowed;
}

DocumentedSection mapping_types() {
  return {"[" + std::string(kMappingTypes) + "]",
          "Other rules for MISP types, as `TYPE = \"RULE\"`. Rules: " +
              join(Mapping::rule_names(), ", ") + "; none ignores a type. Reloadable.",
          {}};
}

std::string without_code(std::string text) {
  std::erase(text, '`');
  return text;
}

/// In lines of at most 100 characters that begin with "# ".
std::string comment(const std::string& text) {
  constexpr std::size_t kWidth = 100;
  std::istringstream words(text);
  std::string out;
  std::string line = "#";
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  return out + line + "\n";
}

/// "Limit for connecting. Allowed: 1 to 5."
std::string sentences_of(const DocumentedKey& key) {
  return without_code(key.meaning) + (key.allowed.empty() ? "" : " Allowed: " + key.allowed + ".");
}

std::string cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

}  // namespace

std::vector<DocumentedSection> documented_sections() {
  std::vector<DocumentedSection> sections;
  const Config config = example();
  for (const auto& [name, meaning] : kSections) {
    DocumentedSection section{"[" + std::string(name) + "]", std::string(meaning), {}};
    for (const auto& key : config_keys()) {
      if (section_of(key.name) == name) {
        section.keys.push_back({std::string(last_part(key.name)), key.show(config),
                                short_form(key.allowed), key.meaning, is_required(key.name),
                                is_reloadable(key.name)});
      }
    }
    sections.push_back(std::move(section));
    if (name == "mapping") {
      sections.push_back(mapping_types());
    }
  }
  DocumentedSection zeek{"[[zeek]]", std::string(kZeekMeaning), {}};
  for (const auto& key : zeek_keys()) {
    zeek.keys.push_back(
        {key.name, key.show(ZeekConfig()), short_form(key.allowed), key.meaning, false, false});
  }
  sections.push_back(std::move(zeek));
  return sections;
}

std::string sample_configuration() {
  std::string out(kSampleHead);
  for (const auto& section : documented_sections()) {
    out += "\n" + comment(without_code(section.meaning)) + section.header + "\n";
    for (const auto& key : section.keys) {
      out += comment(sentences_of(key)) + key.name + " = " + key.value + "\n";
    }
    if (section.keys.empty()) {
      out += "# \"sha512\" = \"file_hash\"\n# \"attachment\" = \"none\"\n";
    }
  }
  return out;
}

std::string configuration_tables() {
  std::string out;
  for (const auto& section : documented_sections()) {
    out += "\n### " + section.header + "\n\n" + section.meaning + "\n";
    if (section.keys.empty()) {
      continue;
    }
    out += "\n| key | default | allowed | meaning |\n|---|---|---|---|\n";
    for (const auto& key : section.keys) {
      out += "| `" + key.name + "` | " + (key.required ? "–" : "`" + key.value + "`") + " | " +
             (key.allowed.empty() ? "true or false" : cell(key.allowed)) + " | " +
             cell(key.meaning) + (key.reloadable ? " *Reloadable.*" : "") + " |\n";
    }
  }
  return out;
}

std::string configuration_man_page() {
  std::string out = ".TH MISP\\-ZEEK.TOML 5 \"\" \"misp\\-zeek " + version() + "\"\n" +
                    ".SH NAME\nmisp\\-zeek.toml \\- configuration of misp\\-zeek\n" +
                    ".SH DESCRIPTION\n" + std::string(kManDescription);
  for (const auto& section : documented_sections()) {
    out += ".SH \"" + roff(section.header) + "\"\n" + roff(without_code(section.meaning)) + "\n";
    for (const auto& key : section.keys) {
      out += ".TP\n.B " + roff(key.name) + "\n" + roff(sentences_of(key)) +
             (key.required ? "" : roff(" Default: " + key.value + ".")) +
             (key.reloadable ? " Reloadable." : "") + "\n";
    }
  }
  return out + ".SH \"SEE ALSO\"\n.BR misp\\-zeek (1)\n";
}

}  // namespace misp_zeek::app
