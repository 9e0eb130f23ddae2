// SPDX-License-Identifier: BSD-3-Clause
#include "rest_client.h"

#include <httplib.h>

#include <algorithm>
#include <cctype>

namespace misp_zeek::misp_sim {

struct RestClient::State {
  explicit State(int port) : client("127.0.0.1", port) {}
  httplib::Client client;
};

RestClient::RestClient(const MispSim& sim)
    : key(sim.key()), state_(std::make_unique<State>(sim.http_port())) {
  state_->client.set_keep_alive(true);
  state_->client.set_tcp_nodelay(true);
  state_->client.set_read_timeout(30, 0);
}

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
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.headers = {{"Authorization", key}, {"Accept", "application/json"}};
  if (method != "GET") {
    request.body = body;
    request.set_header("Content-Type", "application/json");
  }
  const auto result = state_->client.send(request);
  Answer answer;
  if (!result) return answer;
  answer.status = result->status;
  answer.body = result->body;
  answer.content_type = result->get_header_value("Content-Type");
  for (const auto& [name, value] : result->headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers[lower] = value;
  }
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
