// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/model/attribute.h"

namespace misp_zeek::misp {

/// Reads the fields of one JSON object as MISP writes them: numbers as JSON numbers or decimal
/// strings, booleans as true/false, 0/1 or "0"/"1". The first problem is kept, later reads are
/// harmless, so that a caller reads everything and asks once. Error texts name the place and what
/// was expected, never a value.
///
/// `_if` functions return nullopt for a missing or null field, the others note a problem.
class Fields {
 public:
  /// `where` names the object in error texts, e.g. "Attribute". The object must outlive this.
  Fields(const nlohmann::json& object, std::string_view where);

  /// An id: decimal, not negative.
  std::uint64_t id(const char* key);
  std::optional<std::uint64_t> id_if(const char* key);
  std::int64_t integer(const char* key);
  std::optional<std::int64_t> integer_if(const char* key);
  bool flag(const char* key);
  std::optional<bool> flag_if(const char* key);
  /// A string; an integer is taken for its decimal text.
  std::string text(const char* key);
  std::optional<std::string> text_if(const char* key);
  Uuid uuid(const char* key);
  /// An empty string counts as missing.
  std::optional<Uuid> uuid_if(const char* key);
  /// A level that this code does not know is nullopt.
  std::optional<Distribution> distribution_if(const char* key);

  /// The value of `key`; nullptr when it is missing or null.
  const nlohmann::json* child(const char* key) const;
  /// Notes a problem, unless there is one already.
  void fail(std::string_view key, std::string_view expected);

  bool ok() const { return problem_.empty(); }
  /// kMalformed with the first problem. Only if not ok().
  Error error() const { return {ErrorCode::kMalformed, problem_, 0}; }

 private:
  template <typename Number>
  std::optional<Number> number_if(const char* key, std::string_view expected);
  template <typename T>
  T require(std::optional<T> value, const char* key);

  const nlohmann::json& object_;
  std::string where_;
  std::string problem_;
};

}  // namespace misp_zeek::misp
