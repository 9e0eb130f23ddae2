// SPDX-License-Identifier: BSD-3-Clause
#include "app/process/systemd_notifier.h"

#include <gtest/gtest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv is POSIX

#include <chrono>
#include <string>
#include <vector>

#include "process/notify_socket.h"

namespace misp_zeek::app {
namespace {

using process::NotifySocket;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SystemdNotifierTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("NOTIFY_SOCKET", socket_.path().c_str(), 1);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
  }
  void TearDown() override {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
  }
  std::string next() { return socket_.receive(seconds(10)); }
  bool silent() { return socket_.receive(milliseconds(0)).empty(); }

  NotifySocket socket_;
};

TEST_F(SystemdNotifierTest, TellsReadyAndStopping) {
  SystemdNotifier notifier;
  notifier.ready();
  EXPECT_EQ(next(), "READY=1");
  notifier.stopping();
  EXPECT_EQ(next(), "STOPPING=1");
}

TEST_F(SystemdNotifierTest, TellsAStatusOnlyWhenItChanged) {
  SystemdNotifier notifier;
  notifier.status("in sync");
  EXPECT_EQ(next(), "STATUS=in sync");
  notifier.status("in sync");
  EXPECT_TRUE(silent());
}

TEST_F(SystemdNotifierTest, KeepsAStatusOfAServerOnOneLine) {
  SystemdNotifier notifier;
  notifier.status("refused\nMAINPID=1\r");
  EXPECT_EQ(next(), "STATUS=refused MAINPID=1 ");
}

TEST_F(SystemdNotifierTest, IsAliveTwiceWithinTheWatchdogsTime) {
  setenv("WATCHDOG_USEC", "20000000", 1);
  SystemdNotifier notifier;
  notifier.alive(5'000);
  EXPECT_EQ(next(), "WATCHDOG=1");
  notifier.alive(14'999);
  EXPECT_TRUE(silent());
  notifier.alive(15'000);
  EXPECT_EQ(next(), "WATCHDOG=1");
}

TEST_F(SystemdNotifierTest, IsSilentAboutItsLifeWithoutAWatchdog) {
  SystemdNotifier notifier;
  notifier.alive(5'000);
  EXPECT_TRUE(silent());
}

TEST_F(SystemdNotifierTest, SaysNothingWhenSystemdDidNotAsk) {
  unsetenv("NOTIFY_SOCKET");
  SystemdNotifier notifier;
  notifier.ready();
  notifier.status("in sync");
  EXPECT_TRUE(silent());
}

TEST(StatusLine, NamesEveryCheckThatDoesNotHold) {
  const std::vector<http::Check> checks = {{"feed", true, 0, "connected"},
                                           {"rest", false, 0, "no route"},
                                           {"zeek:a", false, 0, "not connected"}};
  EXPECT_EQ(status_line(checks), "not ready: rest: no route; zeek:a: not connected");
}

TEST(StatusLine, IsShortWhenAllHold) {
  EXPECT_EQ(status_line({{"feed", true, 0, "connected"}}), "in sync");
  EXPECT_EQ(status_line({{"feed", true, 0, "connected"}, {"sightings", false, 0, "away", true}}),
            "in sync; warning: sightings: away");
}

}  // namespace
}  // namespace misp_zeek::app
