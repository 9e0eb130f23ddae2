// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/filter.h"

#include <gtest/gtest.h>

#include "builders.h"

namespace misp_zeek {
namespace {

using test::kNow;

constexpr Viewer kAdmin{1, true};
constexpr Viewer kReader{2, false};  // of another organisation than test::event()'s

Attribute attribute() { return test::attribute(1, 7, "ip-dst", "198.51.100.1"); }
Event event() { return test::event(7); }

Filter filter_of(FilterOptions options, std::optional<Viewer> viewer = kAdmin) {
  Filter filter(std::move(options));
  if (viewer) {
    filter.set_viewer(*viewer);
  }
  return filter;
}

/// "accept", "ask", or the reason of the rejection.
std::string shown(const Judgement& judgement) {
  switch (judgement.verdict) {
    case Verdict::kAccept:
      return "accept";
    case Verdict::kAskMisp:
      return "ask";
    case Verdict::kReject:
      break;
  }
  return std::string(to_string(judgement.reason));
}

std::string message(const Filter& filter, const Attribute& attribute, const Event& event) {
  return shown(filter.judge_message(attribute, event, kNow));
}

std::string row(const Filter& filter, const Attribute& attribute, const Event& event) {
  return shown(filter.judge_row(attribute, event, kNow));
}

TEST(Filter, TakesAnAttributeWithTheIdsFlagByDefault) {
  const Filter filter = filter_of({});
  Attribute flagged = attribute();
  EXPECT_EQ(message(filter, flagged, event()), "accept");
  flagged.to_ids = false;
  EXPECT_EQ(message(filter, flagged, event()), "not_to_ids");
  EXPECT_EQ(row(filter, flagged, event()), "not_to_ids");
}

TEST(Filter, NeverTakesADeletedAttribute) {
  FilterOptions options;
  options.fixed_events = {7};
  Attribute deleted = attribute();
  deleted.deleted = true;
  EXPECT_EQ(message(filter_of(options), deleted, event()), "deleted");
  EXPECT_EQ(row(filter_of(options), deleted, event()), "deleted");
}

TEST(Filter, ListsOfTypesAndEventsIncludeAndExclude) {
  FilterOptions options;
  options.types = {"!md5"};
  options.event_ids = {"7", "8", "!8"};
  const Filter filter = filter_of(options);
  EXPECT_EQ(message(filter, attribute(), event()), "accept");
  EXPECT_EQ(message(filter, test::attribute(1, 7, "md5", "x"), event()), "type");
  EXPECT_EQ(message(filter, test::attribute(1, 8, "ip-dst", "x"), test::event(8)), "event");
  EXPECT_EQ(message(filter, test::attribute(1, 9, "ip-dst", "x"), test::event(9)), "event");
}

TEST(Filter, AgeIsThatOfTheAttributeAndTheLastSecondStillCounts) {
  FilterOptions options;
  options.max_age = std::chrono::seconds(60);
  const Filter filter = filter_of(options);
  Attribute old = attribute();
  old.timestamp = kNow - 60;
  EXPECT_EQ(message(filter, old, event()), "accept");
  EXPECT_EQ(filter.expires_at(old), kNow);
  old.timestamp = kNow - 61;
  EXPECT_EQ(message(filter, old, event()), "too_old");
  EXPECT_EQ(row(filter, old, event()), "too_old");
  EXPECT_EQ(filter_of({}).expires_at(old), std::nullopt);
}

TEST(Filter, FixedEventsIgnoreFlagTypePublicationTagsAndAge) {
  FilterOptions options;
  options.fixed_events = {7};
  options.max_age = std::chrono::seconds(60);
  options.types = {"md5"};
  options.tags = {"good"};
  options.published = PublishedMode::kPublished;
  options.enforce_warninglist = true;
  const Filter filter = filter_of(options);
  Attribute any = attribute();
  any.to_ids = false;
  any.timestamp = 1;
  EXPECT_EQ(message(filter, any, event()), "accept");
  EXPECT_EQ(row(filter, any, event()), "accept");
  EXPECT_EQ(filter.expires_at(any), std::nullopt);
}

TEST(Filter, FixedEventsStillNeedToBeVisible) {
  FilterOptions options;
  options.fixed_events = {7};
  Event own_only = event();
  own_only.distribution = Distribution::kOrganisation;
  EXPECT_EQ(message(filter_of(options, kReader), attribute(), own_only), "not_visible");
}

TEST(Filter, PublishedModeAsksMispAboutMessagesBecauseTheirFlagIsFromBefore) {
  FilterOptions options;
  options.published = PublishedMode::kPublished;
  Event published = event();
  published.published = true;
  EXPECT_EQ(message(filter_of(options), attribute(), published), "ask");
  EXPECT_EQ(row(filter_of(options), attribute(), event()), "accept") << "MISP searched for it";
  EXPECT_EQ(shown(filter_of(options).judge_published(attribute(), event(), kNow)), "accept");
}

TEST(Filter, EverPublishedIsKnownFromThePublishTimestamp) {
  FilterOptions options;
  options.published = PublishedMode::kEverPublished;
  Event ever = event();
  ever.publish_timestamp = 5;
  EXPECT_EQ(message(filter_of(options), attribute(), ever), "accept");
  EXPECT_EQ(message(filter_of(options), attribute(), event()), "ask");
  EXPECT_EQ(row(filter_of(options), attribute(), ever), "accept");
  EXPECT_EQ(row(filter_of(options), attribute(), event()), "unpublished");
}

TEST(Filter, TagsAreDecidedByAMessageOnlyWhenItCanRuleOutTheOtherAnswer) {
  FilterOptions including;
  including.tags = {"good", "fine"};
  FilterOptions excluding;
  excluding.tags = {"!bad"};
  Attribute tagged = attribute();
  EXPECT_EQ(message(filter_of(including), tagged, event()), "ask") << "no tags in the message";
  tagged.tags = std::vector<std::string>{"fine"};
  EXPECT_EQ(message(filter_of(including), tagged, event()), "accept");
  EXPECT_EQ(message(filter_of(excluding), tagged, event()), "ask") << "the event may be bad";
  tagged.tags = std::vector<std::string>{"bad"};
  EXPECT_EQ(message(filter_of(excluding), tagged, event()), "tag");
  EXPECT_EQ(message(filter_of(including), tagged, event()), "ask") << "the event may be good";
  EXPECT_TRUE(filter_of(including).publish_needs_misp());
}

TEST(Filter, TagsToShowAreMispsToTellAlsoOfFixedEvents) {
  FilterOptions options;
  options.shown_tags = {"good"};
  Attribute tagged = attribute();
  tagged.tags = {{"good"}};
  EXPECT_EQ(message(filter_of(options), tagged, event()), "ask");
  EXPECT_EQ(row(filter_of(options), attribute(), event()), "accept") << "they are no condition";
  options.fixed_events = {7};
  const Filter filter = filter_of(options);
  EXPECT_EQ(message(filter, tagged, event()), "ask");
  EXPECT_TRUE(filter.publish_needs_misp());
  EXPECT_TRUE(filter.event_edit_needs_misp());
}

TEST(Filter, WarninglistsAreMispsToDecide) {
  FilterOptions options;
  options.enforce_warninglist = true;
  EXPECT_EQ(message(filter_of(options), attribute(), event()), "ask");
  EXPECT_EQ(row(filter_of(options), attribute(), event()), "accept");
  EXPECT_TRUE(filter_of(options).publish_needs_misp());
}

TEST(Filter, ASiteAdminSeesEverything) {
  Event own_only = event();
  own_only.distribution = Distribution::kOrganisation;
  EXPECT_EQ(message(filter_of({}, kAdmin), attribute(), own_only), "accept");
}

TEST(Filter, AsksUntilTheViewerIsKnown) {
  EXPECT_EQ(message(filter_of({}, std::nullopt), attribute(), event()), "ask");
}

TEST(Filter, ConfirmAsksAndTrustTakesWhateverTheDistribution) {
  FilterOptions options;
  options.visibility = VisibilityMode::kLookup;
  EXPECT_EQ(message(filter_of(options, kAdmin), attribute(), event()), "ask");
  options.visibility = VisibilityMode::kTrust;
  Event own_only = event();
  own_only.distribution = Distribution::kOrganisation;
  EXPECT_EQ(message(filter_of(options, kReader), attribute(), own_only), "accept");
}

TEST(Filter, AReaderSeesDistributedAttributesOfAnEventThatIsPublishedNow) {
  const Filter filter = filter_of({}, kReader);
  Event published = event();
  const auto judged = [&] { return shown(filter.judge_published(attribute(), published, kNow)); };
  for (const auto level :
       {Distribution::kCommunity, Distribution::kConnected, Distribution::kAll}) {
    published.distribution = level;
    EXPECT_EQ(judged(), "accept");
  }
  published.distribution = Distribution::kSharingGroup;
  EXPECT_EQ(judged(), "ask");
  published.distribution.reset();
  EXPECT_EQ(judged(), "ask");
  published.distribution = Distribution::kOrganisation;
  EXPECT_EQ(judged(), "not_visible");
}

TEST(Filter, AReaderNeedsEveryLevelToBeVisible) {
  const Filter filter = filter_of({}, kReader);
  Attribute part = attribute();
  const auto judged = [&] { return shown(filter.judge_published(part, event(), kNow)); };
  part.object_id = 3;
  part.object_distribution = Distribution::kOrganisation;
  EXPECT_EQ(judged(), "not_visible");
  part.object_distribution = Distribution::kInherit;
  EXPECT_EQ(judged(), "accept");
  part.distribution = Distribution::kOrganisation;
  EXPECT_EQ(judged(), "not_visible");
  part.distribution = Distribution::kSharingGroup;
  EXPECT_EQ(judged(), "ask");
}

TEST(Filter, AsksForAReaderAboutEveryChangeBecauseItUnpublishesTheEvent) {
  Event published = event();
  published.published = true;  // from before the change
  EXPECT_EQ(message(filter_of({}, kReader), attribute(), published), "ask");
  published.distribution = Distribution::kOrganisation;
  EXPECT_EQ(message(filter_of({}, kReader), attribute(), published), "not_visible");
}

TEST(Filter, AReaderSeesAllOfEventsThatItsOrganisationOwnsHere) {
  const Filter filter = filter_of({}, kReader);
  Event own = event();
  own.distribution = Distribution::kOrganisation;
  own.org_id = kReader.org_id;
  EXPECT_EQ(message(filter, attribute(), own), "accept");
}

TEST(Filter, HavingCreatedAnEventElsewhereDoesNotMakeItVisible) {
  Event pulled = event();
  pulled.distribution = Distribution::kOrganisation;
  pulled.orgc_id = kReader.org_id;  // org_id is that of the account that pulled it
  EXPECT_EQ(message(filter_of({}, kReader), attribute(), pulled), "not_visible");
}

TEST(Filter, SaysWhenAnEditOfAnEventCannotBeJudgedFromItsMessage) {
  EXPECT_FALSE(filter_of({}, kAdmin).event_edit_needs_misp());
  EXPECT_TRUE(filter_of({}, kReader).event_edit_needs_misp());
  FilterOptions tags;
  tags.tags = {"good"};
  EXPECT_TRUE(filter_of(tags, kAdmin).event_edit_needs_misp());
  FilterOptions published;
  published.published = PublishedMode::kPublished;
  EXPECT_TRUE(filter_of(published, kAdmin).event_edit_needs_misp());
}

}  // namespace
}  // namespace misp_zeek
