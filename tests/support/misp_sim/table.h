// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace misp_zeek::misp_sim {

using Id = std::uint64_t;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Rows of one SQL table in order of their id, with what other connections see of them: MISP sends
/// its messages before COMMIT, so readers may not see a change for a while. Writers see
/// their own changes at once (`find`, `rows`), readers use the `visible` functions.
/// Not thread safe: the owner locks.
template <typename Row>
class Table {
 public:
  [[nodiscard]] const Row* find(Id id) const {
    const auto it = rows_.find(id);
    return it == rows_.end() ? nullptr : &it->second;
  }

  [[nodiscard]] const std::map<Id, Row>& rows() const { return rows_; }

  /// Changes with every write and with every commit: equal versions mean equal visible rows.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  /// Adds `row` under `row.id`, which must be new.
  const Row& insert(Row row) {
    remember(row.id);
    const Id id = row.id;
    return rows_.insert_or_assign(rows_.end(), id, std::move(row))->second;
  }

  /// Write access to a row that exists.
  Row& edit(Id id) {
    remember(id);
    return rows_.at(id);
  }

  void erase(Id id) {
    remember(id);
    rows_.erase(id);
  }

  /// Changes from now on stay invisible until `until`; nullopt: visible at once.
  void hold_until(std::optional<SteadyTime> until) { hold_until_ = until; }

  /// Makes the changes visible whose time has come.
  void commit(SteadyTime now) {
    for (auto it = held_.begin(); it != held_.end();) {
      const bool due = it->second.until <= now;
      version_ += due ? 1U : 0U;
      it = due ? held_.erase(it) : std::next(it);
    }
  }

  [[nodiscard]] bool holds_changes() const { return !held_.empty(); }

  [[nodiscard]] const Row* find_visible(Id id) const {
    const auto it = held_.find(id);
    if (it == held_.end()) return find(id);
    return it->second.before ? &*it->second.before : nullptr;
  }

  /// Calls `fn(const Row&)` for every visible row in order of the ids.
  template <typename Fn>
  void for_each_visible(Fn fn) const {
    auto row = rows_.begin();
    for (const auto& [id, held] : held_) {
      for (; row != rows_.end() && row->first < id; ++row) fn(row->second);
      if (row != rows_.end() && row->first == id) ++row;
      if (held.before) fn(*held.before);
    }
    for (; row != rows_.end(); ++row) fn(row->second);
  }

 private:
  struct Held {
    std::optional<Row> before;  ///< as readers still see it; nullopt: not there
    SteadyTime until;
  };

  void remember(Id id) {
    ++version_;
    if (!hold_until_) return;
    const auto* row = find(id);
    auto [it, added] = held_.try_emplace(id, Held{{}, *hold_until_});
    if (added && row != nullptr) it->second.before = *row;
    it->second.until = *hold_until_;
  }

  std::map<Id, Row> rows_;
  std::map<Id, Held> held_;
  std::optional<SteadyTime> hold_until_;
  std::uint64_t version_ = 0;
};

}  // namespace misp_zeek::misp_sim
