// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace misp_zeek::storage {
namespace {

constexpr mode_t kPrivateFolder = 0700;
constexpr mode_t kPrivateFile = 0600;

tl::unexpected<Error> unusable(const std::string& path, const std::string& why,
                               ErrorCode code = ErrorCode::kUnavailable) {
  return fail(code, "state.path: cannot use " + path + ": " + why);
}

tl::unexpected<Error> unusable(const std::string& path, int cause) {
  return unusable(path, std::strerror(cause),
                  is_no_storage(cause) ? ErrorCode::kNoStorage : ErrorCode::kUnavailable);
}

/// Why the folder cannot be made, as errno; 0: it is there.
int make_folder(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!parent.empty() && !std::filesystem::exists(parent, error)) {
    std::filesystem::create_directories(parent, error);
    if (error) {
      return error.value();
    }
  }
  return mkdir(path.c_str(), kPrivateFolder) != 0 && errno != EEXIST ? errno : 0;
}

/// Whether others could read the folder, which they can no more.
Result<bool> close_to_others(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return unusable(path, errno);
  }
  if ((status.st_mode & 077U) == 0) {
    return false;
  }
  if (chmod(path.c_str(), kPrivateFolder) != 0) {
    return unusable(path, std::string("others may read it, and its mode cannot be set to 0700: ") +
                              std::strerror(errno));
  }
  return true;
}

bool write_all(int handle, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t written = write(handle, content.data() + done, content.size() - done);
    if (written < 0 && errno != EINTR) {
      return false;
    }
    done += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  return true;
}

}  // namespace

Result<StateFolder> StateFolder::open(const std::string& path) {
  if (const int problem = make_folder(path); problem != 0) {
    return unusable(path, problem);
  }
  const auto was_open = close_to_others(path);
  if (!was_open) {
    return tl::unexpected<Error>(was_open.error());
  }
  const std::string name = path + "/lock";
  const int lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivateFile);
  if (lock < 0) {
    return unusable(path, errno);
  }
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int cause = errno;
    close(lock);
    return cause == EWOULDBLOCK ? unusable(path, "another misp-zeek uses it")
                                : unusable(path, cause);
  }
  return StateFolder(path, lock, *was_open);
}

Result<void> StateFolder::check(const std::string& path) {
  const auto problem = [&path](int cause, const std::string& why) {
    const bool denied = cause == EACCES || cause == EPERM;
    return fail(denied ? ErrorCode::kUnauthorized : ErrorCode::kUnavailable,
                "state.path: cannot use " + path + ": " + why);
  };
  // The folder, or the nearest one above in which it would be made.
  std::filesystem::path nearest(path);
  struct stat status {};
  while (stat(nearest.c_str(), &status) != 0) {
    const int cause = errno;
    if (cause != ENOENT || nearest == nearest.parent_path()) {
      return problem(cause, std::strerror(cause));
    }
    nearest = nearest.parent_path();
  }
  if (!S_ISDIR(status.st_mode)) {
    return problem(ENOTDIR, nearest.string() + " is no folder");
  }
  if (access(nearest.c_str(), W_OK | X_OK) != 0) {
    return problem(errno, std::string(std::strerror(errno)) + " in " + nearest.string());
  }
  const int lock = ::open((path + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) {
    return errno == ENOENT ? Result<void>() : problem(errno, std::strerror(errno));
  }
  const bool free = flock(lock, LOCK_EX | LOCK_NB) == 0;
  close(lock);
  return free ? Result<void>() : problem(EBUSY, "another misp-zeek uses it");
}

StateFolder::~StateFolder() {
  if (lock_ >= 0) {
    close(lock_);
  }
}

Result<void> StateFolder::write_private(const std::string& name, const std::string& content) const {
  const std::string target = file(name);
  const std::string unfinished = target + ".tmp";
  unlink(unfinished.c_str());
  const int handle =
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kPrivateFile);
  if (handle < 0) {
    return unusable(target, errno);
  }
  const bool written = write_all(handle, content);
  int cause = errno;
  close(handle);
  if (written && rename(unfinished.c_str(), target.c_str()) == 0) {
    return {};
  }
  cause = written ? errno : cause;
  unlink(unfinished.c_str());
  return unusable(target, cause);
}

}  // namespace misp_zeek::storage
