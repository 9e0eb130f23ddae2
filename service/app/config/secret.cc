// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/secret.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>

#include "core/base/text.h"

namespace misp_zeek::app {
namespace {

/// Longest secret; ZeroMQ's PLAIN mechanism has the same limit.
constexpr std::size_t kMaxSecret = 255;

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

tl::unexpected<Error> file_problem(const std::string& path, const std::string& what) {
  const std::string name = path.find('/') == std::string::npos ? "" : " " + path;
  return fail(ErrorCode::kInvalidConfig, "names a file" + name + " that " + what);
}

tl::unexpected<Error> unreadable(const std::string& path) {
  // Whom the file must be given to: in a container it is a user whom the host does not know.
  const std::string who = errno == EACCES ? " by user " + std::to_string(geteuid()) : "";
  const char* hint = path.starts_with('/') ? ""
                     : path.starts_with('~')
                         ? " (~ is not expanded: write the whole path)"
                         : " (a path begins with /; a secret itself belongs into "
                           "a file)";
  return file_problem(path, "cannot be read" + who + ": " + std::strerror(errno) + hint);
}

const char* problem_of(std::string_view text) {
  if (text.find_first_of("\r\n") != std::string_view::npos) {
    return "more than one line";
  }
  return text.find_first_of(" \t") == std::string_view::npos
             ? "a byte that is not visible ASCII, such as of a byte order mark"
             : "white space in it";
}

}  // namespace

Result<Secret> parse_secret(std::string_view untrimmed) {
  std::string text(text::trim(untrimmed));
  if (text.empty()) {
    return fail(ErrorCode::kInvalidConfig, "is empty");
  }
  if (text.size() > kMaxSecret) {
    return fail(ErrorCode::kInvalidConfig,
                "is longer than " + std::to_string(kMaxSecret) + " bytes");
  }
  if (!std::all_of(text.begin(), text.end(), is_visible)) {
    return fail(
        ErrorCode::kInvalidConfig,
        std::string("is not one word of visible ASCII characters: it has ") + problem_of(text));
  }
  return Secret(std::move(text));
}

Result<SecretFile> read_secret_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return unreadable(path);
  }
  // Anything else could block for ever or never end; a systemd credential is a regular file too.
  if (!S_ISREG(status.st_mode)) {
    return file_problem(path, "is not a regular file");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return unreadable(path);
  }
  // A little more than the longest secret, so that parse_secret() sees that a file is too long.
  std::array<char, 2 * kMaxSecret> buffer{};
  stream.read(buffer.data(), buffer.size());
  auto secret = parse_secret({buffer.data(), static_cast<std::size_t>(stream.gcount())});
  if (!secret) {
    return file_problem(path, secret.error().message);
  }
  return SecretFile{std::move(*secret), (status.st_mode & S_IROTH) != 0};
}

RenewedSecret::RenewedSecret(Secret secret, std::string path)
    : path_(std::move(path)), secret_(std::move(secret)) {}

std::optional<RenewedSecret::Stamp> RenewedSecret::stamp() const {
  struct stat status {};
  if (path_.empty() || stat(path_.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return Stamp{status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ino, status.st_size};
}

Secret RenewedSecret::current() {
  const std::lock_guard lock(mutex_);
  const auto now = stamp();
  if (now && now != stamp_) {
    // The stamp of before the read: what is written meanwhile is read the next time.
    stamp_ = now;
    if (auto file = read_secret_file(path_)) {
      secret_ = std::move(file->secret);
    }
  }
  return secret_;
}

}  // namespace misp_zeek::app
