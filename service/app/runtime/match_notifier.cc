// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/match_notifier.h"

#include <utility>

#include "app/process/log.h"

namespace misp_zeek::app {

MatchNotifier::MatchNotifier(MatchNoticeOptions options, std::unique_ptr<Webhook> webhook,
                             std::function<void()> wake)
    : webhook_(std::move(webhook)),
      notices_(std::move(options)),
      poster_([this](const std::string& text) { return webhook_->post(text); }, std::move(wake)) {}

MatchNotifier::~MatchNotifier() {
  webhook_->cancel();
  poster_.stop();
}

void MatchNotifier::add(const contract::Seen& seen, const std::string& zeek, SteadyMs now) {
  for (const auto& sighting : seen.sightings) {
    notices_.add(sighting, zeek, now);
  }
}

void MatchNotifier::turn(SteadyMs now) {
  if (const auto posted = poster_.take()) {
    notices_.on_posted(*posted, now);
  }
  if (auto text = notices_.next_post(now)) {
    poster_.submit(std::move(*text));
  }
  if (notices_.problem() == told_problem_) {
    return;
  }
  told_problem_ = notices_.problem();
  if (told_problem_.empty()) {
    log::info("the webhook accepts matches again");
  } else {
    log::warn("posting to the webhook failed", {{"reason", told_problem_}});
  }
}

}  // namespace misp_zeek::app
