// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace misp_zeek::zeek {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, TriesAtOnceTheFirstTime) {
  Backoff backoff(milliseconds(100), milliseconds(1'000), 1);
  EXPECT_EQ(backoff.next(), milliseconds(0));
}

TEST(Backoff, DoublesUpToTheCapWithinTheUpperHalf) {
  Backoff backoff(milliseconds(100), milliseconds(1'000), 1);
  backoff.next();
  for (const int step : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
    const auto pause = backoff.next();
    EXPECT_GE(pause, milliseconds(step / 2));
    EXPECT_LE(pause, milliseconds(step));
  }
}

TEST(Backoff, StartsAnewAfterASuccessButNeverWithoutAPause) {
  Backoff backoff(milliseconds(100), milliseconds(1'000), 1);
  for (int i = 0; i < 5; ++i) {
    backoff.next();
  }
  backoff.reset();
  const auto pause = backoff.next();
  EXPECT_GE(pause, milliseconds(50));
  EXPECT_LE(pause, milliseconds(100));
}

TEST(Backoff, DiffersFromOneServiceToTheNext) {
  std::set<milliseconds::rep> pauses;
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    Backoff backoff(milliseconds(10'000), milliseconds(10'000), seed);
    backoff.next();
    backoff.next();
    pauses.insert(backoff.next().count());
  }
  EXPECT_GT(pauses.size(), 40U);
}

}  // namespace
}  // namespace misp_zeek::zeek
