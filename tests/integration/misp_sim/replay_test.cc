// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "comparison.h"
#include "misp_sim/misp_sim.h"
#include "misp_sim/subscriber.h"
#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using Json = nlohmann::ordered_json;

const Json& recording() {
  static const Json data = [] {
    std::ifstream file(MISP_SIM_TEST_DATA "/operations.json");
    return Json::parse(file);
  }();
  return data;
}

/// One history of the recording against a simulator of its own.
class Replay {
 public:
  explicit Replay(const Json& history) : sim_(options(history)), rest_(sim_) {
    const auto& ids = history.at("first_ids");
    MispSim::FirstIds first;
    first.event = ids.value("event", first.event);
    first.attribute = ids.value("attribute", first.attribute);
    first.object = ids.value("object", first.object);
    first.tag = ids.value("tag", first.tag);
    first.sighting = ids.value("sighting", first.sighting);
    first.warninglist = ids.value("warninglist", first.warninglist);
    sim_.set_next_ids(first);
    set_clock(history.at("operations").front());  // events carry the recording's date
    sim_.set_silent(true);
    for (const auto& request : history.at("prepare")) {
      rest_.send(request.at("method"), request.at("path"), request.at("body").dump());
    }
    sim_.set_silent(false);
    feed_ = std::make_unique<Subscriber>(sim_.zmq_endpoint());
  }

  void carry_out(const Json& operation) {
    set_clock(operation);
    for (const auto& request : operation.at("requests")) send(request);
    compare(operation.at("messages"));
  }

 private:
  void set_clock(const Json& operation) {
    if (operation.contains("clock")) sim_.set_clock(operation.at("clock").get<std::int64_t>());
  }

  static MispSim::Options options(const Json& history) {
    MispSim::Options options;
    options.heartbeat = std::chrono::milliseconds(20);
    options.sanitise = history.value("sanitise", false);
    options.native_ints = history.value("native_ints", false);
    return options;
  }

  void send(const Json& request) {
    const auto path = comparison_.translated(request.at("path"));
    const std::string body = request.contains("body") ? request.at("body").dump() : "";
    const auto answer = rest_.send(request.at("method"), path, comparison_.translated(body));
    if (request.contains("status")) {
      EXPECT_EQ(answer.status, request.at("status").get<int>()) << path << ' ' << answer.body;
    } else {
      EXPECT_EQ(answer.status, 200) << path << ' ' << answer.body;
    }
  }

  std::uint64_t sent() const {
    std::uint64_t frames = 0;
    for (const char* topic :
         {"misp_json", "misp_json_event", "misp_json_attribute", "misp_json_object",
          "misp_json_sighting", "misp_json_tag", "misp_json_warninglist"}) {
      frames += sim_.frame_count(topic);
    }
    return frames;
  }

  void compare(const Json& recorded) {
    ASSERT_TRUE(sim_.wait_until_sent(Subscriber::kPatience));
    const auto frames = feed_->take(sent() - seen_);
    seen_ = sent();
    std::vector<std::string> expected;
    for (const auto& entry : recorded) {
      expected.push_back(topic_and_action(entry.at("topic").get<std::string>() + ' ' +
                                          entry.at("message").dump()));
    }
    ASSERT_EQ(topics_and_actions(frames), expected);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto simulated = Json::parse(frames[i].substr(frames[i].find(' ') + 1));
      EXPECT_EQ(comparison_.difference(recorded[i].at("message"), simulated), "");
    }
  }

  MispSim sim_;
  RestClient rest_;
  std::unique_ptr<Subscriber> feed_;
  Comparison comparison_;
  std::uint64_t seen_ = 0;
};

class RecordedHistory : public testing::TestWithParam<std::size_t> {};

TEST_P(RecordedHistory, GivesTheMessagesOfARealMisp) {
  const auto& history = recording().at("histories").at(GetParam());
  SCOPED_TRACE(history.at("name").get<std::string>());
  Replay replay(history);
  for (const auto& operation : history.at("operations")) {
    SCOPED_TRACE(operation.at("operation").get<std::string>());
    replay.carry_out(operation);
    if (testing::Test::HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(MispSim, RecordedHistory, testing::Range<std::size_t>(0, 7));

TEST(MispSimReplay, CoversAllRecordedHistories) {
  EXPECT_EQ(recording().at("histories").size(), 7U);
}

TEST(MispSimReplay, SendsABacklogByTopicAsTheRealPublisher) {
  MispSim::Options options;
  options.heartbeat = std::chrono::milliseconds(20);
  MispSim sim(options);
  MispSim::FirstIds ids;
  ids.event = 13;
  ids.attribute = 364;
  sim.set_next_ids(ids);
  sim.set_silent(true);
  sim.request("POST", "/tags/add", R"({"name":"tlp:green"})");
  sim.set_silent(false);
  RestClient rest(sim);
  Subscriber feed(sim.zmq_endpoint());
  sim.stall_publisher();
  const auto& backlog = recording().at("backlog");
  for (const auto& operation : backlog.at("operations")) {
    Json body = operation.at("body");
    if (body.is_object() && body.contains("uuid")) body["uuid"] = sim.expected().front().uuid;
    const auto answer = rest.send(operation.at("method"), operation.at("path"), body.dump());
    EXPECT_EQ(answer.status, 200) << operation.at("operation") << answer.body;
  }
  EXPECT_FALSE(feed.next(std::chrono::milliseconds(100)));
  sim.resume_publisher();
  std::vector<std::string> expected;
  for (std::string name : backlog.at("order")) {
    if (name.ends_with(' ')) name.pop_back();
    expected.push_back(name);
  }
  EXPECT_EQ(topics_and_actions(feed.take(expected.size())), expected);
}

}  // namespace
}  // namespace misp_zeek::misp_sim
