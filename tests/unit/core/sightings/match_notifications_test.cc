// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/match_notifications.h"

#include <gtest/gtest.h>

#include <vector>

namespace misp_zeek {
namespace {

contract::Sighting match(std::string indicator = "198.51.100.1") {
  contract::Sighting sighting;
  sighting.indicator = std::move(indicator);
  sighting.indicator_type = "Intel::ADDR";
  sighting.event_id = "7";
  sighting.seen = sighting.indicator;
  sighting.where = "Conn::IN_RESP";
  sighting.uid = "CHhAvVGS1DHFjwGM9";
  sighting.orig_h = "10.0.0.5";
  sighting.orig_p = 4711;
  sighting.resp_h = "198.51.100.1";
  sighting.resp_p = 443;
  return sighting;
}

MatchNoticeOptions options(std::uint32_t max_per_minute = 3) {
  MatchNoticeOptions result;
  result.misp_url = "https://misp.example.org";
  result.max_per_minute = max_per_minute;
  return result;
}

/// Posts all that may be posted now.
std::vector<std::string> posted(MatchNotices& notices, SteadyMs now) {
  std::vector<std::string> texts;
  while (const auto text = notices.next_post(now)) {
    texts.push_back(*text);
    notices.on_posted({}, now);
  }
  return texts;
}

Result<void> failed(ErrorCode code, int wait = 0) {
  return tl::unexpected<Error>({code, "webhook: status 500", wait});
}

TEST(NoticeText, SaysWhatWasSeenWhereAndWhatMispKnows) {
  EXPECT_EQ(notice_of(match(), "sensor-1", "https://misp.example.org"),
            "`sensor-1` saw `198.51.100.1` (`Intel::ADDR` in `Conn::IN_RESP`), "
            "`10.0.0.5:4711 -&gt; 198.51.100.1:443`, connection `CHhAvVGS1DHFjwGM9`, MISP event 7: "
            "https://misp.example.org/events/view/7");
}

TEST(NoticeText, LeavesOutWhatDoesNotApplyAndShowsWhatDiffers) {
  contract::Sighting sighting;
  sighting.indicator = "2001:db8::/32";
  sighting.seen = "2001:db8::1";
  sighting.orig_h = "2001:db8::1";
  EXPECT_EQ(notice_of(sighting, "s", ""),
            "`s` saw `2001:db8::/32` (`-` in `-`) as `2001:db8::1`, `[2001:db8::1]:0 -&gt; :0`");
}

TEST(NoticeText, HostileValuesStayCode) {
  auto sighting = match("a`<!channel>&\n*b*");
  sighting.seen = "https://evil.example/|click\x01\xff";
  sighting.event_id = "7>|x";
  const auto text = notice_of(sighting, "s", "https://m/?a&b");
  EXPECT_NE(text.find("saw `a'&lt;!channel&gt;&amp; *b*` ("), std::string::npos) << text;
  EXPECT_NE(text.find("as `https://evil.example/|click ?`,"), std::string::npos) << text;
  EXPECT_EQ(text.find("MISP event"), std::string::npos) << "no number, no link";
  EXPECT_EQ(text.find('<'), std::string::npos);
}

TEST(NoticeText, ALongValueIsCut) {
  const auto text = notice_of(match(std::string(5'000, '<')), "s", "https://m");
  EXPECT_LT(text.size(), 2'500U);
  EXPECT_NE(text.find("...`"), std::string::npos);
}

TEST(MatchNotices, TellsSoManyAMinuteAndTheOthersAsANumber) {
  MatchNotices notices(options());
  for (int i = 0; i < 1'000; ++i) {
    notices.add(match(), "s", 5'000);
  }
  EXPECT_EQ(posted(notices, 5'000).size(), 3U);
  EXPECT_EQ(notices.deadline(), 65'000);
  EXPECT_TRUE(posted(notices, 64'999).empty());
  EXPECT_EQ(posted(notices, 65'000), std::vector<std::string>{"and 997 more matches"});
  EXPECT_FALSE(notices.deadline());
  EXPECT_EQ(notices.counters().posted, 4U);
  EXPECT_EQ(notices.counters().limited, 997U);
}

TEST(MatchNotices, ANewMinuteBeginsWithTheFirstMatchAfterTheOldOne) {
  MatchNotices notices(options(1));
  notices.add(match("a"), "s", 0);
  notices.add(match("b"), "s", 59'999);
  notices.add(match("c"), "s", 60'000);
  const auto texts = posted(notices, 60'000);
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_NE(texts[0].find("`a`"), std::string::npos);
  EXPECT_EQ(texts[1], "and 1 more match");
  EXPECT_NE(texts[2].find("`c`"), std::string::npos);
}

TEST(MatchNotices, AFailingHookIsTriedAgainLaterAndLaterAndATextGivenUpAfterFiveAttempts) {
  MatchNotices notices(options());
  notices.add(match("a"), "s", 0);
  notices.add(match("b"), "s", 0);
  SteadyMs now = 0;
  SteadyMs last_wait = 0;
  for (int attempt = 1; attempt <= 5; ++attempt) {
    ASSERT_TRUE(notices.next_post(now)) << attempt;
    EXPECT_FALSE(notices.next_post(now)) << "one at a time";
    notices.on_posted(failed(ErrorCode::kUnavailable), now);
    EXPECT_FALSE(notices.next_post(now));
    const SteadyMs wait = *notices.deadline() - now;
    EXPECT_GE(wait, last_wait);
    last_wait = wait;
    now = *notices.deadline();
  }
  EXPECT_EQ(notices.counters().dropped, 1U);
  EXPECT_FALSE(notices.problem().empty());
  const auto next = notices.next_post(now);
  ASSERT_TRUE(next);
  EXPECT_NE(next->find("`b`"), std::string::npos);
  notices.on_posted({}, now);
  EXPECT_TRUE(notices.problem().empty());
}

TEST(MatchNotices, ARefusedTextIsDroppedAndTheHookLeftAlone) {
  MatchNotices notices(options());
  notices.add(match(), "s", 0);
  notices.add(match(), "s", 0);
  ASSERT_TRUE(notices.next_post(0));
  notices.on_posted(failed(ErrorCode::kIncompatible), 0);
  EXPECT_EQ(notices.counters().dropped, 1U);
  EXPECT_GE(notices.deadline().value_or(0), 150'000);
}

TEST(MatchNotices, KeepsToTheWaitThatTheHookNames) {
  MatchNotices notices(options());
  notices.add(match(), "s", 0);
  ASSERT_TRUE(notices.next_post(0));
  notices.on_posted(failed(ErrorCode::kRateLimited, 30), 0);
  EXPECT_FALSE(notices.next_post(29'999));
  EXPECT_TRUE(notices.next_post(30'000));
}

TEST(MatchNotices, MemoryIsBoundedWhileTheHookIsAway) {
  auto few = options(60);
  few.max_waiting = 5;
  MatchNotices notices(few);
  SteadyMs now = 0;
  for (int minute = 0; minute < 100; ++minute, now += 60'000) {
    for (int i = 0; i < 100; ++i) {
      notices.add(match(), "s", now);
    }
  }
  EXPECT_EQ(notices.waiting(), 5U);
  EXPECT_EQ(notices.counters().limited, 9'995U);
  EXPECT_EQ(posted(notices, now).size(), 5U);
  now += 60'000;
  EXPECT_EQ(posted(notices, now), std::vector<std::string>{"and 9995 more matches"});
}

TEST(MatchNotices, WhatIsCancelledIsNeitherAFailureNorPosted) {
  MatchNotices notices(options());
  notices.add(match(), "s", 0);
  ASSERT_TRUE(notices.next_post(0));
  notices.on_posted(failed(ErrorCode::kCancelled), 0);
  EXPECT_EQ(notices.counters().failures + notices.counters().posted, 0U);
}

}  // namespace
}  // namespace misp_zeek
