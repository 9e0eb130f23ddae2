// SPDX-License-Identifier: BSD-3-Clause
#include "http/server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <future>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/base/text.h"
#include "http/bounded_pool.h"
#include "http/control.h"
#include "http/health_routes.h"

namespace misp_zeek::http {
namespace {

constexpr std::size_t kMaxPayload = std::size_t{8} * 1024;
constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxWaiting = 32;
constexpr int kTimeoutSeconds = 5;  ///< for each read from and write to a client

struct Place {
  std::string host;
  std::uint16_t port = 0;
};

Result<Place> parse_place(const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    std::string host = listen.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    if (const auto port = text::parse_decimal(listen.substr(colon + 1), 65'535)) {
      return Place{std::move(host), static_cast<std::uint16_t>(*port)};
    }
  }
  return fail(ErrorCode::kInvalidConfig, "http.listen: \"" + listen + "\" is not ADDRESS:PORT");
}

/// Why the place cannot be had: the library does not tell, so this tries again.
std::string bind_problem(const Place& place) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int code =
      getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &hints, &found);
  if (code != 0) {
    return gai_strerror(code);
  }
  std::string problem = "is in use or refused";
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    const int handle = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (handle < 0 || bind(handle, info->ai_addr, info->ai_addrlen) != 0) {
      problem = std::strerror(errno);
    }
    if (handle >= 0) {
      close(handle);
    }
  }
  freeaddrinfo(found);
  return problem;
}

bool is_address(const std::string& host) {
  in6_addr parsed{};
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

/// The name or address in a `Host` header, without port and brackets.
std::string host_of(const std::string& header) {
  if (header.starts_with('[')) {
    return header.substr(1, header.find(']') - 1);
  }
  return header.substr(0, header.find(':'));
}

Request request_of(const httplib::Request& request) {
  Request made;
  for (const auto& [name, value] : request.params) {
    made.query.emplace(name, value);
  }
  return made;
}

void put(httplib::Response& to, const Response& from) {
  to.status = from.status;
  to.set_content(from.body, from.content_type);
  to.set_header("X-Content-Type-Options", "nosniff");
  to.set_header("Cache-Control", "no-store");
  for (const auto& [name, value] : from.headers) {
    to.set_header(name, value);
  }
}

Response refusal(int status, std::string why) {
  return {status, "text/plain; charset=utf-8", std::move(why)};
}

Result<std::unique_ptr<httplib::Server>> make_server(const TlsFiles& tls) {
  if (tls.empty()) {
    return std::make_unique<httplib::Server>();
  }
  Result<void> used;
  auto server = std::make_unique<httplib::SSLServer>([&](SSL_CTX& context) {
    used = use_files(context, tls);
    return used.has_value();
  });
  if (!used) {
    return tl::unexpected<Error>(std::move(used.error()));
  }
  return server;
}

}  // namespace

/// Kept alive by its listening thread too, which a stubborn client may keep from ending in time.
class Server::Impl {
 public:
  Impl(std::vector<Route> routes, ServerOptions options, std::unique_ptr<httplib::Server> server)
      : routes_(std::move(routes)), options_(std::move(options)), server_(std::move(server)) {
    server_->new_task_queue = [] { return new BoundedPool(kThreads, kMaxWaiting); };
    server_->set_payload_max_length(kMaxPayload);
    server_->set_read_timeout(kTimeoutSeconds, 0);
    server_->set_write_timeout(kTimeoutSeconds, 0);
    // One request a connection: an idle client does not hold a thread.
    server_->set_keep_alive_max_count(1);
    // Without SO_REUSEPORT, which the library sets: two services could share a port unnoticed.
    server_->set_socket_options([](socket_t handle) {
      const int on = 1;
      setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    add_handlers();
  }

  Result<void> listen(const Place& place, const std::string& name) {
    int bound = place.port;
    if (place.port == 0) {
      bound = server_->bind_to_any_port(place.host);
    } else if (!server_->bind_to_port(place.host, place.port)) {
      bound = -1;
    }
    if (bound < 0) {
      return fail(ErrorCode::kUnavailable,
                  "http.listen: cannot listen at " + name + ": " + bind_problem(place));
    }
    port_ = static_cast<std::uint16_t>(bound);
    loopback_ = is_loopback(name);
    return {};
  }

  static void serve(const std::shared_ptr<Impl>& self) {
    std::promise<void> ended;
    self->ended_ = ended.get_future();
    self->thread_ = std::thread([self, ended = std::move(ended)]() mutable {
      self->server_->listen_after_bind();
      ended.set_value();
    });
  }

  void stop() {
    {
      // Handlers belong to others, who may be gone after this.
      const std::unique_lock lock(gate_);
      open_ = false;
    }
    if (!thread_.joinable()) {
      return;
    }
    // The library ignores stop() before its loop runs, and does not bear it twice.
    const auto until = std::chrono::steady_clock::now() + kStopTimeout;
    bool asked = false;
    bool ended = false;
    while (!ended && std::chrono::steady_clock::now() < until) {
      if (!asked && server_->is_running()) {
        server_->stop();
        asked = true;
      }
      ended = ended_.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready;
    }
    if (ended) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }

  std::uint16_t port() const { return port_; }

 private:
  void add_handlers() {
    server_->set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& reply) {
          return refuse(request, reply) ? httplib::Server::HandlerResponse::Handled
                                        : httplib::Server::HandlerResponse::Unhandled;
        });
    server_->set_error_handler([](const httplib::Request&, httplib::Response& reply) {
      if (reply.body.empty()) {
        reply.set_content(reply.status == 404 ? "not found; docs/operations.md lists the paths\n"
                                              : "the request cannot be served\n",
                          "text/plain; charset=utf-8");
      }
    });
    for (const Route& route : routes_) {
      auto handler = [this, &route](const httplib::Request& request, httplib::Response& reply) {
        put(reply, answer(route, request_of(request)));
      };
      if (route.method == Method::kPost) {
        server_->Post(route.path, std::move(handler));
      } else {
        server_->Get(route.path, std::move(handler));
      }
    }
    server_->Get("/", [this](const httplib::Request&, httplib::Response& reply) {
      put(reply, {200, "text/plain; charset=utf-8", index()});
    });
  }

  /// Whether the request was answered here already: no such method, or no right.
  bool refuse(const httplib::Request& request, httplib::Response& reply) const {
    const bool command = std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
      return route.method == Method::kPost && route.path == request.path;
    });
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (command ? request.method != "POST" : !reads) {
      const std::string allowed = command ? "POST" : "GET, HEAD";
      reply.set_header("Allow", allowed);
      put(reply, refusal(405, "only " + allowed + " is served here\n"));
      return true;
    }
    if (!command) {
      return refuse_reader(request, reply);
    }
    if (request.remote_addr != request.local_addr) {
      put(reply, refusal(403, "commands are taken from this machine only\n"));
      return true;
    }
    if (!bears_token(request.get_header_value("Authorization"), options_.control_token)) {
      reply.set_header("WWW-Authenticate", "Bearer");
      put(reply, refusal(401, "a command needs the token of the service\n"));
      return true;
    }
    return false;
  }

  bool refuse_reader(const httplib::Request& request, httplib::Response& reply) const {
    const std::string authorization = request.get_header_value("Authorization");
    if (request.path == "/livez" || request.path == "/readyz") {
      return false;
    }
    if (options_.read_token.empty()) {
      return refuse_other_name(request, reply);
    }
    if (bears_token(authorization, options_.read_token) ||
        bears_token(authorization, options_.control_token) ||
        has_password(authorization, options_.read_token)) {
      return false;
    }
    reply.set_header("WWW-Authenticate", "Basic realm=\"misp-zeek\"");
    put(reply, refusal(401,
                       "needs the token of http.token_file as \"Authorization: Bearer TOKEN\", "
                       "or as the password of any user\n"));
    return true;
  }

  /// On loopback without a token, a web page of another site could read all through the browser of
  /// somebody here, by letting its own name resolve to loopback. Its requests have that name.
  bool refuse_other_name(const httplib::Request& request, httplib::Response& reply) const {
    const std::string host = host_of(request.get_header_value("Host"));
    if (!loopback_ || host.empty() || host == "localhost" || is_address(host)) {
      return false;
    }
    put(reply,
        refusal(403, "without a token, only 127.0.0.1, [::1] and localhost are served, not \"" +
                         host + "\"\n"));
    return true;
  }

  Response answer(const Route& route, const Request& request) {
    const std::shared_lock lock(gate_);
    if (!open_) {
      return refusal(503, "the service is stopping\n");
    }
    try {
      return route.handler(request);
    } catch (const std::exception& error) {
      return refusal(500, std::string(error.what()) + "\n");
    }
  }

  std::string index() const {
    std::string text = "misp-zeek\n\n";
    for (const Route& route : routes_) {
      text +=
          (route.method == Method::kPost ? "POST " : "") + route.path + "  " + route.summary + "\n";
    }
    return text;
  }

  const std::vector<Route> routes_;
  const ServerOptions options_;
  std::unique_ptr<httplib::Server> server_;
  std::uint16_t port_ = 0;
  bool loopback_ = false;
  std::shared_mutex gate_;
  bool open_ = true;
  std::thread thread_;
  std::future<void> ended_;
};

bool is_loopback(std::string_view listen) {
  const auto host = listen.substr(0, listen.rfind(':'));
  return host == "localhost" || host == "[::1]" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

Result<std::unique_ptr<Server>> Server::start(const std::string& listen,
                                              const std::function<Health()>& health,
                                              std::vector<Route> routes, ServerOptions options) {
  auto place = parse_place(listen);
  if (!place) {
    return tl::unexpected<Error>(std::move(place.error()));
  }
  auto all = health_routes(health);
  all.insert(all.end(), std::make_move_iterator(routes.begin()),
             std::make_move_iterator(routes.end()));
  auto server = make_server(options.tls);
  if (!server) {
    return tl::unexpected<Error>(std::move(server.error()));
  }
  auto impl = std::make_shared<Impl>(std::move(all), std::move(options), std::move(*server));
  if (auto listening = impl->listen(*place, listen); !listening) {
    return tl::unexpected<Error>(std::move(listening.error()));
  }
  Impl::serve(impl);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { impl_->stop(); }
std::uint16_t Server::port() const { return impl_->port(); }

}  // namespace misp_zeek::http
