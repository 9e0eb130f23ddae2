// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/misp_explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace misp_zeek::app {
namespace {

using testing::HasSubstr;

constexpr UnixSeconds kNow = 1'700'000'000;

/// A MISP with one attribute, whose searches show it by `matches`.
struct OneAttribute {
  AttributeRow row;
  std::function<bool(const FilterOptions&)> matches = [](const auto&) { return true; };
  bool hidden = false;  ///< allowedlist
  bool none = false;
  int calls = 0;

  OneAttribute() {
    row.attribute.uuid = *Uuid::parse("5f2d1a04-0000-4000-8000-000000000001");
    row.attribute.event_id = 7;
    row.attribute.type = "domain";
    row.attribute.value = "evil.example";
    row.attribute.to_ids = true;
    row.attribute.timestamp = kNow - 1'000;
    row.event.id = 7;
  }
  AskMisp ask() {
    return [this](const FilterOptions& filter, const RestCall& call) -> Result<RestReply> {
      ++calls;
      if (std::holds_alternative<PresenceCall>(call)) {
        return RestReply{Presence{!none}, 0};
      }
      AttributeReply reply;
      const auto& search = std::get<SearchCall>(call).search;
      if (!none && !hidden && (!search.apply_filter || matches(filter))) {
        reply.rows.push_back(row);
      }
      return RestReply{std::move(reply), 0};
    };
  }
};

std::string explained(OneAttribute& misp, const FilterOptions& filter,
                      const std::string& query = "evil.example") {
  const auto lines = explain_from_misp(query, filter, Mapping(), misp.ask(), kNow);
  return !lines ? lines.error().message : lines->size() == 1 ? lines->front() : "not one line";
}

TEST(MispExplain, SaysThatItIsAccepted) {
  OneAttribute misp;
  EXPECT_EQ(explained(misp, {}),
            "attribute 5f2d1a04-0000-4000-8000-000000000001 (domain) of event 7 is accepted by "
            "filter and mapping: a service in sync has it in Zeek");
}

TEST(MispExplain, NamesTheKeyOfTheFilterWithItsValue) {
  OneAttribute misp;
  misp.row.attribute.to_ids = false;
  EXPECT_THAT(explained(misp, {}), HasSubstr("[filter] to_ids = true"));
  misp.row.attribute.to_ids = true;
  FilterOptions filter;
  filter.max_age = std::chrono::days(90);
  misp.row.attribute.timestamp = 1'600'000'000;
  EXPECT_THAT(explained(misp, filter),
              HasSubstr("[filter] max_age = \"90d\": it was changed 2020-09-13T12:26:40Z"));
  filter = {};
  filter.types = {"md5"};
  EXPECT_THAT(explained(misp, filter), HasSubstr("[filter] types = [\"md5\"]"));
}

TEST(MispExplain, NamesWhatExcludesTheValue) {
  OneAttribute misp;
  MappingOptions options;
  options.exclude_domains = {"example"};
  const auto lines =
      explain_from_misp("evil.example", {}, *Mapping::create(options), misp.ask(), kNow);
  ASSERT_TRUE(lines);
  EXPECT_THAT(lines->front(), HasSubstr("is excluded by [filter] exclude_domains"));
}

TEST(MispExplain, AsksMispWhatOnlyMispCanJudge) {
  OneAttribute misp;
  FilterOptions filter;
  filter.tags = {"tlp:white", "!tlp:red"};
  filter.enforce_warninglist = true;
  misp.matches = [](const FilterOptions& asked) { return asked.tags.empty(); };
  EXPECT_THAT(explained(misp, filter), HasSubstr("[filter] tags = [\"tlp:white\", \"!tlp:red\"]"));
  misp.matches = [](const FilterOptions& asked) { return !asked.enforce_warninglist; };
  EXPECT_THAT(explained(misp, filter), HasSubstr("on one of MISP's warninglists"));
  misp.matches = [](const FilterOptions&) { return false; };
  EXPECT_THAT(explained(misp, filter), HasSubstr("by several conditions of [filter] at once"));
}

TEST(MispExplain, TellsApartWhatIsUnknownHiddenDeletedAndWithoutARule) {
  OneAttribute misp;
  const std::string uuid = misp.row.attribute.uuid.str();
  misp.row.attribute.deleted = true;
  EXPECT_THAT(explained(misp, {}, uuid), HasSubstr("is deleted in MISP"));
  misp.row.attribute.deleted = false;
  misp.row.attribute.type = "sha512/224";
  EXPECT_THAT(explained(misp, {}, uuid), HasSubstr("has a type without a rule"));
  misp.hidden = true;
  EXPECT_THAT(explained(misp, {}, uuid), HasSubstr("its allowedlist hits the value"));
  misp.none = true;
  EXPECT_THAT(explained(misp, {}, uuid), HasSubstr("there is none, or this user may not see it"));
}

TEST(MispExplain, TakesAPercentSignAsItIs) {
  OneAttribute misp;
  misp.row.attribute.value = "http://evil.example/a%20b";
  misp.row.attribute.type = "url";
  EXPECT_THAT(explained(misp, {}, "http://evil.example/a%20b"), HasSubstr("is accepted"));
  EXPECT_THAT(explained(misp, {}, "http://evil.example/%"),
              HasSubstr("no attribute with exactly this value"));
}

TEST(MispExplain, FindsAPartOfAComposite) {
  OneAttribute misp;
  misp.row.attribute.type = "domain|ip";
  misp.row.attribute.value = "evil.example|198.51.100.1";
  EXPECT_THAT(explained(misp, {}, "198.51.100.1"), HasSubstr("is accepted"));
}

TEST(MispExplain, PassesOnWhatFails) {
  const AskMisp ask = [](const FilterOptions&, const RestCall&) -> Result<RestReply> {
    return fail(ErrorCode::kUnauthorized, "MISP refuses the key");
  };
  const auto lines = explain_from_misp("evil.example", {}, Mapping(), ask, kNow);
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().message, "MISP refuses the key");
}

}  // namespace
}  // namespace misp_zeek::app
