// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/codec.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/text.h"
#include "core/model/indicator.h"
#include "core/store/indicator_store.h"

namespace misp_zeek::zeek {
namespace {

constexpr std::array<std::string_view, 7> kTypeNames = {"bool", "count", "string", "vector",
                                                        "set",  "table", "none"};

// ---- one description per message and record; a Writer or a Reader walks it ----

template <typename Io, typename Message>
void describe(Io& io, Message& m) {
  using M = std::remove_const_t<Message>;
  if constexpr (std::is_same_v<M, contract::Hello>) {
    io.text("service_id", m.service_id);
    io.text("session", m.session);
    io.text("service_version", m.service_version);
    io.text("owner", m.owner);
    io.text("misp", m.misp);
    io.text("filter", m.filter);
    io.set("capabilities", m.capabilities, contract::kMaxCapabilities);
    io.text("auth", m.auth);
  } else if constexpr (std::is_same_v<M, contract::Begin>) {
    io.text("session", m.session);
    io.count("seq", m.seq);
    io.text("epoch", m.epoch);
    io.count("revision", m.revision);
    io.count("items", m.items);
    io.text("auth", m.auth);
  } else if constexpr (std::is_same_v<M, contract::Apply>) {
    io.text("session", m.session);
    io.count("seq", m.seq);
    io.text("epoch", m.epoch);
    io.count("revision", m.revision);
    io.records("upserts", m.upserts, kMaxRecordsRead);
    io.records("removals", m.removals, kMaxRecordsRead);
  } else if constexpr (std::is_same_v<M, contract::End>) {
    io.text("session", m.session);
    io.count("seq", m.seq);
    io.text("epoch", m.epoch);
    io.count("revision", m.revision);
    io.text("auth", m.auth);
  } else if constexpr (std::is_same_v<M, contract::Ping>) {
    io.text("session", m.session);
    io.count("nonce", m.nonce);
    io.text("auth", m.auth);
  } else if constexpr (std::is_same_v<M, contract::Bye>) {
    io.text("session", m.session);
    io.text("auth", m.auth);
  } else if constexpr (std::is_same_v<M, contract::Probe>) {
    io.text("service_id", m.service_id);
    io.count("contract", m.contract);
  } else if constexpr (std::is_same_v<M, contract::ProbeAnswer>) {
    io.count("contract", m.contract);
    io.text("package_version", m.package_version);
    io.text("zeek_version", m.zeek_version);
    io.text("node", m.node);
    io.text("instance", m.instance);
  } else if constexpr (std::is_same_v<M, contract::HelloAck>) {
    io.text("session", m.session);
    io.text("instance", m.instance);
    io.text("package_version", m.package_version);
    io.text("zeek_version", m.zeek_version);
    io.text("node", m.node);
    io.set("capabilities", m.capabilities, contract::kMaxCapabilities);
    io.text("role", m.role);
    io.text("holder", m.holder);
    io.text("reason", m.reason);
    io.text("epoch", m.epoch);
    io.count("revision", m.revision);
    io.count("items", m.items);
    io.text("digest", m.digest);
    io.text("digest_key", m.digest_key);
  } else if constexpr (std::is_same_v<M, contract::Ack>) {
    io.text("session", m.session);
    io.count("seq", m.seq);
    io.count("revision", m.revision);
    io.count("inserted", m.inserted);
    io.count("updated", m.updated);
    io.count("unchanged", m.unchanged);
    io.count("removed", m.removed);
    io.records("rejects", m.rejects, contract::kMaxRejectsPerAck);
  } else if constexpr (std::is_same_v<M, contract::Pong>) {
    io.text("session", m.session);
    io.count("nonce", m.nonce);
    io.count("seq", m.seq);
    io.text("epoch", m.epoch);
    io.count("revision", m.revision);
    io.count("items", m.items);
    io.text("digest", m.digest);
    io.count("lost", m.lost);
    io.count("suppressed", m.suppressed);
    io.count("strays", m.strays);
    io.count("workers_configured", m.workers_configured);
    io.count("workers_connected", m.workers_connected);
    io.count("workers_in_sync", m.workers_in_sync);
    io.flag("workers_verified", m.workers_verified);
    io.count("dropped_sightings", m.dropped_sightings);
    io.count("dropped_messages", m.dropped_messages);
  } else if constexpr (std::is_same_v<M, contract::Resync>) {
    io.text("session", m.session);
    io.count("expected_seq", m.expected_seq);
    io.text("reason", m.reason);
  } else if constexpr (std::is_same_v<M, contract::LostIndicator>) {
    io.text("indicator", m.indicator);
    io.text("indicator_type", m.indicator_type);
    io.flag("suppressed", m.suppressed);
  } else if constexpr (std::is_same_v<M, contract::Lost>) {
    io.text("session", m.session);
    io.records("indicators", m.indicators, contract::kMaxIndicatorsPerLost);
  } else if constexpr (std::is_same_v<M, contract::Seen>) {
    io.text("instance", m.instance);
    io.count("seq", m.seq);
    io.count("dropped", m.dropped);
    io.records("sightings", m.sightings, contract::kMaxSightingsPerSeen);
    io.count("capped", m.capped);
    io.count("vetoed", m.vetoed);
  } else if constexpr (std::is_same_v<M, contract::SeenAck>) {
    io.text("instance", m.instance);
    io.count("seq", m.seq);
    io.text("auth", m.auth);
  } else if constexpr (std::is_same_v<M, contract::Sighting>) {
    io.text("attribute_uuids", m.attribute_uuids);
    io.text("indicator", m.indicator);
    io.text("indicator_type", m.indicator_type);
    io.text("event_id", m.event_id);
    io.text("kind", m.kind);
    io.text("seen", m.seen);
    io.text("where", m.where);
    io.count("seen_at", m.seen_at);
    io.count("withheld", m.withheld);
    io.text("uid", m.uid);
    io.text("orig_h", m.orig_h);
    io.count("orig_p", m.orig_p);
    io.text("resp_h", m.resp_h);
    io.count("resp_p", m.resp_p);
    io.text("node", m.node);
    io.text("fuid", m.fuid);
  } else if constexpr (std::is_same_v<M, EntryKey>) {
    io.text("indicator", m.key.indicator);
    io.indicator_type("indicator_type", m.key.type);
    io.decimal("event_id", m.event_id);
  } else if constexpr (std::is_same_v<M, Item>) {
    describe(io, m.entry);
    io.text("attribute_uuids", m.attribute_uuids);
    io.text("desc", m.desc);
    io.text("url", m.url);
    io.text("ports", m.ports);
    io.text("tags", m.tags);
    io.flag("report_sightings", m.report_sightings);
    io.text("kind", m.kind);
    io.table("columns", m.columns, contract::kMaxColumnsPerItem);
  } else {
    static_assert(std::is_same_v<M, contract::RejectedItem>);
    io.text("indicator", m.indicator);
    io.text("indicator_type", m.indicator_type);
    io.text("event_id", m.event_id);
    io.text("reason", m.reason);
  }
}

/// In the order of contract::ToZeek and contract::FromZeek.
constexpr std::array<std::string_view, 8> kToZeekNames = {
    "MISP::hello_v2", "MISP::begin_v2", "MISP::apply_v2",    "MISP::end_v2",
    "MISP::ping_v2",  "MISP::bye_v2",   "MISP::seen_ack_v2", "MISP::probe"};
constexpr std::array<std::string_view, 7> kFromZeekNames = {
    "MISP::hello_ack_v2", "MISP::ack_v2",  "MISP::pong_v2",     "MISP::resync_v2",
    "MISP::lost_v2",      "MISP::seen_v2", "MISP::probe_answer"};
static_assert(kToZeekNames.size() == std::variant_size_v<contract::ToZeek>);
static_assert(kFromZeekNames.size() == std::variant_size_v<contract::FromZeek>);

/// Takes the texts out of the message: to copy them would be most of the cost.
class Writer {
 public:
  void text(const char*, std::string& v) { out_.emplace_back(std::move(v)); }
  void count(const char*, std::uint64_t v) { out_.emplace_back(v); }
  void flag(const char*, bool v) { out_.emplace_back(v); }
  void decimal(const char*, std::uint64_t v) { out_.emplace_back(std::to_string(v)); }
  void indicator_type(const char*, IndicatorType v) {
    out_.emplace_back(std::string(to_string(v)));
  }
  void set(const char*, std::set<std::string>& v, std::size_t) { out_.emplace_back(std::move(v)); }
  void table(const char*, std::map<std::string, std::string>& v, std::size_t) {
    out_.emplace_back(v.empty() ? WireValue(std::monostate{}) : WireValue(std::move(v)));
  }
  template <typename T>
  void records(const char*, std::vector<T>& values, std::size_t) {
    WireValue::Vector list;
    list.reserve(values.size());
    std::size_t fields = 0;
    for (T& value : values) {
      Writer record;
      record.out_.reserve(fields);
      describe(record, value);
      fields = record.out_.size();
      list.emplace_back(std::move(record.out_));
    }
    out_.emplace_back(std::move(list));
  }
  WireValue::Vector take() { return std::move(out_); }

 private:
  WireValue::Vector out_;
};

/// Reads values in order and keeps the first error. A wrong number of values outranks a wrong type,
/// which is mostly its consequence.
class Reader {
 public:
  Reader(const WireValue::Vector& in, std::string where) : in_(in), where_(std::move(where)) {}

  void text(const char* name, std::string& v) {
    if (const auto* value = next<std::string>(name, "string")) {
      v = checked(name, *value);
    }
  }

  void count(const char* name, std::uint64_t& v) {
    if (const auto* value = next<std::uint64_t>(name, "count")) {
      v = *value;
    }
  }

  void set(const char* name, std::set<std::string>& v, std::size_t max) {
    const auto* value = next<WireValue::Set>(name, "set");
    if (value != nullptr && fits(name, value->size(), max)) {
      for (const auto& element : *value) {
        v.insert(checked(name, element));
      }
    }
  }

  /// Absent stands for empty.
  void table(const char* name, std::map<std::string, std::string>& v, std::size_t max) {
    if (index_ < in_.size() && std::holds_alternative<std::monostate>(in_[index_].value)) {
      ++index_;
      return;
    }
    const auto* value = next<WireValue::Table>(name, "table");
    if (value != nullptr && fits(name, value->size(), max)) {
      for (const auto& [key, element] : *value) {
        v.emplace(checked(name, key), checked(name, element));
      }
    }
  }

  void flag(const char* name, bool& v) {
    if (const auto* value = next<bool>(name, "bool")) {
      v = *value;
    }
  }

  void decimal(const char* name, std::uint64_t& v) {
    std::string digits;
    text(name, digits);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, v);
    if (error != std::errc() || stop != end) {
      fail_at(ErrorCode::kMalformed, name, "a decimal number", quote(digits));
    }
  }

  void indicator_type(const char* name, IndicatorType& v) {
    std::string type_name;
    text(name, type_name);
    if (const auto type = indicator_type_from(type_name)) {
      v = *type;
    } else {
      fail_at(ErrorCode::kMalformed, name, "a type of Intel's", quote(type_name));
    }
  }

  template <typename T>
  void records(const char* name, std::vector<T>& values, std::size_t max) {
    const auto* list = next<WireValue::Vector>(name, "vector");
    if (list == nullptr || !fits(name, list->size(), max)) {
      return;
    }
    values.reserve(list->size());
    const std::string base = place(name) + "[";
    for (std::size_t i = 0; i < list->size() && !error_; ++i) {
      std::string element = base + std::to_string(i) + "]";
      const auto* fields = std::get_if<WireValue::Vector>(&(*list)[i].value);
      if (fields == nullptr) {
        error_ = Error{ErrorCode::kMalformed,
                       element + ": expected record, got " + type_of((*list)[i]), 0};
        return;
      }
      Reader record(*fields, std::move(element));
      describe(record, values.emplace_back());
      error_ = record.finish();
    }
  }

  /// The error, if there was one.
  std::optional<Error> finish() {
    if (index_ != in_.size()) {
      return Error{ErrorCode::kMalformed,
                   where_ + ": expected " + std::to_string(index_) + " fields, got " +
                       std::to_string(in_.size()),
                   0};
    }
    return std::move(error_);
  }

 private:
  static std::string type_of(const WireValue& value) {
    return std::string(kTypeNames.at(value.value.index()));
  }
  static std::string quote(const std::string& text) {
    return "'" + text::short_line(text, 64) + "'";
  }

  /// Of the value read last, counted from 0.
  std::string place(const char* name) const {
    return where_ + " field " + std::to_string(index_ - 1) + " (" + name + ")";
  }

  void fail_at(ErrorCode code, const char* name, const std::string& expected,
               const std::string& got) {
    if (!error_) {
      error_ = Error{code, place(name) + ": expected " + expected + ", got " + got, 0};
    }
  }

  bool fits(const char* name, std::size_t size, std::size_t max) {
    if (size > max) {
      fail_at(ErrorCode::kTooLarge, name, "at most " + std::to_string(max) + " elements",
              std::to_string(size));
    }
    return size <= max;
  }

  /// The text, or an empty one and an error.
  std::string checked(const char* name, const std::string& value) {
    if (value.size() > kMaxTextBytes) {
      fail_at(ErrorCode::kTooLarge, name, "at most " + std::to_string(kMaxTextBytes) + " bytes",
              std::to_string(value.size()));
      return {};
    }
    if (!text::is_utf8(value)) {
      fail_at(ErrorCode::kMalformed, name, "UTF-8", "other bytes");
      return {};
    }
    return value;
  }

  template <typename T>
  const T* next(const char* name, const char* expected) {
    if (index_++ >= in_.size()) {
      return nullptr;  // finish() tells
    }
    const WireValue& value = in_[index_ - 1];
    const T* typed = std::get_if<T>(&value.value);
    if (typed == nullptr) {
      fail_at(ErrorCode::kMalformed, name, expected, type_of(value));
    }
    return typed;
  }

  const WireValue::Vector& in_;
  std::string where_;
  std::size_t index_ = 0;
  std::optional<Error> error_;
};

template <typename Variant, std::size_t N>
WireEvent encode_as(Variant& message, const std::array<std::string_view, N>& names) {
  Writer writer;
  std::visit([&writer](auto& m) { describe(writer, m); }, message);
  WireValue::Vector args;
  args.emplace_back(writer.take());
  return {std::string(names.at(message.index())), std::move(args)};
}

template <typename Variant, std::size_t Index, std::size_t N>
Result<Variant> decode_as(const WireEvent& event, const std::array<std::string_view, N>& names) {
  if constexpr (Index == N) {
    return fail(ErrorCode::kMalformed, "unknown event '" + text::short_line(event.name, 64) + "'");
  } else {
    if (event.name != names[Index]) {
      return decode_as<Variant, Index + 1>(event, names);
    }
    const auto* fields =
        event.args.size() == 1 ? std::get_if<WireValue::Vector>(&event.args[0].value) : nullptr;
    if (fields == nullptr) {
      return fail(ErrorCode::kMalformed, event.name + ": expected one record");
    }
    std::variant_alternative_t<Index, Variant> message;
    Reader reader(*fields, event.name);
    describe(reader, message);
    if (auto error = reader.finish()) {
      return tl::unexpected(std::move(*error));
    }
    return Variant(std::move(message));
  }
}

}  // namespace

WireEvent encode(contract::ToZeek message) { return encode_as(message, kToZeekNames); }

WireEvent encode(contract::FromZeek message) { return encode_as(message, kFromZeekNames); }

Result<contract::FromZeek> decode_from_zeek(const WireEvent& event) {
  return decode_as<contract::FromZeek, 0>(event, kFromZeekNames);
}

Result<contract::ToZeek> decode_to_zeek(const WireEvent& event) {
  return decode_as<contract::ToZeek, 0>(event, kToZeekNames);
}

}  // namespace misp_zeek::zeek
