// SPDX-License-Identifier: BSD-3-Clause
#include "synthetic.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string>

#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

std::string hex(std::mt19937_64& random, std::size_t digits, std::uint64_t serial) {
  std::string out;
  std::array<char, 17> part{};
  std::snprintf(part.data(), part.size(), "%08llx", static_cast<unsigned long long>(serial));
  out = part.data();
  while (out.size() < digits) {
    std::snprintf(part.data(), part.size(), "%016llx", static_cast<unsigned long long>(random()));
    out += part.data();
  }
  out.resize(digits);
  return out;
}

/// A public-looking IPv4 address that belongs to `serial` alone.
std::string address(std::uint64_t serial, std::uint64_t seed) {
  const std::uint64_t n = serial + (seed % 16) * 0x100000U;
  return std::to_string(11 + n / 0x1000000U % 100) + '.' + std::to_string(n / 0x10000U % 256) +
         '.' + std::to_string(n / 0x100U % 256) + '.' + std::to_string(n % 256);
}

std::string name(std::uint64_t serial, std::uint64_t seed) {
  return 'n' + std::to_string(serial) + ".s" + std::to_string(seed) + ".example.com";
}

void set_value(Attribute& attribute, std::uint64_t serial, std::uint64_t seed,
               std::mt19937_64& random) {
  static constexpr std::array<std::string_view, 10> kTypes = {
      "ip-dst",   "domain", "url",         "sha256", "md5",
      "hostname", "ip-src", "ip-dst|port", "sha1",   "email-src"};
  const auto type = kTypes.at(serial % kTypes.size());
  attribute.type = type;
  if (type.starts_with("ip-")) attribute.value1 = address(serial, seed);
  if (type == "ip-dst|port") attribute.value2 = std::to_string(1 + random() % 65535);
  if (type == "domain" || type == "hostname") attribute.value1 = name(serial, seed);
  if (type == "url") {
    attribute.value1 = "http://" + name(serial, seed) + "/a/" + std::to_string(random() % 10000);
  }
  if (type == "email-src") attribute.value1 = "u@" + name(serial, seed);
  if (type == "md5") attribute.value1 = hex(random, 32, serial);
  if (type == "sha1") attribute.value1 = hex(random, 40, serial);
  if (type == "sha256") attribute.value1 = hex(random, 64, serial);
  attribute.category = find_type(type)->default_category;
}

bool chance(std::mt19937_64& random, int percent) {
  return static_cast<int>(random() % 100) < percent;
}

}  // namespace

void add_synthetic(Database& db, const SyntheticSet& set, std::int64_t now) {
  std::mt19937_64 random(set.seed);
  const std::uint64_t events = std::max<std::uint64_t>(1, set.events);
  std::uint64_t serial = 0;
  for (std::uint64_t i = 0; i < events; ++i) {
    Event event;
    event.info = "synthetic event " + std::to_string(i);
    event.date = date_of(now);
    event.timestamp = now;
    event.published = chance(random, set.published_percent);
    event.publish_timestamp = event.published ? now : 0;
    const Id event_id = db.insert(std::move(event)).id;
    const std::uint64_t end = set.attributes * (i + 1) / events;
    for (; serial < end; ++serial) {
      Attribute attribute;
      attribute.event_id = event_id;
      attribute.timestamp = now;
      attribute.to_ids = chance(random, set.to_ids_percent);
      set_value(attribute, serial, set.seed, random);
      db.insert(std::move(attribute));
    }
  }
}

}  // namespace misp_zeek::misp_sim
