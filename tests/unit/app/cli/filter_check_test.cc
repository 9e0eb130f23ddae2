// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/filter_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace misp_zeek::app {
namespace {

/// A MISP with event 7, in which an attribute has the tag "known".
Result<RestReply> ask(const FilterOptions& filter, const RestCall& call) {
  if (const auto* events = std::get_if<EventCall>(&call)) {
    EventDetails details;
    if (std::count(events->ids.begin(), events->ids.end(), 7U) != 0) {
      details.events.push_back({{7, {}, 0, true}, "", 1});
    }
    return RestReply{std::move(details), 0};
  }
  AttributeReply reply;
  const auto& search = std::get<SearchCall>(call);
  EXPECT_EQ(search.limit, 1U);
  EXPECT_FALSE(filter.to_ids);
  reply.hidden = filter.tags == std::vector<std::string>{"known"} ? 1 : 0;
  return RestReply{std::move(reply), 0};
}

std::vector<std::string> found(const FilterOptions& filter) {
  std::vector<std::string> lines;
  const auto findings = check_filter(filter, ask);
  for (const FilterFinding& finding : findings.value()) {
    lines.push_back((finding.ok ? "ok " : "wrong ") + finding.message);
  }
  return lines;
}

TEST(FilterCheck, FindsNothingInNamesThatMispKnows) {
  FilterOptions filter;
  filter.tags = {"known", "!known"};
  filter.event_ids = {"7", "!7"};
  filter.fixed_events = {7};
  EXPECT_TRUE(found(filter).empty());
}

TEST(FilterCheck, NamesEventsThatMispDoesNotShow) {
  FilterOptions filter;
  filter.event_ids = {"7", "8"};
  filter.fixed_events = {9};
  EXPECT_EQ(found(filter),
            (std::vector<std::string>{
                "wrong filter.event_ids: MISP shows this user no event 8: check the number, and "
                "whether the user may see it",
                "wrong filter.fixed_events: MISP shows this user no event 9: check the number, and "
                "whether the user may see it"}));
}

TEST(FilterCheck, NamesTagsThatNothingHas) {
  FilterOptions filter;
  filter.tags = {"knwon", "!tlp:rde"};
  EXPECT_EQ(found(filter),
            (std::vector<std::string>{
                "wrong filter.tags: MISP shows this user no attribute with the tag \"knwon\": "
                "nothing with it can go to Zeek; check its spelling, capitals count",
                "ok filter.tags: MISP shows this user no attribute with the tag \"tlp:rde\": it "
                "excludes nothing yet; check its spelling"}));
}

}  // namespace
}  // namespace misp_zeek::app
