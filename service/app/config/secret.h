// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <ostream>
#include <string>
#include <utility>

#include "core/base/error.h"

namespace misp_zeek::app {

/// A key or password. It cannot be streamed or formatted; reveal() marks every place of use.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};
std::ostream& operator<<(std::ostream&, const Secret&) = delete;

/// A secret as it was found in a file.
struct SecretFile {
  Secret secret;
  bool world_readable = false;  ///< any user of this machine can read the file
};

/// What a secret must be: 1 to 255 bytes of visible ASCII. Errors: kInvalidConfig, which never says
/// what the secret was. `text` may end in white space; it is cut off.
Result<Secret> parse_secret(std::string text);

/// Reads a secret from a file. Errors: kInvalidConfig with the cause. The path is in the message
/// only if it has a '/': people put the key itself where its file is asked for.
Result<SecretFile> read_secret_file(const std::string& path);

}  // namespace misp_zeek::app
