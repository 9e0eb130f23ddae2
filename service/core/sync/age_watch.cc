// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/age_watch.h"

namespace misp_zeek {

void AgeWatch::watch(const Uuid& attribute, UnixSeconds expires,
                     std::optional<UnixSeconds> before) {
  // A later time is found when the earlier one has come.
  if (!before || expires < *before) {
    ages_.emplace(expires, attribute);
  }
}

void AgeWatch::watch_expiration(const Uuid& attribute, UnixSeconds at) {
  expirations_.emplace(at, attribute);
}

std::optional<Uuid> AgeWatch::next_aged(UnixSeconds now) {
  if (ages_.empty() || ages_.top().first >= now) {
    return std::nullopt;
  }
  const Uuid uuid = ages_.top().second;
  ages_.pop();
  return uuid;
}

std::optional<Uuid> AgeWatch::next_expired(UnixSeconds now) {
  if (expirations_.empty() || expirations_.begin()->first > now) {
    return std::nullopt;
  }
  return expirations_.extract(expirations_.begin()).value().second;
}

}  // namespace misp_zeek
