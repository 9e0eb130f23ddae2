// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "traffic/capture.h"

/// Things that clients do. `client` and `server` are addresses.
namespace misp_zeek::traffic {

/// Lower-case hexadecimal digits.
std::string to_hex(std::span<const unsigned char> bytes);

/// Opens a connection to a port and closes it.
void connect(Capture& capture, const std::string& client, const Capture::Endpoint& server);

/// Asks a DNS server for the address of a name.
void resolve(Capture& capture, const std::string& client, const std::string& server,
             const std::string& name);

struct Download {
  std::string host = {};  ///< as in the Host header, with the port if it is there
  std::string path = {};
  std::string user_agent = {};
  std::string body = {};
  std::string request_headers = {};   ///< further ones, each with its line end
  std::string response_headers = {};  ///< the same
};
/// One HTTP request and its answer.
void download(Capture& capture, const std::string& client, const Capture::Endpoint& server,
              const Download& what);

struct Mail {
  std::string sender = {};                      ///< of the envelope
  std::string recipient = "staff@example.org";  ///< of the envelope
  std::string from = "Someone <someone@example.org>";
  std::string to = "staff@example.org";
  std::string headers = {};  ///< further ones, each with its line end
  std::string body = "text\r\n";
};
void send_mail(Capture& capture, const std::string& client, const std::string& server,
               const Mail& mail);

/// Sends a mail; the header's From is another than `sender`.
void send_mail(Capture& capture, const std::string& client, const std::string& server,
               const std::string& sender);

/// Both sides of an SSH connection say who they are.
void greet_ssh(Capture& capture, const std::string& client, const std::string& server);

struct Fingerprints {
  std::string md5;
  std::string sha1;
  std::string sha256;
};
/// A real TLS 1.2 handshake for `name` with a certificate made for it. Returns the certificate's
/// hashes in hexadecimal.
Fingerprints shake_hands(Capture& capture, const std::string& client, const std::string& server,
                         const std::string& name);

}  // namespace misp_zeek::traffic
