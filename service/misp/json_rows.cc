// SPDX-License-Identifier: BSD-3-Clause
#include "misp/json_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "misp/json_stream.h"

namespace misp_zeek::misp {
namespace {

/// Of the text around the rows.
constexpr std::size_t kMaxAround = 1024UL * 1024;
/// Kept of a row that is too long: enough to find its name.
constexpr std::size_t kBeginning = 64UL * 1024;

class RowScanner {
 public:
  RowScanner(std::span<const std::string_view> path, std::size_t max_row_bytes, const OnRow& on_row)
      : path_(path), max_row_bytes_(max_row_bytes), on_row_(on_row) {}

  bool take(std::string_view chunk) {
    for (std::size_t at = 0; at < chunk.size() && !error_;) {
      at = in_row_ ? scan_row(chunk, at) : scan_around(chunk, at);
    }
    bytes_ += chunk.size();
    return !error_;
  }

  Result<nlohmann::json> finish() {
    if (error_) {
      return tl::unexpected<Error>(*std::move(error_));
    }
    if (depth_ > 0 || in_string_) {
      return misp_zeek::fail(ErrorCode::kMalformed, "truncated: the JSON text ends after " +
                                                        std::to_string(bytes_) + " bytes");
    }
    return read_json(around_);
  }

 private:
  std::size_t stop(ErrorCode code, std::string message) {
    error_ = Error{code, std::move(message), 0};
    return 0;
  }

  bool in_list() const { return list_depth_ != 0 && depth_ == list_depth_; }

  /// Goes on inside a string, to behind its end or the end of the chunk.
  std::size_t scan_string(std::string_view chunk, std::size_t at) {
    for (; at < chunk.size(); ++at) {
      if (escaped_) {
        escaped_ = false;
      } else if (chunk[at] == '\\') {
        escaped_ = true;
      } else if (chunk[at] == '"') {
        in_string_ = false;
        return at + 1;
      }
    }
    return at;
  }

  std::size_t scan_row(std::string_view chunk, std::size_t begin) {
    std::size_t at = begin;
    while (at < chunk.size() && in_row_) {
      if (in_string_) {
        at = scan_string(chunk, at);
        continue;
      }
      const char c = chunk[at++];
      if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (c == '}' || c == ']') {
        in_row_ = --depth_ > list_depth_;
      }
    }
    const auto part = chunk.substr(begin, at - begin);
    row_bytes_ += part.size();
    if (!in_row_ && row_.empty()) {
      end_row(part);
    } else {
      row_.append(part.substr(0, room_for(part.size())));
      if (!in_row_) {
        end_row(row_);
        row_.clear();
      }
    }
    return at;
  }

  std::size_t room_for(std::size_t wanted) {
    if (max_row_bytes_ != 0 && row_bytes_ > max_row_bytes_) {
      return row_.size() < kBeginning ? std::min(wanted, kBeginning - row_.size()) : 0;
    }
    return wanted;
  }

  void end_row(std::string_view text) {
    const bool whole = max_row_bytes_ == 0 || row_bytes_ <= max_row_bytes_;
    if (!on_row_({whole ? text : text.substr(0, kBeginning), whole, ++rows_})) {
      stop(ErrorCode::kCancelled, "reading was ended");
    }
  }

  std::size_t scan_around(std::string_view chunk, std::size_t at) {
    if (around_.size() >= kMaxAround) {
      return stop(ErrorCode::kTooLarge,
                  "more than " + std::to_string(kMaxAround) + " bytes around the rows");
    }
    if (in_string_) {
      const auto end = scan_string(chunk, at);
      around_.append(chunk.substr(at, end - at));
      return end;
    }
    const char c = chunk[at];
    if (in_list() && c != ']') {
      return scan_between(c, at);
    }
    if (c == '"') {
      in_string_ = true;
      string_begin_ = around_.size();
    } else if (c == '{' || c == '[') {
      open(c);
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      list_depth_ = in_list() ? 0 : list_depth_;
      on_path_ = on_path_ == depth_ ? on_path_ - 1 : on_path_;
      --depth_;
    }
    around_ += c;
    return at + 1;
  }

  /// Between two rows.
  std::size_t scan_between(char c, std::size_t at) {
    if (c == '{') {
      in_row_ = true;
      row_bytes_ = 0;
    } else if (c != ',' && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      return stop(ErrorCode::kMalformed, "expected a list of objects");
    }
    return in_row_ ? at : at + 1;
  }

  /// A container around the rows, or beside them.
  void open(char c) {
    const bool parent_on_path = on_path_ == depth_;
    ++depth_;
    if (!parent_on_path || depth_ > path_.size() + 1) {
      return;
    }
    const auto key = [&] {
      const auto end = around_.rfind('"');
      return end == std::string::npos || end <= string_begin_
                 ? std::string_view{}
                 : std::string_view(around_).substr(string_begin_ + 1, end - string_begin_ - 1);
    };
    if (depth_ > 1 && key() != path_[depth_ - 2]) {
      return;
    }
    const bool innermost = depth_ == path_.size() + 1;
    if (c == (innermost ? '[' : '{')) {
      on_path_ = depth_;
      list_depth_ = innermost ? depth_ : 0;
    }
  }

  std::span<const std::string_view> path_;
  std::size_t max_row_bytes_;
  const OnRow& on_row_;
  std::string around_;            ///< all but the rows
  std::size_t string_begin_ = 0;  ///< in `around_`, the quote of the last string
  std::size_t depth_ = 0;         ///< open containers
  std::size_t on_path_ = 0;       ///< of these, on the way to the list
  std::size_t list_depth_ = 0;    ///< of the list that is open; 0: none
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_row_ = false;
  std::string row_;  ///< its beginning in earlier chunks
  std::size_t row_bytes_ = 0;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<nlohmann::json> read_rows(const NextChunk& next, std::span<const std::string_view> path,
                                 std::size_t max_row_bytes, const OnRow& on_row) {
  RowScanner scanner(path, max_row_bytes, on_row);
  for (auto chunk = next(); !chunk.empty() && scanner.take(chunk); chunk = next()) {
  }
  return scanner.finish();
}

}  // namespace misp_zeek::misp
