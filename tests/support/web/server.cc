// SPDX-License-Identifier: BSD-3-Clause
#include "web/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/zlib.hpp>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

namespace misp_zeek::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = beast::http;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr std::uint64_t kMaxBody = 1U << 30U;

bool same_name(const std::string& a, const std::string& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x | 0x20) == (y | 0x20);
         });
}

}  // namespace

std::string Request::header(const std::string& name) const {
  for (const auto& [known, value] : headers) {
    if (same_name(known, name)) {
      return value;
    }
  }
  return "";
}

class Server::Impl {
 public:
  Impl(Handler handler, const ServerOptions& options) : handler_(std::move(handler)) {
    if (!options.certificate.empty()) {
      tls_.emplace(asio::ssl::context::tls_server);
      tls_->use_certificate_chain_file(options.certificate);
      tls_->use_private_key_file(options.key, asio::ssl::context::pem);
    }
    const tcp::endpoint place(asio::ip::make_address(options.host),
                              static_cast<std::uint16_t>(options.port));
    acceptor_.open(place.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(place);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { accept(); });
  }

  ~Impl() {
    stopping_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& one : connections_) {
        if (!one.ended) {
          ::shutdown(one.handle, SHUT_RDWR);
        }
      }
    }
    for (auto& one : connections_) {
      one.thread.join();
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  int port() const { return port_; }

 private:
  struct Connection {
    int handle = -1;
    bool ended = false;
    std::thread thread;
  };

  void accept() {
    while (!stopping_) {
      beast::error_code error;
      auto socket = std::make_shared<tcp::socket>(io_);
      acceptor_.accept(*socket, error);
      if (error) {
        continue;
      }
      socket->set_option(tcp::no_delay(true), error);
      const std::lock_guard lock(mutex_);
      for (auto it = connections_.begin(); it != connections_.end();) {
        if (it->ended) {
          it->thread.join();
          it = connections_.erase(it);
        } else {
          ++it;
        }
      }
      connections_.emplace_back();
      auto& connection = connections_.back();
      connection.handle = socket->native_handle();
      connection.thread =
          std::thread([this, socket, &connection] { converse(socket, connection); });
    }
  }

  void converse(const std::shared_ptr<tcp::socket>& socket, Connection& connection) {
    try {
      if (tls_) {
        TlsStream stream(std::move(*socket), *tls_);
        stream.handshake(asio::ssl::stream_base::server);
        while (serve(stream)) {
        }
        finish(connection, stream.lowest_layer());
      } else {
        while (serve(*socket)) {
        }
        finish(connection, *socket);
      }
    } catch (const std::exception&) {
      // The client is gone, or does not speak TLS.
      finish(connection, *socket);
    }
  }

  template <typename Socket>
  void finish(Connection& connection, Socket& socket) {
    const std::lock_guard lock(mutex_);
    connection.ended = true;
    beast::error_code ignored;
    socket.close(ignored);
  }

  /// One request. False: the connection ends.
  template <typename Stream>
  bool serve(Stream& stream) {
    beast::flat_buffer buffer;
    bhttp::request_parser<bhttp::string_body> parser;
    parser.body_limit(kMaxBody);
    bhttp::read(stream, buffer, parser);
    const auto& message = parser.get();
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.body = message.body();
    beast::error_code error;
    request.client_port = beast::get_lowest_layer(stream).remote_endpoint(error).port();
    for (const auto& field : message) {
      request.headers.emplace(std::string(field.name_string()), std::string(field.value()));
    }
    return reply(stream, handler_(request), message.keep_alive(),
                 message.method() == bhttp::verb::head);
  }

  template <typename Stream>
  bool reply(Stream& stream, const Reply& reply, bool keep_alive, bool head) {
    bhttp::response<bhttp::empty_body> header(static_cast<bhttp::status>(reply.status), 11);
    if (!reply.content_type.empty()) {
      header.set(bhttp::field::content_type, reply.content_type);
    }
    for (const auto& [name, value] : reply.headers) {
      header.set(name, value);
    }
    header.content_length(reply.body.size());
    header.keep_alive(keep_alive);
    bhttp::response_serializer<bhttp::empty_body> serializer(header);
    bhttp::write_header(stream, serializer);
    const std::size_t until = reply.cut ? reply.body.size() / 2 : reply.body.size();
    const std::size_t piece = reply.piece == 0 ? until : reply.piece;
    for (std::size_t at = 0; at < until && !head && !stopping_; at += piece) {
      std::this_thread::sleep_for(reply.pause);
      asio::write(stream, asio::buffer(reply.body.data() + at, std::min(piece, until - at)));
    }
    return keep_alive && !reply.cut && !stopping_;
  }

  const Handler handler_;
  asio::io_context io_;
  std::optional<asio::ssl::context> tls_;
  tcp::acceptor acceptor_{io_};
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::thread thread_;
};

Server::Server(Handler handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(handler), options)) {}

Server::~Server() = default;

int Server::port() const { return impl_->port(); }

std::string deflate(const std::string& text) {
  beast::zlib::deflate_stream stream;
  std::string out(stream.upper_bound(text.size()) + 64, '\0');
  beast::zlib::z_params params{};
  params.next_in = text.data();
  params.avail_in = text.size();
  params.next_out = out.data();
  params.avail_out = out.size();
  beast::error_code error;
  stream.write(params, beast::zlib::Flush::finish, error);
  out.resize(params.total_out);
  return out;
}

}  // namespace misp_zeek::web
