// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_group.h"

#include <utility>
#include <variant>

namespace misp_zeek::misp {

FeedGroup::FeedGroup(std::vector<Member> members, std::chrono::milliseconds silence)
    : members_(std::move(members)), silence_(silence), states_(members_.size()) {}

FeedGroup::~FeedGroup() { stop(); }

void FeedGroup::start(OnReport on_report) {
  on_report_ = std::move(on_report);
  for (std::size_t i = 0; i < members_.size(); ++i) {
    members_[i].feed->start(
        [this, i](FeedReport report) { return this->on_report(i, std::move(report)); });
  }
}

void FeedGroup::stop() {
  for (auto& member : members_) {
    member.feed->stop();
  }
}

FeedCounters FeedGroup::counters() const {
  FeedCounters all;
  for (const auto& member : members_) {
    const FeedCounters one = member.feed->counters();
    all.received += one.received;
    all.bytes += one.bytes;
    all.malformed += one.malformed;
    all.dropped += one.dropped;
  }
  return all;
}

void FeedGroup::note(std::size_t member, const FeedReport& report) {
  State& state = states_[member];
  const Time now = std::chrono::steady_clock::now();
  if (const auto* lost = std::get_if<FeedDisconnected>(&report)) {
    state.connected = false;
    state.problem = lost->reason;
    return;
  }
  state.heard = now;
  state.connected |= std::holds_alternative<FeedConnected>(report);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].connected) {
      states_[i].problem = now - states_[i].heard > silence_
                               ? members_[i].name + " is silent while another publisher speaks"
                               : "";
    }
  }
}

/// Reports the group's state if it differs from the one that was reported last.
bool FeedGroup::tell_state() {
  std::string problem;
  for (const State& state : states_) {
    problem = problem.empty() ? state.problem : problem;
  }
  if (told_ && problem == told_problem_) {
    return true;
  }
  if (!on_report_(problem.empty() ? FeedReport(FeedConnected{})
                                  : FeedReport(FeedDisconnected{problem}))) {
    return false;
  }
  told_ = true;
  told_problem_ = std::move(problem);
  return true;
}

bool FeedGroup::on_report(std::size_t member, FeedReport report) {
  const std::lock_guard lock(mutex_);
  note(member, report);
  if (!tell_state()) {
    return false;
  }
  if (std::holds_alternative<FeedConnected>(report) ||
      std::holds_alternative<FeedDisconnected>(report)) {
    return true;
  }
  if (auto* message = std::get_if<FeedMessageAt>(&report)) {
    if (auto* heartbeat = std::get_if<Heartbeat>(&message->message)) {
      states_[member].uptime = heartbeat->uptime_seconds;
      heartbeat->uptime_seconds = 0;
      for (const State& state : states_) {
        heartbeat->uptime_seconds += state.uptime;
      }
    }
  }
  return on_report_(std::move(report));
}

}  // namespace misp_zeek::misp
