// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "web/server.h"

namespace misp_zeek::misp {

struct TestRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;  ///< names as they came
  std::string body;
  int client_port = 0;
};

struct TestResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json; charset=UTF-8";
  std::map<std::string, std::string> headers;
  /// Then the body comes in pieces of ten bytes with this pause before each.
  std::chrono::milliseconds pause{0};
};

/// An HTTP or HTTPS server on a free port of 127.0.0.1.
class HttpTestServer {
 public:
  using Handler = std::function<TestResponse(const TestRequest&)>;

  /// HTTPS with this certificate and key, PEM files; empty: HTTP.
  explicit HttpTestServer(Handler handler, const std::string& certificate = "",
                          const std::string& key = "");
  HttpTestServer(const HttpTestServer&) = delete;
  HttpTestServer& operator=(const HttpTestServer&) = delete;

  int port() const;
  std::string url() const;  ///< http://127.0.0.1:PORT
  std::vector<TestRequest> requests() const;

 private:
  web::Reply answer(const web::Request& request);

  const Handler handler_;
  mutable std::mutex mutex_;
  std::vector<TestRequest> requests_;
  std::unique_ptr<web::Server> server_;  ///< the last, since its threads use the others
};

/// Answers one connection after another with the same bytes, whatever is asked, and closes it.
class RawTestServer {
 public:
  explicit RawTestServer(std::string answer);
  ~RawTestServer();
  RawTestServer(const RawTestServer&) = delete;
  RawTestServer& operator=(const RawTestServer&) = delete;

  std::string url() const;

 private:
  void run(const std::stop_token& stop) const;

  std::string answer_;
  int listener_ = -1;
  int port_ = 0;
  std::jthread thread_;
};

/// A port of 127.0.0.1 that nobody listens on.
int unused_port();

}  // namespace misp_zeek::misp
