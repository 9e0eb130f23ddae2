// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/sighting_reporter.h"

#include <algorithm>
#include <random>
#include <utility>

#include "core/sightings/sighting_check.h"

namespace misp_zeek::app {
namespace {

/// A post takes MISP about a tenth of a second.
constexpr std::chrono::seconds kLastPost{2};
constexpr std::chrono::seconds kLastWrite{10};
constexpr SteadyMs kMinute = 60'000;

SightingOptions queue_options(const SightingConfig& config) {
  SightingOptions options;
  options.aggregate = config.aggregate;
  options.max_per_second = config.max_per_second;
  options.max_rows = config.max_waiting;
  options.seed = std::random_device{}();
  return options;
}

}  // namespace

Result<std::unique_ptr<Sightings>> Sightings::start(const SightingConfig& config,
                                                    std::unique_ptr<SightingStorage> storage,
                                                    std::unique_ptr<MispSightings> misp,
                                                    Mapping mapping, std::function<void()> wake) {
  auto stored = storage->load();
  if (!stored) {
    return tl::unexpected<Error>(std::move(stored.error()));
  }
  return std::unique_ptr<Sightings>(new Sightings(config, std::move(*stored), std::move(storage),
                                                  std::move(misp), std::move(mapping),
                                                  std::move(wake)));
}

Sightings::Sightings(const SightingConfig& config, SightingState stored,
                     std::unique_ptr<SightingStorage> storage, std::unique_ptr<MispSightings> misp,
                     Mapping mapping, std::function<void()> wake)
    : config_(config),
      storage_(std::move(storage)),
      misp_(std::move(misp)),
      mapping_(std::move(mapping)),
      queue_(queue_options(config), std::move(stored)),
      writer_([this](const SightingWrite& write) { return storage_->write(write); }, wake),
      poster_([this](const SightingPost& one) { return post(one); }, std::move(wake)) {
  if (queue_.rows() > 0) {
    log::info("sightings wait for MISP",
              {{"rows", queue_.rows()}, {"matches", queue_.waiting_matches()}});
  }
}

Sightings::~Sightings() {
  misp_->cancel();
  poster_.stop();
  writer_.stop();
}

void Sightings::set_mapping(Mapping mapping) {
  const std::lock_guard lock(mapping_mutex_);
  mapping_ = std::move(mapping);
}

Result<PostOutcome> Sightings::post(const SightingPost& post) {
  std::unique_lock lock(mapping_mutex_);
  const Mapping mapping = mapping_;
  lock.unlock();
  return post_if_unchanged(*misp_, mapping, post);
}

void Sightings::on_seen(contract::Seen seen, std::size_t zeek, const std::string& name,
                        const IndicatorStore* known, TimePoint now) {
  const auto dropped = drop_impossible(seen, known, now.unix_seconds);
  if (dropped > 0) {
    impossible_.warn("sightings dropped: of no indicator that is known here, or of another time",
                     {{"zeek", name}, {"count", dropped}});
  }
  const bool fresh =
      queue_.on_seen(seen, zeek, config_.source.empty() ? name : config_.source, now, dropped);
  if (fresh && notifier_) {
    notifier_->add(seen, name, now.steady);
  }
}

void Sightings::on_feed(const SightingMessage& message) { queue_.is_own(message); }

void Sightings::take_outcomes(TimePoint now) {
  if (const auto written = writer_.take()) {
    queue_.on_written(written->has_value(), now.steady);
    if (!*written) {
      write_error_ = written->error().message;
      write_problem_.error("sightings cannot be stored", {{"reason", write_error_}});
    }
  }
  if (const auto posted = poster_.take()) {
    queue_.on_posted(*posted, now.steady);
  }
}

void Sightings::turn(const std::vector<Peer>& peers, const std::optional<MispUser>& user,
                     TimePoint now) {
  queue_.set_permitted(user ? std::optional(user->perm_sighting) : std::nullopt, now.steady);
  take_outcomes(now);
  for (const auto& answer : queue_.take_acknowledgements()) {
    // Zeek repeats what a broken link loses.
    peers.at(answer.zeek).link->send(answer.ack);
  }
  // Before the next write: a row that is being written is not posted.
  if (auto post = queue_.next_post(now.steady)) {
    poster_.submit(std::move(*post));
  }
  if (auto write = queue_.next_write(now.steady)) {
    writer_.submit(std::move(*write));
  }
  tell(user && !user->perm_sighting);
  tell_dropped(now);
  if (notifier_) {
    notifier_->turn(now.steady);
  }
}

std::optional<SteadyMs> Sightings::deadline() const {
  auto due = queue_.deadline();
  if (const auto notice = notifier_ ? notifier_->deadline() : std::nullopt) {
    due = std::min(due.value_or(*notice), *notice);
  }
  return due;
}

void Sightings::tell(bool right_is_missing) {
  if (std::exchange(told_in_memory_, queue_.in_memory()) != queue_.in_memory()) {
    if (queue_.in_memory()) {
      log::error("sightings are kept in memory alone", {{"reason", write_error_}});
    } else {
      log::info("sightings are stored again", {{"rows", queue_.rows()}});
    }
  }
  if (std::exchange(told_right_, right_is_missing) != right_is_missing && right_is_missing) {
    log::warn(
        "sightings are kept, but not posted: the role of the MISP user lacks the right to add "
        "sightings (perm_sighting)");
  }
  if (queue_.problem() != told_problem_) {
    told_problem_ = queue_.problem();
    if (told_right_) {
      // Said above.
    } else if (told_problem_.empty()) {
      log::info("MISP accepts sightings again", {{"waiting", queue_.waiting_matches()}});
    } else {
      log::warn("sending a sighting to MISP failed", {{"reason", told_problem_}});
    }
  }
}

/// The first at once, then a sum each minute.
void Sightings::tell_dropped(TimePoint now) {
  if (tell_dropped_after_ && now.steady < *tell_dropped_after_) {
    return;
  }
  const auto& all = queue_.counters();
  const auto& told = told_dropped_;
  const std::uint64_t gone = all.gone - told.gone;
  const std::uint64_t changed = all.changed - told.changed;
  const std::uint64_t refused = all.refused - told.refused;
  const std::uint64_t full = all.dropped - told.dropped;
  if (gone + changed + refused + full == 0) {
    tell_dropped_after_.reset();
    return;
  }
  const log::Fields fields = {{"attribute_gone", gone},
                              {"attribute_changed", changed},
                              {"refused", refused},
                              {"spool_full", full},
                              {"total", all.gone + all.changed + all.refused + all.dropped},
                              {"waiting", queue_.waiting_matches()}};
  if (refused + full > 0) {
    log::warn("matches dropped", fields);
  } else {
    log::info("matches dropped", fields);
  }
  told_dropped_ = all;
  tell_dropped_after_ = now.steady + kMinute;
}

bool Sightings::wants_user(TimePoint now) {
  const bool refused = told_right_ || queue_.unauthorized();
  if (!refused || now.steady < ask_user_after_) {
    return false;
  }
  ask_user_after_ = now.steady + kMinute;
  return true;
}

void Sightings::stop(TimePoint now) {
  if (std::exchange(stopped_, true)) {
    return;
  }
  poster_.wait(kLastPost);
  misp_->cancel();
  poster_.stop();
  writer_.wait(kLastWrite);
  writer_.stop();
  take_outcomes(now);
  if (const auto write = queue_.next_write(now.steady)) {
    queue_.on_written(storage_->write(*write).has_value(), now.steady);
  }
}

}  // namespace misp_zeek::app
