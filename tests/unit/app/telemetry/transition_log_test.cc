// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/transition_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "telemetry/metrics_support.h"

namespace misp_zeek::app {
namespace {

std::string logged(const std::function<void()>& act) {
  testing::internal::CaptureStderr();
  act();
  return testing::internal::GetCapturedStderr();
}

/// A feed that is down, as the loop reports it.
struct FeedScene : Scene {
  TransitionLog log;

  FeedScene() { peers.clear(); }

  void down(const std::string& reason) {
    log.on_feed(FeedDisconnected{reason}, view());
    feed_problem = reason;
  }
};

TEST(TransitionLog, TellsOnceThatTheFeedIsDown) {
  FeedScene scene;
  const std::string text = logged([&] {
    scene.down("lost");
    scene.log.update(scene.view(), 1'000);
    scene.down("no connection");
    scene.log.update(scene.view(), 1'100);
    scene.log.update(scene.view(), 10'900);
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_NE(text.find("reason=lost"), std::string::npos) << text;
}

TEST(TransitionLog, TellsAReasonThatStays) {
  FeedScene scene;
  logged([&] {
    scene.down("lost");
    scene.log.update(scene.view(), 1'000);
    scene.down("no connection");
  });
  const std::string text = logged([&] {
    scene.log.update(scene.view(), 11'000);
    scene.log.update(scene.view(), 30'000);
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_NE(text.find("feed still down"), std::string::npos) << text;
  EXPECT_NE(text.find("reason=\"no connection\""), std::string::npos) << text;
}

TEST(TransitionLog, TellsTheNextTimeThatTheFeedIsDown) {
  FeedScene scene;
  const std::string text = logged([&] {
    scene.down("lost");
    scene.log.on_feed(FeedConnected{}, scene.view());
    scene.feed_problem.clear();
    scene.down("lost");
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
}

}  // namespace
}  // namespace misp_zeek::app
