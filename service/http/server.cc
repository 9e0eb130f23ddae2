// SPDX-License-Identifier: BSD-3-Clause
#include "http/server.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

namespace misp_zeek::http {
namespace {

constexpr std::size_t kMaxPayload = 64 * 1024;

std::string rfc3339(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(std::function<Health()> health) : health_(std::move(health)) {
    server_.set_payload_max_length(kMaxPayload);
    server_.set_read_timeout(5, 0);
    server_.set_write_timeout(5, 0);
    server_.set_keep_alive_max_count(100);
    server_.Get("/livez", [this](const httplib::Request&, httplib::Response& response) {
      const bool live = health_().live;
      response.status = live ? 200 : 503;
      response.set_content(live ? "ok\n" : "the loop does not turn\n", "text/plain");
    });
    server_.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
      ready(health_(), response);
    });
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("misp-zeek: /livez /readyz\n", "text/plain");
    });
  }

  ~Impl() {
    server_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  Result<void> listen(const std::string& address, std::uint16_t port) {
    const int bound = port == 0 ? server_.bind_to_any_port(address.c_str())
                      : server_.bind_to_port(address.c_str(), port) ? port
                                                                    : -1;
    if (bound < 0) {
      return fail(ErrorCode::kUnavailable,
                  "http.listen: cannot listen at " + address + ":" + std::to_string(port));
    }
    port_ = static_cast<std::uint16_t>(bound);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    return {};
  }

  std::uint16_t port() const { return port_; }

 private:
  static void ready(const Health& health, httplib::Response& response) {
    const bool all = std::all_of(health.checks.begin(), health.checks.end(),
                                 [](const Check& check) { return check.ok; });
    nlohmann::json checks = nlohmann::json::array();
    for (const auto& check : health.checks) {
      checks.push_back({{"name", check.name},
                        {"ok", check.ok},
                        {"since", rfc3339(check.since)},
                        {"message", check.message}});
    }
    response.status = all && health.live ? 200 : 503;
    response.set_content(nlohmann::json{{"ready", response.status == 200}, {"checks", checks}}.dump(
                             2, ' ', false, nlohmann::json::error_handler_t::replace) +
                             "\n",
                         "application/json");
  }

  std::function<Health()> health_;
  httplib::Server server_;
  std::thread thread_;
  std::uint16_t port_ = 0;
};

Result<std::unique_ptr<Server>> Server::start(const std::string& listen,
                                              std::function<Health()> health) {
  const auto colon = listen.rfind(':');
  std::uint16_t port = 0;
  const char* end = listen.data() + listen.size();
  if (colon == std::string::npos ||
      std::from_chars(listen.data() + colon + 1, end, port).ptr != end) {
    return fail(ErrorCode::kInvalidConfig, "http.listen: \"" + listen + "\" is not ADDRESS:PORT");
  }
  auto impl = std::make_unique<Impl>(std::move(health));
  if (auto listening = impl->listen(listen.substr(0, colon), port); !listening) {
    return tl::unexpected<Error>(std::move(listening.error()));
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return impl_->port(); }

}  // namespace misp_zeek::http
