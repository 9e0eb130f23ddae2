// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/auto_link.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <variant>

#include "zeek/backoff.h"
#include "zeek/link_reports.h"

namespace misp_zeek::zeek {

/// Looks for a way, on a thread of its own, and passes on the reports of the one that is up.
class AutoLink::Search {
 public:
  Search(const AutoLinkOptions& options, std::string service_id, OnReport on_report)
      : options_(options),
        service_id_(std::move(service_id)),
        on_report_(std::move(on_report)),
        reports_("", on_report_),
        backoff_(options.retry_interval, options.max_retry_interval, std::random_device{}()),
        thread_([this] { run(); }) {}

  ~Search() {
    reports_.silence();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  bool send(contract::ToZeek message) {
    const std::lock_guard lock(mutex_);
    return link_ != nullptr && link_->send(std::move(message));
  }

 private:
  void run() {
    while (!sleep(backoff_.next())) {
      std::optional<Error> wrong;  // with the first way at which something listens
      bool was_up = false;
      for (auto way = options_.ways.begin(); way != options_.ways.end() && !was_up; ++way) {
        auto end = follow(*way);
        was_up = !end;
        if (end && end->code != ErrorCode::kUnavailable && !wrong) {
          wrong = std::move(end);
        }
      }
      if (was_up) {
        backoff_.reset();
      } else {
        reports_.failed(wrong.value_or(nothing_listens()));
      }
    }
  }

  Error nothing_listens() const {
    std::string names;
    for (const Way& way : options_.ways) {
      names += (names.empty() ? "" : ", ") + way.name;
    }
    return {ErrorCode::kUnavailable,
            place() + ": nothing listens at " + names +
                ": Zeek must run with the package, which listens when Zeek has certificates or "
                "MISP::allow_unauthenticated = T (its reporter.log says so), at "
                "MISP::websocket_listen_address and MISP::broker_listen_address, 127.0.0.1 if not "
                "set",
            0};
  }

  std::string place() const { return options_.name + " at " + options_.address; }

  /// Goes this way while it is up. What was wrong with it; nullopt: it was up, or this is the end.
  std::optional<Error> follow(const Way& way) {
    const auto link = way.make();
    std::unique_lock lock(mutex_);
    state_ = State::kTried;
    failure_.reset();
    link_ = link.get();
    link_->start(service_id_, [this](LinkReport report) { on_report(report); });
    const bool is_up = changed_.wait_for(lock, options_.patience, [this] {
      return stopping_ || state_ == State::kUp || failure_;
    }) && state_ == State::kUp;
    while (is_up && !stopping_) {
      changed_.wait(lock, [this] { return stopping_ || state_ == State::kDown; });
      if (!changed_.wait_for(lock, options_.loyalty,
                             [this] { return stopping_ || state_ == State::kUp; })) {
        break;
      }
    }
    link_ = nullptr;
    const bool ends = stopping_;
    lock.unlock();
    link->stop();
    if (is_up || ends) {
      return std::nullopt;
    }
    return failure_.value_or(Error{ErrorCode::kTimeout, place() + ": no answer at " + way.name, 0});
  }

  /// On the way's thread.
  void on_report(LinkReport& report) {
    bool passes = true;
    {
      const std::lock_guard lock(mutex_);
      if (std::holds_alternative<LinkUp>(report)) {
        state_ = State::kUp;
      } else if (const auto* down = std::get_if<LinkDown>(&report)) {
        passes = state_ == State::kUp;
        state_ = state_ == State::kTried ? State::kTried : State::kDown;
        failure_ = down->error;
      }
    }
    changed_.notify_all();
    if (passes) {
      reports_.pass(std::move(report));
    }
  }

  /// Whether this is the end.
  bool sleep(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, pause, [this] { return stopping_; });
  }

  enum class State { kTried, kUp, kDown };

  const AutoLinkOptions& options_;
  const std::string service_id_;
  const OnReport on_report_;
  LinkReports reports_;
  Backoff backoff_;

  std::mutex mutex_;  ///< of all below
  std::condition_variable changed_;
  ZeekLink* link_ = nullptr;  ///< takes messages
  State state_ = State::kTried;
  std::optional<Error> failure_;
  bool stopping_ = false;
  std::thread thread_;
};

AutoLink::AutoLink(AutoLinkOptions options) : options_(std::move(options)) {}
AutoLink::~AutoLink() = default;

void AutoLink::start(std::string service_id, OnReport on_report) {
  search_ = std::make_unique<Search>(options_, std::move(service_id), std::move(on_report));
}

bool AutoLink::send(contract::ToZeek message) {
  return search_ != nullptr && search_->send(std::move(message));
}

void AutoLink::stop() { search_.reset(); }

}  // namespace misp_zeek::zeek
