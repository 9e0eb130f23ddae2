// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <zmq.hpp>

namespace misp_zeek::misp {

/// What became of a SUB socket's connection.
struct FeedLinkEvent {
  enum class Kind {
    kUp,           ///< the handshake succeeded
    kClosed,       ///< a connection ended; ZeroMQ makes a new one only for some causes
    kUnreachable,  ///< none could be made; ZeroMQ tries again
    kCutShort,     ///< ended during the handshake without a reason; ZeroMQ tries again
    kRefused,      ///< the handshake failed; ZeroMQ does not try again
  };
  Kind kind = Kind::kUnreachable;
  std::string reason;  ///< for an operator; empty for kUp
};

/// The events that a monitor watches, a mask of ZMQ_EVENT_*.
int feed_monitor_mask();

/// Translates one ZMQ_EVENT_* with its value; nullopt for events that change nothing.
std::optional<FeedLinkEvent> feed_link_event(std::uint16_t event, std::uint32_t value,
                                             const std::string& endpoint);

/// Watches a socket (zmq_socket_monitor). Begin before the socket connects.
class FeedMonitor {
 public:
  /// Throws zmq::error_t.
  FeedMonitor(zmq::context_t& context, zmq::socket_t& watched, std::string endpoint);

  zmq::socket_t& socket() { return events_; }
  /// The next event that means something, if one is there. Throws zmq::error_t.
  std::optional<FeedLinkEvent> next();

 private:
  zmq::socket_t events_;
  std::string endpoint_;
};

}  // namespace misp_zeek::misp
