// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "zeek/wire.h"

/// What travels over Zeek's WebSocket API, its JSON "v1" format, as far as the contract needs it.
/// Source: doc/advanced/devel/websocket-api.rst and src/cluster/websocket in Zeek's repository.
///
/// Pure; callable from any thread.
namespace misp_zeek::zeek {

/// A client's first message: an array of topics, each of which is a prefix.
std::string encode_subscriptions(const std::vector<std::string>& topics);

/// An event for a topic. Text must be UTF-8, as the contract demands: Zeek refuses the whole event
/// otherwise.
std::string encode_event(std::string_view topic, const WireEvent& event);

/// The server's answer to the subscriptions: events pass from here on.
struct ServerAck {
  std::string endpoint;  ///< the server's name for this connection
  std::string version;   ///< of Zeek
  bool operator==(const ServerAck&) const = default;
};

/// The server refused a message; it does not say which. The connection goes on, unless the server
/// closes it.
struct ServerError {
  std::string code;     ///< e.g. "deserialization_failed"
  std::string context;  ///< e.g. "failed to create Zeek event"
  bool operator==(const ServerError&) const = default;
};

using ServerMessage = std::variant<ServerAck, ServerError, WireMessage>;

/// Strict. kMalformed: no JSON, another shape, or a value of a type that the contract lacks;
/// kTooLarge: nested too deep, or more values than any message of the contract has. Metadata of an
/// event is passed over. The text of an error never has more than a short excerpt of the input.
Result<ServerMessage> decode_server_message(std::string_view text);

/// What a server's refusal means here and what cures it. kMalformed: of one message, the connection
/// is usable; other codes: of the connection.
Error explain(const ServerError& error);

}  // namespace misp_zeek::zeek
