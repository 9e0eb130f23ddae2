// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "traffic/capture.h"

/// Things that clients do. `client` and `server` are IPv4 addresses.
namespace misp_zeek::traffic {

/// Lower-case hexadecimal digits.
std::string to_hex(std::span<const unsigned char> bytes);

/// Opens a connection to a port and closes it.
void connect(Capture& capture, const std::string& client, const Capture::Endpoint& server);

/// Asks a DNS server for the address of a name.
void resolve(Capture& capture, const std::string& client, const std::string& server,
             const std::string& name);

struct Download {
  std::string host;  ///< as in the Host header, with the port if it is there
  std::string path;
  std::string user_agent;
  std::string body;
};
/// One HTTP request and its answer.
void download(Capture& capture, const std::string& client, const Capture::Endpoint& server,
              const Download& what);

/// Sends a mail; the header's From is another than `sender`.
void send_mail(Capture& capture, const std::string& client, const std::string& server,
               const std::string& sender);

/// A real TLS 1.2 handshake for `name` with a certificate made for it. Returns the certificate's
/// SHA-1 in hexadecimal.
std::string shake_hands(Capture& capture, const std::string& client, const std::string& server,
                        const std::string& name);

}  // namespace misp_zeek::traffic
