// SPDX-License-Identifier: BSD-3-Clause
#include "core/session/zeek_session.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace misp_zeek {
namespace {

constexpr SteadyMs kFirstRetryDelay = 200;
/// While a snapshot runs and changes keep coming, every so many-th message is a snapshot chunk.
constexpr int kChangesPerChunk = 3;
constexpr std::size_t kMaxWithheldPerTurn = 2'000;

std::optional<EntryKey> entry_of(const contract::RejectedItem& reject) {
  const auto type = indicator_type_from(reject.indicator_type);
  std::uint64_t event_id = 0;
  const char* end = reject.event_id.data() + reject.event_id.size();
  if (!type || std::from_chars(reject.event_id.data(), end, event_id).ptr != end) {
    return std::nullopt;
  }
  return EntryKey{{*type, reject.indicator}, event_id};
}

}  // namespace

std::string_view to_string(ZeekSession::State state) {
  switch (state) {
    case ZeekSession::State::kDisconnected:
      return "disconnected";
    case ZeekSession::State::kGreeting:
      return "greeting";
    case ZeekSession::State::kStandby:
      return "standby";
    case ZeekSession::State::kSnapshot:
      return "snapshot";
    case ZeekSession::State::kLive:
      return "live";
  }
  return "disconnected";
}

ZeekSession::ZeekSession(std::string name, SessionOptions options, const IndicatorStore& store)
    : name_(std::move(name)), options_(std::move(options)), store_(store), behind_since_(0) {}

bool ZeekSession::quiet() const {
  return state_ == State::kLive && unacked_.empty() && cursor_ == store_.revision();
}

bool ZeekSession::in_step() const { return quiet() && verified_.has_value(); }

std::size_t ZeekSession::unacknowledged_items() const {
  std::size_t items = 0;
  for (const auto& sent : unacked_) {
    items += sent.entries.size();
  }
  return items;
}

std::optional<BlockedSnapshot> ZeekSession::removals_blocked() const {
  if (state_ != State::kSnapshot || shrink_accepted_ || end_sent_) {
    return std::nullopt;
  }
  // What was restored was known: the sync has a brake of its own for it.
  const std::uint64_t known = std::max(store_.item_count(), store_.restored_items());
  const auto allowed = std::max<std::uint64_t>(
      options_.shrink_floor,
      static_cast<std::uint64_t>(options_.max_shrink * static_cast<double>(zeek_holds_)));
  if (zeek_holds_ <= known + allowed) {
    return std::nullopt;
  }
  return BlockedSnapshot{zeek_holds_, store_.item_count(), allowed};
}

void ZeekSession::note_step(SteadyMs now) {
  if (in_step()) {
    behind_since_.reset();
  } else if (!behind_since_) {
    behind_since_ = now;
  }
}

std::string ZeekSession::explain() const {
  switch (state_) {
    case State::kDisconnected:
    case State::kGreeting:
    case State::kStandby:
      return problem_;
    case State::kSnapshot:
      if (const auto blocked = removals_blocked(); blocked && store_.proven()) {
        return "holds " + std::to_string(blocked->zeek_holds) + " entries of this service where " +
               std::to_string(blocked->store_has) + " are due, and more than " +
               std::to_string(blocked->allowed) +
               " removals are blocked until 'misp-zeek reconcile --accept-shrink'";
      }
      return store_.proven() ? "a snapshot is on its way"
             : store_.complete()
                 ? "holds what it held: MISP shows nothing at all, and it stays until MISP shows "
                   "something or 'misp-zeek reconcile --accept-shrink'"
                 : "holds the last known set; nothing is removed before MISP was read completely";
    case State::kLive:
      break;
  }
  if (in_step()) {
    std::string text = "in sync";
    if (workers() > 0) {
      text += ", with " + std::to_string(workers()) + " workers";
    }
    if (!refusals_.empty()) {
      text += "; Zeek refuses " + std::to_string(refusals_.size()) + " entries";
    }
    if (pong_.strays > 0) {
      text += "; somebody else put " + std::to_string(pong_.strays) + " entries under its sources";
    }
    return text;
  }
  if (silent_) {
    return "connected, but Zeek does not answer";
  }
  if (!pong_.workers_verified) {
    return "workers not verified: this Zeek cannot tell what they hold";
  }
  if (pong_.workers_connected < workers()) {
    return std::to_string(workers() - pong_.workers_connected) + " of " +
           std::to_string(workers()) + " workers are not connected to their manager";
  }
  if (workers_behind()) {
    return std::to_string(workers() - workers_in_step()) + " of " + std::to_string(workers()) +
           " workers are not in sync with their manager, which repairs them";
  }
  if (pong_.lost > 0 || !resend_.empty()) {
    return "somebody else changed entries in Zeek, which are put in again";
  }
  return verified_ ? "changes are on their way" : "waiting for Zeek's digest";
}

void ZeekSession::begin_session(SteadyMs not_before) {
  state_ = State::kGreeting;
  session_ = options_.service_id + "-" + std::to_string(++session_number_);
  hello_due_ = not_before;
  hello_sent_ = false;
  heard_ = false;
  force_begin_ = false;
  end_sent_ = false;
  chunks_done_ = false;
  chunk_cursor_.reset();
  seq_ = 0;
  unacked_.clear();
  ping_at_.reset();
  verified_.reset();
  digest_agrees_ = false;
  pong_ = {};
  silent_ = false;
  resend_.clear();
}

void ZeekSession::restart(std::string problem, SteadyMs now) {
  ++counters_.resyncs;
  problem_ = std::move(problem);
  const int doublings = std::min(failures_++, 20);
  begin_session(now + std::min(kFirstRetryDelay << doublings, options_.max_retry_delay));
}

void ZeekSession::on_report(const LinkReport& report, SteadyMs now) {
  if (std::holds_alternative<LinkUp>(report)) {
    problem_ = "connected, waiting for the package's answer";
    begin_session(now);
  } else if (const auto* down = std::get_if<LinkDown>(&report)) {
    state_ = State::kDisconnected;
    problem_ = down->error.message;
    unacked_.clear();
    ping_at_.reset();
    verified_.reset();
    digest_agrees_ = false;
  } else if (std::holds_alternative<LinkMalformed>(report)) {
    ++counters_.malformed;
  } else if (state_ != State::kDisconnected) {
    on_message(std::get<contract::FromZeek>(report), now);
  }
  note_step(now);
}

void ZeekSession::on_message(const contract::FromZeek& message, SteadyMs now) {
  if (const auto* answer = std::get_if<contract::ProbeAnswer>(&message)) {
    on_probe_answer(*answer);
    return;
  }
  const bool is_current = std::visit(
      [this](const auto& m) {
        if constexpr (requires { m.session; }) {
          return m.session == session_;
        }
        return false;
      },
      message);
  if (!is_current) {
    return;  // an answer to a session that ended, or no answer at all
  }
  if (const auto* hello = std::get_if<contract::HelloAck>(&message)) {
    on_hello_ack(*hello, now);
  } else if (const auto* ack = std::get_if<contract::Ack>(&message)) {
    on_ack(*ack, now);
  } else if (const auto* pong = std::get_if<contract::Pong>(&message)) {
    on_pong(*pong, now);
  } else if (const auto* lost = std::get_if<contract::Lost>(&message)) {
    on_lost(*lost);
  } else {
    restart("Zeek asked for a new session: " + std::get<contract::Resync>(message).reason, now);
  }
}

void ZeekSession::on_hello_ack(const contract::HelloAck& ack, SteadyMs now) {
  if ((state_ != State::kGreeting && state_ != State::kStandby) || !hello_sent_) {
    return;
  }
  heard_ = true;
  zeek_version_ = ack.zeek_version;
  package_version_ = ack.package_version;
  capabilities_ = ack.capabilities;
  if (ack.role != "holder") {
    const bool waits = ack.role == "standby";
    state_ = waits ? State::kStandby : State::kGreeting;
    problem_ = waits ? "standby: " + ack.holder + " feeds this Zeek"
                     : "refused: " + ack.reason + " (" + ack.holder + " feeds this Zeek)";
    hello_due_ = now + options_.standby_interval;
    return;
  }
  const auto key = digest_key_from(ack.digest_key);
  if (!key) {
    restart("Zeek gave no key for digests", now);
    return;
  }
  key_ = *key;
  ++counters_.sessions;
  next_ping_ = now;
  const bool known = ack.epoch == store_.epoch() && store_.log_covers(ack.revision);
  // As long as nothing is known, all that comes belongs to one snapshot.
  const bool same = (store_.complete() || store_.item_count() > 0) &&
                    ack.items == store_.item_count() &&
                    ack.digest == format_digest(store_.digest(key_));
  if (!need_snapshot_ && (known || same)) {
    ++counters_.resumed;
    state_ = State::kLive;
    cursor_ = known ? ack.revision : store_.revision();
    acknowledged_ = cursor_;
    if (!known) {
      refusals_.clear();
    }
    return;
  }
  ++counters_.snapshots;
  state_ = State::kSnapshot;
  zeek_holds_ = ack.epoch == store_.epoch() ? 0 : ack.items;
  was_empty_ = ack.items == 0;
  next_ping_ = now + options_.ping_interval;
  force_begin_ = true;
  cursor_ = store_.revision();
}

ZeekSession::Sent& ZeekSession::remember(Sent::Kind kind, Revision revision, SteadyMs now) {
  ++counters_.messages;
  verified_.reset();
  return unacked_.emplace_back(Sent{++seq_, kind, revision, now, {}});
}

std::string_view ZeekSession::keep_reason(std::string_view reason) {
  reason = reason.substr(0, kMaxReasonBytes);
  const auto known = reasons_.find(reason);
  if (known != reasons_.end()) {
    return *known;
  }
  return reasons_.size() < kMaxReasons ? *reasons_.emplace(reason).first : kOtherReason;
}

void ZeekSession::on_refused(const std::vector<contract::RejectedItem>& rejects) {
  for (const auto& reject : rejects) {
    ++counters_.rejected;
    const auto entry = entry_of(reject);
    const auto item = entry ? store_.item(*entry) : std::nullopt;
    if (item) {
      refusals_[*entry] = {item_hash(*item), keep_reason(reject.reason)};
    }
  }
}

void ZeekSession::on_ack(const contract::Ack& ack, SteadyMs now) {
  if (unacked_.empty() || unacked_.front().seq != ack.seq) {
    restart("Zeek acknowledged message " + std::to_string(ack.seq) + ", which was not due", now);
    return;
  }
  const Sent sent = std::move(unacked_.front());
  unacked_.pop_front();
  counters_.inserted += ack.inserted;
  counters_.updated += ack.updated;
  counters_.unchanged += ack.unchanged;
  counters_.removed += ack.removed;
  for (const auto& entry : sent.entries) {
    refusals_.erase(entry);
  }
  on_refused(ack.rejects);
  if (sent.kind == Sent::Kind::kEnd) {
    state_ = State::kLive;
    shrink_accepted_ = false;
    withheld_.clear();
    need_snapshot_ = false;
    acknowledged_ = sent.revision;
  } else if (state_ == State::kLive) {
    acknowledged_ = sent.revision;
  }
  if (quiet()) {
    next_ping_ = now;  // compare digests as soon as all is said
  }
}

void ZeekSession::on_pong(const contract::Pong& pong, SteadyMs now) {
  if (!ping_at_ || pong.nonce != nonce_) {
    return;
  }
  ping_at_.reset();
  silent_ = false;
  pong_ = pong;
  const bool repairs = workers_behind() || pong.lost > 0;
  next_ping_ = now + (repairs ? options_.workers_interval : options_.ping_interval);
  if (!quiet() || pong.seq != seq_) {
    return;  // something was sent since; the next pong will tell
  }
  if (settles(pong)) {
    digest_agrees_ = true;
    verified_ = repairs ? std::nullopt : std::optional(store_.revision());
    failures_ = 0;
    return;
  }
  verified_.reset();
  if (pong.lost > 0) {
    digest_agrees_ = false;
    return;  // Zeek knows what it lacks, and asks for it
  }
  if (!withheld_.empty()) {
    digest_agrees_ = false;
    return;  // of course: Zeek still holds what may not be taken out yet
  }
  ++counters_.digest_mismatches;
  need_snapshot_ = true;
  restart("Zeek's digest differs: it holds " + std::to_string(pong.items) + " items where " +
              std::to_string(store_.item_count() - refusals_.size()) + " are due",
          now);
}

/// Whether Zeek holds what it must.
bool ZeekSession::settles(const contract::Pong& pong) const {
  std::uint64_t digest = store_.digest(key_);
  for (const auto& [entry, refusal] : refusals_) {
    digest ^= key_.mix(refusal.hash);
  }
  return pong.items == store_.item_count() - refusals_.size() &&
         pong.digest == format_digest(digest);
}

void ZeekSession::on_lost(const contract::Lost& lost) {
  if (state_ != State::kSnapshot && state_ != State::kLive) {
    return;
  }
  for (const auto& gone : lost.indicators) {
    ++counters_.lost;
    const auto type = indicator_type_from(gone.indicator_type);
    if (!type) {
      continue;
    }
    for (const auto& entry : store_.entries_of({*type, gone.indicator})) {
      if (gone.suppressed) {
        refusals_[entry] = {item_hash(*store_.item(entry)), "suppressed"};
      } else {
        resend_.insert(entry);
      }
    }
  }
  verified_.reset();
}

void ZeekSession::on_probe_answer(const contract::ProbeAnswer& answer) {
  if (state_ == State::kGreeting && answer.contract != contract::kVersion) {
    heard_ = true;
    problem_ = "package " + answer.package_version + " of this Zeek speaks contract " +
               std::to_string(answer.contract) + ", this service contract " +
               std::to_string(contract::kVersion) + ": upgrade the " +
               (answer.contract < contract::kVersion ? "package" : "service");
  }
}

void ZeekSession::set_filter(std::string digest, SteadyMs now) {
  if (digest != options_.filter) {
    options_.filter = std::move(digest);
    if (state_ != State::kDisconnected) {
      begin_session(now);
    }
  }
}

std::optional<contract::ToZeek> ZeekSession::bye() const {
  if (state_ != State::kSnapshot && state_ != State::kLive) {
    return std::nullopt;
  }
  return contract::Bye{session_, ""};
}

void ZeekSession::send_hello(SteadyMs now, std::vector<contract::ToZeek>& out) {
  if (now < hello_due_) {
    return;
  }
  if (state_ == State::kGreeting && hello_sent_) {
    if (!heard_) {
      problem_ = "no answer from the package: is it loaded on this Zeek, and of the same version?";
    }
    out.emplace_back(contract::Probe{options_.service_id});
  }
  out.emplace_back(contract::Hello{options_.service_id,
                                   session_,
                                   options_.service_version,
                                   options_.owner,
                                   options_.misp,
                                   options_.filter,
                                   {"lost", "standby"},
                                   ""});
  hello_sent_ = true;
  hello_due_ = now + options_.hello_timeout;
}

bool ZeekSession::send_changes(SteadyMs now, std::vector<contract::ToZeek>& out) {
  std::vector<EntryKey> released;
  std::size_t looked_at = 0;
  for (const auto& entry : withheld_) {
    if (released.size() == contract::kMaxItemsPerApply || ++looked_at > kMaxWithheldPerTurn) {
      break;
    }
    if (store_.authoritative(entry.event_id)) {
      released.push_back(entry);
    }
  }
  if (cursor_ == store_.revision() && released.empty() && resend_.empty()) {
    return false;
  }
  auto changes = store_.changes_since(cursor_, contract::kMaxItemsPerApply);
  for (const auto& entry : changes.entries) {
    withheld_.erase(entry);
  }
  for (const auto& entry : released) {
    if (changes.entries.size() < contract::kMaxItemsPerApply && withheld_.erase(entry) > 0) {
      changes.entries.push_back(entry);
    }
  }
  for (const auto& entry : changes.entries) {
    resend_.erase(entry);
  }
  while (!resend_.empty() && changes.entries.size() < contract::kMaxItemsPerApply) {
    changes.entries.push_back(resend_.extract(resend_.begin()).value());
  }
  contract::Apply apply;
  for (const auto& entry : changes.entries) {
    if (auto item = store_.item(entry)) {
      apply.upserts.push_back(std::move(*item));
    } else if (store_.authoritative(entry.event_id)) {
      apply.removals.push_back(entry);
    } else {
      withheld_.insert(entry);  // something that the store does not know yet may support it
    }
  }
  cursor_ = changes.up_to;
  Sent& sent = remember(Sent::Kind::kApply, cursor_, now);
  sent.entries = changes.entries;
  apply.session = session_;
  apply.seq = sent.seq;
  apply.epoch = store_.epoch();
  apply.revision = cursor_;
  out.emplace_back(std::move(apply));
  return true;
}

bool ZeekSession::send_chunk(SteadyMs now, std::vector<contract::ToZeek>& out) {
  if (state_ != State::kSnapshot || chunks_done_) {
    return false;
  }
  contract::Apply apply;
  apply.upserts = store_.items_after(chunk_cursor_, contract::kMaxItemsPerApply);
  if (apply.upserts.empty()) {
    chunks_done_ = true;
    return false;
  }
  chunk_cursor_ = apply.upserts.back().entry;
  Sent& sent = remember(Sent::Kind::kApply, cursor_, now);
  sent.entries.reserve(apply.upserts.size());
  for (const auto& item : apply.upserts) {
    sent.entries.push_back(item.entry);
  }
  apply.session = session_;
  apply.seq = sent.seq;
  apply.epoch = store_.epoch();
  apply.revision = cursor_;
  out.emplace_back(std::move(apply));
  return true;
}

void ZeekSession::send_end(SteadyMs now, std::vector<contract::ToZeek>& out) {
  const Sent& sent = remember(Sent::Kind::kEnd, cursor_, now);
  out.emplace_back(contract::End{session_, sent.seq, store_.epoch(), cursor_, ""});
  end_sent_ = true;
}

void ZeekSession::fill_window(SteadyMs now, std::vector<contract::ToZeek>& out) {
  if (force_begin_) {
    force_begin_ = false;
    refusals_.clear();
    const Sent& sent = remember(Sent::Kind::kBegin, cursor_, now);
    out.emplace_back(
        contract::Begin{session_, sent.seq, store_.epoch(), cursor_, store_.item_count(), ""});
  }
  while (unacked_.size() < options_.window) {
    const bool chunk_is_due = state_ == State::kSnapshot && changes_in_a_row_ >= kChangesPerChunk;
    if (!chunk_is_due && send_changes(now, out)) {
      ++changes_in_a_row_;
      continue;
    }
    changes_in_a_row_ = 0;
    if (send_chunk(now, out)) {
      continue;
    }
    // The end removes what was not named: not before the store knows all that MISP has.
    const bool may_end = store_.proven() || (store_.complete() && was_empty_);
    if (state_ == State::kSnapshot && !end_sent_ && cursor_ == store_.revision() && may_end &&
        !removals_blocked()) {
      send_end(now, out);
    }
    if (cursor_ == store_.revision()) {
      break;
    }
  }
}

void ZeekSession::ping(SteadyMs now, std::vector<contract::ToZeek>& out) {
  if (ping_at_ || now < next_ping_) {
    return;
  }
  out.emplace_back(contract::Ping{session_, ++nonce_, ""});
  ping_at_ = now;
}

std::vector<contract::ToZeek> ZeekSession::poll(SteadyMs now) {
  std::vector<contract::ToZeek> out;
  if (state_ == State::kSnapshot || state_ == State::kLive) {
    const bool ack_overdue = !unacked_.empty() && now >= unacked_.front().at + options_.ack_timeout;
    const bool pong_overdue = ping_at_ && now >= *ping_at_ + options_.ack_timeout;
    silent_ = ping_at_ && now >= *ping_at_ + options_.silence;
    if (silent_) {
      verified_.reset();
    }
    if (ack_overdue || pong_overdue) {
      restart("Zeek did not answer within " + std::to_string(options_.ack_timeout / 1000) + " s",
              now);
    } else if (!store_.log_covers(cursor_)) {
      need_snapshot_ = true;
      restart("Zeek fell too far behind; a snapshot follows", now);
    }
  }
  if (state_ == State::kGreeting || state_ == State::kStandby) {
    send_hello(now, out);
  } else if (state_ != State::kDisconnected) {
    fill_window(now, out);
    ping(now, out);
  }
  note_step(now);
  return out;
}

std::optional<SteadyMs> ZeekSession::deadline() const {
  if (state_ == State::kDisconnected) {
    return std::nullopt;
  }
  if (state_ == State::kGreeting || state_ == State::kStandby) {
    return hello_due_;
  }
  std::optional<SteadyMs> due;
  const auto at = [&](SteadyMs time) { due = due ? std::min(*due, time) : time; };
  if (!unacked_.empty()) {
    at(unacked_.front().at + options_.ack_timeout);
  }
  if (ping_at_) {
    at(*ping_at_ + (silent_ ? options_.ack_timeout : options_.silence));
  } else {
    at(next_ping_);
  }
  return due;
}

}  // namespace misp_zeek
