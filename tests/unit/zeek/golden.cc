// SPDX-License-Identifier: BSD-3-Clause
#include "golden.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace misp_zeek::golden {
namespace {

using Json = nlohmann::json;

const std::vector<std::vector<std::string>> kRecords = {
    {"indicator", "indicator_type", "event_id", "attribute_uuids", "desc", "url", "ports", "tags",
     "report_sightings", "kind", "columns"},
    {"indicator", "indicator_type", "event_id"},
    {"indicator", "indicator_type", "event_id", "reason"},
    {"indicator", "indicator_type", "suppressed"},
    {"attribute_uuids", "indicator", "indicator_type", "event_id", "kind", "seen", "where",
     "seen_at", "withheld", "uid", "orig_h", "orig_p", "resp_h", "resp_p", "node", "fuid"},
    {"service_id", "session", "service_version", "owner", "misp", "filter", "capabilities", "auth"},
    {"session", "seq", "epoch", "revision", "items", "auth"},
    {"session", "seq", "epoch", "revision", "upserts", "removals"},
    {"session", "seq", "epoch", "revision", "auth"},
    {"session", "nonce", "auth"},
    {"session", "auth"},
    {"instance", "seq", "auth"},
    {"session", "instance", "package_version", "zeek_version", "node", "capabilities", "role",
     "holder", "reason", "epoch", "revision", "items", "digest", "digest_key"},
    {"session", "seq", "revision", "inserted", "updated", "unchanged", "removed", "rejects"},
    {"session", "nonce", "seq", "epoch", "revision", "items", "digest", "lost", "suppressed",
     "strays", "workers_configured", "workers_connected", "workers_in_sync", "workers_verified",
     "dropped_sightings", "dropped_messages"},
    {"session", "expected_seq", "reason"},
    {"session", "indicators"},
    {"instance", "seq", "dropped", "sightings", "capped", "vetoed"},
    {"service_id", "contract"},
    {"contract", "package_version", "zeek_version", "node", "instance"},
};

zeek::WireValue to_wire(const Json& json);

zeek::WireValue record(const Json& json) {
  for (const auto& fields : kRecords) {
    const bool matches =
        json.size() == fields.size() &&
        std::all_of(fields.begin(), fields.end(), [&](const auto& f) { return json.contains(f); });
    if (matches) {
      zeek::WireValue::Vector values;
      for (const auto& field : fields) {
        values.push_back(to_wire(json.at(field)));
      }
      return values;
    }
  }
  throw std::runtime_error("no record of the contract: " + json.dump());
}

zeek::WireValue::Vector list(const Json& json) {
  zeek::WireValue::Vector values;
  for (const auto& element : json) {
    values.push_back(to_wire(element));
  }
  return values;
}

zeek::WireValue to_wire(const Json& json) {
  if (json.is_boolean()) {
    return json.get<bool>();
  }
  if (json.is_number_unsigned()) {
    return json.get<std::uint64_t>();
  }
  if (json.is_string()) {
    return json.get<std::string>();
  }
  if (json.is_array()) {
    return list(json);
  }
  if (json.is_null()) {
    return std::monostate{};
  }
  if (json.contains("@set")) {
    return json.at("@set").get<zeek::WireValue::Set>();
  }
  if (json.contains("@table")) {
    return json.at("@table").get<zeek::WireValue::Table>();
  }
  return record(json);
}

Json read(const std::string& name) {
  std::ifstream file(std::filesystem::path(MISP_ZEEK_GOLDEN_DIR) / (name + ".json"));
  return Json::parse(file);
}

}  // namespace

std::vector<std::string> message_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(MISP_ZEEK_GOLDEN_DIR)) {
    if (entry.path().extension() == ".json" && entry.path().stem() != "digest") {
      names.push_back(entry.path().stem());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

zeek::WireEvent read_message(const std::string& name) {
  const Json json = read(name);
  return {json.at("event").get<std::string>(), list(json.at("args"))};
}

Digest read_digest() {
  const Json json = read("digest");
  Digest digest;
  digest.key = json.at("key").get<std::string>();
  digest.digest = json.at("digest").get<std::string>();
  for (const auto& entry : json.at("items")) {
    digest.entries.push_back({record(entry.at("item")), entry.at("hash").get<std::string>(),
                              entry.at("mixed").get<std::string>()});
  }
  return digest;
}

}  // namespace misp_zeek::golden
