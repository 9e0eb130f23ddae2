// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/model/indicator.h"

/// The messages between service and Zeek package as values; `proto/README.md` is their
/// specification. Each is one event with one record: the struct's fields in order. Encoding for a
/// transport is `service/zeek`'s matter.
namespace misp_zeek::contract {

inline constexpr std::uint64_t kVersion = 2;
/// Topic that the package subscribes to.
inline constexpr const char* kZeekTopic = "misp-zeek/v2/zeek";
/// Prefix of the topic that one service process subscribes to; its service id follows.
inline constexpr const char* kServiceTopicPrefix = "misp-zeek/v2/service/";
/// The same two for Probe and ProbeAnswer, in all versions of the contract.
inline constexpr const char* kProbeTopic = "misp-zeek/probe/zeek";
inline constexpr const char* kProbeAnswerTopicPrefix = "misp-zeek/probe/service/";
/// Upper bounds of one message, kept by the sender and checked by the receiver.
inline constexpr std::size_t kMaxItemsPerApply = 200;
inline constexpr std::size_t kMaxRejectsPerAck = 200;
inline constexpr std::size_t kMaxSightingsPerSeen = 100;
inline constexpr std::size_t kMaxIndicatorsPerLost = 200;
inline constexpr std::size_t kMaxCapabilities = 64;
inline constexpr std::size_t kMaxColumnsPerItem = 32;

// ---- service -> Zeek (topic kZeekTopic) -----------------------------------------------------

/// MISP::hello_v2
struct Hello {
  std::string service_id;  ///< 16 hexadecimal digits, names the topic of the answers
  std::string session;
  std::string service_version;
  std::string owner;   ///< `[misp] name`
  std::string misp;    ///< which MISP it is; empty: not known
  std::string filter;  ///< digest of filter and mapping; empty: not known
  std::set<std::string> capabilities;
  std::string auth;
  bool operator==(const Hello&) const = default;
};

/// MISP::begin_v2
struct Begin {
  std::string session;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  std::uint64_t items = 0;
  std::string auth;
  bool operator==(const Begin&) const = default;
};

/// MISP::apply_v2
struct Apply {
  std::string session;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  std::vector<Item> upserts;
  std::vector<EntryKey> removals;
  bool operator==(const Apply&) const = default;
};

/// MISP::end_v2
struct End {
  std::string session;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  std::string auth;
  bool operator==(const End&) const = default;
};

/// MISP::ping_v2
struct Ping {
  std::string session;
  std::uint64_t nonce = 0;
  std::string auth;
  bool operator==(const Ping&) const = default;
};

/// MISP::bye_v2: the session ends, and its lease with it.
struct Bye {
  std::string session;
  std::string auth;
  bool operator==(const Bye&) const = default;
};

/// MISP::seen_ack_v2: the sightings of Seen number `seq` are on disk.
struct SeenAck {
  std::string instance;
  std::uint64_t seq = 0;
  std::string auth;
  bool operator==(const SeenAck&) const = default;
};

/// MISP::probe (topic kProbeTopic): asks who is there. Never changes, opens no session.
struct Probe {
  std::string service_id;
  std::uint64_t contract = kVersion;
  bool operator==(const Probe&) const = default;
};

using ToZeek = std::variant<Hello, Begin, Apply, End, Ping, Bye, SeenAck, Probe>;

// ---- Zeek -> service (topic kServiceTopicPrefix + service id) -------------------------------

/// MISP::hello_ack_v2
/// `instance` changes when Zeek restarts. `epoch` is empty when the package holds no revision.
/// `items` and `digest` are of the owner's entries.
struct HelloAck {
  std::string session;
  std::string instance;
  std::string package_version;
  std::string zeek_version;
  std::string node;
  std::set<std::string> capabilities;
  std::string role;    ///< "holder", "standby" or "refused"
  std::string holder;  ///< with the last two: who holds the lease
  std::string reason;  ///< with "refused"
  std::string epoch;
  std::uint64_t revision = 0;
  std::uint64_t items = 0;
  std::string digest;
  std::string digest_key;
  bool operator==(const HelloAck&) const = default;
};

/// MISP::RejectV2
struct RejectedItem {
  std::string indicator;
  std::string indicator_type;
  std::string event_id;
  std::string reason;
  bool operator==(const RejectedItem&) const = default;
};

/// MISP::ack_v2: answers Begin, Apply and End.
struct Ack {
  std::string session;
  std::uint64_t seq = 0;
  std::uint64_t revision = 0;
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t removed = 0;
  std::vector<RejectedItem> rejects;
  bool operator==(const Ack&) const = default;
};

/// MISP::pong_v2
struct Pong {
  std::string session;
  std::uint64_t nonce = 0;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  std::uint64_t items = 0;
  std::string digest;
  std::uint64_t lost = 0;        ///< indicators that others changed and that are not mended yet
  std::uint64_t suppressed = 0;  ///< indicators that the site keeps out
  std::uint64_t strays = 0;      ///< entries under the owner's sources that somebody else put in
  std::uint64_t workers_configured = 0;  ///< 0: a stand-alone Zeek
  std::uint64_t workers_connected = 0;
  std::uint64_t workers_in_sync = 0;
  bool workers_verified = true;  ///< false: this Zeek cannot tell what its workers hold
  std::uint64_t dropped_sightings = 0;
  std::uint64_t dropped_messages = 0;  ///< messages of the service that no session took
  bool operator==(const Pong&) const = default;
};

/// MISP::resync_v2: the package cannot go on with this session; the service opens a new one.
struct Resync {
  std::string session;
  std::uint64_t expected_seq = 0;
  std::string reason;
  bool operator==(const Resync&) const = default;
};

/// MISP::LostV2
struct LostIndicator {
  std::string indicator;
  std::string indicator_type;
  bool suppressed = false;  ///< the site wants it out: it must not be sent again
  bool operator==(const LostIndicator&) const = default;
};

/// MISP::lost_v2: somebody else removed or overwrote entries of these indicators.
struct Lost {
  std::string session;
  std::vector<LostIndicator> indicators;
  bool operator==(const Lost&) const = default;
};

/// MISP::SightingV2: a match of one entry. Texts that do not apply are empty, numbers 0.
struct Sighting {
  std::string attribute_uuids;  ///< as in the item: sorted, separated by ','
  std::string indicator;        ///< of the item that matched; a subnet for an address inside
  std::string indicator_type;
  std::string event_id;        ///< decimal
  std::string kind;            ///< as in the item
  std::string seen;            ///< what was seen, as Zeek saw it
  std::string where;           ///< an Intel::Where, e.g. "Conn::IN_RESP"
  std::uint64_t seen_at = 0;   ///< network time, seconds since the epoch
  std::uint64_t withheld = 0;  ///< earlier matches of the entry that a cap kept from being reported
  std::string uid;             ///< of the connection
  std::string orig_h;
  std::uint64_t orig_p = 0;
  std::string resp_h;
  std::uint64_t resp_p = 0;
  std::string node;  ///< that saw it
  std::string fuid;  ///< of the file
  bool operator==(const Sighting&) const = default;
};

/// MISP::seen_v2
/// Belongs to no session: `instance` names a start of Zeek and an owner, `seq` counts from 1 in it,
/// and a message is repeated until it is acknowledged. `dropped`, `capped` and `vetoed` count
/// matches since the message before that are in no sighting, one for each attribute.
struct Seen {
  std::string instance;
  std::uint64_t seq = 0;
  std::uint64_t dropped = 0;  ///< too many waited
  std::vector<Sighting> sightings;
  std::uint64_t capped = 0;  ///< by a cap of the package
  std::uint64_t vetoed = 0;  ///< by a policy of the site
  bool operator==(const Seen&) const = default;
};

/// MISP::probe_answer (topic kProbeAnswerTopicPrefix + service id). Never changes.
struct ProbeAnswer {
  std::uint64_t contract = kVersion;
  std::string package_version;
  std::string zeek_version;
  std::string node;
  std::string instance;
  bool operator==(const ProbeAnswer&) const = default;
};

using FromZeek = std::variant<HelloAck, Ack, Pong, Resync, Lost, Seen, ProbeAnswer>;

}  // namespace misp_zeek::contract
