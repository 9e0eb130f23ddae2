// SPDX-License-Identifier: BSD-3-Clause
// Lists that do not show all that MISP has: pages that move, and errors in the shape of empty
// answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/sync/misp_sync.h"
#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;

SyncOptions small_pages() {
  SyncOptions options;
  options.page_size = 4;
  return options;
}

void add_some(Desk& desk, unsigned count) {
  for (unsigned n = 1; n <= count; ++n) {
    desk.add(n, "198.51.100." + std::to_string(n));
  }
}

/// With so many attributes, read some time ago: a reconcile that is asked for begins at once.
void start_with(Desk& desk, unsigned count) {
  add_some(desk, count);
  desk.bootstrap();
  desk.steady += 11'000;
}

bool is_page(const RestCall& call, std::uint32_t page) {
  const auto* search = std::get_if<SearchCall>(&call);
  return search != nullptr && search->search.uuids.empty() && search->limit > 1 &&
         search->page == page;
}

TEST(MispSync, AFirstListThatMovesBetweenItsPagesLacksNothing) {
  for (const unsigned page : {1U, 2U, 3U}) {
    Desk desk({}, small_pages());
    add_some(desk, 13);
    bool moved = false;
    desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) {
      if (is_page(call, page) && !std::exchange(moved, true)) {
        desk.misp.sql_delete(desk.id(1));
        desk.misp.sql_delete(desk.id(3));
      }
      return answer;
    };
    desk.bootstrap();
    for (unsigned n = 4; n <= 13; ++n) {
      EXPECT_TRUE(desk.holds(n)) << n << ", moved after page " << page;
    }
    EXPECT_TRUE(desk.store.complete());
  }
}

TEST(MispSync, AListThatNeverStandsStillIsReadAgainBeforeZeekLosesAnything) {
  Desk desk({}, small_pages());
  add_some(desk, 250);
  unsigned next = 1;
  desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) {
    if (std::holds_alternative<SearchCall>(call) && next < 200) {
      desk.misp.sql_delete(desk.id(next++));
    }
    return answer;
  };
  desk.bootstrap();
  EXPECT_FALSE(desk.store.complete());
  desk.spoil = nullptr;
  desk.pass(30'000);
  EXPECT_TRUE(desk.store.complete());
  for (unsigned n = 200; n <= 250; ++n) {
    EXPECT_TRUE(desk.holds(n)) << n;
  }
}

TEST(MispSync, ACountOfNothingIsNotBelievedOfWhatWasJustListed) {
  Desk desk;
  add_some(desk, 5);
  int lists = 0;
  desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) -> Result<RestAnswer> {
    lists += is_page(call, 1) ? 1 : 0;
    return std::holds_alternative<CountCall>(call) ? RestAnswer(std::uint64_t{0})
                                                   : std::move(answer);
  };
  desk.bootstrap();
  EXPECT_EQ(lists, 3);
  EXPECT_FALSE(desk.store.complete());
  desk.spoil = nullptr;
  desk.pass(20'000);
  EXPECT_TRUE(desk.store.complete());
}

/// How often each of the four pages of 13 rows was read by the first list.
std::vector<int> reads_of_pages(Desk& desk) {
  std::vector<int> reads(4);
  auto spoil = std::move(desk.spoil);
  desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) {
    for (std::uint32_t page = 1; page <= 4; ++page) {
      reads.at(page - 1) += is_page(call, page) ? 1 : 0;
    }
    return spoil ? spoil(call, std::move(answer)) : std::move(answer);
  };
  desk.bootstrap();
  desk.spoil = nullptr;
  return reads;
}

TEST(MispSync, RowsThatWarninglistsTookOutWereReadNevertheless) {
  FilterOptions filter;
  filter.enforce_warninglist = true;
  Desk desk(filter, small_pages());
  add_some(desk, 13);
  desk.misp.list_value("198.51.100.8", true);
  desk.misp.list_value("198.51.100.13", true);
  EXPECT_THAT(reads_of_pages(desk), testing::Each(1));
  EXPECT_EQ(desk.sync.status().rows_read, 13U);
  EXPECT_EQ(desk.store.attribute_count(), 11U);
}

TEST(MispSync, RowsThatCannotBeDecodedWereReadNevertheless) {
  Desk desk({}, small_pages());
  add_some(desk, 13);
  desk.spoil = [](const RestCall&, Result<RestAnswer> answer) {
    if (auto* page = std::get_if<AttributePage>(&*answer)) {
      page->undecodable = std::erase_if(page->rows, [](const AttributeRow& row) {
        return row.attribute.uuid == test::uuid(8) || row.attribute.uuid == test::uuid(13);
      });
    }
    return answer;
  };
  EXPECT_THAT(reads_of_pages(desk), testing::Each(1));
  EXPECT_EQ(desk.sync.status().rows_read, 13U);
  EXPECT_EQ(desk.store.attribute_count(), 11U);
}

TEST(MispSync, AFirstListInAnOutageIsRepairedWhenMispAnswersAgain) {
  Desk desk;
  add_some(desk, 5);
  desk.spoil = [&](const RestCall& call, Result<RestAnswer>) -> Result<RestAnswer> {
    return model::MispModel::answer({}, desk.reader, call, desk.unix_now());
  };
  desk.bootstrap();
  EXPECT_FALSE(desk.store.complete());
  desk.spoil = nullptr;
  desk.pass(11'000);
  EXPECT_TRUE(desk.store.complete());
  EXPECT_EQ(desk.store.attribute_count(), 5U);
}

/// A reader from whom most is hidden without a word, and a message that only a look-up can judge.
void hide_all_and_add(Desk& desk, unsigned n) {
  desk.steady += 11'000;
  auto hidden = desk.misp.live();
  hidden.attributes.clear();
  hidden.events.clear();
  desk.shown = hidden;
  desk.say(desk.add(n, "203.0.113.1"));
}

FilterOptions look_up_always() {
  FilterOptions filter;
  filter.visibility = VisibilityMode::kLookup;
  return filter;
}

TEST(MispSync, ThreeWitnessesThatFailLeadToAFullListNotToOneQuestionForEachAttribute) {
  Desk desk(look_up_always());
  add_some(desk, 100);
  desk.bootstrap();
  hide_all_and_add(desk, 101);
  desk.pass(30'000);
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kMessage), 1U);
  EXPECT_EQ(desk.sync.open_questions(), 0U);
  EXPECT_EQ(desk.store.attribute_count(), 100U);
  EXPECT_THAT(desk.sync.status().held, testing::HasSubstr("100 of 100"));
}

TEST(MispSync, LookUpsTakeNothingOutThatMaxShrinkHoldsBack) {
  Desk desk(look_up_always());
  add_some(desk, 100);
  desk.bootstrap();
  hide_all_and_add(desk, 101);
  desk.pass(30'000);
  for (unsigned n = 1; n <= 30; ++n) {
    desk.say(desk.misp.touch(desk.id(n), desk.unix_now()).messages);
  }
  desk.say(desk.misp.edit_info(desk.event_id, "edited", desk.unix_now()).messages);
  desk.pass(60'000);
  EXPECT_EQ(desk.sync.open_questions(), 0U);
  EXPECT_EQ(desk.store.attribute_count(), 100U);
  desk.sync.accept_shrink();
  desk.pass(20'000);
  EXPECT_EQ(desk.store.attribute_count(), 0U);
}

TEST(MispSync, AnEventReadWithoutAWitnessTakesNothingOutThatMaxShrinkHoldsBack) {
  Desk desk(look_up_always());
  add_some(desk, 100);
  const auto other = desk.event_id = desk.misp.live().next_event;
  desk.misp.add_event(test::uuid(1'000'001), 1, desk.unix_now());
  for (unsigned n = 101; n <= 115; ++n) {  // fewer than max_shrink lets go
    desk.add(n, "198.51.100." + std::to_string(n));
  }
  desk.bootstrap();
  hide_all_and_add(desk, 116);
  desk.pass(30'000);
  EXPECT_THAT(desk.sync.status().held, testing::HasSubstr("115 of 115"));
  desk.say(desk.misp.edit_info(other, "edited", desk.unix_now()).messages);
  desk.pass(30'000);
  EXPECT_EQ(desk.store.attribute_count(), 115U);
}

TEST(MispSync, AWitnessThatComesLaterTakesNothingOutThatMaxShrinkHoldsBack) {
  Desk desk(look_up_always());
  add_some(desk, 100);
  desk.bootstrap();
  hide_all_and_add(desk, 101);
  desk.pass(30'000);
  for (const unsigned n : {102U, 103U}) {
    const auto messages = desk.add(n, "203.0.113." + std::to_string(n));
    desk.shown = desk.misp.live();
    std::erase_if(desk.shown->attributes,
                  [&](const auto& attribute) { return attribute.first < desk.id(102); });
    desk.say(messages);
    desk.pass(15'000);
    EXPECT_TRUE(desk.holds(n));
  }
  EXPECT_EQ(desk.sync.open_questions(), 0U);
  EXPECT_EQ(desk.store.attribute_count(), 102U);
}

/// Look-ups, and them alone, are answered without a row.
void empty_look_ups(Desk& desk) {
  desk.spoil = [](const RestCall& call, Result<RestAnswer> answer) -> Result<RestAnswer> {
    const auto* search = std::get_if<SearchCall>(&call);
    return search != nullptr && !search->search.uuids.empty() ? RestAnswer(AttributePage{})
                                                              : std::move(answer);
  };
}

TEST(MispSync, ALookUpThatLacksItsWitnessTakesNothingOut) {
  Desk desk(look_up_always());
  start_with(desk, 30);
  empty_look_ups(desk);
  desk.say(desk.misp.touch(desk.id(1), desk.unix_now()).messages);
  desk.pass(30'000);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_EQ(desk.sync.open_questions(), 1U);
  EXPECT_THAT(desk.sync.status().rest_error, testing::HasSubstr("not trusted"));
  EXPECT_LE(desk.calls_of<SearchCall>().size(), 20U) << "after three in vain it waits";
  desk.spoil = nullptr;
  desk.pass(30'000);
  EXPECT_EQ(desk.store.attribute_count(), 30U);
  EXPECT_EQ(desk.sync.open_questions(), 0U);
  EXPECT_EQ(desk.sync.status().rest_error, "");
}

TEST(MispSync, AReconcileWhoseLookUpsLackTheirWitnessTakesNothingOut) {
  Desk desk;
  start_with(desk, 20);
  empty_look_ups(desk);
  desk.spoil = [&, look_ups = desk.spoil](const RestCall& call, Result<RestAnswer> answer) {
    if (is_page(call, 1)) {
      auto& rows = std::get<AttributePage>(*answer).rows;
      rows.erase(rows.begin());
    }
    return look_ups(call, std::move(answer));
  };
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(5'000);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().passes, 2U);
  EXPECT_EQ(desk.store.attribute_count(), 20U);
}

TEST(MispSync, AnEmptyIndexLeadsToAFullListAndTakesNothingOut) {
  Desk desk;
  start_with(desk, 5);
  int answers = 4;  // all that one reconcile asks
  desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) -> Result<RestAnswer> {
    return answers-- > 0 ? model::MispModel::answer({}, desk.reader, call, desk.unix_now())
                         : std::move(answer);
  };
  desk.sync.request_reconcile(false, Cause::kOperator);
  desk.pass(1'000);
  EXPECT_EQ(desk.store.attribute_count(), 5U);
  desk.pass(20'000);
  EXPECT_EQ(desk.store.attribute_count(), 5U);
  EXPECT_EQ(desk.sync.status().held, "");
}

}  // namespace
}  // namespace misp_zeek
