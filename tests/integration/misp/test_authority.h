// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

namespace misp_zeek::misp {

/// A certificate authority for one test, and a server certificate of it for localhost and
/// 127.0.0.1, as PEM files in a folder that is removed at the end.
class TestAuthority {
 public:
  /// Throws std::runtime_error.
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  std::string ca_file() const { return (folder_ / "ca.pem").string(); }
  std::string certificate() const { return (folder_ / "server.pem").string(); }
  std::string key() const { return (folder_ / "server.key").string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace misp_zeek::misp
