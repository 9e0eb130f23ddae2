// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/session/messages.h"

namespace misp_zeek::sim {

/// What one Zeek is like, as far as the contract shows it.
struct PackageOptions {
  std::string package_version = "0.0.0-model";
  std::string zeek_version = "0.0.0-model";
  std::string node = "model";
  std::size_t max_indicator_bytes = 2048;
  std::set<IndicatorType> unknown_types;    ///< refused as `unknown_type`
  std::function<bool(const Item&)> vetoes;  ///< true: refused as `vetoed`; empty: vetoes nothing
  std::uint64_t workers = 0;                ///< configured and connected
  std::uint64_t workers_in_sync = 0;
};

/// The Zeek package of one owner as `proto/README.md` describes it, without Zeek: every message in,
/// the answers out, in order. Pure and deterministic; no thread, no I/O.
///
/// Where the contract leaves a choice: a refused item's predecessor that is taken out counts as
/// `removed`; `end_v2` without `begin_v1` is answered by a resync, because to sweep would empty
/// Zeek; an unchanged item is not validated again. It knows no time: a hello takes the session over
/// at once, as if the lease of the one before had ended, unless set_holder() says otherwise.
class PackageModel {
 public:
  /// `instance` names this start of Zeek.
  explicit PackageModel(std::string instance, PackageOptions options = {});

  std::vector<contract::FromZeek> handle(const contract::ToZeek& message);

  /// The sighting waits; what is to be sent now, if anything is.
  std::vector<contract::FromZeek> see(contract::Sighting sighting);
  /// A cap keeps so many matches back; what is to be sent now, if anything is.
  std::vector<contract::FromZeek> suppress(std::uint64_t matches);
  /// Sightings that the service has not acknowledged.
  std::size_t waiting_sightings() const;

  /// Zeek starts anew: everything is forgotten.
  void restart(std::string instance);
  /// Removes an entry behind the service's back, as a fault that nobody notices but by the digest.
  /// False: it was not there.
  bool lose(const EntryKey& entry);
  /// Removes all entries of an indicator and notices it, as the package does when another script
  /// removes it: what is to be sent. `suppressed`: the site wants it out.
  std::vector<contract::FromZeek> lose_indicator(const IndicatorKey& indicator,
                                                 bool suppressed = false);
  /// Whom other services are told of: they are refused for the reason, or stand by if it is empty.
  void set_holder(std::string holder, std::string reason = "");

  const std::map<EntryKey, Item>& items() const { return items_; }
  std::uint64_t digest() const { return digest_; }
  static DigestKey digest_key();
  /// Empty while nothing is known to be complete: at the start and inside a snapshot.
  const std::string& epoch() const { return epoch_; }
  std::uint64_t revision() const { return revision_; }
  /// Topic id of the service that opened the current session; empty before the first.
  const std::string& service_id() const { return service_id_; }
  PackageOptions& options() { return options_; }

 private:
  using Answers = std::vector<contract::FromZeek>;

  Answers on(const contract::Hello& hello);
  Answers on(const contract::Begin& begin);
  Answers on(const contract::Apply& apply);
  Answers on(const contract::End& end);
  Answers on(const contract::Ping& ping);
  Answers on(const contract::Bye& bye);
  Answers on(const contract::SeenAck& ack);
  Answers on(const contract::Probe& probe);
  Answers next_seen();

  bool is_current(const std::string& session) const;
  std::optional<contract::Resync> take_seq(std::uint64_t seq);
  contract::Resync stop_session(std::string reason);
  void upsert(const Item& item, contract::Ack& ack);
  bool remove(const EntryKey& entry);
  std::optional<std::string_view> refusal(const Item& item) const;
  void reach(const std::string& epoch, std::uint64_t revision);
  contract::HelloAck hello_ack(const std::string& session) const;

  PackageOptions options_;
  std::string instance_;
  std::map<EntryKey, Item> items_;
  std::uint64_t digest_ = 0;
  std::string epoch_;
  std::uint64_t revision_ = 0;

  std::string service_id_;
  std::string session_;
  bool stopped_ = false;  ///< a resync was sent; only a hello is heard
  std::uint64_t last_seq_ = 0;
  bool in_snapshot_ = false;

  std::uint64_t seen_seq_ = 0;
  std::optional<contract::Seen> unanswered_;
  bool unanswered_is_old_ = false;  ///< it was there at the last ping
  std::deque<contract::Sighting> sightings_;
  std::uint64_t capped_ = 0;  ///< not told yet

  std::set<IndicatorKey> lost_;
  std::set<IndicatorKey> suppressed_;
  std::string holder_;
  std::string refusal_;

  std::set<EntryKey> unnamed_;  ///< entries that the running snapshot has not named yet
};

}  // namespace misp_zeek::sim
