// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/mapping/mapping.h"
#include "core/model/indicator.h"
#include "core/store/indicator_store.h"
#include "model/misp_model.h"
#include "model/zeek_side.h"

namespace misp_zeek::model {

/// What must hold at every moment, judged from the states that MISP had and what each Zeek holds,
/// without a look at the service.
class Invariants {
 public:
  explicit Invariants(MispModel::Reader reader) : reader_(std::move(reader)) {}

  /// MISP has come to this state, or time has passed.
  void note(const MispModel::State& state, std::int64_t now);
  /// A Zeek lost its items by itself: nothing was ever in it.
  void forget(const std::string& zeek) { required_[zeek].clear(); }
  /// A forged message may bring it in for a while, until it is verified.
  void tolerate(const EntryKey& entry) { ever_allowed_.insert(entry); }
  /// The service's user sees something else from now on; what the old one saw may stay for a while.
  void set_reader(MispModel::Reader reader) {
    former_readers_.push_back(std::exchange(reader_, std::move(reader)));
  }
  /// The service forgot what only messages had told: what is not in this state may go.
  void forget_beyond(const MispModel::State& committed, std::int64_t now);

  /// An older copy of the data was put back, and nobody tells. That an event was published is not
  /// taken back otherwise, and no message of an attribute says whether it ever was: until
  /// read_anew() the service may take up attributes of an event whose publication the copy lacks.
  void put_back(const MispModel::State& before);
  /// The service has read everything since.
  void read_anew() { believed_.clear(); }

  /// Never does a Zeek hold what no state allowed; never does it lack what it had and what all
  /// states required since. `caught_up`: no message is under way that may take something away.
  /// Empty: it holds.
  std::string check(const ZeekSide& zeek, bool caught_up);
  /// When all is quiet: the Zeek, the store and the session agree with the naive rebuild.
  std::string check_settled(const ZeekSide& zeek, const IndicatorStore& store,
                            const MispModel::State& state, std::int64_t now) const;

 private:
  /// An entry and an attribute that supports it, and the last second of its age.
  using Support = std::map<std::pair<EntryKey, Uuid>, std::int64_t>;

  Support wanted(const MispModel::State& state, std::int64_t now) const {
    return wanted(state, reader_, now);
  }
  Support wanted(const MispModel::State& state, const MispModel::Reader& reader,
                 std::int64_t now) const;
  /// What an entry shows of the tags of its attributes.
  std::map<EntryKey, std::string> shown_tags(const MispModel::State& state, std::int64_t now) const;
  MispModel::State as_believed(MispModel::State state) const;

  MispModel::Reader reader_;
  std::vector<MispModel::Reader> former_readers_;
  Mapping mapping_;
  /// By the newest state, and by the shortest of the ages that have not passed: the service may
  /// lack the messages that made an attribute younger.
  Support wanted_;
  /// The last seconds of all ages that an attribute has had while it was wanted.
  std::map<Support::key_type, std::set<std::int64_t>> ages_;
  std::set<EntryKey> ever_allowed_;
  std::map<std::uint64_t, Event> believed_;  ///< published once, as the service may still think
  /// By Zeek: was in it, and wanted since.
  std::map<std::string, Support> required_;
};

}  // namespace misp_zeek::model
