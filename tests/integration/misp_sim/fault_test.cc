// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>

#include "misp_sim/subscriber.h"
#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Faults : public testing::Test {
 protected:
  Faults() : sim(options()), rest(sim), event(sim.add_event()) {
    for (int i = 1; i <= 6; ++i) {
      sim.add_attribute(event, "ip-dst", "198.51.100." + std::to_string(i));
    }
  }

  static MispSim::Options options() {
    MispSim::Options options;
    options.heartbeat = std::chrono::milliseconds(20);
    return options;
  }

  MispSim sim;
  RestClient rest;
  std::uint64_t event;
};

TEST_F(Faults, WrongKeysAreRefusedInMispsWords) {
  rest.key = "wrong";
  const auto answer = rest.search({{"limit", 1}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.json().at("name").get<std::string>(), HasSubstr("Authentication failed"));
  EXPECT_EQ(answer.json().at("url"), "/attributes/restSearch");
  rest.key = "Bearer " + sim.key();
  EXPECT_EQ(rest.send("GET", "/servers/getVersion").status, 403);
}

TEST_F(Faults, AnInstanceThatIsNotLiveRedirectsToTheLogin) {
  sim.set_faults(R"({"not_live":true})");
  const auto answer = rest.search({{"limit", 1}});
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.headers.at("location"), "/users/login");
  EXPECT_EQ(answer.body, "");
}

TEST_F(Faults, SearchesBeyondTheRateLimitGet429) {
  sim.set_clock(1'700'000'000);
  sim.set_faults(R"({"rate_limit":2})");
  EXPECT_EQ(rest.search({{"limit", 1}}).headers.at("x-rate-limit-remaining"), "1");
  EXPECT_EQ(rest.search({{"limit", 1}}).status, 200);
  const auto refused = rest.search({{"limit", 1}});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("x-rate-limit-limit"), "2");
  EXPECT_EQ(refused.headers.at("x-rate-limit-reset"), "900");
  EXPECT_EQ(rest.post("/events/index", {{"minimal", 1}}).status, 200);
  sim.set_clock(1'700'000'900);
  EXPECT_EQ(rest.search({{"limit", 1}}).status, 200);
}

TEST_F(Faults, SpoiltAnswersComeAsOftenAsAsked) {
  sim.set_faults(R"({"empty_200":1})");
  EXPECT_THAT(rest.values({{"eventid", event}}), IsEmpty());
  EXPECT_THAT(rest.values({{"eventid", event}}), SizeIs(6));
  sim.set_faults(R"({"truncate_body":1})");
  EXPECT_TRUE(rest.search({{"eventid", event}}).json().is_discarded());
  sim.set_faults(R"({"cut_connection":1})");
  EXPECT_EQ(rest.search({{"eventid", event}}).status, 0);
  sim.set_faults(R"({"html_200":1})");
  EXPECT_THAT(rest.search({{"eventid", event}}).content_type, HasSubstr("text/html"));
  sim.set_faults(R"({"status":{"code":503,"count":2}})");
  EXPECT_EQ(rest.search({{"eventid", event}}).status, 503);
  EXPECT_EQ(rest.send("GET", "/servers/getVersion").status, 503);
  EXPECT_THAT(rest.values({{"eventid", event}}), SizeIs(6));
}

TEST_F(Faults, AStatusCanLastForAWhile) {
  sim.set_faults(R"({"status":{"code":500,"for_ms":200}})");
  const auto start = std::chrono::steady_clock::now();
  const auto failed = rest.search({{"eventid", event}});
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.json().at("name"), "An Internal Error Has Occurred.");
  EXPECT_EQ(rest.post("/events/index", {{"minimal", 1}}).status, 500);
  const auto end = start + Subscriber::kPatience;
  int status = 500;
  while (status == 500 && std::chrono::steady_clock::now() < end) {
    status = rest.search({{"eventid", event}}).status;
  }
  EXPECT_EQ(status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200));
  sim.set_faults(R"({"status":{"code":502,"for_ms":60000}})");
  EXPECT_EQ(rest.search({{"eventid", event}}).status, 502);
  EXPECT_THAT(rest.search({{"eventid", event}}).content_type, HasSubstr("text/html"));
  sim.set_faults(R"({"status":{"code":502,"for_ms":0}})");
  EXPECT_EQ(rest.search({{"eventid", event}}).status, 200);
}

TEST_F(Faults, ASlowBodyArrivesComplete) {
  sim.set_faults(R"({"slow_body_ms":200})");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(rest.values({{"eventid", event}}), SizeIs(6));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(180));
}

TEST_F(Faults, ARowDeletedBetweenPagesMakesTheNextPageSkipOne) {
  sim.set_faults(R"({"page_shift":1})");
  const auto page = [&](int number) {
    return rest.values(
        {{"eventid", event}, {"page", number}, {"limit", 3}, {"order", "Attribute.id ASC"}});
  };
  EXPECT_THAT(page(1), ElementsAre("198.51.100.1", "198.51.100.2", "198.51.100.3"));
  EXPECT_THAT(page(2), ElementsAre("198.51.100.5", "198.51.100.6"));
}

TEST_F(Faults, MessagesComeBeforeTheirCommit) {
  Subscriber feed(sim.zmq_endpoint());
  sim.set_faults(R"({"delay_commit_ms":400})");
  auto adding = std::async(std::launch::async, [this] {
    RestClient analyst(sim);
    return analyst
        .post("/attributes/add/" + std::to_string(event),
              {{"type", "ip-dst"}, {"value", "198.51.100.99"}})
        .status;
  });
  ASSERT_EQ(topic_and_action(feed.next().value_or("")), "misp_json_attribute add");
  EXPECT_THAT(rest.values({{"value", "198.51.100.99"}}), IsEmpty());
  EXPECT_EQ(adding.get(), 200);
  EXPECT_THAT(rest.values({{"value", "198.51.100.99"}}), SizeIs(1));
}

TEST_F(Faults, ReadersSeeTheFormerRowsUntilTheCommit) {
  sim.publish(event);
  sim.set_faults(R"({"delay_commit_ms":300})");
  sim.soft_delete(sim.expected().front().uuid);
  EXPECT_THAT(rest.values({{"published", 1}}), SizeIs(6));
  const auto index = rest.post("/events/index", {{"minimal", 1}}).json();
  EXPECT_TRUE(index.at(0).at("published").get<bool>());
  const auto end = std::chrono::steady_clock::now() + Subscriber::kPatience;
  std::size_t rows = 6;
  while (rows == 6 && std::chrono::steady_clock::now() < end) {
    rows = rest.values({{"eventid", event}}).size();
  }
  EXPECT_EQ(rows, 5U);
  EXPECT_THAT(rest.values({{"published", 1}}), IsEmpty());
}

}  // namespace
}  // namespace misp_zeek::misp_sim
