// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/base/error.h"
#include "core/sync/rest_call.h"

namespace misp_zeek {

/// Port: MISP's REST interface. Blocking; one call at a time for each object, so that as many
/// objects are needed as calls shall be in flight. `cancel` makes the running and all later calls
/// return kCancelled and may be called from any thread.
///
/// Errors: kUnauthorized for 401 and 403, kRateLimited with the time to wait, kTimeout, also for
/// 504, kUnavailable for 5xx and the network, kIncompatible for a MISP or a user that the service
/// cannot work with.
class MispRest {
 public:
  virtual ~MispRest() = default;
  /// The reply's body is of the call's kind.
  virtual Result<RestReply> call(const RestCall& call) = 0;
  virtual void cancel() = 0;
};

}  // namespace misp_zeek
