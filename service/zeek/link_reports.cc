// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/link_reports.h"

#include <utility>
#include <variant>

#include "zeek/codec.h"

namespace misp_zeek::zeek {

LinkReports::LinkReports(std::string place, ZeekLink::OnReport on_report)
    : place_(std::move(place)), on_report_(std::move(on_report)) {}

void LinkReports::up(std::string peer) {
  last_failure_.clear();
  give(LinkUp{std::move(peer)});
}

void LinkReports::lost(Error error) { give(LinkDown{with_place(std::move(error))}); }

void LinkReports::failed(Error error) {
  if (error.message != last_failure_) {
    last_failure_ = error.message;
    give(LinkDown{with_place(std::move(error))});
  }
}

void LinkReports::malformed(Error error) { give(LinkMalformed{with_place(std::move(error))}); }

void LinkReports::pass(LinkReport report) {
  if (std::holds_alternative<LinkUp>(report)) {
    last_failure_.clear();
  }
  give(std::move(report));
}

void LinkReports::event(const WireEvent& event) {
  auto decoded = decode_from_zeek(event);
  if (decoded) {
    give(std::move(*decoded));
  } else {
    malformed(std::move(decoded.error()));
  }
}

void LinkReports::silence() {
  const std::lock_guard lock(mutex_);
  silent_ = true;
}

void LinkReports::give(LinkReport report) {
  const std::lock_guard lock(mutex_);
  if (!silent_) {
    on_report_(std::move(report));
  }
}

Error LinkReports::with_place(Error error) const {
  if (!place_.empty()) {
    error.message = place_ + ": " + error.message;
  }
  return error;
}

}  // namespace misp_zeek::zeek
