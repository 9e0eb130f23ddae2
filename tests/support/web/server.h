// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace misp_zeek::web {

struct Request {
  std::string method;
  std::string target;                          ///< path and query as they came
  std::map<std::string, std::string> headers;  ///< names as they came
  std::string body;
  int client_port = 0;

  /// Empty when there is none; of any case.
  std::string header(const std::string& name) const;
};

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain";
  std::map<std::string, std::string> headers;
  /// Then the body comes in pieces of so many bytes, with a pause before each.
  std::size_t piece = 0;
  std::chrono::milliseconds pause{0};
  bool cut = false;  ///< the connection ends in the middle of the body
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;             ///< 0: any free one
  std::string certificate;  ///< PEM files; empty: HTTP
  std::string key;
};

/// HTTP/1.1 in front of a handler, which is called from a thread for each connection and may wait.
class Server {
 public:
  using Handler = std::function<Reply(const Request&)>;
  /// Listens at once. Throws std::runtime_error when that fails.
  explicit Server(Handler handler, ServerOptions options = {});
  /// Ends all connections, and waits for the handlers.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// For `Content-Encoding: deflate`, without zlib's header.
std::string deflate(const std::string& text);

}  // namespace misp_zeek::web
