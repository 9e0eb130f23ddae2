// SPDX-License-Identifier: BSD-3-Clause
// One Zeek must not notice what another one does.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "process/tcp_proxy.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using nlohmann::json;
using process::eventually;
using std::chrono::seconds;

constexpr seconds kLimit{40};
constexpr int kAttributes = 2'000;
constexpr int kChanges = 300;

std::unique_ptr<sim::ZeekSim> start_zeek() {
  sim::ZeekSimOptions options;
  options.disable_tls = true;
  auto zeek = sim::ZeekSim::start(options);
  if (!zeek) {
    throw std::runtime_error(zeek.error().message);
  }
  return std::move(*zeek);
}

bool check_of(const stack::Stack& stack, const std::string& name) {
  for (const auto& check : stack.ready().value("checks", json::array())) {
    if (check.at("name") == name) {
      return check.at("ok").get<bool>();
    }
  }
  return false;
}

/// A good Zeek and, behind a relay, another one that `spoil` makes bad once both are known.
void expect_independence(const std::function<void(sim::ZeekSim&, process::TcpProxy&)>& spoil) {
  const auto good = start_zeek();
  const auto bad = start_zeek();
  process::TcpProxy relay(bad->port());
  spoil(*bad, relay);
  stack::Stack stack({.zeek = "",
                      .misp_arguments = {"--empty"},
                      .settings = "[filter]\nmax_age = \"0\"\n[[zeek]]\nname = \"bad\"\n"
                                  "transport = \"broker\"\nport = " +
                                  std::to_string(relay.port()) + "\ntls = false\n",
                      .start_limit = kLimit});
  stack.start_misp();
  stack.post("/sim/load", {{"events", 10}, {"attributes", kAttributes}});
  stack.route({0, 0, good->port()});
  stack.start_service();
  ASSERT_TRUE(eventually([&] { return good->items().size() >= kAttributes; }));
  ASSERT_TRUE(eventually([&] { return check_of(stack, "zeek:zeek"); })) << stack.ready().dump();
  EXPECT_FALSE(check_of(stack, "zeek:bad"));
  const std::size_t before = good->items().size();
  const double memory = stack.service().memory();
  const json event = stack.post("/events/add", {{"info", "live"}, {"distribution", "3"}});
  const auto id = event.at("Event").at("id").get<std::string>();
  for (int i = 0; i < kChanges; ++i) {
    stack.post(
        "/attributes/add/" + id,
        {{"type", "domain"}, {"value", std::to_string(i) + ".live.example"}, {"to_ids", true}});
  }
  EXPECT_TRUE(eventually([&] { return good->items().size() == before + kChanges; }));
  EXPECT_LT(stack.service().memory() - memory, 30);
  bad->delay_answers(std::chrono::milliseconds(0));
  relay.open();
  relay.stall(false);
  EXPECT_TRUE(eventually([&] { return bad->digest() == good->digest(); }));
  stack.keep_files(testing::Test::HasFailure());
}

TEST(TwoZeeks, AreServedEachAtItsOwnPaceWhenOneIsSlow) {
  expect_independence(
      [](sim::ZeekSim& bad, process::TcpProxy&) { bad.delay_answers(std::chrono::seconds(2)); });
}

TEST(TwoZeeks, AreServedEachAtItsOwnPaceWhenOneIsAway) {
  expect_independence([](sim::ZeekSim&, process::TcpProxy& relay) { relay.close(); });
}

TEST(TwoZeeks, AreServedEachAtItsOwnPaceWhenOneIsSilent) {
  expect_independence([](sim::ZeekSim&, process::TcpProxy& relay) { relay.stall(true); });
}

}  // namespace
}  // namespace misp_zeek
