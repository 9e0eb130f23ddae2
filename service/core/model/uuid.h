// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace misp_zeek {

/// A UUID in 16 bytes. MISP identifies attributes and events by them; ids are local to an instance.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  /// Reads the 36-character form, upper or lower case; nullopt for anything else.
  static std::optional<Uuid> parse(std::string_view text);
  /// The 36-character form in lower case.
  std::string str() const;

  auto operator<=>(const Uuid&) const = default;
};

}  // namespace misp_zeek

template <>
struct std::hash<misp_zeek::Uuid> {
  std::size_t operator()(const misp_zeek::Uuid& uuid) const noexcept;
};
