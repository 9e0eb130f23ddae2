// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/package_model.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <utility>

namespace misp_zeek::sim {
namespace {

bool parses(int family, const std::string& text) {
  in6_addr address{};
  return inet_pton(family, text.c_str(), &address) == 1;
}

bool is_address(const std::string& text) { return parses(AF_INET, text) || parses(AF_INET6, text); }

bool is_subnet(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) {
    return false;
  }
  const std::string address = text.substr(0, slash);
  const bool is_v4 = parses(AF_INET, address);
  if (!is_v4 && !parses(AF_INET6, address)) {
    return false;
  }
  unsigned prefix = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
  return error == std::errc() && stop == end && prefix <= (is_v4 ? 32U : 128U);
}

/// Any will do.
constexpr DigestKey kKey{0x6d697370, 0x9e3779b97f4a7c15};

contract::Ack ack_of(const std::string& session, std::uint64_t seq, std::uint64_t revision) {
  contract::Ack ack;
  ack.session = session;
  ack.seq = seq;
  ack.revision = revision;
  return ack;
}

}  // namespace

DigestKey PackageModel::digest_key() { return kKey; }

PackageModel::PackageModel(std::string instance, PackageOptions options)
    : options_(std::move(options)), instance_(std::move(instance)) {}

void PackageModel::restart(std::string instance) {
  *this = PackageModel(std::move(instance), std::move(options_));
}

bool PackageModel::lose(const EntryKey& entry) { return remove(entry); }

std::vector<contract::FromZeek> PackageModel::handle(const contract::ToZeek& message) {
  return std::visit([this](const auto& m) { return on(m); }, message);
}

bool PackageModel::is_current(const std::string& session) const {
  return !session_.empty() && session == session_ && !stopped_;
}

contract::Resync PackageModel::stop_session(std::string reason) {
  stopped_ = true;
  return {session_, last_seq_ + 1, std::move(reason)};
}

std::optional<contract::Resync> PackageModel::take_seq(std::uint64_t seq) {
  if (seq != last_seq_ + 1) {
    return stop_session("sequence");
  }
  last_seq_ = seq;
  return std::nullopt;
}

void PackageModel::reach(const std::string& epoch, std::uint64_t revision) {
  if (!in_snapshot_) {
    epoch_ = epoch;
    revision_ = revision;
  }
}

contract::HelloAck PackageModel::hello_ack(const std::string& session) const {
  contract::HelloAck ack;
  ack.session = session;
  ack.instance = instance_;
  ack.package_version = options_.package_version;
  ack.zeek_version = options_.zeek_version;
  ack.node = options_.node;
  ack.capabilities = {"lost", "standby"};
  ack.role = "holder";
  ack.epoch = epoch_;
  ack.revision = revision_;
  ack.items = items_.size();
  ack.digest = format_digest(digest_);
  ack.digest_key = format_digest(kKey.mask) + format_digest(kKey.factor);
  return ack;
}

PackageModel::Answers PackageModel::on(const contract::Hello& hello) {
  if (!holder_.empty()) {
    auto ack = hello_ack(hello.session);
    ack.role = refusal_.empty() ? "standby" : "refused";
    ack.holder = holder_;
    ack.reason = refusal_;
    return {std::move(ack)};
  }
  service_id_ = hello.service_id;
  session_ = hello.session;
  stopped_ = false;
  last_seq_ = 0;
  in_snapshot_ = false;
  unnamed_.clear();
  Answers answers{hello_ack(session_)};
  if (unanswered_) {
    answers.emplace_back(*unanswered_);
  } else {
    for (auto& seen : next_seen()) {
      answers.push_back(std::move(seen));
    }
  }
  return answers;
}

PackageModel::Answers PackageModel::on(const contract::Begin& begin) {
  if (!is_current(begin.session)) {
    return {};
  }
  if (auto resync = take_seq(begin.seq)) {
    return {std::move(*resync)};
  }
  in_snapshot_ = true;
  epoch_.clear();
  revision_ = 0;
  unnamed_.clear();
  for (const auto& [entry, item] : items_) {
    unnamed_.insert(unnamed_.end(), entry);
  }
  return {ack_of(session_, begin.seq, begin.revision)};
}

PackageModel::Answers PackageModel::on(const contract::Apply& apply) {
  if (!is_current(apply.session)) {
    return {};
  }
  if (auto resync = take_seq(apply.seq)) {
    return {std::move(*resync)};
  }
  if (apply.upserts.size() + apply.removals.size() > contract::kMaxItemsPerApply) {
    --last_seq_;  // it was not carried out
    return {stop_session("too_many_items")};
  }
  contract::Ack ack = ack_of(session_, apply.seq, apply.revision);
  for (const auto& item : apply.upserts) {
    upsert(item, ack);
  }
  for (const auto& entry : apply.removals) {
    ack.removed += remove(entry) ? 1U : 0U;
  }
  reach(apply.epoch, apply.revision);
  return {std::move(ack)};
}

PackageModel::Answers PackageModel::on(const contract::End& end) {
  if (!is_current(end.session)) {
    return {};
  }
  if (auto resync = take_seq(end.seq)) {
    return {std::move(*resync)};
  }
  if (!in_snapshot_) {
    --last_seq_;
    return {stop_session("end_without_begin")};
  }
  contract::Ack ack = ack_of(session_, end.seq, end.revision);
  for (const auto& entry : std::exchange(unnamed_, {})) {
    ack.removed += remove(entry) ? 1U : 0U;
  }
  in_snapshot_ = false;
  reach(end.epoch, end.revision);
  return {std::move(ack)};
}

PackageModel::Answers PackageModel::on(const contract::Ping& ping) {
  if (!is_current(ping.session)) {
    return {};
  }
  contract::Pong pong;
  pong.session = session_;
  pong.nonce = ping.nonce;
  pong.seq = last_seq_;
  pong.epoch = epoch_;
  pong.revision = revision_;
  pong.items = items_.size();
  pong.digest = format_digest(digest_);
  pong.lost = lost_.size();
  pong.suppressed = suppressed_.size();
  pong.workers_configured = options_.workers;
  pong.workers_connected = options_.workers;
  pong.workers_in_sync = options_.workers_in_sync;
  Answers answers{std::move(pong)};
  if (unanswered_ && unanswered_is_old_) {
    answers.emplace_back(*unanswered_);
  }
  unanswered_is_old_ = unanswered_.has_value();
  return answers;
}

PackageModel::Answers PackageModel::on(const contract::Bye& bye) {
  if (is_current(bye.session)) {
    stopped_ = true;
  }
  return {};
}

PackageModel::Answers PackageModel::on(const contract::Probe& /*probe*/) {
  return {contract::ProbeAnswer{contract::kVersion, options_.package_version, options_.zeek_version,
                                options_.node, instance_}};
}

std::vector<contract::FromZeek> PackageModel::lose_indicator(const IndicatorKey& indicator,
                                                             bool suppressed) {
  bool found = false;
  for (auto it = items_.lower_bound({indicator, 0});
       it != items_.end() && it->first.key == indicator;) {
    found = true;
    remove(EntryKey((it++)->first));
  }
  if (!found) {
    return {};
  }
  (suppressed ? suppressed_ : lost_).insert(indicator);
  return {contract::Lost{
      session_, {{indicator.indicator, std::string(to_string(indicator.type)), suppressed}}}};
}

void PackageModel::set_holder(std::string holder, std::string reason) {
  holder_ = std::move(holder);
  refusal_ = std::move(reason);
}

PackageModel::Answers PackageModel::on(const contract::SeenAck& ack) {
  if (!unanswered_ || ack.instance != instance_ || ack.seq != unanswered_->seq) {
    return {};
  }
  unanswered_.reset();
  return next_seen();
}

PackageModel::Answers PackageModel::see(contract::Sighting sighting) {
  sightings_.push_back(std::move(sighting));
  return next_seen();
}

PackageModel::Answers PackageModel::suppress(std::uint64_t matches) {
  capped_ += matches;
  return next_seen();
}

std::size_t PackageModel::waiting_sightings() const {
  return sightings_.size() + (unanswered_ ? unanswered_->sightings.size() : 0);
}

PackageModel::Answers PackageModel::next_seen() {
  if (unanswered_ || (sightings_.empty() && capped_ == 0) || session_.empty()) {
    return {};
  }
  contract::Seen seen{instance_, ++seen_seq_, 0, {}, std::exchange(capped_, 0), 0};
  while (!sightings_.empty() && seen.sightings.size() < contract::kMaxSightingsPerSeen) {
    seen.sightings.push_back(std::move(sightings_.front()));
    sightings_.pop_front();
  }
  unanswered_ = seen;
  unanswered_is_old_ = false;
  return {std::move(seen)};
}

std::optional<std::string_view> PackageModel::refusal(const Item& item) const {
  const IndicatorKey& key = item.entry.key;
  if (options_.unknown_types.count(key.type) > 0) {
    return "unknown_type";
  }
  if (key.indicator.empty()) {
    return "empty";
  }
  if (key.indicator.size() > options_.max_indicator_bytes) {
    return "too_long";
  }
  if (key.type == IndicatorType::kAddr && !is_address(key.indicator)) {
    return "bad_address";
  }
  if (key.type == IndicatorType::kSubnet && !is_subnet(key.indicator)) {
    return "bad_subnet";
  }
  if (suppressed_.contains(key)) {
    return "suppressed";
  }
  if (options_.vetoes && options_.vetoes(item)) {
    return "vetoed";
  }
  return std::nullopt;
}

void PackageModel::upsert(const Item& item, contract::Ack& ack) {
  lost_.erase(item.entry.key);
  const auto old = items_.find(item.entry);
  const bool was_here = old != items_.end();
  if (was_here && old->second == item) {
    unnamed_.erase(item.entry);
    ++ack.unchanged;
    return;
  }
  if (const auto reason = refusal(item)) {
    const EntryKey& entry = item.entry;
    ack.removed += remove(entry) ? 1U : 0U;
    ack.rejects.push_back({entry.key.indicator, std::string(to_string(entry.key.type)),
                           std::to_string(entry.event_id), std::string(*reason)});
    return;
  }
  unnamed_.erase(item.entry);
  digest_ ^= kKey.mix(item_hash(item)) ^ (was_here ? kKey.mix(item_hash(old->second)) : 0);
  items_.insert_or_assign(item.entry, item);
  ++(was_here ? ack.updated : ack.inserted);
}

bool PackageModel::remove(const EntryKey& entry) {
  const auto it = items_.find(entry);
  if (it == items_.end()) {
    return false;
  }
  unnamed_.erase(entry);
  digest_ ^= kKey.mix(item_hash(it->second));
  items_.erase(it);
  return true;
}

}  // namespace misp_zeek::sim
