// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

namespace misp_zeek::process {

/// A new folder where the system keeps temporary files, removed with all its content at the end.
class TemporaryFolder {
 public:
  /// Throws std::runtime_error.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  /// The path of a file in the folder, whether it is there or not.
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// Makes a file and returns its path.
  std::string write(const std::string& name, const std::string& content,
                    std::filesystem::perms perms = std::filesystem::perms::owner_read) const;
  /// Leaves the folder there, for somebody to look at, or removes it after all.
  void keep(bool keep) { keep_ = keep; }

 private:
  std::string path_;
  bool keep_ = false;
};

}  // namespace misp_zeek::process
