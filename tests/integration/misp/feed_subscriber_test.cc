// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_subscriber.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <variant>

#include "feed_report_log.h"
#include "http_test_server.h"
#include "test_publisher.h"

namespace misp_zeek::misp {
namespace {

/// All topics by their common prefix.
constexpr std::size_t kSubscriptions = 1;

std::string heartbeat(int uptime) {
  return R"(misp_json_self {"status": "alive", "uptime": )" + std::to_string(uptime) + "}";
}

FeedOptions options(const std::string& endpoint) {
  FeedOptions result;
  result.endpoint = endpoint;
  result.refused_delay = std::chrono::milliseconds(200);
  return result;
}

TEST(FeedSubscriber, DeliversAllTopicsInOrder) {
  TestPublisher publisher;
  FeedReportLog log;
  FeedSubscriber feed(options(publisher.endpoint()));
  feed.start(log.callback());
  EXPECT_EQ(publisher.wait_for_subscriptions(kSubscriptions),
            std::vector<std::string>{"misp_json"});
  publisher.send(heartbeat(1));
  publisher.send(R"(misp_json_audit {"uptime":3})");
  publisher.send(R"(misp_json_warninglist {"action":"edit"})");
  publisher.send(heartbeat(2));
  EXPECT_TRUE(log.wait_for("uptime 2"));
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{"up", "uptime 1", "ignored", "message", "uptime 2"}));
  const auto counters = feed.counters();
  EXPECT_EQ(counters.received, 4U);
  EXPECT_GT(counters.bytes, 2 * heartbeat(1).size());
  EXPECT_EQ(counters.malformed + counters.dropped, 0U);
}

TEST(FeedSubscriber, WhatWaitsToBeDecodedIsBoundedInBytes) {
  TestPublisher publisher;
  FeedReportLog log;
  auto small = options(publisher.endpoint());
  small.max_waiting_bytes = 500'000;
  FeedSubscriber feed(small);
  std::promise<void> release;
  feed.start(
      [&, released = release.get_future().share(), take = log.callback()](FeedReport report) {
        if (std::holds_alternative<FeedMessageAt>(report)) {
          released.wait();
        }
        return take(std::move(report));
      });
  publisher.wait_for_subscriptions(kSubscriptions);
  ASSERT_TRUE(log.wait_for("up"));
  publisher.send(heartbeat(1));
  for (int i = 0; i < 20; ++i) {
    publisher.send(R"(misp_json_warninglist {"x":")" + std::string(100'000, 'x') + "\"}");
    publisher.send("misp_json_audit " + std::string(1'000'000, 'x'));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (feed.counters().received < 41 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_GE(feed.counters().dropped, 15U);
  EXPECT_LE(feed.counters().dropped, 17U);
  release.set_value();
  EXPECT_TRUE(log.wait_for("gap: "));
  publisher.send(heartbeat(2));
  EXPECT_TRUE(log.wait_for("uptime 2"));
}

TEST(FeedSubscriber, ReportsMalformedMessagesAndGoesOn) {
  TestPublisher publisher;
  FeedReportLog log;
  FeedSubscriber feed(options(publisher.endpoint()));
  feed.start(log.callback());
  publisher.wait_for_subscriptions(kSubscriptions);
  publisher.send("misp_json_event {\"Event\":");
  publisher.send_parts({heartbeat(1), "more", "parts"});
  publisher.send(heartbeat(2));
  EXPECT_TRUE(log.wait_for("uptime 2"));
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(lines[1].starts_with("malformed: misp_json_event: truncated")) << lines[1];
  EXPECT_EQ(lines[2], "malformed: a feed message of several parts");
  EXPECT_EQ(feed.counters().malformed, 2U);
}

TEST(FeedSubscriber, DropsAndReportsAGapWhenTheReceiverIsFull) {
  TestPublisher publisher;
  FeedReportLog log;
  FeedSubscriber feed(options(publisher.endpoint()));
  feed.start(log.callback());
  publisher.wait_for_subscriptions(kSubscriptions);
  ASSERT_TRUE(log.wait_for("up"));
  log.set_room(1);
  for (int i = 1; i <= 10; ++i) {
    publisher.send(heartbeat(i));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (feed.counters().dropped < 9 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  log.set_room(100);
  EXPECT_TRUE(log.wait_for("gap: "));
  publisher.send(heartbeat(11));
  EXPECT_TRUE(log.wait_for("uptime 11"));
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{"up", "uptime 1", "gap: queue full", "uptime 11"}));
  EXPECT_EQ(feed.counters().dropped, 9U);
}

TEST(FeedSubscriber, ConnectsAgainToARestartedPublisher) {
  std::optional<TestPublisher> publisher(std::in_place);
  const int port = publisher->port();
  FeedReportLog log;
  FeedSubscriber feed(options(publisher->endpoint()));
  feed.start(log.callback());
  publisher->wait_for_subscriptions(kSubscriptions);
  ASSERT_TRUE(log.wait_for("up"));
  publisher.reset();
  ASSERT_TRUE(log.wait_for("down: the connection to tcp://127.0.0.1:" + std::to_string(port) +
                           " was lost: MISP's ZeroMQ publisher has ended or restarts"));
  const auto before = log.lines().size();
  publisher.emplace(port);
  const auto restarted = std::chrono::steady_clock::now();
  ASSERT_TRUE(log.wait_for("up", before));
  EXPECT_LT(std::chrono::steady_clock::now() - restarted, std::chrono::seconds(3));
  publisher->wait_for_subscriptions(kSubscriptions);
  publisher->send(heartbeat(7));
  EXPECT_TRUE(log.wait_for("uptime 7", before));
}

TEST(FeedSubscriber, SaysWhenNobodyListens) {
  FeedReportLog log;
  FeedSubscriber feed(options("tcp://127.0.0.1:" + std::to_string(unused_port())));
  feed.start(log.callback());
  EXPECT_TRUE(log.wait_for("down: no connection to tcp://127.0.0.1:"));
}

TEST(FeedSubscriber, GetsMessagesWithTheRightPassword) {
  TestPublisher publisher(0, "misp", "right");
  auto with = options(publisher.endpoint());
  with.username = "misp";
  with.password = "right";
  FeedReportLog log;
  FeedSubscriber feed(with);
  feed.start(log.callback());
  publisher.wait_for_subscriptions(kSubscriptions);
  publisher.send(heartbeat(1));
  EXPECT_TRUE(log.wait_for("uptime 1"));
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"up", "uptime 1"}));
}

TEST(FeedSubscriber, SaysThatThePasswordIsWrongAndGoesOnTrying) {
  std::optional<TestPublisher> publisher(std::in_place, 0, "misp", "right");
  const int port = publisher->port();
  auto with = options(publisher->endpoint());
  with.username = "misp";
  with.password = "new secret";
  FeedReportLog log;
  FeedSubscriber feed(with);
  feed.start(log.callback());
  ASSERT_TRUE(log.wait_for("down: "));
  const auto line = log.lines().front();
  EXPECT_NE(line.find("refused user name and password"), std::string::npos) << line;
  EXPECT_EQ(line.find("secret"), std::string::npos);
  publisher.reset();
  publisher.emplace(port, "misp", "new secret");
  EXPECT_TRUE(log.wait_for("up"));
  publisher->wait_for_subscriptions(kSubscriptions);
  publisher->send(heartbeat(1));
  EXPECT_TRUE(log.wait_for("uptime 1"));
}

TEST(FeedSubscriber, SaysThatThePublisherWantsAPassword) {
  TestPublisher publisher(0, "misp", "right");
  FeedReportLog log;
  FeedSubscriber feed(options(publisher.endpoint()));
  feed.start(log.callback());
  const auto reason = "down: " + publisher.endpoint() + ": the publisher and misp.feed disagree";
  EXPECT_TRUE(log.wait_for(reason)) << log.lines().front();
}

TEST(FeedSubscriber, AMessageBeyondTheBoundEndsTheConnectionAndTheNextOneIsMade) {
  TestPublisher publisher;
  auto with = options(publisher.endpoint());
  with.max_frame_bytes = 100'000;
  FeedReportLog log;
  FeedSubscriber feed(with);
  feed.start(log.callback());
  publisher.wait_for_subscriptions(kSubscriptions);
  publisher.send("misp_json " + std::string(200'000, ' '));
  ASSERT_TRUE(log.wait_for("down: "));
  const auto before = log.lines().size();
  ASSERT_TRUE(log.wait_for("up", before));
  publisher.wait_for_subscriptions(kSubscriptions);
  publisher.send(heartbeat(1));
  EXPECT_TRUE(log.wait_for("uptime 1", before));
}

TEST(FeedSubscriber, ReportsAnEndpointThatZeroMqCannotUse) {
  FeedReportLog log;
  FeedSubscriber feed(options("tcp://nonsense"));
  feed.start(log.callback());
  EXPECT_TRUE(log.wait_for("down: tcp://nonsense: "));
}

TEST(FeedSubscriber, StopsWithinASecondAndReportsNothingAfterwards) {
  TestPublisher publisher;
  FeedReportLog log;
  FeedSubscriber feed(options(publisher.endpoint()));
  feed.start(log.callback());
  publisher.wait_for_subscriptions(kSubscriptions);
  ASSERT_TRUE(log.wait_for("up"));
  const auto begin = std::chrono::steady_clock::now();
  feed.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  const auto lines = log.lines();
  publisher.send(heartbeat(1));
  feed.stop();
  EXPECT_EQ(log.lines(), lines);
}

}  // namespace
}  // namespace misp_zeek::misp
