// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/progress.h"

#include <algorithm>

#include "app/process/log.h"

namespace misp_zeek::app {
namespace {

constexpr std::size_t kBarWidth = 20;
constexpr SteadyMs kDrawInterval = 200;
constexpr SteadyMs kLogInterval = 10'000;

}  // namespace

std::string progress_line(std::uint64_t rows, std::uint64_t events, std::uint64_t expected) {
  if (expected == 0) {
    return "reading MISP's index";
  }
  // Some may be read twice, and the end is not reached before it is told.
  const auto percent = std::min<std::uint64_t>(events * 100 / expected, 99);
  std::string bar(percent * kBarWidth / 100, '#');
  bar.resize(kBarWidth, ' ');
  std::string number = std::to_string(percent);
  number.insert(0, 3 - number.size(), ' ');
  return "reading MISP [" + bar + "] " + number + " %, " + std::to_string(events) + " of " +
         std::to_string(expected) + " events, " + std::to_string(rows) + " attributes";
}

void Progress::tell(const MispSync::Status& status, SteadyMs now) {
  if (done_) {
    return;
  }
  if (status.bootstrapped) {
    done_ = true;
    log::set_status_line("");
    return;
  }
  if (status.events_expected == 0 || (next_ && now < *next_)) {
    return;
  }
  const bool terminal = log::on_terminal();
  next_ = now + (terminal ? kDrawInterval : kLogInterval);
  if (terminal) {
    log::set_status_line(
        progress_line(status.rows_read, status.events_read, status.events_expected));
  } else {
    log::info("reading MISP", {{"events", status.events_read},
                               {"expected", status.events_expected},
                               {"attributes", status.rows_read}});
  }
}

}  // namespace misp_zeek::app
