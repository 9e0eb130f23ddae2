// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "misp_sim/misp_sim.h"
#include "misp_sim/subscriber.h"

namespace misp_zeek::misp_sim {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

MispSim::Options fast() {
  MispSim::Options options;
  options.heartbeat = milliseconds(20);
  options.bind_grace = milliseconds(300);
  return options;
}

nlohmann::json message_of(const std::string& frame) {
  return nlohmann::json::parse(frame.substr(frame.find(' ') + 1));
}

TEST(MispSimFeed, BeatsOnlyWhenIdleAndCountsItsUptime) {
  auto options = fast();
  options.heartbeat = milliseconds(150);
  MispSim sim(options);
  Subscriber feed(sim.zmq_endpoint(), false);
  const auto beat = feed.next_of_any_kind();
  ASSERT_TRUE(beat);
  ASSERT_TRUE(beat->starts_with("misp_json_self {\"status\": \"")) << *beat;
  EXPECT_TRUE(message_of(*beat).at("uptime").is_number_integer());
  // Messages every few milliseconds for twice the interval: no beat among them.
  const auto event = sim.add_event();
  const auto end = std::chrono::steady_clock::now() + milliseconds(300);
  std::size_t sent = 1;
  for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
    sim.add_attribute(event, "domain", "n" + std::to_string(i) + ".example.com");
    ++sent;
    const auto frame = feed.next_of_any_kind();
    ASSERT_TRUE(frame);
    EXPECT_FALSE(frame->starts_with("misp_json_self")) << *frame;
  }
  // One frame was read for each one sent so far but the first: the last one is still to come.
  const auto last = feed.next_of_any_kind();
  ASSERT_TRUE(last);
  EXPECT_EQ(message_of(*last).at("Attribute").at("value"),
            "n" + std::to_string(sent - 2) + ".example.com");
}

TEST(MispSimFeed, DoesNotBeatWhileAnyTopicSpeaks) {
  auto options = fast();
  options.heartbeat = milliseconds(200);
  MispSim sim(options);
  Subscriber feed(sim.zmq_endpoint(), false);
  ASSERT_TRUE(feed.next_of_any_kind());
  const auto every = [&](int interval) {
    const auto body = nlohmann::json({{"topic", "audit"}, {"every_ms", interval}}).dump();
    return sim.request("POST", "/sim/feed", body).status;
  };
  ASSERT_EQ(every(20), 200);
  std::size_t audits = 0;
  for (int i = 0; i < 30; ++i) {
    const auto frame = feed.next_of_any_kind();
    ASSERT_TRUE(frame);
    if (frame->starts_with("misp_json_audit ")) ++audits;
  }
  EXPECT_GE(audits, 28U);  // one beat may have been on its way
  ASSERT_EQ(every(0), 200);
  std::optional<std::string> frame;
  do {
    frame = feed.next_of_any_kind();
    ASSERT_TRUE(frame);
  } while (frame->starts_with("misp_json_audit "));
  EXPECT_TRUE(frame->starts_with("misp_json_self ")) << *frame;
}

TEST(MispSimFeed, SpeaksOnTheOtherTopics) {
  MispSim sim(fast());
  Subscriber feed(sim.zmq_endpoint());
  const auto say = [&](const std::string& topic) {
    return sim.request("POST", "/sim/feed", nlohmann::json({{"topic", topic}}).dump()).status;
  };
  for (const std::string topic :
       {"audit", "user", "organisation", "conversation", "object_reference", "workflow"}) {
    ASSERT_EQ(say(topic), 200);
    const auto frame = feed.next();
    ASSERT_TRUE(frame);
    EXPECT_TRUE(frame->starts_with("misp_json_" + topic + " {")) << *frame;
    EXPECT_TRUE(message_of(*frame).is_object());
  }
  EXPECT_EQ(say("attribute"), 400);
}

TEST(MispSimFeed, KeepsMessagesWhileThePublisherIsDeadAndStartsItsUptimeAnew) {
  MispSim sim(fast());
  Subscriber feed(sim.zmq_endpoint());
  const auto event = sim.add_event();
  ASSERT_TRUE(feed.next());
  sim.kill_publisher();
  sim.add_attribute(event, "ip-dst", "198.18.2.0");
  sim.add_attribute(event, "ip-dst", "198.18.2.1");
  EXPECT_FALSE(feed.next(milliseconds(100)));
  sim.start_publisher();
  EXPECT_THAT(topics_and_actions(feed.take(2)),
              ElementsAre("misp_json_attribute add", "misp_json_attribute add"));
  const auto beat = feed.next_of_any_kind();
  ASSERT_TRUE(beat);
  EXPECT_LE(message_of(*beat).at("uptime").get<int>(), 1);
}

TEST(MispSimFeed, DropsDuplicatesAndSendsNonsenseOnDemand) {
  MispSim sim(fast());
  Subscriber feed(sim.zmq_endpoint());
  const auto event = sim.add_event();
  ASSERT_TRUE(feed.next());
  sim.drop_frames(2);
  sim.add_attribute(event, "ip-dst", "198.18.2.0");
  sim.add_attribute(event, "ip-dst", "198.18.2.1");
  sim.add_attribute(event, "ip-dst", "198.18.2.2");
  auto frame = feed.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(message_of(*frame).at("Attribute").at("value"), "198.18.2.2");
  sim.set_faults(R"({"duplicate_frames":1})");
  sim.publish(event);
  EXPECT_THAT(topics_and_actions(feed.take(2)), ElementsAre("misp_json", "misp_json"));
  sim.set_faults(R"({"malformed_frame":"no_space"})");
  EXPECT_EQ(feed.next(), "misp_json_attribute");
}

TEST(MispSimFeed, SilentChangesSendNothing) {
  MispSim sim(fast());
  Subscriber feed(sim.zmq_endpoint());
  const auto event = sim.add_event();
  ASSERT_TRUE(feed.next());
  sim.set_silent(true);
  const auto attribute = sim.add_attribute(event, "ip-dst", "198.18.2.0");
  sim.hard_delete(attribute.uuid);
  sim.set_silent(false);
  sim.unpublish(event);
  EXPECT_EQ(topic_and_action(feed.next().value_or("")), "misp_json_event edit");
}

TEST(MispSimFeed, DeletingAnEventSaysNothingOfItsAttributes) {
  MispSim sim(fast());
  const auto event = sim.add_event();
  for (int i = 0; i < 20; ++i) {
    sim.add_attribute(event, "ip-dst", "198.18.3." + std::to_string(i));
  }
  ASSERT_TRUE(sim.wait_until_sent(Subscriber::kPatience));
  Subscriber feed(sim.zmq_endpoint());
  sim.delete_event(event);
  sim.add_event();
  EXPECT_THAT(topics_and_actions(feed.take(2)),
              ElementsAre("misp_json_event delete", "misp_json_event add"));
  EXPECT_TRUE(sim.expected().empty());
}

TEST(MispSimFeed, PlainAuthenticationAdmitsTheRightPasswordOnly) {
  auto options = fast();
  options.username = "misp";
  options.password = "secret";
  MispSim sim(options);
  Subscriber right(sim.zmq_endpoint(), true, "misp", "secret");
  Subscriber wrong(sim.zmq_endpoint(), false, "misp", "guess");
  Subscriber none(sim.zmq_endpoint(), false);
  sim.add_event();
  EXPECT_EQ(topic_and_action(right.next().value_or("")), "misp_json_event add");
  EXPECT_FALSE(wrong.next_of_any_kind(milliseconds(200)));
  EXPECT_FALSE(none.next_of_any_kind(milliseconds(200)));
}

}  // namespace
}  // namespace misp_zeek::misp_sim
