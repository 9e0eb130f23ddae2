// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What replay_main.cc calls with each input. Returns 0; what must not be ends the program.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace misp_zeek::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the program, and so the run, when a property does not hold.
inline void require(bool holds, const char* property) {
  if (!holds) {
    std::fprintf(stderr, "property does not hold: %s\n", property);
    std::abort();
  }
}

/// What every error text must be: something, short, and one line.
inline void require_sound_text(std::string_view text) {
  require(!text.empty(), "an error has a text");
  require(text.size() < 2'000, "an error's text is short");
  require(text.find('\n') == std::string_view::npos, "an error's text is one line");
}

}  // namespace misp_zeek::fuzz
