// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_monitor.h"

#include <zmq.h>

#include <cstring>
#include <utility>

namespace misp_zeek::misp {
namespace {

constexpr const char* kAddress = "inproc://feed-monitor";

std::string protocol_problem(std::uint32_t value) {
  if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
    return "the publisher and misp.feed disagree on authentication: set user name and password as "
           "Plugin.ZeroMQ_username and Plugin.ZeroMQ_password in MISP, or neither";
  }
  return "the other side does not speak ZeroMQ as a publisher should, protocol error " +
         std::to_string(value);
}

}  // namespace

int feed_monitor_mask() {
  return ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED |
         ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
}

std::optional<FeedLinkEvent> feed_link_event(std::uint16_t event, std::uint32_t value,
                                             const std::string& endpoint) {
  using Kind = FeedLinkEvent::Kind;
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return FeedLinkEvent{Kind::kUp, ""};
    case ZMQ_EVENT_DISCONNECTED:
      return FeedLinkEvent{Kind::kDown, "the connection to " + endpoint + " was lost"};
    case ZMQ_EVENT_CLOSED:
    case ZMQ_EVENT_CONNECT_RETRIED:
      return FeedLinkEvent{Kind::kDown, "no connection to " + endpoint +
                                            ": check that MISP's ZeroMQ publisher runs and that "
                                            "its port is reachable"};
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return FeedLinkEvent{Kind::kNotAccepted,
                           endpoint +
                               " refused user name and password (misp.feed.username, "
                               "misp.feed.password_file; status " +
                               std::to_string(value) + ")"};
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      return FeedLinkEvent{Kind::kNotAccepted, endpoint + ": " + protocol_problem(value)};
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      // The other side closed during the handshake, or ZeroMQ's deadline for it passed; ZeroMQ
      // connects again by itself.
      return FeedLinkEvent{Kind::kDown, endpoint + " ended the connection during the handshake"};
    default:
      return std::nullopt;
  }
}

FeedMonitor::FeedMonitor(zmq::context_t& context, zmq::socket_t& watched, std::string endpoint)
    : events_(context, zmq::socket_type::pair), endpoint_(std::move(endpoint)) {
  if (zmq_socket_monitor(watched.handle(), kAddress, feed_monitor_mask()) != 0) {
    throw zmq::error_t();
  }
  events_.set(zmq::sockopt::linger, 0);
  events_.connect(kAddress);
}

std::optional<FeedLinkEvent> FeedMonitor::next() {
  zmq::message_t body;
  while (events_.recv(body, zmq::recv_flags::dontwait)) {
    zmq::message_t address;
    if (body.more() && !events_.recv(address, zmq::recv_flags::dontwait)) {
      return std::nullopt;
    }
    // zmq_socket_monitor(3): 16 bits of event number and 32 bits of value, unaligned.
    std::uint16_t event = 0;
    std::uint32_t value = 0;
    if (body.size() != sizeof event + sizeof value) {
      continue;
    }
    std::memcpy(&event, body.data(), sizeof event);
    std::memcpy(&value, body.data<std::byte>() + sizeof event, sizeof value);
    if (auto meaning = feed_link_event(event, value, endpoint_)) {
      return meaning;
    }
  }
  return std::nullopt;
}

}  // namespace misp_zeek::misp
