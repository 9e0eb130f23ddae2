// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mutex>
#include <string>

#include "core/session/zeek_link.h"
#include "zeek/wire.h"

namespace misp_zeek::zeek {

/// A link's reports on their way to its owner: none after silence(), every error with the place it
/// is about, and the same failure to connect only once in a row.
///
/// Threads: silence() may be called by any; the others by the link's.
class LinkReports {
 public:
  /// `place` begins every error's text, e.g. "sensor-1 at 127.0.0.1:25760"; empty: they have one.
  LinkReports(std::string place, ZeekLink::OnReport on_report);

  void up(std::string peer);
  /// A connection that was up ended.
  void lost(Error error);
  /// An attempt failed.
  void failed(Error error);
  void malformed(Error error);
  /// What another link reports, as it is.
  void pass(LinkReport report);
  /// Decodes the event, and reports the message or what is wrong with it.
  void event(const WireEvent& event);
  /// When it returns, no report is under way or will come.
  void silence();

 private:
  void give(LinkReport report);
  Error with_place(Error error) const;

  const std::string place_;
  const ZeekLink::OnReport on_report_;
  std::string last_failure_;
  std::mutex mutex_;  ///< held while a report is given
  bool silent_ = false;
};

}  // namespace misp_zeek::zeek
