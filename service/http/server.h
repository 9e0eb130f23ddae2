// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "http/health.h"
#include "http/tls.h"

namespace misp_zeek::http {

struct Request {
  std::map<std::string, std::string> query;  ///< "verbose" of `?verbose` is there, but empty
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::map<std::string, std::string> headers = {};
};

enum class Method {
  kGet,   ///< GET and HEAD
  kPost,  ///< a command: needs the control token, and a client on this machine
};

struct Route {
  std::string path;     ///< "/metrics"
  std::string summary;  ///< one line for the index
  std::function<Response(const Request&)> handler;
  Method method = Method::kGet;
};

struct ServerOptions {
  std::string control_token;  ///< of the routes with kPost, see http/control.h; empty: all refused
  std::string read_token = {};  ///< of all but /livez and /readyz; empty: none is needed
  TlsFiles tls = {};            ///< empty: HTTP
};

/// Whether "ADDRESS:PORT" can be reached from this machine alone: 127.0.0.0/8, [::1], localhost.
bool is_loopback(std::string_view listen);

/// One request a connection, a few at a time. With a `read_token`, reading needs it: as bearer
/// token, or for browsers as the password of any user (HTTP Basic). /livez and /readyz never do,
/// since who asks for them has no secrets. Without one, on loopback, only requests to an address or
/// to "localhost" are served, so that no web page can read through a browser. The control token
/// serves for reading too. Commands need the control token as bearer token, which no browser sends
/// by itself, and are refused from other machines whatever it listens at. A method that a path does
/// not have is answered with 405.
///
/// - `/` lists the paths as text, unless a route of that path is given.
/// - `/livez`: `{"live": true}`, 200, or 503 when the loop does not turn.
/// - `/readyz`: `{"ready": false, "checks": [{"name", "ok", "since", "message"}, ...]}`, 200 when
/// all
///   is ok, else 503. `since` is RFC 3339 in UTC. `?verbose`: indented, for people.
///
/// Threads: handlers are called on the server's threads, several at a time, and must not block.
/// After the destructor has returned none is running or will be called.
class Server {
 public:
  /// How long the destructor waits for clients that are slow to send or to read.
  static constexpr std::chrono::milliseconds kStopTimeout{1'000};

  /// Listens at "ADDRESS:PORT" or "[IPV6]:PORT"; port 0 takes any free one. Errors: kInvalidConfig
  /// for another form or TLS files that cannot be used, kUnavailable when the address cannot be
  /// had, with address and cause.
  static Result<std::unique_ptr<Server>> start(const std::string& listen,
                                               const std::function<Health()>& health,
                                               std::vector<Route> routes = {},
                                               ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace misp_zeek::http
