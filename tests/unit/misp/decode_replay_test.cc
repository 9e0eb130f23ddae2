// SPDX-License-Identifier: BSD-3-Clause
// Frames that a real MISP 2.5.1 sent for 337 operations; runs of more than 30 like frames in one
// operation are shortened, audit frames to 6.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "decode_support.h"

namespace misp_zeek::misp {
namespace {

using Counts = std::map<std::string, int>;

const char* name(AttributeMessage::Action action) {
  constexpr std::array kNames = {"add", "edit", "soft-delete", "delete"};
  return kNames.at(static_cast<std::size_t>(action));
}
const char* name(EventMessage::Action action) {
  constexpr std::array kNames = {"add", "edit", "delete", "from server"};
  return kNames.at(static_cast<std::size_t>(action));
}
const char* name(TagMessage::Action action) {
  constexpr std::array kNames = {"add",        "edit",   "delete", "+attribute",
                                 "-attribute", "+event", "-event"};
  return kNames.at(static_cast<std::size_t>(action));
}
const char* name(SightingMessage::Action action) {
  return action == SightingMessage::Action::kAdd ? "add" : "delete";
}

struct Counter {
  Counts& counts;

  void operator()(const AttributeMessage& message) const {
    ++counts[std::string("attribute ") + name(message.action)];
    counts["attribute with event"] += message.event ? 1 : 0;
    counts["attribute deleted"] += message.attribute.deleted ? 1 : 0;
    counts["attribute tags"] +=
        static_cast<int>(message.attribute.tags ? message.attribute.tags->size() : 0);
    counts["attribute object distribution"] += message.attribute.object_distribution ? 1 : 0;
  }
  void operator()(const EventMessage& message) const {
    ++counts[std::string("event ") + name(message.action)];
  }
  void operator()(const PublishMessage& message) const {
    ++counts["publish"];
    counts["publish attributes"] += static_cast<int>(message.attributes.size());
    for (const auto& attribute : message.attributes) {
      counts["publish attributes of objects"] += attribute.object_distribution ? 1 : 0;
    }
  }
  void operator()(const TagMessage& message) const {
    ++counts[std::string("tag ") + name(message.action)];
  }
  void operator()(const SightingMessage& message) const {
    ++counts[std::string("sighting ") + name(message.action)];
  }
  void operator()(const WarninglistMessage&) const { ++counts["warninglist"]; }
  void operator()(const Heartbeat&) const { ++counts["heartbeat"]; }
  void operator()(const IgnoredMessage&) const { ++counts["ignored"]; }
};

TEST(DecodeReplay, DecodesEveryFrameOfARealMisp) {
  std::ifstream file(MISP_ZEEK_TEST_DATA "/misp/frames.jsonl");
  ASSERT_TRUE(file);
  Counts counts;
  int operations = 0;
  for (std::string line; std::getline(file, line); ++operations) {
    const auto operation = nlohmann::json::parse(line);
    for (const auto& frame : operation.at("frames")) {
      const auto message = decode_frame(frame.get_ref<const std::string&>());
      ASSERT_TRUE(message) << operation.at("op") << ": " << message.error().message;
      std::visit(Counter{counts}, *message);
    }
  }
  EXPECT_EQ(operations, 337);
  const Counts golden = {
      {"attribute add", 224},
      {"attribute delete", 16},
      {"attribute deleted", 36},
      {"attribute edit", 40},
      {"attribute object distribution", 31},
      {"attribute soft-delete", 32},
      {"attribute tags", 14},
      {"attribute with event", 296},
      {"event add", 30},
      {"event delete", 10},
      {"event edit", 29},
      {"event from server", 2},
      {"heartbeat", 3},
      {"ignored", 494},
      {"publish", 34},
      {"publish attributes", 1276},
      {"publish attributes of objects", 7},
      {"sighting add", 19},
      {"sighting delete", 2},
      {"tag +attribute", 16},
      {"tag +event", 9},
      {"tag -attribute", 6},
      {"tag -event", 4},
      {"tag add", 14},
      {"tag delete", 2},
      {"tag edit", 1},
      {"warninglist", 5},
  };
  EXPECT_EQ(counts, golden);
}

}  // namespace
}  // namespace misp_zeek::misp
