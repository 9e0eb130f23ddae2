// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "core/session/zeek_link.h"
#include "core/session/zeek_session.h"
#include "core/sightings/match_notifications.h"
#include "core/sightings/sighting.h"
#include "core/sync/misp_feed.h"
#include "core/sync/misp_rest.h"
#include "core/sync/misp_sync.h"

/// From the configuration to the ports and the core's options. The only place that names an
/// implementation of a port.
namespace misp_zeek::app {

/// `mapped_types`: MISP types that a search asks for. Errors: kInvalidConfig.
Result<std::unique_ptr<MispRest>> make_rest(const Config& config,
                                            std::vector<std::string> mapped_types);
/// As many as requests may be in flight.
Result<std::vector<std::unique_ptr<MispRest>>> make_rests(
    const Config& config, const std::vector<std::string>& mapped_types);
/// Errors: kInvalidConfig.
Result<std::unique_ptr<MispSightings>> make_sightings(const Config& config);
/// `path`: a file; empty: in memory. Errors: what prevents a start, for an operator.
Result<std::unique_ptr<SightingStorage>> make_sighting_storage(const std::string& path);
/// nullptr when there is none.
std::unique_ptr<Webhook> make_webhook(const WebhookConfig& config);
/// nullptr without an endpoint.
std::unique_ptr<MispFeed> make_feed(const FeedConfig& config);
std::unique_ptr<ZeekLink> make_link(const ZeekConfig& zeek);

MatchNoticeOptions match_notice_options(const Config& config);
SyncOptions sync_options(const Config& config);
SessionOptions session_options(const Config& config, const std::string& service_id);

/// 16 hexadecimal digits that no other process has.
std::string random_id();

}  // namespace misp_zeek::app
