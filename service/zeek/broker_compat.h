// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <broker/configuration.hh>
#include <broker/data.hh>
#include <broker/endpoint.hh>
#include <broker/error.hh>
#include <broker/message.hh>
#include <broker/peer_info.hh>
#include <broker/status.hh>
#include <broker/status_subscriber.hh>
#include <broker/subscriber.hh>
#include <broker/topic.hh>
#include <broker/zeek.hh>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zeek/broker_adapter.h"

// Broker 2.8 has values as views (variant.hh), Broker 1.4 only as broker::data.
#if __has_include(<broker/variant.hh>)
#include <broker/variant.hh>
#include <broker/variant_list.hh>
#define MISP_ZEEK_BROKER_HAS_VARIANT 1
#else
#include <broker/atoms.hh>
#include <caf/scoped_actor.hpp>
#define MISP_ZEEK_BROKER_HAS_VARIANT 0
#endif

/// What differs between Broker 1.4 and 2.8. Only for broker_adapter.cc.
namespace misp_zeek::zeek::compat {

inline constexpr std::size_t kQueueSize = 1'024;
/// An endpoint serves one peer; Broker would start a thread per core.
inline constexpr std::uint64_t kBrokerThreads = 2;
/// No set or table of the contract has more.
inline constexpr std::size_t kMaxElements = 1'000;

/// Sets and tables of strings; nullopt for others, or with too many elements.
template <typename Elements>
std::optional<WireValue> convert_set(const Elements& elements);
template <typename Pairs>
std::optional<WireValue> convert_table(const Pairs& pairs);

#if MISP_ZEEK_BROKER_HAS_VARIANT

using Value = broker::variant;

/// The text; nullopt for another type.
inline std::optional<std::string> text_of(const Value& value) {
  return value.is_string() ? std::optional(std::string(value.to_string())) : std::nullopt;
}

/// Calls exactly one of the functions, by the value's type.
template <typename OnScalar, typename OnList>
std::optional<WireValue> convert_value(const Value& value, OnScalar on_scalar, OnList on_list) {
  switch (value.get_tag()) {
    case broker::variant_tag::none:
      return on_scalar(WireValue(std::monostate{}));
    case broker::variant_tag::set:
      return convert_set(value.to_set());
    case broker::variant_tag::table:
      return convert_table(value.to_table());
    case broker::variant_tag::boolean:
      return on_scalar(WireValue(value.to_boolean()));
    case broker::variant_tag::count:
      return on_scalar(WireValue(std::uint64_t{value.to_count()}));
    case broker::variant_tag::string:
      return on_scalar(WireValue(std::string(value.to_string())));
    case broker::variant_tag::vector:
      return on_list(value.to_list());
    default:
      return std::nullopt;
  }
}

inline broker::configuration make_configuration(const BrokerOptions& options) {
  broker::broker_options broker_options;
  broker_options.disable_ssl = options.disable_tls;
  broker_options.disable_forwarding = true;
  broker_options.ignore_broker_conf = true;
  broker::configuration configuration(broker_options);
  configuration.set("caf.scheduler.max-threads", kBrokerThreads);
  configuration.openssl_cafile(options.tls.ca_file);
  configuration.openssl_certificate(options.tls.certificate);
  configuration.openssl_key(options.tls.key);
  configuration.openssl_passphrase(options.tls.passphrase);
  return configuration;
}

inline std::string topic_of(const broker::data_message& message) {
  return std::string(broker::get_topic(message));
}

inline Value payload(const broker::data_message& message) { return broker::get_data(message); }

inline void publish_event(broker::endpoint& endpoint, const std::string& topic,
                          const std::string& name, const broker::vector& args) {
  endpoint.publish(topic, broker::zeek::Event(name, args));
}

inline std::vector<broker::peer_info> peers_of(const broker::endpoint& endpoint) {
  return endpoint.peers();
}

using StatusSubscriber = broker::status_subscriber;
using StatusValue = broker::status_variant;

inline StatusSubscriber subscribe_to_statuses(broker::endpoint& endpoint) {
  return endpoint.make_status_subscriber(true);
}

inline std::vector<StatusValue> poll_statuses(StatusSubscriber& statuses) {
  return statuses.poll();
}

inline broker::subscriber subscribe(broker::endpoint& endpoint,
                                    const std::vector<broker::topic>& topics) {
  return endpoint.make_subscriber(topics, kQueueSize);
}

template <typename T, typename Variant>
const T* alternative(const Variant& value) {
  return std::get_if<T>(&value);
}

#else

using Value = broker::data;

inline std::optional<std::string> text_of(const Value& value) {
  const auto* text = caf::get_if<std::string>(&value);
  return text != nullptr ? std::optional(*text) : std::nullopt;
}

template <typename OnScalar, typename OnList>
std::optional<WireValue> convert_value(const Value& value, OnScalar on_scalar, OnList on_list) {
  if (caf::holds_alternative<broker::none>(value)) {
    return on_scalar(WireValue(std::monostate{}));
  }
  if (const auto* elements = caf::get_if<broker::set>(&value)) {
    return convert_set(*elements);
  }
  if (const auto* pairs = caf::get_if<broker::table>(&value)) {
    return convert_table(*pairs);
  }
  if (const auto* flag = caf::get_if<broker::boolean>(&value)) {
    return on_scalar(WireValue(*flag));
  }
  if (const auto* number = caf::get_if<broker::count>(&value)) {
    return on_scalar(WireValue(std::uint64_t{*number}));
  }
  if (const auto* text = caf::get_if<std::string>(&value)) {
    return on_scalar(WireValue(*text));
  }
  if (const auto* list = caf::get_if<broker::vector>(&value)) {
    return on_list(*list);
  }
  return std::nullopt;
}

inline broker::configuration make_configuration(const BrokerOptions& options) {
  broker::broker_options broker_options;
  broker_options.disable_ssl = options.disable_tls;
  broker_options.forward = false;
  broker_options.ignore_broker_conf = true;
  broker::configuration configuration(broker_options);
  configuration.set("scheduler.max-threads", kBrokerThreads);
  configuration.openssl_cafile = options.tls.ca_file;
  configuration.openssl_certificate = options.tls.certificate;
  configuration.openssl_key = options.tls.key;
  configuration.openssl_passphrase = options.tls.passphrase;
  return configuration;
}

inline std::string topic_of(const broker::data_message& message) {
  return broker::get_topic(message).string();
}

inline const Value& payload(const broker::data_message& message) {
  return broker::get_data(message);
}

inline void publish_event(broker::endpoint& endpoint, const std::string& topic,
                          const std::string& name, const broker::vector& args) {
  endpoint.publish(topic, broker::zeek::Event(name, args).move_data());
}

/// endpoint::peers() ends the program if Broker's core is gone, which happens in 1.4.
inline std::vector<broker::peer_info> peers_of(broker::endpoint& endpoint) {
  std::vector<broker::peer_info> peers;
  caf::scoped_actor self(endpoint.system());
  self->request(endpoint.core(), std::chrono::seconds(1), broker::atom::get_v, broker::atom::peer_v)
      .receive([&](std::vector<broker::peer_info>& answer) { peers = std::move(answer); },
               [](const caf::error&) {});
  return peers;
}

/// Broker 1.4 subscribes in the background, unless a topic is added later and waited for. What
/// comes earlier is lost: the outcome of a quick connection attempt, for one.
/// broker::status_subscriber cannot wait, so a plain one takes its place.
inline broker::subscriber subscribe(broker::endpoint& endpoint,
                                    const std::vector<broker::topic>& topics) {
  broker::subscriber subscriber = endpoint.make_subscriber({}, kQueueSize);
  for (const auto& topic : topics) {
    subscriber.add_topic(topic, true);
  }
  return subscriber;
}

using StatusSubscriber = broker::subscriber;
using StatusValue = broker::status_variant;

inline StatusSubscriber subscribe_to_statuses(broker::endpoint& endpoint) {
  return subscribe(endpoint, {broker::topics::errors, broker::topics::statuses});
}

inline std::vector<StatusValue> poll_statuses(StatusSubscriber& statuses) {
  std::vector<StatusValue> values;
  for (const auto& message : statuses.poll()) {
    broker::status status;
    broker::error error;
    if (convert(broker::get_data(message), status)) {
      values.emplace_back(std::move(status));
    } else if (broker::convert(broker::get_data(message), error)) {
      values.emplace_back(std::move(error));
    }
  }
  return values;
}

template <typename T, typename Variant>
const T* alternative(const Variant& value) {
  return caf::get_if<T>(&value);
}

#endif

template <typename Elements>
std::optional<WireValue> convert_set(const Elements& elements) {
  WireValue::Set out;
  for (const auto& element : elements) {
    auto text = text_of(element);
    if (!text || out.size() == kMaxElements) {
      return std::nullopt;
    }
    out.insert(std::move(*text));
  }
  return WireValue(std::move(out));
}

template <typename Pairs>
std::optional<WireValue> convert_table(const Pairs& pairs) {
  WireValue::Table out;
  for (const auto& pair : pairs) {
    auto key = text_of(pair.first);
    auto text = text_of(pair.second);
    if (!key || !text || out.size() == kMaxElements) {
      return std::nullopt;
    }
    out.emplace(std::move(*key), std::move(*text));
  }
  return WireValue(std::move(out));
}

}  // namespace misp_zeek::zeek::compat
