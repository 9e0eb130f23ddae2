// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/inbox.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>

namespace misp_zeek::app {
namespace {

TEST(Inbox, RefusesAtItsBoundAndTakesTheRest) {
  Inbox<int> inbox(2);
  EXPECT_TRUE(inbox.push(1));
  EXPECT_TRUE(inbox.push(2));
  EXPECT_FALSE(inbox.push(3));
  inbox.push_always(4);
  EXPECT_EQ(inbox.take(std::chrono::milliseconds(0), 10), (std::vector<int>{1, 2, 4}));
}

TEST(Inbox, IsBoundedInBytesAndTakesALargeItemByItself) {
  Inbox<int> inbox(10, 100);
  EXPECT_TRUE(inbox.push(1, 500));
  EXPECT_FALSE(inbox.push(2, 1));
  EXPECT_TRUE(inbox.push(3));
  inbox.take(std::chrono::milliseconds(0), 1);
  EXPECT_TRUE(inbox.push(4, 60));
  EXPECT_FALSE(inbox.push(5, 60));
  inbox.take(std::chrono::milliseconds(0), 2);
  EXPECT_TRUE(inbox.push(6, 60));
}

TEST(Inbox, LetsNobodyWaitForAnAnswerOnceItIsClosed) {
  Inbox<std::shared_ptr<std::promise<void>>> inbox(10);
  auto asked = std::make_shared<std::promise<void>>();
  const auto answer = asked->get_future();
  inbox.push(std::move(asked));
  inbox.close();
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_FALSE(inbox.push(std::make_shared<std::promise<void>>()));
  inbox.push_always(std::make_shared<std::promise<void>>());
  EXPECT_EQ(inbox.size(), 0U);
}

}  // namespace
}  // namespace misp_zeek::app
