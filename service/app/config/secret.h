// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
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
/// what the secret was. White space around it is cut
/// off.
Result<Secret> parse_secret(std::string_view untrimmed);

/// Reads a secret from a file. Errors: kInvalidConfig with the cause. The path is in the message
/// only if it has a '/': people put the key itself where its file is asked for.
Result<SecretFile> read_secret_file(const std::string& path);

/// A secret whose file may be renewed while the service runs. Any thread.
class RenewedSecret {
 public:
  /// `secret` holds while `path` cannot be read, and for good when that is empty.
  RenewedSecret(Secret secret, std::string path);
  /// As it is now: the file is read again when it has changed. While it cannot be read, or holds no
  /// secret, the last one stays.
  Secret current();

 private:
  struct Stamp {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  std::optional<Stamp> stamp() const;

  const std::string path_;
  std::mutex mutex_;
  Secret secret_;
  std::optional<Stamp> stamp_;  ///< of the file when it was read
};

}  // namespace misp_zeek::app
