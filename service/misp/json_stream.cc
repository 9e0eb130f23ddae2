// SPDX-License-Identifier: BSD-3-Clause
#include "misp/json_stream.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;

/// The text as a sequence of bytes, with a bound on the distance between two marks.
class ByteReader {
 public:
  ByteReader(const NextChunk& next, std::size_t max_distance)
      : next_(next), max_distance_(max_distance) {}

  bool at_end() {
    if (position_ == chunk_.size()) {
      refill();
    }
    return ended_;
  }
  char front() const { return chunk_[position_]; }
  void advance() { ++position_; }
  void mark() { marked_ = offset(); }
  std::size_t offset() const { return before_ + position_; }
  bool ended() const { return ended_; }
  bool too_far() const { return too_far_; }

 private:
  void refill() {
    if (ended_) {
      return;
    }
    before_ += chunk_.size();
    position_ = 0;
    chunk_ = {};
    too_far_ = max_distance_ != 0 && before_ - marked_ > max_distance_;
    if (!too_far_) {
      chunk_ = next_();
    }
    ended_ = chunk_.empty();
  }

  const NextChunk& next_;
  std::size_t max_distance_;
  std::string_view chunk_;
  std::size_t position_ = 0;
  std::size_t before_ = 0;  ///< bytes of the chunks before this one
  std::size_t marked_ = 0;
  bool ended_ = false;
  bool too_far_ = false;
};

class ByteIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  ByteIterator() = default;
  explicit ByteIterator(ByteReader& reader) : reader_(&reader) {}

  char operator*() const { return reader_->front(); }
  ByteIterator& operator++() {
    reader_->advance();
    return *this;
  }
  ByteIterator operator++(int) {
    ByteIterator before = *this;
    reader_->advance();
    return before;
  }
  bool operator==(const ByteIterator& other) const { return at_end() == other.at_end(); }

 private:
  bool at_end() const { return reader_ == nullptr || reader_->at_end(); }

  ByteReader* reader_ = nullptr;
};

/// Receives the parser's events, keeps what is wanted and hands records over.
class Builder {
 public:
  Builder(const JsonStreamOptions& options, const OnRecord& on_record, ByteReader& reader)
      : options_(options), on_record_(on_record), reader_(reader) {}

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
    if (reader_.too_far()) {
      return fail(ErrorCode::kTooLarge, "one entry is larger than " +
                                            std::to_string(options_.max_record_bytes) + " bytes");
    }
    if (reader_.ended()) {
      return fail(ErrorCode::kMalformed, "truncated: the JSON text ends after " +
                                             std::to_string(reader_.offset()) + " bytes");
    }
    return fail(ErrorCode::kMalformed, "not valid JSON at byte " + std::to_string(position));
  }

  Result<Json> take() {
    if (error_) {
      return tl::unexpected<Error>(*std::move(error_));
    }
    return std::move(root_);
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
      reader_.mark();
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
  ByteReader& reader_;
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

Result<Json> read_json(const NextChunk& next, const JsonStreamOptions& options,
                       const OnRecord& on_record) {
  ByteReader reader(next, options.max_record_bytes);
  Builder builder(options, on_record, reader);
  try {
    Json::sax_parse(ByteIterator(reader), ByteIterator(), &builder);
  } catch (const Json::exception& exception) {
    return fail(ErrorCode::kMalformed,
                "not readable as JSON, error " + std::to_string(exception.id));
  }
  return builder.take();
}

Result<Json> read_json(std::string_view text, const JsonStreamOptions& options,
                       const OnRecord& on_record) {
  return read_json([&text] { return std::exchange(text, {}); }, options, on_record);
}

Result<Json> read_json(std::string_view text) { return read_json(text, {}, {}); }

}  // namespace misp_zeek::misp
