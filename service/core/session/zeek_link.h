// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "core/base/error.h"
#include "core/session/messages.h"

namespace misp_zeek {

/// What a link reports. `LinkUp` means messages can be sent; it says nothing of the package.
struct LinkUp {
  std::string peer;  ///< "127.0.0.1:25760", and what is known of the other side
};
struct LinkDown {
  Error error;
};
/// A message that does not follow the contract; it was dropped.
struct LinkMalformed {
  Error error;
};
using LinkReport = std::variant<LinkUp, LinkDown, LinkMalformed, contract::FromZeek>;

/// Port: one connection to one Zeek, over Broker or another transport. A link connects by itself
/// and for ever, with back-off, from start() until stop() or destruction.
///
/// Threads: start(), send() and stop() are called by one thread. Reports come on a thread of the
/// link; the callback must not block and must not call the link.
class ZeekLink {
 public:
  using OnReport = std::function<void(LinkReport)>;

  virtual ~ZeekLink() = default;
  /// Called once. `service_id` names the topic on which answers are expected.
  virtual void start(std::string service_id, OnReport on_report) = 0;
  /// Hands a message to the transport. False: there is no connection, the message was dropped.
  /// True is no promise of arrival: only the package's acknowledgement is.
  virtual bool send(contract::ToZeek message) = 0;
  /// Ends the connection; no report comes after it returns. Idempotent.
  virtual void stop() = 0;
};

}  // namespace misp_zeek
