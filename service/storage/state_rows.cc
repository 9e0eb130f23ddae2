// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_rows.h"

#include <charconv>
#include <cstring>

namespace misp_zeek::storage {
namespace {

std::optional<SavedAttribute::Support> decode_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || second + 1 == line.size()) {
    return std::nullopt;
  }
  const auto type = indicator_type_from(line.substr(0, first));
  const std::string_view digits = line.substr(first + 1, second - first - 1);
  SavedAttribute::Support support;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, support.port);
  if (!type || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  support.key = {*type, std::string(line.substr(second + 1))};
  return support;
}

/// FNV-1a, 64 bits.
std::int64_t sum_of(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325U;
  for (const char c : text) {
    sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return static_cast<std::int64_t>(sum);
}

std::string_view bytes_of(const Uuid& uuid) {
  return {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()};
}

}  // namespace

std::int64_t checksum(const SavedAttribute& attribute) {
  std::string text(bytes_of(attribute.uuid));
  for (const auto number : {attribute.event_id, attribute.id,
                            static_cast<std::uint64_t>(attribute.timestamp), attribute.tags}) {
    text += ' ' + std::to_string(number);
  }
  text += '\n' + attribute.type + '\n';
  text += attribute.reject ? to_string(*attribute.reject) : std::string_view();
  return sum_of(text + '\n' + encode_supports(attribute.supports));
}

std::int64_t checksum(const SavedEvent& event) {
  std::string text = std::to_string(event.id) + ' ' + std::to_string(event.publish_timestamp) + ' ';
  text += event.uuid ? bytes_of(*event.uuid) : std::string_view();
  return sum_of(text + '\n' + event.info);
}

std::int64_t checksum(const SavedEventState& event) {
  std::string text(bytes_of(event.row.uuid));
  for (const auto number : {static_cast<std::int64_t>(event.row.id), event.row.timestamp,
                            std::int64_t{event.row.published}, std::int64_t{event.fresh},
                            event.read_until, static_cast<std::int64_t>(event.rows)}) {
    text += ' ' + std::to_string(number);
  }
  return sum_of(text);
}

std::string encode_supports(const std::vector<SavedAttribute::Support>& supports) {
  std::string text;
  for (const auto& [key, port] : supports) {
    text += to_string(key.type);
    text += ' ' + std::to_string(port) + ' ' + key.indicator + '\n';
  }
  return text;
}

std::optional<std::vector<SavedAttribute::Support>> decode_supports(std::string_view text) {
  std::vector<SavedAttribute::Support> supports;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto support = end == std::string_view::npos ? std::nullopt : decode_line(text.substr(0, end));
    if (!support) {
      return std::nullopt;
    }
    supports.push_back(std::move(*support));
    text.remove_prefix(end + 1);
  }
  return supports;
}

std::optional<Reject> reject_from(std::string_view name) {
  for (std::size_t i = 0; i < kRejectCount; ++i) {
    if (to_string(static_cast<Reject>(i)) == name) {
      return static_cast<Reject>(i);
    }
  }
  return std::nullopt;
}

std::optional<Uuid> uuid_from(const void* bytes, int size) {
  Uuid uuid;
  if (bytes == nullptr || size != static_cast<int>(uuid.bytes.size())) {
    return std::nullopt;
  }
  std::memcpy(uuid.bytes.data(), bytes, uuid.bytes.size());
  return uuid;
}

}  // namespace misp_zeek::storage
