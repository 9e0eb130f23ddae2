// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/gap_delta.h"

#include <algorithm>

namespace misp_zeek {
namespace {

constexpr std::uint32_t kMaxPages = 20;

}  // namespace

void GapDelta::request(std::int64_t since, Cause cause) {
  since_ = since_ ? std::min(*since_, since) : since;
  cause_ = cause;
  page_ = 1;
}

std::optional<RestCall> GapDelta::next_call() {
  if (!since_ || in_flight_) {
    return std::nullopt;
  }
  in_flight_ = true;
  SearchCall call;
  call.search.apply_filter = false;
  call.search.any_type = true;
  call.search.with_deleted = true;
  call.search.changed_since = std::max<std::int64_t>(*since_, 1);
  call.limit = context_.options.batch_rows;
  call.page = page_;
  return call;
}

bool GapDelta::differs(const AttributeRow& row, SteadyMs asked) const {
  const Attribute& attribute = row.attribute;
  if (context_.touched(attribute.uuid, asked)) {
    return false;  // the feed is newer, and is verified
  }
  const auto* known = context_.store.find(attribute.uuid);
  const auto judgement =
      context_.filter.judge_row(attribute, row.event, context_.clock.age_now(context_.now));
  const bool wanted =
      judgement.verdict == Verdict::kAccept && context_.mapping.knows(attribute.type);
  return known == nullptr ? wanted : !wanted || known->timestamp != attribute.timestamp;
}

bool GapDelta::on_reply(const AttributeReply& reply, SteadyMs asked, bool in_round) {
  if (!in_flight_) {
    return true;
  }
  in_flight_ = false;
  for (const auto& row : reply.rows) {
    const auto id = row.attribute.event_id;
    if (differs(row, asked)) {
      const SteadyMs now = context_.time();
      events_.mark(id, {Lane::kEvents, cause_, now, now, true}, now);
      if (in_round) {
        events_.join_round(id);
      }
    }
  }
  if (reply.complete) {
    since_.reset();
    return true;
  }
  if (++page_ > kMaxPages) {
    since_.reset();
    return false;
  }
  return true;
}

void GapDelta::clear() {
  since_.reset();
  in_flight_ = false;
}

}  // namespace misp_zeek
