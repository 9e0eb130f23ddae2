// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "core/session/zeek_session.h"
#include "core/store/indicator_store.h"
#include "zeek_sim/package_model.h"

namespace misp_zeek::model {

/// One Zeek, the service's session with it and the link between them, in simulated time.
class ZeekSide {
 public:
  /// `pace`: milliseconds that a message takes in each direction.
  ZeekSide(std::string name, SteadyMs pace);

  /// A service process has started: a session of its own. The link comes up by itself.
  void start_service(const IndicatorStore& store, const std::string& service_id, SteadyMs now);
  /// Carries what is due. True: Zeek's items may have changed.
  bool step(SteadyMs now);
  /// An operator lets a snapshot end that would remove much.
  void accept_shrink() { session_->accept_shrink(); }
  /// When step() has something to do at the latest.
  SteadyMs due(SteadyMs now) const;

  // Faults.
  void cut_link(SteadyMs now, SteadyMs duration);
  void restart(SteadyMs now);
  bool lose_entry(std::size_t index);
  void drop_next_message() { drop_to_zeek_ = true; }
  void drop_next_answer() { drop_from_zeek_ = true; }
  void set_pace(SteadyMs pace) { pace_ = pace; }

  const std::string& name() const { return name_; }
  const sim::PackageModel& package() const { return package_; }
  const ZeekSession& session() const { return *session_; }
  bool idle() const { return link_up_ && to_zeek_.empty() && from_zeek_.empty(); }

 private:
  template <typename T>
  struct Delayed {
    SteadyMs at = 0;
    T message;
  };

  std::string name_;
  SteadyMs pace_;
  sim::PackageModel package_;
  int instances_ = 1;
  std::unique_ptr<ZeekSession> session_;
  bool link_up_ = false;
  SteadyMs link_back_at_ = 0;
  bool drop_to_zeek_ = false;
  bool drop_from_zeek_ = false;
  std::deque<Delayed<contract::ToZeek>> to_zeek_;
  std::deque<Delayed<contract::FromZeek>> from_zeek_;
};

}  // namespace misp_zeek::model
