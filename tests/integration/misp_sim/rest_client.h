// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "misp_sim/misp_sim.h"

namespace misp_zeek::misp_sim {

/// A client of the simulator's REST API over real HTTP. One thread.
class RestClient {
 public:
  explicit RestClient(const MispSim& sim);
  ~RestClient();
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  struct Answer {
    int status = 0;  ///< 0: no answer
    std::string body;
    std::string content_type;
    std::map<std::string, std::string> headers;  ///< names in lower case

    [[nodiscard]] nlohmann::json json() const;
    /// X-Result-Count; -1: absent.
    [[nodiscard]] int count() const;
    [[nodiscard]] int skipped() const;
  };

  Answer send(const std::string& method, const std::string& path, const std::string& body = {});
  Answer post(const std::string& path, const nlohmann::json& body);
  /// POST /attributes/restSearch
  Answer search(const nlohmann::json& filters);
  /// `value` of the rows found.
  std::vector<std::string> values(const nlohmann::json& filters);

  std::string key;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace misp_zeek::misp_sim
