// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/base/time.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Asks MISP who the key belongs to, every 5 min and when MISP refuses it: what the user may see
/// decides what Zeek must hold.
class ViewerWatch {
 public:
  explicit ViewerWatch(SyncContext& context) : context_(context) {}

  bool due() const { return !asked_ && context_.time() >= next_; }
  SteadyMs next_due() const { return next_; }
  void start() { asked_ = true; }
  /// True: another user than before, or other rights.
  bool on_user(const MispUser& user);
  void on_error(ErrorCode code, SteadyMs retry_at);
  /// MISP refused another request, or an operator asks.
  void ask_now() { next_ = context_.time(); }
  /// The service cannot work with this MISP or this user: nothing else is asked.
  bool refused() const { return refused_; }
  void forget_request() { asked_ = false; }

 private:
  static constexpr SteadyMs kInterval = 300'000;

  SyncContext& context_;
  SteadyMs next_ = 0;
  bool asked_ = false;
  bool refused_ = false;
};

}  // namespace misp_zeek
