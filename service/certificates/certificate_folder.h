// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/time.h"

/// A folder with a private CA and one certificate for each side: ca.pem, ca.key, and HOST.pem and
/// HOST.key for each host. The service's are misp-zeek.pem and misp-zeek.key unless it has another
/// name. Keys have mode 0600, the folder 0700. Errors: kUnavailable with path and cause, and
/// kInvalidConfig for what is refused.
namespace misp_zeek::certificates {

inline constexpr const char* kServiceName = "misp-zeek";

struct Hosts {
  std::string misp;                    ///< of the feed's tunnel at MISP; empty: none
  std::vector<std::string> zeeks;      ///< at least one
  std::string service = kServiceName;  ///< name or address of the service
};

/// Makes the folder and all in it; nothing may be there yet. Gives the lines for the configuration
/// of both sides.
Result<std::string> make(const std::string& folder, const Hosts& hosts, UnixSeconds now);

/// Makes new keys and certificates of the same CA for the same hosts. Gives a line for each.
Result<std::string> renew(const std::string& folder, UnixSeconds now);

struct Installation {
  std::string host = kServiceName;  ///< whose certificate
  std::string to;                   ///< folder, which must be there
  std::string group;                ///< that may read the key; empty: nobody but the owner
  bool replace = false;             ///< files that are there
};

/// Copies ca.pem, and certificate and key of one host, to the folder where its program finds them.
/// Each file appears at once and whole.
Result<std::string> install(const std::string& folder, const Installation& installation);

/// Days until the certificate in the file ends, rounded down; negative: it has ended. nullopt:
/// there is no certificate that can be read.
std::optional<long> days_left(const std::string& file, UnixSeconds now);

}  // namespace misp_zeek::certificates
