// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/zeek_sim.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>
#include <utility>
#include <variant>

#include "zeek/codec.h"

namespace misp_zeek::sim {
namespace {

constexpr std::chrono::minutes kIdleWait{10};
constexpr std::size_t kEntriesPerReply = 500;

std::string entry_line(const Item& item) {
  return item.entry.key.indicator + "\t" + std::string(to_string(item.entry.key.type)) + "\tMISP-" +
         std::to_string(item.entry.event_id) + "\t" + item.attribute_uuids;
}

}  // namespace

std::string ZeekSim::new_instance() {
  std::random_device device;
  const std::uint64_t number = (std::uint64_t{device()} << 32) | device();
  return "sim-" + format_digest(number).substr(0, 12);
}

ZeekSim::ZeekSim(PackageOptions package) : model_(new_instance(), std::move(package)) {}

Result<std::unique_ptr<ZeekSim>> ZeekSim::start(ZeekSimOptions options) {
  std::unique_ptr<ZeekSim> sim(new ZeekSim(std::move(options.package)));
  const auto listening = options.transport == Transport::kBroker ? sim->open_broker(options)
                                                                 : sim->listen_websocket(options);
  if (!listening) {
    return tl::unexpected(listening.error());
  }
  return sim;
}

Result<void> ZeekSim::open_broker(const ZeekSimOptions& options) {
  auto endpoint =
      zeek::BrokerEndpoint::create({{contract::kZeekTopic, contract::kProbeTopic, kInspectTopic},
                                    options.tls,
                                    options.disable_tls});
  if (!endpoint) {
    return tl::unexpected(endpoint.error());
  }
  if (options.connect) {
    (*endpoint)->connect(options.address, options.port);
  } else if (const auto port = (*endpoint)->listen(options.address, options.port)) {
    port_ = *port;
  } else {
    return tl::unexpected(port.error());
  }
  endpoint_ = std::move(*endpoint);
  thread_ = std::thread([this] { run(); });
  return {};
}

Result<void> ZeekSim::listen_websocket(const ZeekSimOptions& options) {
  WebSocketServer::Options server;
  server.address = options.address;
  server.port = options.port;
  server.use_tls = !options.disable_tls;
  server.tls = options.tls;
  server.zeek_version = model_.options().zeek_version;
  auto listening = WebSocketServer::listen(
      server, [this](const zeek::WireMessage& message) { return on_event(message); });
  if (!listening) {
    return tl::unexpected(std::move(listening.error()));
  }
  server_ = std::move(*listening);
  port_ = server_->port();
  server_->run();
  return {};
}

ZeekSim::~ZeekSim() {
  stopping_ = true;
  if (endpoint_) {
    endpoint_->wake();
    thread_.join();
  }
}

void ZeekSim::run() {
  while (!stopping_) {
    for (const auto& report : endpoint_->wait(kIdleWait)) {
      if (const auto* message = std::get_if<zeek::WireMessage>(&report)) {
        on_event(*message);
      } else if (std::holds_alternative<zeek::WireMalformed>(report)) {
        ++malformed_;
      }
    }
  }
}

void ZeekSim::publish(const std::string& topic, const zeek::WireEvent& event) {
  if (endpoint_) {
    endpoint_->publish(topic, event);
  } else {
    server_->publish(topic, event);
  }
}

bool ZeekSim::on_event(const zeek::WireMessage& message) {
  if (message.topic == contract::kZeekTopic || message.topic == contract::kProbeTopic) {
    return on_package_event(message.event);
  }
  if (message.event.name == kSeeEvent) {
    return on_see(message.event);
  }
  return (message.event.name == kDumpEvent || message.event.name == kSizeEvent) &&
         on_question(message.event);
}

bool ZeekSim::on_package_event(const zeek::WireEvent& event) {
  ++received_;
  if (drop_ > 0) {
    --drop_;
    return true;
  }
  const auto message = zeek::decode_to_zeek(event);
  if (!message) {
    ++malformed_;
    std::fprintf(stderr, "zeek-sim: %s\n", message.error().message.c_str());
    return false;
  }
  std::vector<contract::FromZeek> answers;
  std::string service_id;
  {
    const std::lock_guard lock(mutex_);
    answers = model_.handle(*message);
    service_id = model_.service_id();
    if (const auto* hello = std::get_if<contract::Hello>(&*message)) {
      service_id = hello->service_id;
    } else if (const auto* probe = std::get_if<contract::Probe>(&*message)) {
      service_id = probe->service_id;
    }
  }
  for (const auto& answer : answers) {
    if (const auto* ack = std::get_if<contract::Ack>(&answer)) {
      changes_ += ack->inserted + ack->updated + ack->removed;
    }
  }
  if (delay_ms_ > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms_));
  }
  publish(service_id, answers);
  return true;
}

void ZeekSim::publish(const std::string& service_id,
                      const std::vector<contract::FromZeek>& answers) {
  for (const auto& answer : answers) {
    const bool is_probe = std::holds_alternative<contract::ProbeAnswer>(answer);
    publish(
        (is_probe ? contract::kProbeAnswerTopicPrefix : contract::kServiceTopicPrefix) + service_id,
        zeek::encode(answer));
  }
}

void ZeekSim::see(contract::Sighting sighting) {
  const std::lock_guard lock(mutex_);
  publish(model_.service_id(), model_.see(std::move(sighting)));
}

void ZeekSim::suppress(std::uint64_t matches) {
  const std::lock_guard lock(mutex_);
  publish(model_.service_id(), model_.suppress(matches));
}

void ZeekSim::see(const std::string& indicator) {
  for (const auto& item : items()) {
    if (item.entry.key.indicator != indicator) {
      continue;
    }
    contract::Sighting sighting;
    sighting.attribute_uuids = item.attribute_uuids;
    sighting.indicator = indicator;
    sighting.indicator_type = to_string(item.entry.key.type);
    sighting.event_id = std::to_string(item.entry.event_id);
    sighting.seen = indicator;
    sighting.seen_at =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count());
    see(std::move(sighting));
  }
}

bool ZeekSim::on_see(const zeek::WireEvent& event) {
  const auto* indicator =
      event.args.size() == 1 ? std::get_if<std::string>(&event.args[0].value) : nullptr;
  if (indicator == nullptr) {
    ++malformed_;
    return false;
  }
  see(*indicator);
  return true;
}

std::size_t ZeekSim::waiting_sightings() {
  const std::lock_guard lock(mutex_);
  return model_.waiting_sightings();
}

bool ZeekSim::on_question(const zeek::WireEvent& event) {
  const auto* nonce =
      event.args.size() == 1 ? std::get_if<std::uint64_t>(&event.args[0].value) : nullptr;
  if (nonce == nullptr) {
    ++malformed_;
    return false;
  }
  const auto lines =
      event.name == kSizeEvent ? std::vector{std::to_string(indicator_count())} : entries();
  std::size_t sent = 0;
  do {
    zeek::WireValue::Vector chunk;
    while (sent < lines.size() && chunk.size() < kEntriesPerReply) {
      chunk.emplace_back(lines[sent++]);
    }
    const bool last = sent == lines.size();
    publish(kInspectReplyTopic, {kDumpReplyEvent, {*nonce, last, std::move(chunk)}});
  } while (sent < lines.size());
  return true;
}

void ZeekSim::drop_next(std::size_t n) { drop_ = n; }

std::size_t ZeekSim::restart_package() {
  const std::lock_guard lock(mutex_);
  const std::size_t lost = model_.waiting_sightings();
  model_.restart(new_instance());
  return lost;
}

void ZeekSim::delay_answers(std::chrono::milliseconds delay) { delay_ms_ = delay.count(); }

bool ZeekSim::lose(const EntryKey& entry) {
  const std::lock_guard lock(mutex_);
  return model_.lose(entry);
}

std::vector<Item> ZeekSim::items() {
  const std::lock_guard lock(mutex_);
  std::vector<Item> items;
  for (const auto& [entry, item] : model_.items()) {
    items.push_back(item);
  }
  return items;
}

std::string ZeekSim::digest() {
  const std::lock_guard lock(mutex_);
  return format_digest(model_.digest());
}

std::size_t ZeekSim::indicator_count() {
  const std::lock_guard lock(mutex_);
  std::set<IndicatorKey> indicators;
  for (const auto& [entry, item] : model_.items()) {
    indicators.insert(entry.key);
  }
  return indicators.size();
}

std::vector<std::string> ZeekSim::entries() {
  std::vector<std::string> lines;
  for (const auto& item : items()) {
    lines.push_back(entry_line(item));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace misp_zeek::sim
