// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/session/messages.h"
#include "core/session/zeek_link.h"
#include "core/store/indicator_store.h"

namespace misp_zeek {

struct SessionOptions {
  std::string service_id;  ///< 16 hexadecimal digits, see proto/README.md
  std::string service_version;
  std::string owner = "MISP";         ///< whose entries in Zeek these are
  std::string misp;                   ///< which MISP it is; empty: not known
  std::string filter;                 ///< digest of filter and mapping; empty: not known
  std::size_t window = 4;             ///< messages without acknowledgement
  SteadyMs ack_timeout = 30'000;      ///< then a new session is opened
  SteadyMs hello_timeout = 5'000;     ///< then hello is sent again
  SteadyMs ping_interval = 1'000;     ///< between digests; it keeps the lease
  SteadyMs silence = 5'000;           ///< without a pong that is due: Zeek does not answer
  SteadyMs workers_interval = 1'000;  ///< the same while Zeek or a worker repairs something
  SteadyMs standby_interval = 1'000;  ///< between hellos while another service holds the lease
  SteadyMs max_retry_delay = 60'000;  ///< cap of the back-off between failing sessions
  /// Share of what Zeek holds that a first snapshot may remove; beyond, an operator decides.
  double max_shrink = 0.2;
  std::size_t shrink_floor = 10;  ///< so many it may always
};

/// A first snapshot that would remove too much of what Zeek holds.
struct BlockedSnapshot {
  std::uint64_t zeek_holds = 0;
  std::uint64_t store_has = 0;
  std::uint64_t allowed = 0;  ///< so many may go
};

/// Brings one Zeek to the store's state and keeps it there: greets, resumes by changes or sends a
/// snapshot, sends changes as they come, and compares digests. Inserts what is known; a removal
/// waits until the store is authoritative for its event, and the end of a snapshot until it is
/// complete. Pure: the owner feeds it reports of the link and the time, and sends what poll()
/// returns. Reads the store, never changes it. Sightings belong to no session and pass it by.
class ZeekSession {
 public:
  enum class State {
    kDisconnected,  ///< the link is down
    kGreeting,      ///< hello was sent, or will be after a delay
    kStandby,       ///< another service of the same owner holds the lease
    kSnapshot,      ///< between begin and the acknowledgement of end
    kLive,          ///< changes go as they come
  };

  struct Counters {
    std::uint64_t sessions = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t resumed = 0;   ///< sessions that went on without a snapshot
    std::uint64_t messages = 0;  ///< begin, apply and end sent
    std::uint64_t inserted = 0;  ///< as acknowledged
    std::uint64_t updated = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t removed = 0;
    std::uint64_t rejected = 0;
    std::uint64_t resyncs = 0;            ///< sessions ended because a side could not go on
    std::uint64_t digest_mismatches = 0;  ///< of these, because the digests differed
    std::uint64_t malformed = 0;          ///< messages of the other side that were dropped
    std::uint64_t lost = 0;               ///< indicators that others changed in Zeek
  };

  ZeekSession(std::string name, SessionOptions options, const IndicatorStore& store);

  void on_report(const LinkReport& report, SteadyMs now);
  /// Messages to send now. Call after every report, every change of the store, and at deadline().
  std::vector<contract::ToZeek> poll(SteadyMs now);
  /// When poll() has something to do at the latest, if nothing else happens; nullopt = never.
  std::optional<SteadyMs> deadline() const;

  const std::string& name() const { return name_; }
  State state() const { return state_; }
  /// Zeek and all workers of its cluster hold what the store holds, their digests said so, and
  /// nothing is under way.
  bool in_step() const;
  /// When the digests were compared last, they agreed. False until they are in a session.
  bool digest_agrees() const { return digest_agrees_; }
  /// Zeek holds so much more than this service has ever known that the end of the snapshot waits
  /// for accept_shrink(); nullopt: it does not.
  std::optional<BlockedSnapshot> removals_blocked() const;
  /// Lets the blocked snapshot end, once.
  void accept_shrink() { shrink_accepted_ = removals_blocked().has_value(); }
  /// Since when in_step() has not been true; nullopt while it is. Short changes count too.
  std::optional<SteadyMs> behind_since() const { return behind_since_; }
  /// Zeek has not answered for a while, though the link is up.
  bool silent() const { return silent_; }
  /// What is wrong or going on, for an operator.
  std::string explain() const;
  /// The store's revision that Zeek acknowledged; 0 before the first snapshot is complete.
  Revision acknowledged() const { return acknowledged_; }
  std::size_t unacknowledged_messages() const { return unacked_.size(); }
  /// Entries named in these messages.
  std::size_t unacknowledged_items() const;
  /// Ends the session in an orderly way: another service may take over at once.
  std::optional<contract::ToZeek> bye() const;
  /// The rules have changed: Zeek is told in a new session.
  void set_filter(std::string digest, SteadyMs now);
  /// What the last pong said; empty before the first in a session.
  const contract::Pong& zeek_says() const { return pong_; }
  /// Configured workers of the cluster; 0 for a stand-alone Zeek.
  std::uint64_t workers() const { return pong_.workers_configured; }
  std::uint64_t workers_in_step() const { return pong_.workers_in_sync; }
  /// A worker is not known to hold what the manager holds. The package repairs it by itself.
  bool workers_behind() const {
    return pong_.workers_in_sync < pong_.workers_configured || !pong_.workers_verified;
  }
  const std::string& zeek_version() const { return zeek_version_; }
  /// What the package, and what is loaded beside it, can do (`proto/README.md`).
  const std::set<std::string>& capabilities() const { return capabilities_; }
  const std::string& package_version() const { return package_version_; }
  const Counters& counters() const { return counters_; }
  /// An entry of the store that Zeek refused.
  struct Refusal {
    std::uint64_t hash = 0;   ///< of the item, as in the digest
    std::string_view reason;  ///< Zeek's, or kOtherReason; lives as long as the session
  };
  /// Stands for the reasons of a Zeek that gives more than kMaxReasons different ones.
  static constexpr std::string_view kOtherReason = "another reason";
  static constexpr std::size_t kMaxReasons = 64;
  static constexpr std::size_t kMaxReasonBytes = 256;
  /// A site may veto as many entries as it likes: they are left out of the digest that is due.
  /// Bounded by the store, whose entries they are.
  const std::map<EntryKey, Refusal>& refusals() const { return refusals_; }

 private:
  struct Sent {
    enum class Kind { kBegin, kApply, kEnd };
    std::uint64_t seq = 0;
    Kind kind = Kind::kApply;
    Revision revision = 0;
    SteadyMs at = 0;
    std::vector<EntryKey> entries;  ///< all that the message named
  };

  void on_message(const contract::FromZeek& message, SteadyMs now);
  void on_hello_ack(const contract::HelloAck& ack, SteadyMs now);
  void on_ack(const contract::Ack& ack, SteadyMs now);
  void on_pong(const contract::Pong& pong, SteadyMs now);
  void on_lost(const contract::Lost& lost);
  void on_probe_answer(const contract::ProbeAnswer& answer);
  bool settles(const contract::Pong& pong) const;
  void on_refused(const std::vector<contract::RejectedItem>& rejects);
  std::string_view keep_reason(std::string_view reason);
  void begin_session(SteadyMs not_before);
  void restart(std::string problem, SteadyMs now);
  void send_hello(SteadyMs now, std::vector<contract::ToZeek>& out);
  void fill_window(SteadyMs now, std::vector<contract::ToZeek>& out);
  bool send_changes(SteadyMs now, std::vector<contract::ToZeek>& out);
  bool send_chunk(SteadyMs now, std::vector<contract::ToZeek>& out);
  void send_end(SteadyMs now, std::vector<contract::ToZeek>& out);
  void ping(SteadyMs now, std::vector<contract::ToZeek>& out);
  void note_step(SteadyMs now);
  Sent& remember(Sent::Kind kind, Revision revision, SteadyMs now);
  bool quiet() const;

  std::string name_;
  SessionOptions options_;
  const IndicatorStore& store_;

  State state_ = State::kDisconnected;
  std::string session_;
  std::uint64_t session_number_ = 0;
  std::string problem_ = "not connected yet";
  SteadyMs hello_due_ = 0;
  bool hello_sent_ = false;
  bool heard_ = false;          ///< the package answered in this session
  int failures_ = 0;            ///< sessions in a row that ended badly
  bool need_snapshot_ = false;  ///< the other side's digest cannot be trusted
  bool force_begin_ = false;    ///< begin is the next message to send

  std::uint64_t seq_ = 0;
  Revision cursor_ = 0;  ///< changes up to here were sent
  Revision acknowledged_ = 0;
  std::optional<EntryKey> chunk_cursor_;
  bool chunks_done_ = false;
  bool end_sent_ = false;
  int changes_in_a_row_ = 0;
  std::deque<Sent> unacked_;

  std::uint64_t nonce_ = 0;
  std::optional<SteadyMs> ping_at_;  ///< when the unanswered ping was sent
  bool silent_ = false;
  SteadyMs next_ping_ = 0;
  std::optional<Revision> verified_;  ///< store revision at which the digests agreed
  bool digest_agrees_ = false;
  std::optional<SteadyMs> behind_since_;

  contract::Pong pong_;
  DigestKey key_;
  std::set<EntryKey> resend_;  ///< others changed them in Zeek
  std::string zeek_version_;
  std::string package_version_;
  std::set<std::string> capabilities_;
  std::map<EntryKey, Refusal> refusals_;
  std::set<std::string, std::less<>> reasons_;  ///< what the refusals point to
  /// Removals that wait until the store is authoritative for their event.
  std::set<EntryKey> withheld_;
  std::uint64_t zeek_holds_ = 0;  ///< at hello, by another history of the store; 0 = by this one
  bool was_empty_ = false;        ///< Zeek at hello
  bool shrink_accepted_ = false;
  Counters counters_;
};

std::string_view to_string(ZeekSession::State state);

}  // namespace misp_zeek
