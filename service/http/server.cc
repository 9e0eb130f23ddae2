// SPDX-License-Identifier: BSD-3-Clause
#include "http/server.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <exception>
#include <iterator>
#include <list>
#include <thread>
#include <type_traits>
#include <utility>

#include "http/access.h"
#include "http/health_routes.h"
#include "http/listen_place.h"

namespace misp_zeek::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = beast::http;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;

using TcpStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using LocalStream = beast::basic_stream<Local>;

constexpr std::size_t kMaxHeaderBytes = 16U << 10U;
constexpr std::uint64_t kMaxBodyBytes = 8U << 10U;
constexpr std::size_t kMaxConnections = 256;
constexpr std::size_t kWaitingThreads = 2;
constexpr std::size_t kMaxWaiting = 32;  ///< handlers that wait, or wait for a thread
constexpr std::size_t kMaxStreams = 4;   ///< answers in pieces at a time
constexpr std::chrono::seconds kRequestTimeout{10};
constexpr std::chrono::seconds kPieceTimeout{10};
constexpr std::chrono::minutes kAnswerTimeout{10};
constexpr std::chrono::milliseconds kPause{50};
/// A client that still sends would lose the answer by the reset: so much more is read, and dropped.
constexpr std::size_t kMaxDropped = 256U << 10U;
constexpr std::chrono::seconds kDropTimeout{1};

/// Completion of an operation in a coroutine, with the outcome in `error`.
auto into(beast::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

/// What to answer to what is no request; nullopt: nothing, nobody waits for it.
std::optional<Response> answer_to(const beast::error_code& error) {
  if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
    return plain(431, "the header is too long\n");
  }
  if (error == bhttp::error::body_limit) {
    return plain(413, "the body is too long\n");
  }
  const bool is_nonsense =
      error.category() == make_error_code(bhttp::error::bad_version).category();
  if (is_nonsense && error != bhttp::error::end_of_stream &&
      error != bhttp::error::partial_message) {
    return plain(400, "this is no HTTP request\n");
  }
  return std::nullopt;
}

Response busy() {
  return plain(503, "too many requests are under way; try again\n", {{"Retry-After", "1"}});
}

template <typename Message>
void set_fields(Message& message, const Response& response) {
  message.set(bhttp::field::content_type, response.content_type);
  message.set(bhttp::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) {
    message.set(name, value);
  }
  message.keep_alive(false);
}

bool may_control(LocalStream& stream) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(stream.socket().native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == geteuid());
}

Result<std::shared_ptr<asio::ssl::context>> make_tls(const TlsFiles& files) {
  if (files.empty()) {
    return nullptr;
  }
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  if (auto used = use_files(*context->native_handle(), files); !used) {
    return tl::unexpected<Error>(std::move(used.error()));
  }
  return context;
}

}  // namespace

class Server::Impl {
 public:
  Impl(std::vector<Route> routes, ServerOptions options, std::shared_ptr<asio::ssl::context> tls)
      : routes_(std::move(routes)), options_(std::move(options)), tls_(std::move(tls)) {}

  ~Impl() {
    io_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
    pool_.stop();
    pool_.join();
    if (!socket_path_.empty()) {
      unlink(socket_path_.c_str());
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> listen(const std::string& listen) {
    auto place = parse_listen_place(listen);
    if (!place) {
      return tl::unexpected<Error>(std::move(place.error()));
    }
    beast::error_code error;
    tcp::resolver resolver(io_);
    const auto found =
        resolver.resolve(place->host, std::to_string(place->port), tcp::resolver::passive, error);
    for (const auto& entry : found) {
      error = open(tcp_, entry.endpoint());
      if (!error) {
        break;
      }
    }
    if (error) {
      return fail(ErrorCode::kUnavailable,
                  "http.listen: cannot listen at " + listen + ": " + error.message());
    }
    port_ = tcp_.local_endpoint().port();
    asio::co_spawn(io_, accept(tcp_), asio::detached);
    return {};
  }

  Result<void> listen_on_socket(const std::string& path) {
    const auto failed = [&](const std::string& why, ErrorCode code = ErrorCode::kUnavailable) {
      return fail(code, "control.socket: cannot listen at " + path + ": " + why);
    };
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      return failed("the path is longer than " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                    " bytes");
    }
    beast::error_code error;
    Local::socket(io_).connect(Local::endpoint(path), error);
    if (!error) {
      return failed("another service answers there");
    }
    struct stat found {};
    if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
      unlink(path.c_str());  // left by one that was killed
    }
    const mode_t mask = umask(0177);
    error = open(local_, Local::endpoint(path));
    umask(mask);
    if (error) {
      return failed(error.message(),
                    is_no_storage(error.value()) ? ErrorCode::kNoStorage : ErrorCode::kUnavailable);
    }
    socket_path_ = path;
    asio::co_spawn(io_, accept(local_), asio::detached);
    return {};
  }

  void run() {
    thread_ = std::thread([this] {
      while (!io_.stopped()) {
        try {
          io_.run();
        } catch (const std::exception&) {
          // Out of memory for a new client.
        }
      }
    });
  }

  std::uint16_t port() const { return port_; }

  Result<void> renew(ServerOptions options) {
    auto tls = make_tls(options.tls);
    if (!tls) {
      return tl::unexpected<Error>(std::move(tls.error()));
    }
    if ((*tls == nullptr) != !uses_tls_) {
      return fail(ErrorCode::kInvalidConfig, "TLS is turned on or off by a restart only");
    }
    asio::post(io_, [this, options = std::move(options), tls = std::move(*tls)]() mutable {
      options_ = std::move(options);
      tls_ = std::move(tls);
    });
    return {};
  }

 private:
  /// A stranger, who showed no token yet, may be displaced by the next one.
  struct Connection {
    std::function<void()> close;
    bool is_stranger = true;
  };

  template <typename Acceptor>
  static beast::error_code open(Acceptor& acceptor, const typename Acceptor::endpoint_type& place) {
    beast::error_code error;
    acceptor.close(error);
    acceptor.open(place.protocol(), error);
    if (!error) {
      // Not SO_REUSEPORT: two services could share a port unnoticed.
      acceptor.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
      acceptor.bind(place, error);
    }
    if (!error) {
      acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    return error;
  }

  template <typename Acceptor>
  asio::awaitable<void> accept(Acceptor& acceptor) {
    for (;;) {
      beast::error_code error;
      auto socket = co_await acceptor.async_accept(into(error));
      if (error) {
        co_await bear();
        continue;
      }
      try {
        if (make_room()) {
          serve_in_background(std::move(socket));
        }
      } catch (const std::exception&) {
        // Out of memory for this client: the next one may find some.
      }
    }
  }

  void serve_in_background(tcp::socket socket) {
    if (tls_) {
      // The stream refers to the context.
      const auto context = tls_;
      std::shared_ptr<TlsStream> stream(new TlsStream(std::move(socket), *context),
                                        [context](TlsStream* made) { delete made; });
      asio::co_spawn(io_, serve(std::move(stream)), asio::detached);
    } else {
      asio::co_spawn(io_, serve(std::make_shared<TcpStream>(std::move(socket))), asio::detached);
    }
  }

  void serve_in_background(Local::socket socket) {
    asio::co_spawn(io_, serve(std::make_shared<LocalStream>(std::move(socket))), asio::detached);
  }

  /// No file descriptor is left, or whatever else: the clients wait in the kernel's queue.
  asio::awaitable<void> bear() {
    displace_a_stranger();
    beast::error_code error;
    asio::steady_timer timer(io_, kPause);
    co_await timer.async_wait(into(error));
  }

  bool make_room() { return connections_.size() < kMaxConnections || displace_a_stranger(); }

  bool displace_a_stranger() {
    const auto oldest = std::find_if(connections_.begin(), connections_.end(),
                                     [](const auto& one) { return one->is_stranger; });
    if (oldest == connections_.end()) {
      return false;
    }
    (*oldest)->close();
    connections_.erase(oldest);
    return true;
  }

  template <typename Stream>
  asio::awaitable<void> serve(std::shared_ptr<Stream> stream) {
    const auto self = std::make_shared<Connection>(Connection{[stream] {
      beast::error_code ignored;
      beast::get_lowest_layer(*stream).socket().close(ignored);
    }});
    connections_.push_back(self);
    try {
      co_await converse(*stream, *self);
    } catch (const std::exception&) {
      // Out of memory for this client: the others go on.
    }
    connections_.remove(self);
  }

  template <typename Stream>
  asio::awaitable<void> converse(Stream& stream, Connection& self) {
    beast::error_code error;
    auto& lowest = beast::get_lowest_layer(stream);
    lowest.expires_after(kRequestTimeout);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      co_await stream.async_handshake(asio::ssl::stream_base::server, into(error));
      if (error) {
        co_return;
      }
    }
    beast::flat_buffer buffer(kMaxHeaderBytes + kMaxBodyBytes);
    bhttp::request_parser<bhttp::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(kMaxHeaderBytes));
    parser.body_limit(kMaxBodyBytes);
    co_await bhttp::async_read(stream, buffer, parser, into(error));
    std::optional<Response> response = error ? answer_to(error) : std::nullopt;
    if (error && !response) {
      co_return;
    }
    const bool may_send_more = response.has_value();
    if constexpr (std::is_same_v<Stream, LocalStream>) {
      if (!response && !may_control(stream)) {
        response = plain(403, "root and the service's user may control it, nobody else\n");
      }
    }
    const auto& request = parser.get();
    if (!response) {
      response = co_await answer(request, std::is_same_v<Stream, LocalStream>, self);
    }
    const bool head = request.method() == bhttp::verb::head;
    lowest.expires_after(kPieceTimeout);
    if (response->more && !head) {
      co_await write_pieces(stream, std::move(*response), request.version());
    } else {
      co_await write_whole(stream, std::move(*response), request.version(), head);
    }
    co_await end(stream, may_send_more);
  }

  asio::awaitable<Response> answer(const bhttp::request<bhttp::string_body>& request,
                                   bool over_control, Connection& self) {
    const auto text = [](beast::string_view view) { return std::string(view.data(), view.size()); };
    const auto target = parse_target(text(request.target()));
    if (!target) {
      co_return plain(400, "the path is none of a server\n");
    }
    const auto found = std::find_if(routes_.begin(), routes_.end(),
                                    [&](const Route& one) { return one.path == target->path; });
    const Route* route = found == routes_.end() ? nullptr : &*found;
    const Asked asked{text(request.method_string()), request.version(),
                      request.count(bhttp::field::host), text(request[bhttp::field::host]),
                      text(request[bhttp::field::authorization])};
    if (auto refused = refuse(asked, route, options_, over_control)) {
      co_return std::move(*refused);
    }
    self.is_stranger = route != nullptr && route->access == Access::kPublic;
    if (route == nullptr) {
      co_return target->path == "/"
          ? plain(200, index())
          : plain(404, "not found; docs/operating.md lists what there is\n");
    }
    co_return co_await call(route->waits, [&] { return handle(*route, *target); });
  }

  static Response handle(const Route& route, const Request& request) {
    try {
      return route.handler(request);
    } catch (const std::exception& error) {
      return plain(500, std::string(error.what()) + "\n");
    }
  }

  /// `act` here, or when it waits on a thread for that.
  template <typename Act>
  asio::awaitable<Response> call(bool waits, Act act) {
    if (!waits) {
      co_return act();
    }
    if (waiting_ >= kMaxWaiting) {
      co_return busy();
    }
    ++waiting_;
    Response response = co_await on_pool<Response>(act);
    --waiting_;
    co_return response;
  }

  template <typename T, typename Act>
  asio::awaitable<T> on_pool(Act& act) {
    auto run = [&act]() -> asio::awaitable<T> { co_return act(); };
    co_return co_await asio::co_spawn(pool_, run, asio::use_awaitable);
  }

  template <typename Stream>
  asio::awaitable<void> write_whole(Stream& stream, Response response, unsigned version,
                                    bool head) {
    beast::error_code error;
    bhttp::response<bhttp::string_body> message(static_cast<bhttp::status>(response.status),
                                                version);
    set_fields(message, response);
    const bool has_length = !response.more;
    const std::size_t length = response.body.size();
    if (!head) {
      message.body() = std::move(response.body);
    }
    if (has_length) {
      message.content_length(length);
    }
    if (head) {
      bhttp::response_serializer<bhttp::string_body> serializer(message);
      co_await bhttp::async_write_header(stream, serializer, into(error));
    } else {
      co_await bhttp::async_write(stream, message, into(error));
    }
  }

  template <typename Stream>
  asio::awaitable<void> write_pieces(Stream& stream, Response response, unsigned version) {
    if (streams_ >= kMaxStreams) {
      co_await write_whole(stream, busy(), version, false);
      co_return;
    }
    ++streams_;
    co_await write_chunks(stream, response, version);
    --streams_;
  }

  template <typename Stream>
  asio::awaitable<void> write_chunks(Stream& stream, const Response& response, unsigned version) {
    beast::error_code error;
    const auto until = std::chrono::steady_clock::now() + kAnswerTimeout;
    const bool chunked = version >= 11;
    bhttp::response<bhttp::empty_body> header(static_cast<bhttp::status>(response.status), version);
    set_fields(header, response);
    header.chunked(chunked);
    bhttp::response_serializer<bhttp::empty_body> serializer(header);
    co_await bhttp::async_write_header(stream, serializer, into(error));
    std::optional<std::string> piece = response.body;
    if (piece->empty()) {
      piece = co_await on_pool<std::optional<std::string>>(response.more);
    }
    while (!error && piece && !piece->empty()) {
      beast::get_lowest_layer(stream).expires_after(kPieceTimeout);
      if (chunked) {
        co_await asio::async_write(stream, bhttp::make_chunk(asio::buffer(*piece)), into(error));
      } else {
        co_await asio::async_write(stream, asio::buffer(*piece), into(error));
      }
      if (!error && std::chrono::steady_clock::now() > until) {
        error = asio::error::timed_out;
      }
      if (!error) {
        beast::get_lowest_layer(stream).expires_never();
        piece = co_await on_pool<std::optional<std::string>>(response.more);
      }
    }
    beast::get_lowest_layer(stream).expires_after(kPieceTimeout);
    if (error || !piece) {
      // Without the last chunk, or by a reset, the client sees that something is missing.
      asio::socket_base::linger reset(true, 0);
      beast::get_lowest_layer(stream).socket().set_option(reset, error);
      beast::get_lowest_layer(stream).socket().close(error);
    } else if (chunked) {
      co_await asio::async_write(stream, bhttp::make_chunk_last(), into(error));
    }
  }

  /// Closes so that the answer arrives.
  template <typename Stream>
  static asio::awaitable<void> end(Stream& stream, bool more_may_come) {
    beast::error_code error;
    auto& lowest = beast::get_lowest_layer(stream);
    lowest.expires_after(kDropTimeout);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      co_await stream.async_shutdown(into(error));
    }
    if (!lowest.socket().is_open()) {
      co_return;
    }
    lowest.socket().shutdown(asio::socket_base::shutdown_send, error);
    std::string dropped(4096, '\0');
    for (std::size_t count = 0; more_may_come && !error && count < kMaxDropped;) {
      count += co_await lowest.async_read_some(asio::buffer(dropped), into(error));
    }
  }

  std::string index() const {
    std::string text = "misp-zeek\n\n";
    for (const Route& route : routes_) {
      if (route.access != Access::kCommand) {
        text += route.path + "  " + route.summary + "\n";
      }
    }
    return text;
  }

  const std::vector<Route> routes_;
  asio::io_context io_{1};
  asio::thread_pool pool_{kWaitingThreads};
  tcp::acceptor tcp_{io_};
  Local::acceptor local_{io_};
  std::uint16_t port_ = 0;
  std::string socket_path_;
  std::thread thread_;

  // Of the thread from here.
  ServerOptions options_;
  std::shared_ptr<asio::ssl::context> tls_;
  const bool uses_tls_ = tls_ != nullptr;
  std::list<std::shared_ptr<Connection>> connections_;  ///< the oldest first
  std::size_t waiting_ = 0;
  std::size_t streams_ = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return impl_->port(); }

Result<void> Server::renew(ServerOptions options) { return impl_->renew(std::move(options)); }

namespace {

std::vector<Route> with_health(const std::function<Health()>& health, std::vector<Route> routes) {
  auto all = health_routes(health);
  all.insert(all.end(), std::make_move_iterator(routes.begin()),
             std::make_move_iterator(routes.end()));
  return all;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const std::string& listen,
                                              const std::function<Health()>& health,
                                              std::vector<Route> routes, ServerOptions options) {
  auto tls = make_tls(options.tls);
  if (!tls) {
    return tl::unexpected<Error>(std::move(tls.error()));
  }
  auto impl = std::make_unique<Impl>(with_health(health, std::move(routes)), std::move(options),
                                     std::move(*tls));
  if (auto listening = impl->listen(listen); !listening) {
    return tl::unexpected<Error>(std::move(listening.error()));
  }
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Result<std::unique_ptr<Server>> Server::start_control(const std::string& path,
                                                      const std::function<Health()>& health,
                                                      std::vector<Route> routes) {
  auto impl =
      std::make_unique<Impl>(with_health(health, std::move(routes)), ServerOptions{}, nullptr);
  if (auto listening = impl->listen_on_socket(path); !listening) {
    return tl::unexpected<Error>(std::move(listening.error()));
  }
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace misp_zeek::http
