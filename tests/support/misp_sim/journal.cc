// SPDX-License-Identifier: BSD-3-Clause
#include "journal.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "json_fields.h"

namespace misp_zeek::misp_sim {

Journal::Journal(const std::string& file) {
  if (file.empty()) return;
  std::ifstream input(file);
  for (std::string line; std::getline(input, line);) {
    const auto json = Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    Entry entry{json.at("at"), parse_request(json.at("method"), json.at("path"))};
    entry.request.named = json.at("named");
    entry.request.body = json.at("body");
    entries_.push_back(std::move(entry));
  }
  file_.open(file, std::ios::app);
  file_ << '\n' << std::flush;
  if (!file_) throw std::runtime_error("cannot write " + file);
}

void Journal::add(const Entry& entry) {
  if (!file_.is_open()) return;
  const auto& request = entry.request;
  const Json json = {{"at", entry.at},
                     {"method", request.method},
                     {"path", request.path},
                     {"named", request.named},
                     {"body", request.body}};
  file_ << json.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n' << std::flush;
}

}  // namespace misp_zeek::misp_sim
