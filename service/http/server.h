// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "http/health.h"
#include "http/request.h"
#include "http/tls.h"

namespace misp_zeek::http {

/// The next piece of a body: empty at its end; nullopt: it cannot go on, and the connection is cut.
using NextPiece = std::function<std::optional<std::string>()>;

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::map<std::string, std::string> headers = {};
  NextPiece more = nullptr;  ///< follows `body`; called like the handler of the route
};

/// Who may use a route at an address. Whoever may open the control socket may use all.
enum class Access {
  kPublic,   ///< GET and HEAD by anybody: holds no indicator
  kReader,   ///< GET and HEAD with the token
  kCommand,  ///< POST, over the control socket only
};

struct Route {
  std::string path;     ///< "/metrics"
  std::string summary;  ///< one line for the index
  std::function<Response(const Request&)> handler;
  Access access = Access::kReader;
  /// The handler waits for something: it is called on one of a few threads of their own, else on
  /// the server's only one.
  bool waits = false;
};

struct ServerOptions {
  std::string token = {};                       ///< of readers; empty: they are refused
  std::vector<std::string> allowed_hosts = {};  ///< names of this server in lower case
  TlsFiles tls = {};                            ///< empty: HTTP
  std::string why_no_token = {};                ///< readers are told so, with 503
};

/// Whether "ADDRESS:PORT" can be reached from this machine alone: 127.0.0.0/8, [::1], localhost.
bool is_loopback(std::string_view listen);

/// An HTTP server that strangers may reach. One request a connection. All is bounded: connections,
/// of which a new one displaces the oldest that has not sent its request, bytes of header and body,
/// handlers that wait, and the time for the request, for the answer, and for each piece of it.
///
/// At an address, readers need the token: as bearer token, or for browsers as the password of any
/// user (HTTP Basic). The `Host` header must be an address, "localhost", or one of `allowed_hosts`,
/// so that no web page can read through a browser. Commands are not served there. At a control
/// socket root and the user of this process may do everything, and nobody else anything.
///
/// - `/` lists the paths as text, unless a route of that path is given.
/// - `/livez`: `{"live": true}`, 200, or 503 when the loop does not turn. Public.
/// - `/readyz`: `{"ready": false, "checks": [{"name", "ok", "warning", "since", "message"}, ...]}`,
///   200 when all is ok but for what only warns, else 503. `since` is RFC 3339 in UTC. `?verbose`:
///   indented, for people. Public.
///
/// Threads: handlers are called on the server's threads. After the destructor has returned none is
/// running or will be called; it waits for those that run. The other functions: any thread.
class Server {
 public:
  /// Listens at "ADDRESS:PORT" or "[IPV6]:PORT"; port 0 takes any free one. Errors: kInvalidConfig
  /// for another form or TLS files that cannot be used, kUnavailable when the address cannot be
  /// had, with address and cause.
  static Result<std::unique_ptr<Server>> start(const std::string& listen,
                                               const std::function<Health()>& health,
                                               std::vector<Route> routes = {},
                                               ServerOptions options = {});
  /// Listens at a Unix socket of this path, which it makes and at the end removes. Errors:
  /// kUnavailable, with path and cause; one is that another service answers there.
  static Result<std::unique_ptr<Server>> start_control(const std::string& path,
                                                       const std::function<Health()>& health,
                                                       std::vector<Route> routes);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;  ///< 0 for a control socket
  /// Takes other options for the connections to come. Errors: kInvalidConfig for TLS files that
  /// cannot be used or that would turn TLS on or off; then nothing has changed.
  Result<void> renew(ServerOptions options);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::http
