// SPDX-License-Identifier: BSD-3-Clause
// What the loop does for an operator.
#include <optional>
#include <string>

#include "app/process/log.h"
#include "app/runtime/event_loop.h"

namespace misp_zeek::app {

std::string Loop::on_command(const ReconcileCommand& command, TimePoint now) {
  log::info("reconcile requested by an operator", {{"full", command.full},
                                                   {"accept_shrink", command.accept_shrink},
                                                   {"accept_growth", command.accept_growth}});
  std::string answer;
  if (command.accept_growth != 0) {
    answer += accept_growth(command.accept_growth, now) + "; ";
  }
  if (command.accept_shrink) {
    return answer + accept_shrink(now);
  }
  if (command.accept_growth == 0 || command.full) {
    sync_.request_reconcile(command.full, Cause::kOperator, now);
  }
  return answer +
         "reconcile requested; the log has \"reconcile complete\" at its end, with what was "
         "repaired; "
         "/readyz says when all is in sync";
}

std::string Loop::accept_shrink(TimePoint now) {
  std::string answer;
  for (auto& peer : peers_) {
    if (const auto blocked = peer.session->removals_blocked()) {
      answer += "Zeek " + peer.session->name() + " holds " + std::to_string(blocked->zeek_holds) +
                " entries, of which more than " + std::to_string(blocked->allowed) +
                " leave for the " + std::to_string(blocked->store_has) + " that are due; ";
      peer.session->accept_shrink();
    }
  }
  const BlockedRemovals released = sync_.accept_shrink(now);
  if (released.count > 0) {
    return answer + "removing " + std::to_string(released.count) + " of " +
           std::to_string(released.held) + " attributes, max_shrink allowed " +
           std::to_string(released.allowed);
  }
  return answer.empty() ? "nothing is blocked; the full reconcile that starts now may remove more "
                          "than max_shrink allows"
                        : answer + "nothing else is blocked";
}

std::string Loop::accept_growth(std::uint64_t event_id, TimePoint now) {
  const auto accepted = sync_.accept_growth(event_id, now);
  if (!accepted) {
    return "event " + std::to_string(event_id) + " is not blocked by max_growth";
  }
  return "reading event " + std::to_string(event_id) + " (" + accepted->info + "), at least " +
         std::to_string(accepted->attributes) + " attributes";
}

std::string Loop::on_command(const PauseCommand& command, TimePoint) {
  if (paused_ != command.paused) {
    paused_ = command.paused;
    log::info(paused_ ? "paused by an operator: no changes go to Zeek" : "resumed by an operator");
  }
  return paused_ ? "paused: no changes go to Zeek" : "resumed";
}

}  // namespace misp_zeek::app
