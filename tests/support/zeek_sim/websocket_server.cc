// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/websocket_server.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "zeek/json_v1.h"
#include "zeek/websocket_stream.h"

namespace misp_zeek::sim {
namespace {

namespace asio = zeek::asio;
namespace beast = zeek::beast;
namespace http = zeek::http;
namespace websocket = zeek::websocket;
using zeek::into;
using zeek::PlainStream;
using zeek::tcp;
using zeek::TlsStream;

using Request = http::request<http::empty_body>;

std::string error_text(const std::string& code, const std::string& context) {
  return nlohmann::json{{"type", "error"}, {"code", code}, {"context", context}}.dump();
}

std::string refusal(const std::string& context) {
  return error_text("deserialization_failed", context);
}

std::optional<std::vector<std::string>> read_topics(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto is_text = [](const auto& element) { return element.is_string(); };
  if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_text)) {
    return std::nullopt;
  }
  return json.get<std::vector<std::string>>();
}

bool is_application(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/_-.=:*@").find(c) != std::string_view::npos;
  });
}

}  // namespace

class WebSocketServer::Impl {
 public:
  explicit Impl(OnEvent on_event) : on_event_(std::move(on_event)) {}

  ~Impl() {
    io_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  Result<void> listen(const Options& options) {
    options_ = options;
    beast::error_code error;
    const tcp::endpoint endpoint(asio::ip::make_address(options.address, error), options.port);
    if (!error && options.use_tls) {
      error = load_tls();
    }
    try {
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(tcp::acceptor::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const boost::system::system_error& e) {
      error = e.code();
    }
    if (error) {
      return fail(ErrorCode::kUnavailable, "cannot listen on " + options.address + ":" +
                                               std::to_string(options.port) + ": " +
                                               error.message());
    }
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  void run() {
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }

  std::uint16_t port() const { return port_; }

  /// Runs it for each session.
  template <typename Act>
  void for_each(Act act) {
    asio::post(io_, [this, act = std::move(act)] {
      for (auto* session : std::set<Session*>(sessions_)) {
        act(*session);
      }
    });
  }

  struct Session {
    virtual ~Session() = default;
    virtual void send(std::string text) = 0;
    virtual void close(std::uint16_t code, std::string reason) = 0;
    std::vector<std::string> topics;
    bool subscribed = false;
  };

  asio::io_context& io() { return io_; }

  std::string last_application() const {
    const std::lock_guard lock(mutex_);
    return application_;
  }

 private:
  template <typename Stream>
  struct Connection final : Session, std::enable_shared_from_this<Connection<Stream>> {
    explicit Connection(Stream connected) : stream(std::move(connected)) {}

    void send(std::string text) override {
      queue.push_back(std::move(text));
      if (queue.size() == 1) {
        write();
      }
    }

    void write() {
      const auto on_written = [self = this->shared_from_this()](beast::error_code error,
                                                                std::size_t) {
        if (error) {
          return;
        }
        self->queue.pop_front();
        if (!self->queue.empty()) {
          self->write();
        } else if (self->closing) {
          self->start_close();
        }
      };
      stream.async_write(asio::buffer(queue.front()), on_written);
    }

    void close(std::uint16_t code, std::string reason) override {
      closing = websocket::close_reason(static_cast<websocket::close_code>(code), reason);
      if (queue.empty()) {
        start_close();
      }
    }

    void start_close() {
      stream.async_close(*std::exchange(closing, std::nullopt),
                         [self = this->shared_from_this()](beast::error_code) {});
    }

    Stream stream;
    std::deque<std::string> queue;
    std::optional<websocket::close_reason> closing;
  };

  beast::error_code load_tls() {
    beast::error_code error;
    const auto& files = options_.tls;
    tls_.set_password_callback(
        [passphrase = files.passphrase](std::size_t, auto) { return passphrase; }, error);
    tls_.use_certificate_chain_file(files.certificate, error);
    if (!error) {
      tls_.use_private_key_file(files.key, asio::ssl::context::pem, error);
    }
    if (!error && !files.ca_file.empty()) {
      tls_.load_verify_file(files.ca_file, error);
      tls_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    return error;
  }

  asio::awaitable<void> accept() {
    while (true) {
      beast::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(into(error));
      if (error) {
        co_return;
      }
      socket.set_option(tcp::no_delay(true), error);
      if (options_.use_tls) {
        asio::co_spawn(io_, serve_tls(std::move(socket)), asio::detached);
      } else {
        asio::co_spawn(io_, serve(PlainStream(std::move(socket))), asio::detached);
      }
    }
  }

  asio::awaitable<void> serve_tls(tcp::socket socket) {
    TlsStream stream(std::move(socket), tls_);
    beast::error_code error;
    co_await stream.next_layer().async_handshake(asio::ssl::stream_base::server, into(error));
    if (!error) {
      co_await serve(std::move(stream));
    }
  }

  template <typename Stream>
  asio::awaitable<void> serve(Stream stream) {
    const auto connection = std::make_shared<Connection<Stream>>(std::move(stream));
    beast::error_code error;
    beast::flat_buffer buffer;
    Request request;
    co_await http::async_read(connection->stream.next_layer(), buffer, request, into(error));
    if (error) {
      co_return;
    }
    connection->stream.set_option(
        websocket::stream_base::timeout::suggested(beast::role_type::server));
    co_await connection->stream.async_accept(request, into(error));
    if (error) {
      co_return;
    }
    connection->stream.text(true);
    greet(*connection, request);
    sessions_.insert(connection.get());
    while (!error) {
      co_await connection->stream.async_read(buffer, into(error));
      if (!error) {
        on_text(*connection, beast::buffers_to_string(buffer.data()));
        buffer.consume(buffer.size());
      }
    }
    sessions_.erase(connection.get());
  }

  void greet(Session& session, const Request& request) {
    const std::string application(request["X-Application-Name"]);
    if (request.target() != "/v1/messages/json") {
      session.send(error_text("invalid_uri", "Invalid URI - use /v1/messages/json"));
      session.close(1008, "Invalid URI - use /v1/messages/json");
    } else if (!is_application(application)) {
      session.send(error_text("invalid_application_name", "Invalid X-Application-Name"));
      session.close(1008, "Invalid X-Application-Name");
    } else {
      const std::lock_guard lock(mutex_);
      application_ = application;
    }
  }

  void on_text(Session& session, const std::string& text) {
    if (!session.subscribed) {
      auto topics = read_topics(text);
      if (!topics) {
        session.send(refusal("subscriptions not an array"));
        return;
      }
      session.topics = std::move(*topics);
      session.subscribed = true;
      session.send(nlohmann::json{
          {"type", "ack"}, {"endpoint", "zeek-sim-websocket-0"}, {"version", options_.zeek_version}}
                       .dump());
      return;
    }
    const auto message = zeek::decode_server_message(text);
    const auto* event = message ? std::get_if<zeek::WireMessage>(&*message) : nullptr;
    if (event == nullptr) {
      session.send(refusal("failed to decode JSON object"));
    } else if (!on_event_(*event)) {
      session.send(refusal("failed to create Zeek event"));
    }
  }

  const OnEvent on_event_;
  Options options_;
  std::uint16_t port_ = 0;
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  std::set<Session*> sessions_;
  mutable std::mutex mutex_;  ///< of application_
  std::string application_;
  std::thread thread_;
};

WebSocketServer::WebSocketServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WebSocketServer::~WebSocketServer() = default;

Result<std::unique_ptr<WebSocketServer>> WebSocketServer::listen(const Options& options,
                                                                 OnEvent on_event) {
  auto impl = std::make_unique<Impl>(std::move(on_event));
  if (auto listening = impl->listen(options); !listening) {
    return tl::unexpected(std::move(listening.error()));
  }
  return std::unique_ptr<WebSocketServer>(new WebSocketServer(std::move(impl)));
}

void WebSocketServer::run() { impl_->run(); }

std::uint16_t WebSocketServer::port() const { return impl_->port(); }

void WebSocketServer::publish(const std::string& topic, const zeek::WireEvent& event) {
  impl_->for_each([topic, text = zeek::encode_event(topic, event)](Impl::Session& session) {
    const bool wanted =
        std::any_of(session.topics.begin(), session.topics.end(),
                    [&topic](const auto& prefix) { return topic.starts_with(prefix); });
    if (wanted) {
      session.send(text);
    }
  });
}

void WebSocketServer::send_text(const std::string& text) {
  impl_->for_each([text](Impl::Session& session) { session.send(text); });
}

void WebSocketServer::close_all(std::uint16_t code, const std::string& reason) {
  impl_->for_each([code, reason](Impl::Session& session) { session.close(code, reason); });
}

void WebSocketServer::hang(std::chrono::milliseconds time) {
  asio::post(impl_->io(), [time] { std::this_thread::sleep_for(time); });
}

std::string WebSocketServer::last_application() const { return impl_->last_application(); }

}  // namespace misp_zeek::sim
