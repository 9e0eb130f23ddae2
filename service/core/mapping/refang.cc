// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/mapping/normalise.h"

namespace misp_zeek::normalise {
namespace {

/// What people put into brackets, and what it stands for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kWords = {{{".", "."},
                                                                                  {"dot", "."},
                                                                                  {"punkt", "."},
                                                                                  {":", ":"},
                                                                                  {"://", "://"},
                                                                                  {"@", "@"},
                                                                                  {"at", "@"}}};
constexpr std::string_view kOpening = "[({";
constexpr std::string_view kClosing = "])}";

struct Piece {
  std::string_view plain;
  std::size_t size = 0;  ///< of what it replaces; 0: nothing
};

/// A word in brackets at the start of the text.
Piece wrapped_word(std::string_view text) {
  const std::size_t kind = kOpening.find(text.front());
  if (kind == std::string_view::npos) return {};
  const std::size_t end = text.find(kClosing[kind]);
  if (end == std::string_view::npos) return {};
  const std::string word = text::lower(text::trim(text.substr(1, end - 1)));
  const auto* it = std::find_if(kWords.begin(), kWords.end(),
                                [&](const auto& known) { return known.first == word; });
  return it == kWords.end() ? Piece{} : Piece{it->second, end + 1};
}

Piece piece_at(std::string_view text) {
  if (const Piece word = wrapped_word(text); word.size != 0) return word;
  // Half of the brackets, or a backslash.
  for (const std::string_view half : {"[.", ".]", "(.", ".)", "\\."}) {
    if (text.starts_with(half)) return {".", half.size()};
  }
  return {text.substr(0, 1), 1};
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string refanged(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Piece piece = piece_at(text);
    out += piece.plain;
    text.remove_prefix(piece.size);
  }
  return out;
}

}  // namespace misp_zeek::normalise
