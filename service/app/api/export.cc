// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/export.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace misp_zeek::app {
namespace {

/// A field of Zeek's ASCII files: what has a meaning there is written as \xNN, nothing as "-". As a
/// whole, or at the begin of a line, these have one: "-", "(empty)" and "#".
std::string field(std::string_view text) {
  if (text.empty()) {
    return "-";
  }
  const bool has_meaning = text == "-" || text == "(empty)" || text.front() == '#';
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\' || (has_meaning && out.empty())) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned>(byte));
      out += code.data();
    } else {
      out += c;
    }
  }
  return out;
}

void append_line(std::string& text, const std::string& owner, const Item& item) {
  text.append(field(item.entry.key.indicator)).append("\t");
  text.append(to_string(item.entry.key.type)).append("\t");
  text.append("export-").append(owner).append("-");
  text.append(std::to_string(item.entry.event_id)).append("\t");
  text.append(field(item.desc)).append("\t").append(field(item.url)).append("\n");
}

void append_object(std::string& text, const Item& item) {
  const nlohmann::ordered_json object = {{"indicator", item.entry.key.indicator},
                                         {"indicator_type", to_string(item.entry.key.type)},
                                         {"event_id", item.entry.event_id},
                                         {"desc", item.desc},
                                         {"url", item.url},
                                         {"ports", item.ports},
                                         {"tags", item.tags},
                                         {"attributes", item.attribute_uuids}};
  text += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::optional<ExportFormat> parse_export_format(std::string_view name) {
  if (name == "zeek-intel") {
    return ExportFormat::kZeekIntel;
  }
  return name == "json" ? std::optional(ExportFormat::kJson) : std::nullopt;
}

std::optional<std::string> ExportText::next() {
  if (ended_) {
    return "";
  }
  const bool json = format_ == ExportFormat::kJson;
  const bool begins = !after_;
  const auto items = items_(after_);
  if (!items) {
    return std::nullopt;
  }
  std::string text;
  if (begins) {
    text = json ? "[" : "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\tmeta.url\n";
  }
  for (const Item& item : *items) {
    if (json) {
      text += begins && &item == &items->front() ? "\n" : ",\n";
      append_object(text, item);
    } else {
      append_line(text, owner_, item);
    }
  }
  if (items->empty()) {
    ended_ = true;
    text += json ? "\n]\n" : "";
  } else {
    after_ = items->back().entry;
  }
  return text;
}

}  // namespace misp_zeek::app
