// SPDX-License-Identifier: BSD-3-Clause
#include "rest_client.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "web/client.h"

namespace misp_zeek::misp_sim {

struct RestClient::State {
  explicit State(int port) : client(port) { client.set_timeout(std::chrono::seconds(30)); }
  web::Client client;
};

RestClient::RestClient(const MispSim& sim)
    : key(sim.key()), state_(std::make_unique<State>(sim.http_port())) {}

RestClient::~RestClient() = default;

nlohmann::json RestClient::Answer::json() const {
  return nlohmann::json::parse(body, nullptr, false);
}

int RestClient::Answer::count() const {
  const auto it = headers.find("x-result-count");
  return it == headers.end() ? -1 : std::stoi(it->second);
}

int RestClient::Answer::skipped() const {
  const auto it = headers.find("x-skipped-elements-count");
  return it == headers.end() ? -1 : std::stoi(it->second);
}

RestClient::Answer RestClient::send(const std::string& method, const std::string& path,
                                    const std::string& body) {
  web::Headers headers = {{"Authorization", key}, {"Accept", "application/json"}};
  if (method != "GET") {
    headers["Content-Type"] = "application/json";
  }
  const auto result = state_->client.send(method, path, method == "GET" ? "" : body, headers);
  Answer answer;
  if (!result) return answer;
  answer.status = result->status;
  answer.body = result->body;
  answer.content_type = result->header("content-type");
  answer.headers.insert(result->headers.begin(), result->headers.end());
  return answer;
}

RestClient::Answer RestClient::post(const std::string& path, const nlohmann::json& body) {
  return send("POST", path, body.dump());
}

RestClient::Answer RestClient::search(const nlohmann::json& filters) {
  return post("/attributes/restSearch", filters);
}

std::vector<std::string> RestClient::values(const nlohmann::json& filters) {
  std::vector<std::string> values;
  const auto answer = search(filters).json();
  for (const auto& row : answer.at("response").at("Attribute")) values.push_back(row.at("value"));
  return values;
}

}  // namespace misp_zeek::misp_sim
