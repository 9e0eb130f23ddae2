// SPDX-License-Identifier: BSD-3-Clause
// Every command of the program against a running service.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "operators_support.h"

namespace misp_zeek {
namespace {

using nlohmann::json;

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(Operators, CheckEveryConnectionOfARunningService) {
  const auto outcome = command({"check", "--connect"});
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_HAS(outcome.text, "ok    MISP");
  EXPECT_HAS(outcome.text, "answers and accepts the key; without TLS");
  EXPECT_HAS(outcome.text, "ok    rights");
  EXPECT_HAS(outcome.text, "ok    feed               receives messages from tcp://127.0.0.1:");
  EXPECT_HAS(outcome.text, "ok    zeek:zeek          the running service says: in sync");
  EXPECT_TRUE(stack_.ready().at("ready").get<bool>()) << "the check has ended the session";
}

TEST_F(Operators, CheckEveryConnectionWithoutAService) {
  stack_.stop_service();
  const auto outcome = command({"check", "--connect", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  const json findings = json::parse(outcome.text);
  ASSERT_EQ(findings.size(), 4U) << outcome.text;
  EXPECT_EQ(findings.at(3).at("name"), "zeek:zeek");
  EXPECT_HAS(findings.at(3).at("message").get<std::string>(), "answers");
}

TEST_F(Operators, CheckTakesNoSessionFromAServiceOfAnotherFile) {
  const std::string file = stack_.file("misp-zeek.toml");
  std::string config = content_of(file);
  config.replace(config.find(stack_.control_socket()), stack_.control_socket().size(),
                 stack_.file("other.sock"));
  std::ofstream(file, std::ios::trunc) << config;
  const auto outcome = command({"check", "--connect"});
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_HAS(outcome.text, "ok    zeek:zeek          Zeek ");
  // A session that was lost is noticed at the next message.
  add("domain", "after-the-check.example");
  EXPECT_TRUE(eventually([&] { return stack_.held_indicators() == 4; }, std::chrono::seconds(5)));
  EXPECT_HAS(read("/metrics").body, "\nmisp_zeek_session_starts_total{zeek=\"zeek\"} 1\n");
}

TEST_F(Operators, CheckSaysWhatToDoAboutAnAbsentZeek) {
  stack_.stop_service();
  stack_.kill_zeek();
  const auto outcome = command({"check", "--connect"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_HAS(outcome.text, "ok    MISP");
  EXPECT_HAS(outcome.text, "WRONG zeek:zeek");
}

TEST_F(Operators, CheckFindsAZeekThatIsConfiguredTwice) {
  stack_.stop_service();
  const std::string config = content_of(stack_.file("misp-zeek.toml"));
  const auto begin = config.find("[[zeek]]");
  std::string again = config.substr(begin, config.find("\n[", begin) - begin);
  again.replace(again.find("\"zeek\""), 6, "\"twin\"");
  std::ofstream(stack_.file("misp-zeek.toml"), std::ios::app) << '\n' << again << '\n';
  const auto outcome = command({"check", "--connect"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_HAS(outcome.text, "ok    zeek:zeek ");
  EXPECT_HAS(outcome.text, "WRONG zeek:twin          is the same Zeek as zeek: name it once");
}

TEST_F(Operators, SeeTheStatus) {
  const auto outcome = command({"status"});
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  for (const char* line : {"ok    feed ", "ok    rest ", "ok    snapshot ", "ok    zeek:zeek ",
                           "4 attributes, 3 items for Zeek", "  Intel::DOMAIN        1\n"}) {
    EXPECT_HAS(outcome.text, line);
  }
  const auto as_json = command({"status", "--json"});
  EXPECT_EQ(as_json.status, 0);
  const json status = json::parse(as_json.text);
  EXPECT_EQ(status.at("version"), 1);
  EXPECT_EQ(status.at("sightings").at("enabled"), true);
  EXPECT_EQ(status.at("store").at("rejected"), json({{"broad_network", 1}}));
}

TEST_F(Operators, GetTheAddressOfTheStatusPage) {
  const auto outcome = command({"status", "--url"});
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_EQ(outcome.text, "http://misp-zeek:" + stack::Stack::http_token() +
                              "@127.0.0.1:" + std::to_string(stack_.health_port()) + "/\n");
}

TEST_F(Operators, SeeThatSomethingIsOutOfSync) {
  stack_.kill_zeek();
  ASSERT_TRUE(eventually([&] { return !stack_.ready().at("ready").get<bool>(); }));
  const auto outcome = command({"status"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_HAS(outcome.text, "WRONG zeek:zeek");
}

TEST_F(Operators, LearnThatNoServiceRuns) {
  stack_.stop_service();
  for (const char* verb : {"status", "export"}) {
    const auto outcome = command({verb});
    EXPECT_EQ(outcome.status, 1) << verb;
    EXPECT_HAS(outcome.text, "no service runs: " + stack_.control_socket());
    EXPECT_HAS(outcome.text, "; start it, or name by -c the configuration that it runs with");
  }
}

TEST_F(Operators, HaveExplainedWhatIsInZeekAndWhatIsNot) {
  const auto held = command({"explain", "EVIL.example."});
  EXPECT_EQ(held.status, 0);
  EXPECT_HAS(held.text, "in every Zeek\nIntel::DOMAIN evil.example\n  seen in DNS requests, ");
  EXPECT_HAS(held.text, "  zeek: held, revision ");

  add("filename",
      "Rechnung_\u202e"
      "fdp.exe",
      true);
  ASSERT_TRUE(eventually([&] {
    return command({"explain",
                    "Rechnung_\u202e"
                    "fdp.exe"})
               .status == 0;
  }));
  EXPECT_HAS(command({"explain",
                      "Rechnung_\u202e"
                      "fdp.exe"})
                 .text,
             "Intel::FILE_NAME rechnung_<U+202E>fdp.exe");

  const auto rejected = command({"explain", "0.0.0.0/0"});
  EXPECT_EQ(rejected.status, 1);
  EXPECT_HAS(rejected.text, "is not usable in Zeek: broad_network");

  add("domain", "benign.example", false);
  const auto filtered = command({"explain", "benign.example"});
  EXPECT_EQ(filtered.status, 1);
  EXPECT_HAS(filtered.text, "excluded by [filter] to_ids = true");

  const auto unknown = command({"explain", "nowhere.example"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_HAS(unknown.text, "MISP shows this user no attribute with exactly this value");

  const auto event = command({"explain", "--json", event_id_});
  EXPECT_EQ(event.status, 0);
  EXPECT_EQ(json::parse(event.text).at("indicators").size(), 4U) << event.text;
}

TEST_F(Operators, StopChangesOfZeekAndGoOn) {
  EXPECT_EQ(command({"pause"}).text, "paused: no changes go to Zeek\n");
  ASSERT_TRUE(eventually([&] { return status().at("service").at("paused").get<bool>(); }));
  EXPECT_FALSE(stack_.ready().at("ready").get<bool>());
  add("domain", "late.example");
  ASSERT_TRUE(eventually([&] { return status().at("store").at("items") == 4; }));
  EXPECT_EQ(stack_.held().size(), 3U);
  const auto waiting = command({"explain", "late.example"});
  EXPECT_EQ(waiting.status, 1);
  EXPECT_HAS(waiting.text, "not in every Zeek yet");

  EXPECT_EQ(command({"resume"}).text, "resumed\n");
  EXPECT_TRUE(eventually([&] { return stack_.held().size() == 4; }));
  stack_.wait_until_ready(kLimit);
}

TEST_F(Operators, HaveTheServiceCompareWithMisp) {
  const auto passes = [&] {
    const std::string text = read("/metrics").body;
    const std::string name = "misp_zeek_reconciles_total{cause=\"operator\"} ";
    return std::stoi(text.substr(text.find(name) + name.size()));
  };
  EXPECT_EQ(passes(), 0);
  const auto outcome = command({"reconcile", "--full"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_HAS(outcome.text, "reconcile requested");
  EXPECT_TRUE(eventually([&] { return passes() == 1; }));
}

TEST_F(Operators, FindTheEndOfTheirReconcileInTheLog) {
  EXPECT_HAS(command({"reconcile"}).text, "the log has \"reconcile complete\" at its end");
  EXPECT_TRUE(eventually([&] {
    return content_of(stack_.file("misp-zeek.log"))
               .find("reconcile complete\" kind=index cause=operator") != std::string::npos;
  })) << content_of(stack_.file("misp-zeek.log"));
  EXPECT_HAS(content_of(stack_.file("misp-zeek.log")), " added=0 changed=0 removed=0");
}

TEST_F(Operators, CheckKnowsThatTheirOwnServiceHasThePlaces) {
  const auto running = command({"check"});
  EXPECT_EQ(running.status, 0) << running.text;
  EXPECT_HAS(running.text, "configuration is valid");
}

TEST_F(Operators, CheckNamesAgainstMispWhatTheFilterNames) {
  std::string config = content_of(stack_.file("misp-zeek.toml"));
  const auto at = config.find("[filter]\n") + 9;
  config.insert(at, "tags = [\"no-such-tag\"]\nevent_ids = [999999, " + event_id_ + "]\n");
  std::ofstream(stack_.file("misp-zeek.toml"), std::ios::trunc) << config;
  const auto outcome = command({"check", "--connect"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_HAS(outcome.text,
             "WRONG filter             filter.event_ids: MISP shows this user no event "
             "999999: check the number");
  EXPECT_HAS(outcome.text, "no attribute with the tag \"no-such-tag\": nothing with it can go");
}

TEST_F(Operators, SeeTheLastChangesWithTheirReasons) {
  add("domain", "new.example");
  add("ip-src", "0.0.0.0/0");
  ASSERT_TRUE(eventually([&] { return status().at("changes").size() >= 2; }));
  const json state = status();
  std::vector<std::string> told;
  for (const json& change : state.at("changes")) {
    told.push_back(change.at("outcome").get<std::string>() + " " +
                   change.at("value").get<std::string>());
  }
  for (const char* line : {"added new.example", "rejected 0.0.0.0/0"}) {
    EXPECT_NE(std::find(told.begin(), told.end(), line), told.end()) << line << " " << state;
  }
  EXPECT_TRUE(eventually([&] { return !status().at("latency").empty(); }));
}

TEST_F(Operators, StopTheServiceWhilePagesArePolled) {
  std::atomic<bool> polling{true};
  std::thread browser([&] {
    while (polling) {
      read("/status");
    }
  });
  EXPECT_NO_THROW(stack_.stop_service());
  polling = false;
  browser.join();
}

}  // namespace
}  // namespace misp_zeek
