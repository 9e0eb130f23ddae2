// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/rest_worker.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace misp_zeek::app {
namespace {

std::string_view operation_of(const RestCall& call) {
  if (std::holds_alternative<SearchCall>(call)) {
    return "search";
  }
  if (std::holds_alternative<EventCall>(call)) {
    return "events";
  }
  if (std::holds_alternative<PresenceCall>(call)) {
    return "presence";
  }
  return std::holds_alternative<IndexCall>(call) ? "index" : "user";
}

RestDone perform(MispRest& rest, const RestRequest& request) {
  const auto began = std::chrono::steady_clock::now();
  auto reply = rest.call(request.call);
  return {request.id, operation_of(request.call), std::chrono::steady_clock::now() - began,
          std::move(reply)};
}

}  // namespace

RestWorkers::RestWorkers(std::vector<std::unique_ptr<MispRest>> clients, const OnReply& on_reply)
    : workers_(clients.size()) {
  for (std::size_t i = 0; i < clients.size(); ++i) {
    Worker& worker = workers_[i];
    worker.client = std::move(clients[i]);
    worker.thread = std::make_unique<Thread>(
        [&rest = *worker.client](const RestRequest& request) { return perform(rest, request); },
        [&worker, on_reply] { on_reply(*worker.thread->take()); });
  }
}

RestWorkers::~RestWorkers() {
  for (Worker& worker : workers_) {
    worker.client->cancel();
  }
  for (Worker& worker : workers_) {
    worker.thread->stop();
  }
}

bool RestWorkers::idle() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return !worker.thread->busy(); });
}

void RestWorkers::submit(RestRequest request) {
  const auto idle = std::find_if(workers_.begin(), workers_.end(),
                                 [](const Worker& worker) { return !worker.thread->busy(); });
  idle->thread->submit(std::move(request));
}

}  // namespace misp_zeek::app
