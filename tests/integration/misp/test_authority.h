// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "process/temporary_folder.h"

namespace misp_zeek::misp {

/// A certificate authority for one test, and a server certificate of it for localhost and
/// 127.0.0.1, as PEM files in a folder that is removed at the end.
class TestAuthority {
 public:
  /// Throws std::runtime_error.
  TestAuthority();

  std::string ca_file() const { return folder_.file("ca.pem"); }
  std::string certificate() const { return folder_.file("server.pem"); }
  std::string key() const { return folder_.file("server.key"); }

 private:
  process::TemporaryFolder folder_;
};

}  // namespace misp_zeek::misp
