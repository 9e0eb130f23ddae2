// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/websocket_client.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <boost/version.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <utility>

#include "zeek/websocket_errors.h"
#include "zeek/websocket_stream.h"

namespace misp_zeek::zeek {
namespace {

constexpr const char* kPath = "/v1/messages/json";
constexpr std::chrono::seconds kCloseTimeout{1};
/// Beast masks and writes a message in pieces of this size; a message of 200 items has about 100
/// KiB.
constexpr std::size_t kWriteBytes = 128U << 10U;

Result<asio::ssl::context> make_tls_context(const WebSocketOptions& options) {
  const TlsFiles& files = options.tls;
  if (auto usable = check(files); !usable) {
    return tl::unexpected(usable.error());
  }
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  beast::error_code error;
  if (!files.ca_file.empty()) {
    context.load_verify_file(files.ca_file, error);
  } else if (options.verify_tls) {
    context.set_default_verify_paths(error);
  }
  if (!error && !files.certificate.empty()) {
    context.set_password_callback(
        [passphrase = files.passphrase](std::size_t, auto) { return passphrase; }, error);
    context.use_certificate_chain_file(files.certificate, error);
    if (!error) {
      context.use_private_key_file(files.key, asio::ssl::context::pem, error);
    }
  }
  if (error) {
    return fail(ErrorCode::kInvalidConfig, "TLS files: " + error.message());
  }
  context.set_verify_mode(options.verify_tls ? asio::ssl::verify_peer : asio::ssl::verify_none);
  return context;
}

/// Whom the certificate must be of, and which name the server shall show one for.
void expect_server(SSL* tls, const WebSocketOptions& options) {
  const std::string& name = options.server_name.empty() ? options.address : options.server_name;
  beast::error_code no_address;
  asio::ip::make_address(name, no_address);
  if (no_address) {
    // SSL_set_tlsext_host_name(), whose macro has a C cast in it.
    SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
    SSL_set1_host(tls, name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), name.c_str());
  }
}

}  // namespace

std::string websocket_version() {
  return "Boost.Beast " + std::to_string(BOOST_VERSION / 100'000) + "." +
         std::to_string(BOOST_VERSION / 100 % 1'000) + ", OpenSSL " +
         OpenSSL_version(OPENSSL_VERSION_STRING);
}

/// All of one connection. Everything below run(), publish() and close() is of run()'s thread.
class WebSocketClient::Impl {
 public:
  Impl(WebSocketOptions options, Handlers handlers)
      : options_(std::move(options)), handlers_(std::move(handlers)) {}

  Error run() {
    Error outcome;
    asio::co_spawn(
        io_, connect_and_serve(), [&outcome](const std::exception_ptr& thrown, Error error) {
          outcome =
              thrown ? Error{ErrorCode::kUnavailable, "out of resources", 0} : std::move(error);
        });
    io_.run();  // until nothing of the connection is under way any more
    return outcome;
  }

  bool publish(const std::string& topic, const WireEvent& event) {
    if (!open_) {
      return false;
    }
    std::string text = encode_event(topic, event);
    const std::size_t size = text.size();
    if (queued_bytes_.fetch_add(size) + size > options_.max_queue_bytes) {
      queued_bytes_ -= size;
      return false;
    }
    asio::post(io_, [this, text = std::move(text)]() mutable {
      queue_.push_back(std::move(text));
      queue_changed_.cancel();
    });
    return true;
  }

  void close() {
    asio::post(io_, [this] {
      closing_ = true;
      if (say_goodbye_) {
        arm_deadline(kCloseTimeout);
        say_goodbye_();
      } else {
        abort();
      }
    });
  }

 private:
  asio::awaitable<Error> connect_and_serve() {
    Error error;
    if (closing_) {
      // Nothing was begun.
    } else if (!options_.use_tls) {
      error = co_await session(std::make_shared<PlainStream>(io_));
    } else if (auto context = make_tls_context(options_)) {
      tls_ = std::move(*context);
      const auto stream = std::make_shared<TlsStream>(io_, *tls_);
      expect_server(stream->next_layer().native_handle(), options_);
      error = co_await session(stream);
    } else {
      error = std::move(context.error());
    }
    if (closing_) {
      error = {ErrorCode::kCancelled, "closed", 0};
    }
    co_return error;
  }

  /// Whatever runs beside it holds `stream` too, and ends soon after it.
  template <typename Stream>
  asio::awaitable<Error> session(std::shared_ptr<Stream> stream) {
    abort_ = [stream] { beast::get_lowest_layer(*stream).close(); };
    arm_deadline(options_.open_timeout);
    Error error = co_await open(*stream);
    if (error.message.empty()) {
      deadline_.cancel();
      asio::co_spawn(io_, write_queue(stream), asio::detached);
      say_goodbye_ = [this, stream] { asio::co_spawn(io_, say_goodbye(stream), asio::detached); };
      error = co_await serve(*stream);
    }
    open_ = false;
    say_goodbye_ = nullptr;
    abort();
    abort_ = nullptr;  // a stream that is left has a timer, for which io_ would wait
    deadline_.cancel();
    queue_changed_.cancel();
    co_return error;
  }

  /// An empty message stands for success.
  template <typename Stream>
  asio::awaitable<Error> open(Stream& stream) {
    beast::error_code error;
    failure_.use_tls = std::is_same_v<Stream, TlsStream>;
    if (!co_await connect(beast::get_lowest_layer(stream), error)) {
      co_return failure(error);
    }
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      failure_.stage = Stage::kTls;
      co_await stream.next_layer().async_handshake(asio::ssl::stream_base::client, into(error));
      if (error) {
        note_certificate(stream.next_layer().native_handle());
        co_return failure(error);
      }
    }
    failure_.stage = Stage::kUpgrade;
    set_options(stream);
    websocket::response_type response;
    co_await stream.async_handshake(response, host(), kPath, into(error));
    if (error) {
      failure_.http_status = static_cast<int>(response.result_int());
      co_return failure(error);
    }
    failure_.stage = Stage::kSubscribe;
    const std::string topics = encode_subscriptions(options_.topics);
    co_await stream.async_write(asio::buffer(topics), into(error));
    if (!error) {
      co_await stream.async_read(buffer_, into(error));
    }
    if (error) {
      note_closing(stream.reason());
      co_return failure(error);
    }
    co_return on_first_message();
  }

  asio::awaitable<bool> connect(tcp::socket& socket, beast::error_code& error) {
    failure_.stage = Stage::kResolve;
    std::vector<tcp::endpoint> endpoints;
    if (const auto address = asio::ip::make_address(options_.address, error); !error) {
      endpoints.emplace_back(address, options_.port);
    } else {
      tcp::resolver resolver(io_);
      const auto found = co_await resolver.async_resolve(
          options_.address, std::to_string(options_.port), into(error));
      endpoints.assign(found.begin(), found.end());
      if (late_ || closing_) {
        error = asio::error::operation_aborted;
      }
    }
    if (!error) {
      failure_.stage = Stage::kConnect;
      co_await asio::async_connect(socket, endpoints, into(error));
    }
    if (!error) {
      socket.set_option(tcp::no_delay(true), error);
    }
    co_return !error;
  }

  template <typename Stream>
  void set_options(Stream& stream) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = websocket::stream_base::none();  // the deadline's matter
    timeout.idle_timeout = options_.silence_timeout;
    timeout.keep_alive_pings = true;
    stream.set_option(timeout);
    stream.set_option(websocket::stream_base::decorator(
        [name = options_.application_name](websocket::request_type& request) {
          request.set("X-Application-Name", name);
          request.set(http::field::user_agent, name);
        }));
    stream.read_message_max(options_.max_message_bytes);
    stream.auto_fragment(false);
    stream.write_buffer_bytes(kWriteBytes);
    stream.text(true);
  }

  std::string host() const {
    const bool is_ipv6 = options_.address.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + options_.address + "]" : options_.address) + ":" +
           std::to_string(options_.port);
  }

  Error on_first_message() {
    const auto message = take_message();
    if (!message) {
      return {ErrorCode::kIncompatible,
              "the server's first message is not Zeek's: " + message.error().message, 0};
    }
    if (const auto* refusal = std::get_if<ServerError>(&*message)) {
      Error error = explain(*refusal);
      error.code = ErrorCode::kIncompatible;
      return error;
    }
    const auto* ack = std::get_if<ServerAck>(&*message);
    if (ack == nullptr) {
      return {ErrorCode::kIncompatible, "the server sends events before its ack", 0};
    }
    failure_.stage = Stage::kOpen;
    open_ = true;
    handlers_.on_open(*ack);
    return {ErrorCode::kUnavailable, "", 0};
  }

  template <typename Stream>
  asio::awaitable<Error> serve(Stream& stream) {
    while (true) {
      beast::error_code error;
      co_await stream.async_read(buffer_, into(error));
      if (error) {
        note_closing(stream.reason());
        co_return failure(error);
      }
      auto message = take_message();
      if (!message) {
        handlers_.on_problem(std::move(message.error()));
      } else if (auto* event = std::get_if<WireMessage>(&*message)) {
        handlers_.on_event(std::move(*event));
      } else if (const auto* refusal = std::get_if<ServerError>(&*message)) {
        handlers_.on_problem(explain(*refusal));
      }
    }
  }

  template <typename Stream>
  asio::awaitable<void> write_queue(std::shared_ptr<Stream> stream) {
    beast::error_code error;
    while (open_ && !error) {
      if (queue_.empty()) {
        beast::error_code woken;
        queue_changed_.expires_at(asio::steady_timer::time_point::max());
        co_await queue_changed_.async_wait(into(woken));
        continue;
      }
      co_await stream->async_write(asio::buffer(queue_.front()), into(error));
      queued_bytes_ -= queue_.front().size();
      queue_.pop_front();
    }
    // After an error, serve() sees the loss as well.
  }

  template <typename Stream>
  asio::awaitable<void> say_goodbye(std::shared_ptr<Stream> stream) {
    beast::error_code error;
    co_await stream->async_close(websocket::close_code::normal, into(error));
    abort();
  }

  Result<ServerMessage> take_message() {
    const auto bytes = buffer_.cdata();
    auto message = decode_server_message({static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.consume(buffer_.size());
    return message;
  }

  void arm_deadline(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([this](beast::error_code cancelled) {
      if (!cancelled) {
        late_ = true;
        abort();
      }
    });
  }

  /// Closes the socket, which ends all that waits for it.
  void abort() {
    if (abort_) {
      abort_();
    }
  }

  Error failure(beast::error_code error) const {
    return describe_failure(late_ ? asio::error::timed_out : error, failure_);
  }

  void note_certificate(SSL* tls) {
    const long result = SSL_get_verify_result(tls);
    if (result != X509_V_OK) {
      failure_.certificate_problem = X509_verify_cert_error_string(result);
    }
  }

  void note_closing(const websocket::close_reason& reason) {
    if (reason) {
      failure_.close_reason =
          std::to_string(reason.code) + " " + std::string(reason.reason.c_str());
    }
  }

  const WebSocketOptions options_;
  const Handlers handlers_;
  std::atomic<bool> open_ = false;
  std::atomic<std::size_t> queued_bytes_ = 0;

  std::optional<asio::ssl::context> tls_;
  asio::io_context io_{1};
  asio::steady_timer deadline_{io_};
  asio::steady_timer queue_changed_{io_};
  std::deque<std::string> queue_;
  beast::flat_buffer buffer_;
  std::function<void()> abort_;
  std::function<void()> say_goodbye_;
  FailureContext failure_;
  bool late_ = false;
  bool closing_ = false;
};

WebSocketClient::WebSocketClient(WebSocketOptions options, Handlers handlers)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handlers))) {}

WebSocketClient::~WebSocketClient() = default;

Error WebSocketClient::run() { return impl_->run(); }

bool WebSocketClient::publish(const std::string& topic, const WireEvent& event) {
  return impl_->publish(topic, event);
}

void WebSocketClient::close() { impl_->close(); }

}  // namespace misp_zeek::zeek
