// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/model/indicator.h"

/// The messages between service and Zeek package as values; `proto/README.md` is their
/// specification. Encoding for a transport is `service/zeek`'s matter.
namespace misp_zeek::contract {

inline constexpr int kVersion = 1;
/// Topic that the package subscribes to.
inline constexpr const char* kZeekTopic = "misp-zeek/v1/zeek";
/// Prefix of the topic that one service process subscribes to; its service id follows.
inline constexpr const char* kServiceTopicPrefix = "misp-zeek/v1/service/";
/// Upper bounds of one message, kept by the sender and checked by the receiver.
inline constexpr std::size_t kMaxItemsPerApply = 200;
inline constexpr std::size_t kMaxRejectsPerAck = 200;
inline constexpr std::size_t kMaxSightingsPerSeen = 100;

// ---- service -> Zeek (topic kZeekTopic) -----------------------------------------------------

/// MISP::hello_v1(service_id: string, session: string, service_version: string)
struct Hello {
  std::string service_id;
  std::string session;
  std::string service_version;
  bool operator==(const Hello&) const = default;
};

/// MISP::begin_v1(session: string, seq: count, epoch: string, revision: count, items: count)
struct Begin {
  std::string session;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  std::uint64_t items = 0;
  bool operator==(const Begin&) const = default;
};

/// MISP::apply_v1(session: string, seq: count, epoch: string, revision: count,
///                upserts: vector of MISP::ItemV1, removals: vector of MISP::KeyV1)
struct Apply {
  std::string session;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  std::vector<Item> upserts;
  std::vector<EntryKey> removals;
  bool operator==(const Apply&) const = default;
};

/// MISP::end_v1(session: string, seq: count, epoch: string, revision: count)
struct End {
  std::string session;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  bool operator==(const End&) const = default;
};

/// MISP::ping_v1(session: string, nonce: count)
struct Ping {
  std::string session;
  std::uint64_t nonce = 0;
  bool operator==(const Ping&) const = default;
};

/// MISP::seen_ack_v1(instance: string, seq: count)
/// The sightings of Seen number `seq` are on disk.
struct SeenAck {
  std::string instance;
  std::uint64_t seq = 0;
  bool operator==(const SeenAck&) const = default;
};

using ToZeek = std::variant<Hello, Begin, Apply, End, Ping, SeenAck>;

// ---- Zeek -> service (topic kServiceTopicPrefix + service id) -------------------------------

/// MISP::hello_ack_v1(session: string, instance: string, package_version: string,
///                    zeek_version: string, node: string, epoch: string, revision: count,
///                    items: count, digest: string)
/// `instance` changes when Zeek restarts. `epoch` is empty when the package holds nothing.
struct HelloAck {
  std::string session;
  std::string instance;
  std::string package_version;
  std::string zeek_version;
  std::string node;
  std::string epoch;
  std::uint64_t revision = 0;
  std::uint64_t items = 0;
  std::string digest;
  bool operator==(const HelloAck&) const = default;
};

/// MISP::RejectV1: record of indicator, indicator_type, event_id, reason, all strings.
struct RejectedItem {
  std::string indicator;
  std::string indicator_type;
  std::string event_id;
  std::string reason;
  bool operator==(const RejectedItem&) const = default;
};

/// MISP::ack_v1(session: string, seq: count, revision: count, inserted: count, updated: count,
///              unchanged: count, removed: count, rejects: vector of MISP::RejectV1)
/// Answers Begin, Apply and End.
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

/// MISP::pong_v1(session: string, nonce: count, seq: count, epoch: string, revision: count,
///               items: count, digest: string, workers: count, workers_in_step: count)
struct Pong {
  std::string session;
  std::uint64_t nonce = 0;
  std::uint64_t seq = 0;
  std::string epoch;
  std::uint64_t revision = 0;
  std::uint64_t items = 0;
  std::string digest;
  std::uint64_t workers = 0;
  std::uint64_t workers_in_step = 0;
  bool operator==(const Pong&) const = default;
};

/// MISP::resync_v1(session: string, expected_seq: count, reason: string)
/// The package cannot go on with this session; the service opens a new one.
struct Resync {
  std::string session;
  std::uint64_t expected_seq = 0;
  std::string reason;
  bool operator==(const Resync&) const = default;
};

/// MISP::SightingV1: a match of one entry. Texts that do not apply are empty, numbers 0.
struct Sighting {
  std::string attribute_uuids;  ///< as in the item: sorted, separated by ','
  std::string indicator;        ///< of the item that matched; a subnet for an address inside
  std::string indicator_type;
  std::string event_id;        ///< decimal
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

/// MISP::seen_v1(instance: string, seq: count, dropped: count,
///               sightings: vector of MISP::SightingV1)
/// Belongs to no session: `seq` counts from 1 in each instance, and a message is repeated until it
/// is acknowledged. `dropped` counts the sightings that this instance has lost in all, because too
/// many waited.
struct Seen {
  std::string instance;
  std::uint64_t seq = 0;
  std::uint64_t dropped = 0;
  std::vector<Sighting> sightings;
  bool operator==(const Seen&) const = default;
};

using FromZeek = std::variant<HelloAck, Ack, Pong, Resync, Seen>;

}  // namespace misp_zeek::contract
