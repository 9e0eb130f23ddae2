// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

/// Beast's types as both ends of a WebSocket use them. Only sources that own Beast include this.
namespace misp_zeek::zeek {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;

using PlainStream = websocket::stream<tcp::socket>;
using TlsStream = websocket::stream<beast::ssl_stream<tcp::socket>>;

/// Completion of an operation in a coroutine, with the outcome in `error`.
inline auto into(beast::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace misp_zeek::zeek
