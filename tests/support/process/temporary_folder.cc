// SPDX-License-Identifier: BSD-3-Clause
#include "process/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace misp_zeek::process {

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / "misp-zeek-XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::runtime_error("cannot make " + path_ + ": " + std::strerror(errno));
  }
}

TemporaryFolder::~TemporaryFolder() {
  if (!keep_) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

std::string TemporaryFolder::write(const std::string& name, const std::string& content,
                                   std::filesystem::perms perms) const {
  std::ofstream(file(name)) << content;
  std::filesystem::permissions(file(name), perms);
  return file(name);
}

}  // namespace misp_zeek::process
