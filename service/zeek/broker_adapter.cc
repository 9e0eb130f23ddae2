// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/broker_adapter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <broker/error.hh>
#include <broker/peer_info.hh>
#include <broker/peer_status.hh>
#include <broker/status.hh>
#include <broker/version.hh>
#include <exception>
#include <optional>
#include <utility>

#include "zeek/broker_compat.h"

namespace misp_zeek::zeek {
namespace {

/// Values deeper than a field of a record in a vector, and messages with more values than any
/// message of the contract, are not taken apart.
constexpr int kMaxDepth = 4;
constexpr std::size_t kMaxValues = 100'000;

broker::data to_broker(WireValue&& value);

broker::vector to_broker(WireValue::Vector&& values) {
  broker::vector out;
  out.reserve(values.size());
  for (auto& value : values) {
    out.emplace_back(to_broker(std::move(value)));
  }
  return out;
}

broker::data to_broker(WireValue&& value) {
  struct Convert {
    broker::data operator()(bool v) const { return {v}; }
    broker::data operator()(std::uint64_t v) const { return {broker::count(v)}; }
    broker::data operator()(std::string&& v) const { return {std::move(v)}; }
    broker::data operator()(WireValue::Vector&& v) const { return {to_broker(std::move(v))}; }
    broker::data operator()(WireValue::Set&& v) const { return {broker::set(v.begin(), v.end())}; }
    broker::data operator()(WireValue::Table&& v) const {
      return {broker::table(v.begin(), v.end())};
    }
    broker::data operator()(std::monostate) const { return {broker::none{}}; }
  };
  return std::visit(Convert{}, std::move(value.value));
}

/// nullopt: too deep, too many values, or of a type that the contract lacks.
std::optional<WireValue> from_broker(const compat::Value& value, int depth, std::size_t& budget) {
  if (depth > kMaxDepth || budget == 0) {
    return std::nullopt;
  }
  --budget;
  return compat::convert_value(
      value, [](WireValue scalar) { return std::optional<WireValue>(std::move(scalar)); },
      [&](const auto& list) -> std::optional<WireValue> {
        WireValue::Vector out;
        out.reserve(std::min(list.size(), budget));
        for (const auto& element : list) {
          auto converted = from_broker(element, depth + 1, budget);
          if (!converted) {
            return std::nullopt;
          }
          out.push_back(std::move(*converted));
        }
        return WireValue(std::move(out));
      });
}

/// An event on the wire is [protocol version, message type, [name, arguments, ...]]; what follows
/// the arguments is metadata, with types that are of no interest here.
std::optional<WireEvent> event_from(const compat::Value& message) {
  constexpr std::uint64_t kEvent = broker::zeek::Message::Type::Event;
  std::size_t budget = kMaxValues;
  std::optional<WireEvent> event;
  std::size_t outer_index = 0;
  bool is_event = false;
  const auto ignore = [](auto&&) { return std::optional<WireValue>(); };
  const auto read_event = [&](const auto& fields) {
    std::optional<WireValue> name;
    std::size_t index = 0;
    for (const auto& field : fields) {
      if (index == 0) {
        name = from_broker(field, 0, budget);
      } else if (index == 1) {
        auto args = from_broker(field, 0, budget);
        auto* list = args ? std::get_if<WireValue::Vector>(&args->value) : nullptr;
        auto* text = name ? std::get_if<std::string>(&name->value) : nullptr;
        if (list != nullptr && text != nullptr) {
          event = WireEvent{std::move(*text), std::move(*list)};
        }
      }
      ++index;
    }
    return std::optional<WireValue>();
  };
  compat::convert_value(message, ignore, [&](const auto& outer) {
    for (const auto& field : outer) {
      if (outer_index == 1) {
        is_event = from_broker(field, 0, budget) == std::optional<WireValue>(WireValue(kEvent));
      } else if (outer_index == 2 && is_event) {
        compat::convert_value(field, ignore, read_event);
      }
      ++outer_index;
    }
    return std::optional<WireValue>();
  });
  return event;
}

BrokerReport report_of(const broker::data_message& message) {
  if (auto event = event_from(compat::payload(message))) {
    return WireMessage{compat::topic_of(message), std::move(*event)};
  }
  return WireMalformed{{ErrorCode::kMalformed, "a Broker message that is no event of ours", 0}};
}

std::optional<BrokerReport> report_of(const broker::status& status) {
  switch (status.code()) {
    case broker::sc::peer_added: {
      const auto* context = status.context();
      if (context != nullptr && context->network) {
        return PeerUp{context->network->address + ":" + std::to_string(context->network->port)};
      }
      return PeerUp{};
    }
    case broker::sc::peer_removed:
    case broker::sc::peer_lost:
      return PeerDown{{ErrorCode::kUnavailable, "the connection was lost", 0}};
    default:
      return std::nullopt;  // of endpoints that are not our peers
  }
}

BrokerReport report_of(const broker::error& error) {
  const auto code = static_cast<broker::ec>(error.code());
  const std::string name(to_string(code));
  switch (code) {
    case broker::ec::peer_incompatible:
      return PeerDown{{ErrorCode::kIncompatible, "another Broker protocol (" + name + ")", 0}};
    case broker::ec::peer_timeout:
      return PeerDown{{ErrorCode::kTimeout, "no answer (" + name + ")", 0}};
    default:
      return PeerDown{{ErrorCode::kUnavailable, "no connection (" + name + ")", 0}};
  }
}

}  // namespace

std::string broker_version() {
  return std::to_string(broker::version::major) + "." + std::to_string(broker::version::minor) +
         "." + std::to_string(broker::version::patch);
}

struct BrokerEndpoint::Impl {
  Impl(const BrokerOptions& options, int event_fd)
      : wake_fd(event_fd),
        endpoint(compat::make_configuration(options)),
        messages(compat::subscribe(endpoint, topics_of(options))),
        statuses(compat::subscribe_to_statuses(endpoint)) {}

  static std::vector<broker::topic> topics_of(const BrokerOptions& options) {
    return {options.topics.begin(), options.topics.end()};
  }

  std::vector<BrokerReport> collect() {
    std::vector<BrokerReport> reports;
    for (const auto& value : compat::poll_statuses(statuses)) {
      if (const auto* error = compat::alternative<broker::error>(value)) {
        reports.push_back(report_of(*error));
      } else if (const auto* status = compat::alternative<broker::status>(value)) {
        if (auto report = report_of(*status)) {
          reports.push_back(std::move(*report));
        }
      }
    }
    for (const auto& message : messages.poll()) {
      reports.push_back(report_of(message));
    }
    return reports;
  }

  int wake_fd;
  broker::endpoint endpoint;
  broker::subscriber messages;
  compat::StatusSubscriber statuses;
};

BrokerEndpoint::BrokerEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

BrokerEndpoint::~BrokerEndpoint() {
  const int wake_fd = impl_->wake_fd;
  impl_.reset();
  ::close(wake_fd);
}

Result<std::unique_ptr<BrokerEndpoint>> BrokerEndpoint::create(const BrokerOptions& options) {
  if (auto usable = check_for_broker(options.tls); !usable) {
    return tl::unexpected(usable.error());
  }
  const int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    return fail(ErrorCode::kUnavailable, "no file descriptor is left for Broker");
  }
  try {
    return std::unique_ptr<BrokerEndpoint>(
        new BrokerEndpoint(std::make_unique<Impl>(options, wake_fd)));
  } catch (const std::exception& e) {
    ::close(wake_fd);
    return fail(ErrorCode::kUnavailable, std::string("Broker does not start: ") + e.what());
  }
}

Result<std::uint16_t> BrokerEndpoint::listen(const std::string& address, std::uint16_t port) {
  const std::uint16_t bound = impl_->endpoint.listen(address, port);
  if (bound == 0) {
    return fail(ErrorCode::kUnavailable,
                "cannot listen on " + address + ":" + std::to_string(port));
  }
  return bound;
}

void BrokerEndpoint::connect(const std::string& address, std::uint16_t port) {
  // No retry by Broker: the owner decides when the next attempt is made.
  impl_->endpoint.peer_nosync(address, port, broker::timeout::seconds(0));
}

void BrokerEndpoint::publish(const std::string& topic, WireEvent event) {
  compat::publish_event(impl_->endpoint, topic, event.name, to_broker(std::move(event.args)));
}

std::vector<BrokerReport> BrokerEndpoint::wait(std::chrono::milliseconds timeout) {
  auto reports = impl_->collect();
  if (!reports.empty()) {
    return reports;
  }
  std::array<pollfd, 3> fds = {pollfd{impl_->wake_fd, POLLIN, 0},
                               pollfd{impl_->statuses.fd(), POLLIN, 0},
                               pollfd{impl_->messages.fd(), POLLIN, 0}};
  constexpr std::int64_t kLongest = 3'600'000;
  const auto bounded = std::clamp<std::int64_t>(timeout.count(), 0, kLongest);
  if (::poll(fds.data(), fds.size(), static_cast<int>(bounded)) <= 0) {
    return {};
  }
  eventfd_t value = 0;
  if (fds[0].revents != 0) {
    ::eventfd_read(impl_->wake_fd, &value);
  }
  return impl_->collect();
}

bool BrokerEndpoint::has_peer() const {
  const auto peers = compat::peers_of(impl_->endpoint);
  return std::any_of(peers.begin(), peers.end(), [](const broker::peer_info& info) {
    return info.status == broker::peer_status::peered;
  });
}

void BrokerEndpoint::wake() { ::eventfd_write(impl_->wake_fd, 1); }

}  // namespace misp_zeek::zeek
