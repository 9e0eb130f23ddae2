// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/sync_status.h"

namespace misp_zeek {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::kTimer:
      return "timer";
    case Cause::kStart:
      return "start";
    case Cause::kReconnect:
      return "reconnect";
    case Cause::kSilence:
      return "silence";
    case Cause::kPublisherRestart:
      return "publisher_restart";
    case Cause::kQueueOverflow:
      return "queue_overflow";
    case Cause::kMalformed:
      return "malformed";
    case Cause::kMessage:
      return "message";
    case Cause::kOperator:
      return "operator";
    case Cause::kConfiguration:
      return "configuration";
    case Cause::kViewer:
      return "viewer";
  }
  return "timer";
}

std::string_view to_string(ReconcileKind kind) {
  switch (kind) {
    case ReconcileKind::kFull:
      return "full";
    case ReconcileKind::kIndex:
      return "index";
    case ReconcileKind::kEvents:
      break;
  }
  return "events";
}

}  // namespace misp_zeek
