// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
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

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
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

/// "| `NAME` | TYPE | `LABEL`, `LABEL` | HELP |" for each metric, by name.
std::string table_of(const std::string& text) {
  std::map<std::string, std::string> help;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      const auto end = line.find(' ', 7);
      help[line.substr(7, end - 7)] = line.substr(end + 1);
    }
  }
  auto described = describe_metrics(text);
  std::sort(described.begin(), described.end());
  std::string table = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const std::string& one : described) {
    std::istringstream words(one);
    std::string name;
    std::string type;
    std::string labels;
    words >> name >> type >> labels;
    const auto code = labels.empty() ? "" : "`" + labels + "`";
    table += "| `" + name + "` | " + type + " | " +
             std::regex_replace(code, std::regex(","), "`, `") + " | " + help[name] + " |\n";
  }
  return table;
}

TEST(Metrics, AreDocumented) {
  const std::string path = MISP_ZEEK_DOCS "/metrics.md";
  const std::string page = read_text(path);
  const auto table = page.find("| metric |");
  ASSERT_NE(table, std::string::npos);
  const std::string wanted = page.substr(0, table) + table_of(served(Scene()));
  if (std::getenv("MISP_ZEEK_UPDATE") != nullptr) {
    std::ofstream(path) << wanted;
  }
  EXPECT_EQ(read_text(path), wanted) << "MISP_ZEEK_UPDATE=1 makes this test write " << path;
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
  contract::Seen seen{"instance", 1, 5, {}, 3, 2};
  contract::Sighting sighting;
  sighting.attribute_uuids = "00000000-0000-0000-0000-000000000001";
  seen.sightings.push_back(sighting);
  queue.on_seen(seen, 0, "sensor-1", {5'000, 1005});
  scene.sightings = &queue;
  const std::string text = served(scene);
  EXPECT_TRUE(has_line(text, "misp_zeek_sighting_matches_total 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_sighting_spool_rows 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_sighting_suppressed_matches_total{reason=\"cap\"} 3"))
      << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_sighting_suppressed_matches_total{reason=\"policy\"} 2"))
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
    contract::Sighting sighting;
    sighting.indicator = std::to_string(match);
    notices.add(sighting, "sensor-1", 0);
  }
  SteadyMs now = 2'000;
  notices.next_post(now);
  notices.on_posted({}, now);
  for (int attempt = 0; attempt < 5; ++attempt, now += 60'000) {
    notices.next_post(now);
    notices.on_posted(fail(ErrorCode::kIncompatible, "gone"), now);
  }
  scene.notices = &notices;
  const std::string text = served(scene);
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_posts_total{outcome=\"sent\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_posts_total{outcome=\"failed\"} 5")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_summarized_matches_total 5")) << text;
  EXPECT_TRUE(has_line(text, "misp_zeek_webhook_dropped_messages_total 3")) << text;
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
