// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <iosfwd>
#include <string>

#include "certificates/certificate_folder.h"

namespace misp_zeek::app {

/// `misp-zeek certificates ACTION DIR`, which needs no configuration.
struct CertificateCommand {
  std::string action;  ///< make, renew or install
  std::string folder;
  certificates::Hosts hosts;                ///< of make
  certificates::Installation installation;  ///< of install
};

/// Does it and prints what follows. The exit status: 0, 1, or 2 for what is refused.
int handle_certificates(const CertificateCommand& command, std::ostream& out, std::ostream& err);

}  // namespace misp_zeek::app
