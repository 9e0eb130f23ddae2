// SPDX-License-Identifier: BSD-3-Clause
// An attribute is edited in MISP between a match and its sighting: the sighting must not land on
// the new value, which Zeek never saw.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "process/tcp_proxy.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "web/client.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using process::eventually;
using std::chrono::seconds;

class EditedBeforeItsSighting : public testing::Test {
 protected:
  EditedBeforeItsSighting()
      : stack_({.zeek = "",
                .misp_arguments = {"--empty"},
                .zeek_arguments = {},
                .settings = "[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n",
                .state = true}) {
    stack_.start_misp();
    const json event = stack_.post("/events/add", {{"info", "edited"}, {"distribution", "3"}});
    event_ = event.at("Event").at("id").get<std::string>();
    uuid_ = add("old.example");
    add("other.example");
    auto zeek = sim::ZeekSim::start(
        {.address = "127.0.0.1", .port = 0, .tls = {}, .disable_tls = true, .package = {}});
    if (!zeek) {
      throw std::runtime_error(zeek.error().message);
    }
    zeek_ = std::move(*zeek);
    proxy_ = std::make_unique<process::TcpProxy>(stack_.misp_http_port());
    stack_.route({proxy_->port(), 0, zeek_->port()});
    stack_.start_service();
    stack_.wait_until_ready(seconds(60));
  }
  ~EditedBeforeItsSighting() override { stack_.keep_files(HasFailure()); }

  std::string add(const std::string& value) {
    const json answer = stack_.post("/attributes/add/" + event_,
                                    {{"type", "domain"}, {"value", value}, {"to_ids", true}});
    return answer.at("Attribute").at("uuid").get<std::string>();
  }
  void edit(const json& change) { stack_.post("/attributes/edit/" + uuid_, change); }
  /// Sightings of the attribute that is edited, and of the other one.
  std::pair<std::size_t, std::size_t> sightings() const {
    std::pair<std::size_t, std::size_t> counts;
    for (const auto& one : stack_.get("/sightings/index/" + event_)) {
      const auto& row = one.contains("Sighting") ? one["Sighting"] : one;
      ++(row.at("attribute_uuid") == uuid_ ? counts.first : counts.second);
    }
    return counts;
  }
  bool has_line(const std::string& line) const {
    const auto answer = web::Client(stack_.health_port()).get("/metrics");
    return answer && answer->body.find("\n" + line + "\n") != std::string::npos;
  }

  stack::Stack stack_;
  std::unique_ptr<sim::ZeekSim> zeek_;
  std::unique_ptr<process::TcpProxy> proxy_;
  std::string event_;
  std::string uuid_;
};

constexpr const char* kChanged =
    "misp_zeek_sighting_dropped_matches_total{reason=\"attribute_changed\"} ";

TEST_F(EditedBeforeItsSighting, IsNotSightedWithItsNewValue) {
  proxy_->close();
  zeek_->see("old.example");
  zeek_->see("other.example");
  EXPECT_TRUE(eventually([&] { return zeek_->waiting_sightings() == 0; }));
  edit({{"value", "new.example"}});
  proxy_->open();
  EXPECT_TRUE(eventually([&] { return sightings().second == 1; }));
  EXPECT_TRUE(eventually([&] { return has_line(kChanged + std::string("1")); }));
  EXPECT_EQ(sightings().first, 0U);
  // What Zeek sees of the new value is a sighting of it.
  EXPECT_TRUE(eventually([&] {
    return zeek_->items().size() == 2 &&
           zeek_->items().front().entry.key.indicator == "new.example";
  }));
  zeek_->see("new.example");
  EXPECT_TRUE(eventually([&] { return sightings().first == 1; }));
  stack_.stop_service();
}

TEST_F(EditedBeforeItsSighting, IsNotSightedThoughNoMessageToldOfTheEdit) {
  stack_.post("/sim/faults", {{"silent", true}});
  edit({{"value", "new.example"}});
  zeek_->see("old.example");
  EXPECT_TRUE(eventually([&] { return has_line(kChanged + std::string("1")); }));
  EXPECT_EQ(sightings().first, 0U);
  stack_.stop_service();
}

TEST_F(EditedBeforeItsSighting, IsSightedWhenTheEditLeftItsValue) {
  proxy_->close();
  zeek_->see("old.example");
  EXPECT_TRUE(eventually([&] { return zeek_->waiting_sightings() == 0; }));
  edit({{"comment", "seen today"}, {"to_ids", false}});
  stack_.kill_service();
  proxy_->open();
  stack_.start_service();
  EXPECT_TRUE(eventually([&] { return sightings().first == 1; })) << "after a restart, too";
  EXPECT_TRUE(has_line(kChanged + std::string("0")));
  stack_.stop_service();
}

}  // namespace
}  // namespace misp_zeek::e2e
