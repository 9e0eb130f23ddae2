// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace misp_zeek::traffic {

/// Writes a pcap file of IPv4 and IPv6 packets over Ethernet, a millisecond apart. Checksums are
/// zero: let the reader ignore them.
class Capture {
 public:
  /// `start`: time of the first packet, seconds since the epoch. Throws std::runtime_error when the
  /// file cannot be written.
  Capture(const std::string& path, std::int64_t start);

  struct Endpoint {
    std::string address;
    std::uint16_t port = 0;
  };
  /// A datagram and its answer.
  void ask_udp(const Endpoint& client, const Endpoint& server, std::string_view question,
               std::string_view answer);

  /// A datagram without an answer.
  void send_udp(const Endpoint& client, const Endpoint& server, std::string_view bytes);
  /// A TCP connection that nobody answers.
  void knock(const Endpoint& client, const Endpoint& server);

  /// A TCP connection: the handshake when it is made, the end when it goes.
  class Connection {
   public:
    Connection(Capture& capture, Endpoint client, Endpoint server);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void client_says(std::string_view bytes) { say(true, bytes); }
    void server_says(std::string_view bytes) { say(false, bytes); }

   private:
    void say(bool from_client, std::string_view bytes);
    void send(bool from_client, std::uint8_t flags, std::string_view bytes);

    Capture& capture_;
    Endpoint client_;
    Endpoint server_;
    std::uint32_t client_seq_ = 1'000;
    std::uint32_t server_seq_ = 2'000;
  };

 private:
  void write_ip(const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                const std::string& segment);

  std::ofstream file_;
  std::int64_t microseconds_;
};

}  // namespace misp_zeek::traffic
