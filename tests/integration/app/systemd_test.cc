// SPDX-License-Identifier: BSD-3-Clause
// The built program as systemd starts it with Type=notify and a watchdog.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include "process/notify_socket.h"
#include "process/process.h"

namespace misp_zeek::process {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

TEST(ProgramUnderSystemd, IsReadyWithoutMispAndZeekStaysAliveAndStops) {
  NotifySocket systemd;
  Process program(
      {{MISP_ZEEK_PROGRAM, "run", "--misp-url", "http://127.0.0.1:1", "--feed", "tcp://127.0.0.1:1",
        "--zeek", "127.0.0.1:1", "--set", "zeek.transport=broker", "--http", ""},
       {{"MISP_ZEEK_MISP_API_KEY", "not-a-real-key"},
        {"NOTIFY_SOCKET", systemd.path()},
        {"WATCHDOG_USEC", "2000000"}},
       "",
       "/dev/null"});
  EXPECT_EQ(systemd.wait_for("READY=1", kPatience), "READY=1");
  EXPECT_NE(systemd.wait_for("STATUS=not ready: ", kPatience), "");
  EXPECT_EQ(systemd.wait_for("WATCHDOG=1", kPatience), "WATCHDOG=1");
  EXPECT_EQ(systemd.wait_for("WATCHDOG=1", kPatience), "WATCHDOG=1");
  EXPECT_EQ(program.terminate(kPatience), 0);
  EXPECT_EQ(systemd.wait_for("STOPPING=1", kPatience), "STOPPING=1");
}

TEST(ProgramUnderSystemd, SaysThatItReloadsAndThatItIsReadyAgain) {
  NotifySocket systemd;
  Process program(
      {{MISP_ZEEK_PROGRAM, "run", "--misp-url", "http://127.0.0.1:1", "--feed", "tcp://127.0.0.1:1",
        "--zeek", "127.0.0.1:1", "--set", "zeek.transport=broker", "--http", ""},
       {{"MISP_ZEEK_MISP_API_KEY", "not-a-real-key"}, {"NOTIFY_SOCKET", systemd.path()}},
       "",
       "/dev/null"});
  EXPECT_EQ(systemd.wait_for("READY=1", kPatience), "READY=1");
  ASSERT_EQ(::kill(program.pid(), SIGHUP), 0);
  EXPECT_NE(systemd.wait_for("RELOADING=1\nMONOTONIC_USEC=", kPatience), "");
  EXPECT_EQ(systemd.wait_for("READY=1", kPatience), "READY=1");
  EXPECT_EQ(program.terminate(kPatience), 0);
}

}  // namespace
}  // namespace misp_zeek::process
