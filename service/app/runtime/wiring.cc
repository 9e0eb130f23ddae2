// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/wiring.h"

#include <chrono>
#include <random>
#include <utility>

#include "app/config/keys.h"
#include "app/config/tls_files.h"
#include "app/process/log.h"
#include "app/process/version.h"
#include "core/base/text.h"
#include "misp/feed_group.h"
#include "misp/feed_subscriber.h"
#include "misp/rest_client.h"
#include "misp/sightings_client.h"
#include "storage/sighting_spool.h"
#include "webhook/webhook_client.h"
#include "zeek/auto_link.h"
#include "zeek/broker_link.h"
#include "zeek/websocket_link.h"

namespace misp_zeek::app {
namespace {

std::unique_ptr<ZeekLink> make_broker_link(const ZeekConfig& zeek) {
  zeek::BrokerLinkOptions options;
  options.name = zeek.name;
  options.address = zeek.address;
  options.port = zeek.port;
  options.listen = zeek.listen;
  options.tls = tls_files(zeek);
  options.disable_tls = !zeek.tls.value_or(true);
  return std::make_unique<zeek::BrokerLink>(options);
}

std::unique_ptr<ZeekLink> make_websocket_link(const ZeekConfig& zeek) {
  zeek::WebSocketLinkOptions options;
  options.name = zeek.name;
  options.websocket.address = zeek.address;
  options.websocket.port = zeek.port;
  options.websocket.use_tls = zeek.tls.value_or(false);
  options.websocket.tls = tls_files(zeek);
  options.websocket.verify_tls = zeek.verify_tls;
  options.websocket.server_name = zeek.server_name;
  return std::make_unique<zeek::WebSocketLink>(options);
}

misp::RestOptions rest_options(const Config& config) {
  misp::RestOptions rest;
  rest.url = config.misp.url;
  const auto key = std::make_shared<RenewedSecret>(config.misp.api_key, config.misp.api_key_path);
  rest.api_key = key->current().reveal();
  rest.current_api_key = [key] { return key->current().reveal(); };
  rest.verify_tls = config.misp.verify_tls;
  rest.ca_file = config.misp.ca_file;
  rest.proxy = config.misp.proxy;
  rest.connect_timeout = config.misp.connect_timeout;
  rest.request_timeout = config.misp.request_timeout;
  rest.user_agent = "misp-zeek/" + version();
  return rest;
}

}  // namespace

Result<std::unique_ptr<MispRest>> make_rest(const Config& config,
                                            std::vector<std::string> mapped_types) {
  misp::RestOptions rest = rest_options(config);
  rest.filter = config.filter;
  rest.mapped_types = std::move(mapped_types);
  return misp::RestClient::create(std::move(rest));
}

Result<std::vector<std::unique_ptr<MispRest>>> make_rests(
    const Config& config, const std::vector<std::string>& mapped_types) {
  std::vector<std::unique_ptr<MispRest>> rests;
  for (std::uint32_t i = 0; i < config.misp.parallel; ++i) {
    auto rest = make_rest(config, mapped_types);
    if (!rest) {
      return tl::unexpected<Error>(std::move(rest.error()));
    }
    rests.push_back(std::move(*rest));
  }
  return rests;
}

Result<std::unique_ptr<MispSightings>> make_sightings(const Config& config) {
  return misp::SightingsClient::create(rest_options(config));
}

Result<std::unique_ptr<SightingStorage>> make_sighting_storage(const std::string& path) {
  auto spool = storage::SightingSpool::open(path);
  if (!spool) {
    return tl::unexpected<Error>(std::move(spool.error()));
  }
  if (!(*spool)->quarantined().empty()) {
    log::error("unsent sightings quarantined", {{"reason", (*spool)->quarantined()}});
  }
  return std::unique_ptr<SightingStorage>(std::move(*spool));
}

std::unique_ptr<Webhook> make_webhook(const WebhookConfig& config) {
  if (config.url.empty()) {
    return nullptr;
  }
  webhook::WebhookOptions options;
  options.url = config.url.reveal();
  options.user_agent = "misp-zeek/" + version();
  return std::make_unique<webhook::WebhookClient>(std::move(options));
}

std::unique_ptr<MispFeed> make_feed(const FeedConfig& config) {
  std::vector<misp::FeedGroup::Member> members;
  for (const std::string& endpoint : config.endpoints) {
    misp::FeedOptions options;
    options.endpoint = endpoint;
    options.username = config.username;
    options.password = config.password.reveal();
    members.push_back({endpoint, std::make_unique<misp::FeedSubscriber>(std::move(options))});
  }
  if (members.empty()) {
    return nullptr;
  }
  if (members.size() == 1) {
    return std::move(members.front().feed);
  }
  return std::make_unique<misp::FeedGroup>(std::move(members),
                                           std::chrono::milliseconds(SyncOptions{}.silence));
}

std::unique_ptr<ZeekLink> make_link(const ZeekConfig& zeek) {
  zeek::AutoLinkOptions options;
  options.name = zeek.name;
  options.address = zeek.address;
  for (const ZeekConfig& way : zeek.ways()) {
    const bool is_websocket = way.transport == Transport::kWebSocket;
    options.ways.push_back(
        {std::to_string(way.port) + (is_websocket ? " (WebSocket)" : " (Broker)"),
         [=] { return is_websocket ? make_websocket_link(way) : make_broker_link(way); }});
  }
  if (options.ways.size() == 1) {
    return options.ways.front().make();
  }
  return std::make_unique<zeek::AutoLink>(std::move(options));
}

MatchNoticeOptions match_notice_options(const Config& config) {
  MatchNoticeOptions options;
  options.misp_url = config.misp.url;
  options.max_per_minute = config.sightings.webhook.max_per_minute;
  options.seed = std::random_device{}();
  return options;
}

SyncOptions sync_options(const Config& config) {
  SyncOptions options;
  options.interval = config.reconcile.interval;
  options.full_interval = config.reconcile.full_interval;
  options.max_shrink = config.reconcile.max_shrink;
  options.max_growth = config.limits.max_growth;
  options.max_load = config.misp.max_load;
  options.parallel = config.misp.parallel;
  options.batch_rows = config.misp.page_size;
  options.feed = !config.feed.endpoints.empty();
  options.seed = std::random_device{}();
  return options;
}

/// 16 hexadecimal digits, equal where filter and mapping are: a mark, no protection (FNV-1a).
std::string rules_digest(const Config& config) {
  std::string text;
  for (const auto& key : config_keys()) {
    const auto section = section_of(key.name);
    if (section == "filter" || section == "mapping") {
      text += key.name + "=" + key.show(config) + "\n";
    }
  }
  for (const auto& [type, rule] : config.mapping.overrides) {
    text.append(type).append("=").append(rule).append("\n");
  }
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return format_digest(hash);
}

SessionOptions session_options(const Config& config, const std::string& service_id) {
  SessionOptions session;
  session.max_shrink = config.reconcile.max_shrink;
  session.service_id = service_id;
  session.service_version = version();
  session.owner = config.misp.name;
  session.misp = text::lower(config.misp.url);
  session.filter = rules_digest(config);
  return session;
}

std::string random_id() {
  std::random_device device;
  return format_digest((std::uint64_t{device()} << 32) | device());
}

}  // namespace misp_zeek::app
