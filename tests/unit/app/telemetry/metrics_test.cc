// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "telemetry/metrics_support.h"

namespace misp_zeek::app {
namespace {

std::string served(const Scene& scene) {
  Metrics metrics(scene.config);
  metrics.update(scene.view(), {5'000, 1005});
  return metrics.text();
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != '#') {
      lines.push_back(line);
    }
  }
  return lines;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, AreThoseOfTheGoldenList) {
  auto described = describe_metrics(served(Scene()));
  std::sort(described.begin(), described.end());
  EXPECT_EQ(described, read_lines(MISP_ZEEK_METRICS_GOLDEN));
}

/// The rows "| `NAME` | TYPE | `LABEL`, `LABEL` | ..." of docs/metrics.md as lines of the golden list.
std::vector<std::string> documented() {
  std::vector<std::string> rows;
  const std::regex form("^\\| `(misp_zeek_[a-z_]+)` \\| ([a-z]+) \\| ([^|]*) \\|");
  for (const std::string& line : read_lines(MISP_ZEEK_DOCS "/metrics.md")) {
    std::smatch part;
    if (std::regex_search(line, part, form)) {
      const std::string labels = std::regex_replace(part[3].str(), std::regex("[` ]"), "");
      rows.push_back(part[1].str() + " " + part[2].str() + (labels.empty() ? "" : " " + labels));
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(Metrics, AreDocumented) {
  EXPECT_EQ(documented(), read_lines(MISP_ZEEK_METRICS_GOLDEN));
}

TEST(Metrics, SatisfyPromtool) {
  const auto result = run_promtool("check metrics", served(Scene()));
  if (result.status == -1) {
    GTEST_SKIP() << "no promtool on this machine (Debian package prometheus)";
  }
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

TEST(Metrics, ShowWhatTheStoreHolds) {
  Scene scene;
  scene.put(1, "domain", "evil.example");
  scene.put(2, "ip-dst", "192.0.2.1");
  scene.put(3, "ip-dst", "999.0.2.1");
  const std::string text = served(scene);
  EXPECT_TRUE(has_line(text, "misp_zeek_attributes{type=\"ip-dst\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_items{indicator_type=\"Intel::ADDR\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_rejected_attributes{reason=\"bad_address\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_session_lag_revisions{zeek=\"sensor-1\"} 2")) << text;
  EXPECT_EQ(text.find("evil.example"), std::string::npos);
}

TEST(Metrics, CountAgesFromTheStartUntilSomethingHasHappened) {
  const std::string text = served(Scene());
  EXPECT_TRUE(has_line(text, "misp_zeek_feed_age_seconds 5")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_reconcile_age_seconds 5")) << text;
}

TEST(Metrics, ShowWhatBecomesOfSightings) {
  Scene scene;
  EXPECT_TRUE(has_line(served(scene), "misp_zeek_sighting_matches_total 0"));
  SightingQueue queue({}, {});
  contract::Seen seen{"instance", 1, 5, {}};
  contract::Sighting sighting;
  sighting.attribute_uuids = "00000000-0000-0000-0000-000000000001";
  sighting.withheld = 3;
  seen.sightings.push_back(sighting);
  queue.on_seen(seen, 0, "sensor-1", {5'000, 1005});
  scene.sightings = &queue;
  const std::string text = served(scene);
  EXPECT_TRUE(has_line(text, "misp_zeek_sighting_matches_total 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_sighting_spool_rows 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_sighting_suppressed_matches_total{reason=\"cap\"} 3"))
      << text;
  EXPECT_TRUE(
      has_line(text, "misp_zeek_sighting_suppressed_matches_total{reason=\"zeek_queue_full\"} 5"))
      << text;
}

TEST(Metrics, ShowWhatBecomesOfTheWebhooksMessages) {
  Scene scene;
  EXPECT_TRUE(has_line(served(scene), "misp_zeek_webhook_posts_total{outcome=\"sent\"} 0"));
  MatchNotices notices({.misp_url = "https://misp.example.org", .max_per_minute = 3});
  for (int match = 0; match < 8; ++match) {
    notices.add({}, "sensor-1", 0);
  }
  notices.next_post(0);
  notices.on_posted({}, 0);
  notices.next_post(0);
  notices.on_posted(fail(ErrorCode::kIncompatible, "gone"), 0);
  scene.notices = &notices;
  const std::string text = served(scene);
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_posts_total{outcome=\"sent\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_posts_total{outcome=\"failed\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_limited_matches_total 5")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_given_up_messages_total 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_waiting_messages 1")) << text;
}

TEST(Metrics, CountRequestsByOutcome) {
  const Scene scene;
  Metrics metrics(scene.config);
  metrics.rest_answered("search", "unauthorized", std::chrono::milliseconds(20));
  const std::string text = metrics.text();
  EXPECT_TRUE(has_line(
      text, "misp_zeek_rest_requests_total{operation=\"search\",outcome=\"unauthorized\"} 1"))
      << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_rest_requests_total{operation=\"user\",outcome=\"ok\"} 0"));
  EXPECT_TRUE(has_line(text, "misp_zeek_rest_request_seconds_count{operation=\"search\"} 1"));
}

TEST(Metrics, MeasurePropagationForEachZeek) {
  Scene scene;
  Metrics metrics(scene.config);
  auto& propagation = scene.peers.front().propagation;
  const Propagation::Time start{};
  propagation.add(1, start);
  propagation.add(2, start + std::chrono::milliseconds(10));
  const auto report = [&](Revision, Metrics::Seconds took) {
    metrics.acknowledged("sensor-1", took);
  };
  propagation.acknowledge(1, start + std::chrono::milliseconds(4), report);
  EXPECT_TRUE(has_line(metrics.text(),
                       "misp_zeek_propagation_seconds_bucket{zeek=\"sensor-1\",le=\"0.005\"} 1"));
  propagation.acknowledge(2, start + std::chrono::milliseconds(40), report);
  EXPECT_TRUE(has_line(metrics.text(), "misp_zeek_propagation_seconds_count{zeek=\"sensor-1\"} 2"));
}

}  // namespace
}  // namespace misp_zeek::app
