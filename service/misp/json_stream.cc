// SPDX-License-Identifier: BSD-3-Clause
#include "misp/json_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;

/// Receives the parser's events, keeps what is wanted and hands records over.
class Builder {
 public:
  Builder(const JsonStreamOptions& options, const OnRecord& on_record, std::size_t text_size)
      : options_(options), on_record_(on_record), text_size_(text_size) {}

  bool null() { return scalar(nullptr); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(Json::number_integer_t value) { return scalar(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return scalar(value); }
  bool number_float(Json::number_float_t value, const std::string&) { return scalar(value); }
  bool string(std::string& value) { return scalar(std::move(value)); }
  static bool binary(Json::binary_t&) { return false; }  // not in JSON texts
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (skipping_ > 0) {
      return true;
    }
    skip_value_ = !options_.keys.empty() && std::find(options_.keys.begin(), options_.keys.end(),
                                                      name) == options_.keys.end();
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception&) {
    if (position > text_size_) {
      return fail(ErrorCode::kMalformed,
                  "truncated: the JSON text ends after " + std::to_string(text_size_) + " bytes");
    }
    return fail(ErrorCode::kMalformed, "not valid JSON at byte " + std::to_string(position));
  }

  std::optional<Error> take(Json& kept) {
    kept = std::move(root_);
    return std::move(error_);
  }

 private:
  struct Level {
    Json* value = nullptr;
    std::size_t path_length = 0;    ///< of the path outside
    std::size_t values_before = 0;  ///< kept when the container began
    bool holds_records = false;
  };

  bool fail(ErrorCode code, std::string message) {
    if (!error_) {
      error_ = Error{code, std::move(message), 0};
    }
    return false;
  }

  bool is_record(std::string_view path) const {
    return std::find(options_.records.begin(), options_.records.end(), path) !=
           options_.records.end();
  }

  bool expect_record_object(const Json& value) {
    if (!levels_.empty() && levels_.back().holds_records && !value.is_object()) {
      return fail(ErrorCode::kMalformed, path_ + ": expected a list of objects");
    }
    return true;
  }

  bool scalar(Json value) {
    if (skipping_ > 0 || std::exchange(skip_value_, false)) {
      return true;
    }
    return expect_record_object(value) && attach(std::move(value)) != nullptr;
  }

  bool open(Json container) {
    if (++depth_ > options_.max_depth) {
      return fail(ErrorCode::kTooLarge,
                  "nested deeper than " + std::to_string(options_.max_depth) + " levels");
    }
    if (skipping_ > 0 || std::exchange(skip_value_, false)) {
      ++skipping_;
      return true;
    }
    if (!expect_record_object(container)) {
      return false;
    }
    Level level{nullptr, path_.size(), values_, false};
    if (!levels_.empty()) {
      path_.append("/").append(levels_.back().value->is_array() ? "*" : key_);
    }
    level.holds_records = container.is_array() && is_record(path_ + "/*");
    level.value = attach(std::move(container));
    if (level.value == nullptr) {
      return false;
    }
    levels_.push_back(level);
    return true;
  }

  bool close() {
    --depth_;
    if (skipping_ > 0) {
      --skipping_;
      return true;
    }
    const Level level = levels_.back();
    levels_.pop_back();
    if (!levels_.empty() && levels_.back().holds_records) {
      if (!on_record_(path_, *level.value)) {
        return fail(ErrorCode::kCancelled, "reading was ended");
      }
      levels_.back().value->get_ref<Json::array_t&>().pop_back();
      values_ = level.values_before;
    }
    path_.resize(level.path_length);
    return true;
  }

  /// Puts a value where the parser is; nullptr when there are too many.
  Json* attach(Json value) {
    if (++values_ > options_.max_values) {
      fail(ErrorCode::kTooLarge,
           "more than " + std::to_string(options_.max_values) + " values at " + path_);
      return nullptr;
    }
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *levels_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  const JsonStreamOptions& options_;
  const OnRecord& on_record_;
  std::size_t text_size_;
  Json root_;
  std::vector<Level> levels_;
  std::string path_;
  std::string key_;
  std::size_t depth_ = 0;
  std::size_t skipping_ = 0;  ///< open containers that are read over
  bool skip_value_ = false;   ///< the next value is read over
  std::size_t values_ = 0;
  std::optional<Error> error_;
};

}  // namespace

std::optional<Error> read_json_part(std::string_view text, const JsonStreamOptions& options,
                                    const OnRecord& on_record, Json& kept) {
  Builder builder(options, on_record, text.size());
  try {
    Json::sax_parse(text.begin(), text.end(), &builder);
  } catch (const Json::exception& exception) {
    return Error{ErrorCode::kMalformed,
                 "not readable as JSON, error " + std::to_string(exception.id), 0};
  }
  return builder.take(kept);
}

Result<Json> read_json(std::string_view text, const JsonStreamOptions& options,
                       const OnRecord& on_record) {
  Json kept;
  if (auto error = read_json_part(text, options, on_record, kept)) {
    return tl::unexpected<Error>(*std::move(error));
  }
  return kept;
}

Result<Json> read_json(std::string_view text) { return read_json(text, {}, {}); }

}  // namespace misp_zeek::misp
