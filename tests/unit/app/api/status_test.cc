// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/status.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "app/api/explain.h"
#include "app/api/export.h"
#include "app/telemetry/health.h"
#include "app/telemetry/progress.h"
#include "telemetry/metrics_support.h"

namespace misp_zeek::app {
namespace {

constexpr const char* kUuid = "00000000-0000-0000-0000-000000000001";

TEST(Status, TellsOfEveryPart) {
  Scene scene;
  scene.feed_problem = "no route";
  scene.put(1, "domain", "evil.example");
  scene.put(2, "ip-dst", "0.0.0.0/0");
  scene.latency.add(995, std::chrono::milliseconds(2));
  const auto status =
      status_json(scene.view(), {true, {{"feed", false, 0, "no route"}}}, {5'000, 1'000});
  EXPECT_EQ(status.at("version"), 1);
  EXPECT_EQ(status.at("time"), "1970-01-01T00:16:40Z");
  EXPECT_EQ(status.at("service").at("ready"), false);
  EXPECT_EQ(status.at("service").at("uptime_seconds"), 5.0);
  EXPECT_EQ(status.at("misp").at("feed").at("problem"), "no route");
  EXPECT_EQ(status.at("store").at("attributes"), 2);
  EXPECT_EQ(status.at("store").at("items_by_type").at("Intel::DOMAIN"), 1);
  EXPECT_EQ(status.at("store").at("rejected"), nlohmann::ordered_json({{"broad_network", 1}}));
  EXPECT_EQ(status.at("zeeks").at(0).at("name"), "sensor-1");
  EXPECT_EQ(status.at("zeeks").at(0).at("lag_revisions"), 1);
  EXPECT_EQ(status.at("latency").at(0).at("mean_ms"), 2.0);
}

TEST(Status, SaysOfAZeekWhatReadyzSays) {
  Scene scene;
  ZeekSession& session = *scene.peers.front().session;
  const auto told = [&scene] {
    HealthBoard board;
    board.update(scene.view(), {5'000, 1'000});
    const std::string check = board.health().checks.back().message;
    EXPECT_EQ(status_json(scene.view(), {}, {5'000, 1'000}).at("zeeks").at(0).at("message"), check);
    return check;
  };
  session.on_report(LinkDown{{ErrorCode::kUnavailable, "connection refused"}}, 0);
  EXPECT_EQ(told(), "connection refused");
  session.on_report(LinkUp{}, 0);
  EXPECT_EQ(told(), "connected, waiting for the package's answer");
}

TEST(Status, TellsOfTheWebhookBesideSightings) {
  Scene scene;
  const SightingQueue queue({}, {});
  scene.sightings = &queue;
  const auto webhook = [&scene] {
    return status_json(scene.view(), {}, {5'000, 1'000}).at("sightings").at("webhook");
  };
  EXPECT_EQ(webhook(), nlohmann::ordered_json({{"enabled", false}}));
  MatchNotices notices({.misp_url = "https://misp.example.org", .max_per_minute = 1});
  contract::Sighting other;
  other.indicator = "other";
  notices.add({}, "sensor-1", 0);
  notices.add(other, "sensor-1", 0);
  notices.next_post(2'000);
  notices.on_posted(fail(ErrorCode::kUnavailable, "nobody there"), 2'000);
  scene.notices = &notices;
  EXPECT_EQ(webhook(), nlohmann::ordered_json({{"enabled", true},
                                               {"sent", 0},
                                               {"failed", 1},
                                               {"summarized_matches", 1},
                                               {"dropped", 0},
                                               {"waiting", 1},
                                               {"problem", "nobody there"}}));
}

TEST(Progress, IsABarOnceItIsKnownHowMuchThereIs) {
  EXPECT_EQ(progress_line(0, 0, 0), "reading MISP's index");
  EXPECT_EQ(progress_line(12'000, 500, 1000),
            "reading MISP [##########          ]  50 %, 500 of 1000 events, 12000 attributes");
  EXPECT_EQ(progress_line(12'000, 1200, 1000),
            "reading MISP [################### ]  99 %, 1200 of 1000 events, 12000 attributes");
}

TEST(LatencyHistory, ForgetsAfterHalfAnHour) {
  LatencyHistory history;
  history.add(1'000, std::chrono::seconds(1));
  history.add(1'009, std::chrono::seconds(3));
  ASSERT_EQ(history.slices().size(), 1U);
  EXPECT_EQ(history.slices().front().changes, 2U);
  EXPECT_EQ(history.slices().front().max_seconds, 3);
  history.forget(1'000 + 1'800);
  EXPECT_TRUE(history.slices().empty());
}

TEST(Explain, FindsAValueHoweverItIsWritten) {
  Scene scene;
  scene.put(1, "domain", "Evil.example");
  for (const auto* query : {"evil.example", "EVIL.EXAMPLE.", kUuid, "7"}) {
    const auto found = explain_json(scene.view(), query);
    EXPECT_EQ(found.at("found"), true) << query;
    EXPECT_EQ(found.at("attributes").at(0).at("uuid"), kUuid) << query;
    EXPECT_EQ(found.at("indicators").at(0).at("indicator"), "evil.example") << query;
    EXPECT_EQ(found.at("indicators").at(0).at("zeeks").at(0).at("state"), "away") << query;
    EXPECT_EQ(found.at("indicators").at(0).at("seen_in"),
              "DNS requests, TLS server names, HTTP Host headers, certificates of TLS up to 1.2, "
              "names below, wherever names are seen (needs extra/subdomains)");
  }
}

TEST(Explain, SaysWhyAnAttributeIsNothingForZeek) {
  Scene scene;
  scene.put(1, "ip-dst", "0.0.0.0/0");
  const auto found = explain_json(scene.view(), kUuid);
  EXPECT_EQ(found.at("attributes").at(0).at("rejected"), "broad_network");
  EXPECT_TRUE(found.at("indicators").empty());
  EXPECT_EQ(found.at("answer"),
            "accepted by the filter, but Zeek cannot match it: broad_network, it would match "
            "too many addresses: [mapping] min_prefix_v4 and min_prefix_v6");
}

TEST(Explain, NamesTheKeyThatKeepsAValueOut) {
  Scene scene;
  Attribute attribute;
  attribute.uuid = Uuid::parse(kUuid).value();
  attribute.type = "ip-dst";
  scene.store.upsert(attribute, {}, {}, Reject::kExcludedNetwork);
  const auto found = explain_json(scene.view(), kUuid);
  EXPECT_EQ(found.at("answer"), "excluded by [filter] exclude_networks");
}

TEST(Explain, SaysWhenNothingIsKnown) {
  const Scene scene;
  const auto found = explain_json(scene.view(), "no.example");
  EXPECT_EQ(found.at("found"), false);
  EXPECT_EQ(found.at("answer"), "not known: MISP is still being read");
}

TEST(Explain, StaysWithinItsBound) {
  Scene scene;
  for (int i = 0; i < 120; ++i) {
    scene.put(i, "domain", "host" + std::to_string(i) + ".example");
  }
  const auto found = explain_json(scene.view(), "7");
  EXPECT_EQ(found.at("attributes").size(), kExplainBound);
  EXPECT_EQ(found.at("more"), true);
}

std::string exported(const Scene& scene, ExportFormat format) {
  ExportText text(format, "MISP", [&](const std::optional<EntryKey>& after) {
    return std::optional(scene.store.items_after(after, 1));
  });
  std::string all;
  for (auto piece = text.next(); piece && !piece->empty(); piece = text.next()) {
    all += *piece;
  }
  return all;
}

TEST(Export, IsAFileForZeeksInputFramework) {
  Scene scene;
  scene.put(1, "domain", "evil.example");
  scene.put(2, "ip-dst", "192.0.2.1");
  EXPECT_EQ(exported(scene, ExportFormat::kZeekIntel),
            "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\tmeta.url\n"
            "192.0.2.1\tIntel::ADDR\texport-MISP-7\ta campaign\t/events/view/7\n"
            "evil.example\tIntel::DOMAIN\texport-MISP-7\ta campaign\t/events/view/7\n");
}

TEST(Export, EscapesWhatZeekWouldNotReadAsItIs) {
  const std::vector<std::pair<std::string, std::string>> written = {{"a\\x09b", "a\\x5cx09b"},
                                                                    {"-", "\\x2d"},
                                                                    {"(empty)", "\\x28empty)"},
                                                                    {"#a.exe", "\\x23a.exe"}};
  for (const auto& [value, field] : written) {
    Scene scene;
    scene.put(1, "user-agent", value);
    const std::string text = exported(scene, ExportFormat::kZeekIntel);
    EXPECT_NE(text.find("\n" + field + "\tIntel::SOFTWARE"), std::string::npos) << text;
  }
}

TEST(Export, StopsWhenTheItemsCannotBeHad) {
  int asked = 0;
  ExportText text(ExportFormat::kJson, "MISP", [&](const std::optional<EntryKey>&) {
    return ++asked == 1 ? std::optional(std::vector<Item>(1)) : std::nullopt;
  });
  EXPECT_TRUE(text.next());
  EXPECT_FALSE(text.next());
}

TEST(Export, IsValidJsonToo) {
  Scene scene;
  EXPECT_TRUE(nlohmann::json::parse(exported(scene, ExportFormat::kJson)).empty());
  scene.put(1, "domain", "evil.example");
  scene.put(2, "domain", "worse.example");
  const auto items = nlohmann::json::parse(exported(scene, ExportFormat::kJson));
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items.at(1).at("indicator"), "worse.example");
}

}  // namespace
}  // namespace misp_zeek::app
