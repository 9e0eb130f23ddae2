// SPDX-License-Identifier: BSD-3-Clause
// A role of MISP without the right to add sightings, which is given and taken while the service
// runs.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "process/process.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "web/client.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using process::eventually;
using std::chrono::seconds;

std::size_t times_in(const std::string& file, const std::string& words) {
  std::size_t times = 0;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    times += line.find(words) == std::string::npos ? 0 : 1;
  }
  return times;
}

/// A simulated MISP with one attribute, a Zeek in this process, and the service.
class SightingRight : public testing::Test {
 protected:
  SightingRight()
      : stack_({.zeek = "",
                .misp_arguments = {"--empty"},
                .zeek_arguments = {},
                .settings = "",
                .start_limit = seconds(40),
                .state = true}) {}
  ~SightingRight() override { stack_.keep_files(HasFailure()); }

  void start(bool right, const std::string& settings = "") {
    stack_.set_settings("[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n" + settings);
    stack_.start_misp();
    set_right(right);
    const json event = stack_.post("/events/add", {{"info", "right"}, {"distribution", "3"}});
    event_ = event.at("Event").at("id").get<std::string>();
    add("c2.example");
    auto zeek = sim::ZeekSim::start(
        {.address = "127.0.0.1", .port = 0, .tls = {}, .disable_tls = true, .package = {}});
    if (!zeek) {
      throw std::runtime_error(zeek.error().message);
    }
    zeek_ = std::move(*zeek);
    stack_.route({0, 0, zeek_->port()});
    stack_.start_service();
    stack_.wait_until_ready(seconds(60));
  }

  void add(const std::string& value) {
    stack_.post("/attributes/add/" + event_,
                {{"type", "domain"}, {"value", value}, {"to_ids", true}});
  }
  void set_right(bool right) { stack_.post("/sim/faults", {{"sighting_right", right}}); }
  /// Matches of the attribute, each in a second of its own.
  void see(std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) {
      contract::Sighting sighting;
      sighting.attribute_uuids = zeek_->items().front().attribute_uuids;
      sighting.seen_at = static_cast<std::uint64_t>(std::time(nullptr)) - 7'200 + ++seen_;
      zeek_->see(std::move(sighting));
    }
  }
  std::size_t in_misp() const { return stack_.get("/sightings/index/" + event_).size(); }

  /// The check "sightings" of `/readyz`.
  json check() const {
    for (const json& one : stack_.ready().value("checks", json::array())) {
      if (one.at("name") == "sightings") {
        return one;
      }
    }
    return json::object();
  }
  std::string read(const std::string& path) const {
    web::Client client(stack_.health_port());
    const auto answer =
        client.get(path, {{"Authorization", web::bearer(stack::Stack::http_token())}});
    return answer ? answer->body : "";
  }
  /// The value of a metric, or of one of its samples: "NAME{LABEL=\"VALUE\"}".
  std::string metric(const std::string& name) const {
    const std::string all = "\n" + read("/metrics");
    const auto at = all.find("\n" + name + " ");
    return at == std::string::npos
               ? "none"
               : all.substr(at + name.size() + 2, all.find('\n', at + 1) - at - name.size() - 2);
  }
  std::size_t logged(const std::string& words) const {
    return times_in(stack_.file("misp-zeek.log"), words);
  }

  stack::Stack stack_;
  std::unique_ptr<sim::ZeekSim> zeek_;
  std::string event_;
  std::uint64_t seen_ = 0;
};

TEST_F(SightingRight, ThatIsMissingIsSaidOnceAndAllElseGoesOn) {
  start(false);
  see(20);
  EXPECT_TRUE(eventually([&] { return zeek_->waiting_sightings() == 0; })) << "stored all the same";
  add("another.example");
  EXPECT_TRUE(eventually([&] { return zeek_->items().size() == 2; })) << "indicators go on";
  EXPECT_TRUE(stack_.ready().at("ready").get<bool>());
  EXPECT_EQ(logged("lacks the right to add"), 1U);
  EXPECT_EQ(stack_.get("/sim/stats").at("requests").value("sightings/add", 0), 0)
      << "nothing is tried";

  // Given while the service is away, the right is there at the next start.
  stack_.stop_service();
  set_right(true);
  stack_.start_service();
  EXPECT_TRUE(eventually([&] { return in_misp() == 20; }));
  stack_.stop_service();
}

TEST_F(SightingRight, ThatIsMissingFromTheStartIsAWarningWhereverOneLooks) {
  start(false);
  EXPECT_TRUE(eventually([&] { return !check().value("ok", true); })) << stack_.ready();
  EXPECT_TRUE(stack_.ready().at("ready").get<bool>()) << "Zeek is in sync all the same";
  EXPECT_TRUE(check().value("warning", false));
  EXPECT_NE(check().at("message").get<std::string>().find("lacks perm_sighting"),
            std::string::npos);
  EXPECT_TRUE(eventually([&] { return metric("misp_zeek_sightings_up") == "0"; }))
      << "without a single match";
  const json status = json::parse(read("/status"));
  EXPECT_NE(status.at("sightings").at("problem").get<std::string>().find("lacks perm_sighting"),
            std::string::npos);
  EXPECT_EQ(stack_.command({"status"}), 0);

  set_right(true);
  EXPECT_EQ(stack_.command({"reconcile"}), 0);
  EXPECT_TRUE(eventually([&] { return check().value("ok", false); })) << stack_.ready();
  EXPECT_TRUE(eventually([&] { return metric("misp_zeek_sightings_up") == "1"; }));
  EXPECT_EQ(json::parse(read("/status")).at("sightings").at("problem"), "");
  stack_.stop_service();
}

TEST_F(SightingRight, ThatIsTakenAwayIsNamedAndWhatWaitsGoesOutWhenItIsBack) {
  start(true);
  see(1);
  EXPECT_TRUE(eventually([&] { return in_misp() == 1; }));
  EXPECT_TRUE(check().value("ok", false));
  set_right(false);
  see(5);
  EXPECT_TRUE(eventually([&] { return !check().value("ok", true); }));
  EXPECT_TRUE(eventually([&] {
    return logged("MISP refuses sightings: the role lacks perm_sighting") == 1;
  })) << "one line";
  EXPECT_TRUE(eventually([&] { return metric("misp_zeek_sightings_up") == "0"; }));
  EXPECT_TRUE(eventually([&] { return logged("lacks the right to add") == 1; }))
      << "MISP is asked about the role at once";
  set_right(true);
  EXPECT_TRUE(eventually([&] { return in_misp() == 6; }, seconds(90)))
      << "within a minute, without a command";
  EXPECT_TRUE(eventually([&] { return check().value("ok", false); }));
  stack_.stop_service();
}

TEST_F(SightingRight, WithoutItWhatIsDroppedIsLogged) {
  start(false, "max_waiting = 100\n");
  see(240);
  EXPECT_TRUE(eventually([&] { return zeek_->waiting_sightings() == 0; }));
  const std::string dropped = "misp_zeek_sighting_dropped_matches_total{reason=\"spool_full\"}";
  EXPECT_TRUE(eventually([&] { return metric(dropped) == "140"; })) << metric(dropped);
  EXPECT_TRUE(eventually([&] { return logged("matches dropped") == 1; }));
  EXPECT_EQ(times_in(stack_.file("misp-zeek.log"), "level=warn msg=\"matches dropped\""), 1U)
      << "the first at once, the others each minute";
  stack_.stop_service();
}

}  // namespace
}  // namespace misp_zeek::e2e
