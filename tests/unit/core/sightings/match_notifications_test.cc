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

/// All that is posted until `now`, a second at a time.
std::vector<std::string> posted_until(MatchNotices& notices, SteadyMs from, SteadyMs now) {
  std::vector<std::string> texts;
  for (SteadyMs at = from; at <= now; at += 1'000) {
    for (auto& text : posted(notices, at)) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

TEST(MatchNotices, TellsHitsOfOneValueOnceWithTheirNumber) {
  MatchNotices notices(options(10));
  for (SteadyMs at = 0; at < 1'000; at += 200) {
    notices.add(match(), "sensor-1", at);
  }
  EXPECT_TRUE(posted(notices, 1'999).empty());
  EXPECT_EQ(notices.deadline(), 2'000);
  EXPECT_EQ(notices.waiting(), 1U);
  const auto texts = posted(notices, 2'000);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_NE(texts[0].find(", 5 times, MISP event 7: "), std::string::npos) << texts[0];
  for (int i = 0; i < 30; ++i) {
    notices.add(match("v" + std::to_string(i)), "sensor-1", 3'000);
  }
  EXPECT_EQ(posted(notices, 5'000).size(), 9U) << "they do not use up the minute";
}

TEST(MatchNotices, AValueThatTwoEventsNameOnTwoZeeksIsOneText) {
  MatchNotices notices(options());
  for (const auto* zeek : {"sensor-1", "sensor-2"}) {
    for (const auto* event : {"7", "9"}) {
      auto seen = match();
      seen.event_id = event;
      notices.add(seen, zeek, 0);
    }
  }
  const auto texts = posted(notices, 2'000);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].find("`sensor-1`, `sensor-2` saw `198.51.100.1`"), 0U) << texts[0];
  EXPECT_NE(texts[0].find(", 2 times, MISP event 7: https://misp.example.org/events/view/7, "
                          "MISP event 9: https://misp.example.org/events/view/9"),
            std::string::npos)
      << texts[0];
}

TEST(MatchNotices, TellsSoManyValuesAMinuteAndTheOthersAsANumber) {
  MatchNotices notices(options());
  for (int i = 0; i < 1'000; ++i) {
    notices.add(match("v" + std::to_string(i % 20)), "s", 5'000);
  }
  EXPECT_EQ(posted(notices, 7'000).size(), 3U);
  EXPECT_EQ(notices.deadline(), 65'000);
  EXPECT_TRUE(posted(notices, 64'999).empty());
  const auto texts = posted(notices, 65'000);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].find("and 850 more matches of 17 values: `v10` 50, `v11` 50, "), 0U)
      << texts[0];
  EXPECT_EQ(texts[0].substr(texts[0].size() - 5), ", ...");
  EXPECT_FALSE(notices.deadline());
  EXPECT_EQ(notices.counters().posted, 4U);
  EXPECT_EQ(notices.counters().limited, 850U);
}

TEST(MatchNotices, LaterHitsOfAValueThatWasToldAreInTheNumber) {
  MatchNotices notices(options());
  notices.add(match("a"), "s", 0);
  EXPECT_EQ(posted(notices, 2'000).size(), 1U);
  notices.add(match("a"), "s", 30'000);
  EXPECT_EQ(posted(notices, 60'000),
            std::vector<std::string>{"and 1 more match of 1 value: `a` 1"});
  notices.add(match("a"), "s", 61'000);
  EXPECT_EQ(posted(notices, 63'000).size(), 1U) << "another minute";
}

/// Lets posts fail from `now` on until `failures` have; the time of the last one.
SteadyMs fail_for(MatchNotices& notices, ErrorCode code, int failures, SteadyMs now) {
  for (int i = 0; i < failures; ++i) {
    now = std::max(now, notices.deadline().value_or(now));
    EXPECT_TRUE(notices.next_post(now)) << i;
    EXPECT_FALSE(notices.next_post(now)) << "one at a time";
    notices.on_posted(failed(code), now);
    EXPECT_FALSE(notices.next_post(now));
  }
  return now;
}

class EveryFault : public testing::TestWithParam<ErrorCode> {};

TEST_P(EveryFault, IsTriedAgainSoonAndLosesNothing) {
  MatchNotices notices(options());
  notices.add(match("a"), "s", 0);
  notices.add(match("b"), "s", 0);
  const SteadyMs now = fail_for(notices, GetParam(), 3, 2'000);
  EXPECT_LE(now, 6'000);
  EXPECT_FALSE(notices.problem().empty());
  const auto texts = posted(notices, now + 4'000);
  EXPECT_EQ(texts.size(), 2U);
  EXPECT_TRUE(notices.problem().empty());
  EXPECT_EQ(notices.counters().dropped, 0U);
}

TEST_P(EveryFault, ThatLastsEndsInATextOfWhatWasNotTold) {
  MatchNotices notices(options());
  notices.add(match("a"), "s", 0);
  notices.add(match("a"), "s", 0);
  notices.add(match("b"), "s", 0);
  SteadyMs now = fail_for(notices, GetParam(), 6, 2'000);
  for (int i = 0; i < 10'000; ++i) {
    notices.add(match("v" + std::to_string(i)), "s", now + 1);
  }
  EXPECT_EQ(notices.waiting(), 1U);
  now = fail_for(notices, GetParam(), 20, now);
  EXPECT_LE(*notices.deadline() - now, 30'000) << "it is tried twice a minute at least";
  now += 30'000;
  const auto texts = posted(notices, now);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_NE(texts[0].find("10003 matches of more than 1000 values: `a` 2, "), std::string::npos)
      << texts[0];
  EXPECT_EQ(notices.waiting(), 0U);
  EXPECT_FALSE(notices.deadline());
  notices.add(match("c"), "s", now);
  EXPECT_EQ(posted(notices, now + 2'000).size(), 1U) << "as before";
}

INSTANTIATE_TEST_SUITE_P(OfAHook, EveryFault,
                         testing::Values(ErrorCode::kUnavailable, ErrorCode::kTimeout,
                                         ErrorCode::kIncompatible, ErrorCode::kRateLimited),
                         [](const auto& code) { return std::string(to_string(code.param)); });

TEST(MatchNotices, WhatAHookDoesNotTakeBecauseOfAValueIsToldWithoutIt) {
  MatchNotices notices(options());
  notices.add(match("poison"), "s", 0);
  SteadyMs now = 2'000;
  std::string taken;
  for (int attempt = 0; attempt < 10 && taken.empty(); ++attempt) {
    now = std::max(now, notices.deadline().value_or(now));
    const auto text = notices.next_post(now);
    ASSERT_TRUE(text);
    if (text->find("poison") == std::string::npos) {
      taken = *text;
      notices.on_posted({}, now);
    } else {
      notices.on_posted(failed(ErrorCode::kIncompatible), now);
    }
  }
  EXPECT_NE(taken.find("1 match of 1 value"), std::string::npos) << taken;
}

TEST(MatchNotices, WhatComesDuringThePostOfTheNumberIsToldLater) {
  MatchNotices notices(options());
  notices.add(match("a"), "s", 0);
  const SteadyMs now = fail_for(notices, ErrorCode::kUnavailable, 5, 2'000) + 30'000;
  ASSERT_TRUE(notices.next_post(now));
  notices.add(match("b"), "s", now);
  notices.on_posted({}, now);
  EXPECT_EQ(posted_until(notices, now, now + 61'000),
            std::vector<std::string>{"and 1 more match of 1 value: `b` 1"});
}

TEST(MatchNotices, KeepsToTheWaitThatTheHookNames) {
  MatchNotices notices(options());
  notices.add(match(), "s", 0);
  ASSERT_TRUE(notices.next_post(2'000));
  notices.on_posted(failed(ErrorCode::kRateLimited, 30), 2'000);
  EXPECT_FALSE(notices.next_post(31'999));
  EXPECT_TRUE(notices.next_post(32'000));
}

TEST(MatchNotices, MemoryIsBoundedWhileTheHookIsSlow) {
  auto few = options(60);
  few.max_waiting = 5;
  MatchNotices notices(few);
  SteadyMs now = 0;
  for (int minute = 0; minute < 100; ++minute, now += 60'000) {
    for (int i = 0; i < 100; ++i) {
      notices.add(match("v" + std::to_string(i)), "s", now);
    }
  }
  EXPECT_LE(notices.waiting(), 65U);
  std::size_t texts = 0;
  for (SteadyMs end = now + 180'000; now < end; now += 1'000) {
    texts += posted(notices, now).size();
  }
  EXPECT_EQ(notices.counters().posted, texts);
  EXPECT_EQ(notices.waiting(), 0U);
}

TEST(MatchNotices, WhatIsCancelledIsNeitherAFailureNorPosted) {
  MatchNotices notices(options());
  notices.add(match(), "s", 0);
  ASSERT_TRUE(notices.next_post(2'000));
  notices.on_posted(failed(ErrorCode::kCancelled), 2'000);
  EXPECT_EQ(notices.counters().failures + notices.counters().posted, 0U);
}

}  // namespace
}  // namespace misp_zeek
