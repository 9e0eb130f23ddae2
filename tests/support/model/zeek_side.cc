// SPDX-License-Identifier: BSD-3-Clause
#include "model/zeek_side.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace misp_zeek::model {

ZeekSide::ZeekSide(std::string name, SteadyMs pace)
    : name_(std::move(name)), pace_(pace), package_(name_ + "-1") {}

void ZeekSide::start_service(const IndicatorStore& store, const std::string& service_id,
                             SteadyMs now) {
  SessionOptions options;
  options.service_id = service_id;
  options.service_version = "model";
  session_ = std::make_unique<ZeekSession>(name_, options, store);
  link_up_ = false;
  link_back_at_ = now + 100;
  from_zeek_.clear();  // what the old process sent is still on its way to Zeek
}

bool ZeekSide::step(SteadyMs now) {
  if (!link_up_ && now >= link_back_at_) {
    link_up_ = true;
    session_->on_report(LinkUp{"model"}, now);
  }
  while (!from_zeek_.empty() && from_zeek_.front().at <= now) {
    const auto message = std::move(from_zeek_.front().message);
    from_zeek_.pop_front();
    if (link_up_ && !std::exchange(drop_from_zeek_, false)) {
      session_->on_report(message, now);
    }
  }
  for (auto& message : session_->poll(now)) {
    if (link_up_ && !std::exchange(drop_to_zeek_, false)) {
      to_zeek_.push_back({now + pace_, std::move(message)});
    }
  }
  bool handled = false;
  while (!to_zeek_.empty() && to_zeek_.front().at <= now) {
    const auto message = std::move(to_zeek_.front().message);
    to_zeek_.pop_front();
    handled = true;
    for (auto& answer : package_.handle(message)) {
      from_zeek_.push_back({now + pace_, std::move(answer)});
    }
  }
  return handled;
}

SteadyMs ZeekSide::due(SteadyMs now) const {
  SteadyMs due = now + 1'000;
  if (!link_up_) {
    due = std::min(due, link_back_at_);
  }
  if (!to_zeek_.empty()) {
    due = std::min(due, to_zeek_.front().at);
  }
  if (!from_zeek_.empty()) {
    due = std::min(due, from_zeek_.front().at);
  }
  if (const auto deadline = session_->deadline()) {
    due = std::min(due, *deadline);
  }
  return due;
}

void ZeekSide::cut_link(SteadyMs now, SteadyMs duration) {
  link_back_at_ = now + duration;
  to_zeek_.clear();
  from_zeek_.clear();
  if (std::exchange(link_up_, false)) {
    session_->on_report(LinkDown{{ErrorCode::kUnavailable, "cut", 0}}, now);
  }
}

void ZeekSide::restart(SteadyMs now) {
  package_.restart(name_ + "-" + std::to_string(++instances_));
  cut_link(now, 300);
}

bool ZeekSide::lose_entry(std::size_t index) {
  const auto& items = package_.items();
  if (items.empty()) {
    return false;
  }
  const auto place = std::next(items.begin(), static_cast<std::ptrdiff_t>(index % items.size()));
  return package_.lose(EntryKey(place->first));
}

}  // namespace misp_zeek::model
