// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/session/zeek_session.h"
#include "http/health.h"

namespace misp_zeek::app {

/// The checks of `/readyz` as one line: "in sync", or what is wrong.
std::string status_line(const std::vector<http::Check>& checks);

/// What the service tells systemd (`Type=notify`, `WatchdogSec=`): sd_notify(3).
///
/// For the loop thread, so that a loop that hangs is no longer alive to systemd. Nothing is sent
/// when systemd did not ask (NOTIFY_SOCKET, WATCHDOG_USEC). A notice that cannot be sent is lost
/// without an error: systemd then acts by its own time limits.
class SystemdNotifier {
 public:
  SystemdNotifier();

  /// All is set up; from here `systemctl start` returns. It does not wait for MISP or Zeek, which
  /// may be away for long.
  void ready();
  /// A new configuration is being taken up; until ready().
  void reloading();
  /// The line "Status:" of `systemctl status`; sent when it differs from the last one.
  void status(const std::string& text);
  /// The loop turned at `now`. Sent twice within the watchdog's time.
  void alive(SteadyMs now);
  void stopping();

 private:
  bool asked_;
  SteadyMs watchdog_interval_ = 0;  ///< 0: no watchdog
  std::optional<SteadyMs> alive_sent_;
  std::string status_;
};

}  // namespace misp_zeek::app
