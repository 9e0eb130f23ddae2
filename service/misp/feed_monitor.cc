// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_monitor.h"

#include <zmq.h>

#include <atomic>
#include <cstring>
#include <utility>

namespace misp_zeek::misp {
namespace {

/// A new one for each monitor: a closed socket's address may be taken for a moment more.
std::string next_address() {
  static std::atomic<std::uint64_t> number{0};
  return "inproc://feed-monitor-" + std::to_string(++number);
}

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
  return ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
         ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
         ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
}

std::optional<FeedLinkEvent> feed_link_event(std::uint16_t event, std::uint32_t value,
                                             const std::string& endpoint) {
  using Kind = FeedLinkEvent::Kind;
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return FeedLinkEvent{Kind::kUp, ""};
    case ZMQ_EVENT_DISCONNECTED:
      return FeedLinkEvent{Kind::kClosed,
                           "the connection to " + endpoint +
                               " was lost: MISP's ZeroMQ publisher has ended or restarts"};
    case ZMQ_EVENT_CLOSED:
      return FeedLinkEvent{Kind::kUnreachable,
                           "no connection to " + endpoint +
                               ": check that MISP's ZeroMQ publisher runs (Plugin.ZeroMQ_enable), "
                               "that it does not listen on MISP's own machine only "
                               "(Plugin.ZeroMQ_host), and that its port is reachable"};
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      return FeedLinkEvent{
          Kind::kCutShort,
          endpoint +
              " ended the connection during the ZeroMQ handshake: is that the port of "
              "MISP's ZeroMQ publisher (Plugin.ZeroMQ_port)?"};
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return FeedLinkEvent{Kind::kRefused,
                           endpoint +
                               " refused user name and password (misp.feed.username, "
                               "misp.feed.password_file; status " +
                               std::to_string(value) + ")"};
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      return FeedLinkEvent{Kind::kRefused, endpoint + ": " + protocol_problem(value)};
    default:
      return std::nullopt;
  }
}

FeedMonitor::FeedMonitor(zmq::context_t& context, zmq::socket_t& watched, std::string endpoint)
    : events_(context, zmq::socket_type::pair), endpoint_(std::move(endpoint)) {
  const std::string address = next_address();
  if (zmq_socket_monitor(watched.handle(), address.c_str(), feed_monitor_mask()) != 0) {
    throw zmq::error_t();
  }
  events_.set(zmq::sockopt::linger, 0);
  events_.connect(address);
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
