// SPDX-License-Identifier: BSD-3-Clause
#include "soak/analyst.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/mapping/mapping.h"

namespace misp_zeek::soak {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxEvents = 12;
constexpr std::uint64_t kLookEvery = 10;
/// Synthetic events come first; this analyst leaves them alone.
constexpr const char* kInfo = "soak";

std::pair<std::string, std::string> random_value(std::mt19937& random) {
  const std::string n = std::to_string(random() % 12);
  switch (random() % 9) {
    case 0:
      return {"ip-dst", "203.0.113." + n};
    case 1:
      return {"ip-src", "203.0.113." + n};
    case 2:
      return {"ip-dst|port", "203.0.113." + n + "|" + std::to_string(1 + random() % 3)};
    case 3:
      return {"domain|ip", "d" + n + ".soak.example|203.0.113." + n};
    case 4:
      return {"domain", "d" + n + ".soak.example"};
    case 5:
      return {"url", "http://d" + n + ".soak.example/x"};
    case 6:
      return {"ip-dst", "2001:db8::" + n};
    case 7:
      return {"ip-dst", "203.0.113." + std::to_string(16 * (random() % 12)) + "/28"};
    default:
      return {"md5", "0123456789abcdef0123456789ab" + std::to_string(1000 + random() % 12)};
  }
}

}  // namespace

bool Analyst::ask(const std::string& path, const json& body) {
  try {
    stack_.post(path, body);
    return true;
  } catch (const std::exception&) {
    return false;  // refused, or a fault of the simulator answered in its place
  }
}

void Analyst::look() {
  rows_.clear();
  std::set<std::string> events;
  for (const auto& row : stack_.get("/sim/expected")) {
    if (row.at("info").get<std::string>().starts_with(kInfo)) {
      const auto text = [&](const char* name) {
        return row.at(name).is_string() ? row.at(name).get<std::string>() : row.at(name).dump();
      };
      rows_.push_back({text("id"), text("event_id"), text("type")});
      events.insert(rows_.back().event);
    }
  }
  events_.assign(events.begin(), events.end());
}

std::string Analyst::add() {
  const auto [type, value] = random_value(random_);
  const auto& event = events_[random_() % events_.size()];
  ask("/attributes/add/" + event,
      {{"type", type}, {"value", value}, {"to_ids", random_() % 5 != 0}});
  return "attribute.add";
}

std::string Analyst::operate() {
  if (operations_++ % kLookEvery == 0) {
    look();
  }
  const auto dice = random_() % 100;
  if (events_.empty() || (dice < 5 && events_.size() < kMaxEvents)) {
    const std::string info = kInfo + std::string(" ") + std::to_string(operations_);
    const auto [type, value] = random_value(random_);
    ask("/events/add", {{"info", info},
                        {"distribution", "3"},
                        {"Attribute", {{{"type", type}, {"value", value}, {"to_ids", true}}}}});
    look();
    return "event.add";
  }
  if (rows_.empty() || dice < 45) {
    return add();
  }
  const Row row = any_row();
  if (dice < 58) {
    ask("/attributes/edit/" + row.id, {{"value", random_value(random_).second}});
    return "attribute.edit value";
  }
  if (dice < 68) {
    ask("/attributes/edit/" + row.id, {{"to_ids", random_() % 2 == 0}});
    return "attribute.edit to_ids";
  }
  if (dice < 78) {
    ask("/attributes/delete/" + row.id, json::object());
    deleted_.push_back(row.id);
    return "attribute.delete soft";
  }
  if (dice < 85) {
    ask("/attributes/delete/" + row.id + "/1", json::object());
    return "attribute.delete hard";
  }
  if (dice < 89 && !deleted_.empty()) {
    ask("/attributes/restore/" + deleted_.back(), json::object());
    deleted_.pop_back();
    return "attribute.restore";
  }
  if (dice < 93) {
    ask("/events/publish/" + row.event, json::object());
    return "event.publish";
  }
  if (dice < 97) {
    ask("/events/edit/" + row.event,
        {{"Event", {{"info", kInfo + std::string(" edited ") + std::to_string(operations_)}}}});
    return "event.edit info";
  }
  ask("/events/delete/" + row.event, json::object());
  look();
  return "event.delete";
}

std::vector<std::string> Analyst::expected(bool untouched_only) const {
  const Mapping mapping;
  std::map<std::string, std::set<std::string>> supporters;
  for (const auto& row : stack_.get("/sim/expected?to_ids=1")) {
    if (untouched_only && row.at("info").get<std::string>().starts_with(kInfo)) {
      continue;
    }
    const auto mapped =
        mapping.map(row.at("type").get<std::string>(), row.at("value").get<std::string>());
    if (!mapped) {
      continue;
    }
    const auto& event = row.at("event_id");
    for (const auto& part : *mapped) {
      const std::string entry = part.key.indicator + "\t" + std::string(to_string(part.key.type)) +
                                "\tMISP-" +
                                (event.is_string() ? event.get<std::string>() : event.dump());
      supporters[entry].insert(row.at("uuid").get<std::string>());
    }
  }
  std::vector<std::string> lines;
  for (const auto& [entry, uuids] : supporters) {
    std::string line = entry + "\t";
    for (const auto& uuid : uuids) {
      line += (line.back() == '\t' ? "" : ",") + uuid;
    }
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace misp_zeek::soak
