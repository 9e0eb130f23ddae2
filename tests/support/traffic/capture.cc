// SPDX-License-Identifier: BSD-3-Clause
#include "traffic/capture.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace misp_zeek::traffic {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kGap = 1'000;
constexpr std::size_t kMaxSegment = 1'400;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kPush = 0x08;
constexpr std::uint8_t kAck = 0x10;

template <typename T>
void append_network(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xff);
  }
}

bool is_v6(const std::string& address) { return address.find(':') != std::string::npos; }

void append_address(std::string& out, const std::string& address) {
  std::array<char, sizeof(in6_addr)> bytes{};
  if (inet_pton(is_v6(address) ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1) {
    throw std::runtime_error("no address: " + address);
  }
  out.append(bytes.data(), is_v6(address) ? sizeof(in6_addr) : sizeof(in_addr));
}

std::string datagram(const Capture::Endpoint& from, const Capture::Endpoint& to,
                     std::string_view bytes) {
  std::string out;
  append_network(out, from.port);
  append_network(out, to.port);
  append_network(out, static_cast<std::uint16_t>(8 + bytes.size()));
  append_network(out, std::uint16_t{0});
  return out.append(bytes);
}

/// pcap's own headers are in the byte order of the machine.
template <typename T>
void write_native(std::ofstream& file, T value) {
  std::array<char, sizeof(T)> bytes{};
  std::copy_n(reinterpret_cast<const char*>(&value), sizeof(T), bytes.data());
  file.write(bytes.data(), bytes.size());
}

}  // namespace

Capture::Capture(const std::string& path, std::int64_t start)
    : file_(path, std::ios::binary), microseconds_(start * kSecond) {
  if (!file_) {
    throw std::runtime_error("cannot write " + path);
  }
  write_native<std::uint32_t>(file_, 0xa1b2c3d4);
  write_native<std::uint16_t>(file_, 2);
  write_native<std::uint16_t>(file_, 4);
  write_native<std::uint32_t>(file_, 0);
  write_native<std::uint32_t>(file_, 0);
  write_native<std::uint32_t>(file_, 65'535);
  write_native<std::uint32_t>(file_, 1);  // Ethernet
}

void Capture::write_ip(const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                       const std::string& segment) {
  std::string packet("\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01", 12);
  if (is_v6(to.address)) {
    packet += std::string("\x86\xdd\x60\0\0\0", 6);
    append_network(packet, static_cast<std::uint16_t>(segment.size()));
    packet += static_cast<char>(protocol);
    packet += '\x40';
  } else {
    packet += std::string("\x08\0\x45\0", 4);
    append_network(packet, static_cast<std::uint16_t>(20 + segment.size()));
    packet += std::string("\0\0\x40\0\x40", 5);
    packet += static_cast<char>(protocol);
    packet += std::string(2, '\0');
  }
  append_address(packet, from.address);
  append_address(packet, to.address);
  packet += segment;
  write_native(file_, static_cast<std::uint32_t>(microseconds_ / kSecond));
  write_native(file_, static_cast<std::uint32_t>(microseconds_ % kSecond));
  write_native(file_, static_cast<std::uint32_t>(packet.size()));
  write_native(file_, static_cast<std::uint32_t>(packet.size()));
  file_.write(packet.data(), static_cast<std::streamsize>(packet.size()));
  microseconds_ += kGap;
}

void Capture::ask_udp(const Endpoint& client, const Endpoint& server, std::string_view question,
                      std::string_view answer) {
  write_ip(client, server, kUdp, datagram(client, server, question));
  write_ip(server, client, kUdp, datagram(server, client, answer));
}

void Capture::send_udp(const Endpoint& client, const Endpoint& server, std::string_view bytes) {
  write_ip(client, server, kUdp, datagram(client, server, bytes));
}

void Capture::knock(const Endpoint& client, const Endpoint& server) {
  std::string segment;
  append_network(segment, client.port);
  append_network(segment, server.port);
  append_network(segment, std::uint32_t{1'000});
  append_network(segment, std::uint32_t{0});
  segment += "\x50";
  segment += static_cast<char>(kSyn);
  append_network(segment, std::uint16_t{0xffff});
  segment += std::string(4, '\0');
  write_ip(client, server, kTcp, segment);
}

Capture::Connection::Connection(Capture& capture, Endpoint client, Endpoint server)
    : capture_(capture), client_(std::move(client)), server_(std::move(server)) {
  send(true, kSyn, "");
  ++client_seq_;
  send(false, kSyn | kAck, "");
  ++server_seq_;
  send(true, kAck, "");
}

Capture::Connection::~Connection() {
  send(true, kFin | kAck, "");
  ++client_seq_;
  send(false, kFin | kAck, "");
  ++server_seq_;
  send(true, kAck, "");
}

void Capture::Connection::say(bool from_client, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, kMaxSegment);
    send(from_client, kPush | kAck, part);
    (from_client ? client_seq_ : server_seq_) += static_cast<std::uint32_t>(part.size());
    bytes.remove_prefix(part.size());
  }
  send(!from_client, kAck, "");
}

void Capture::Connection::send(bool from_client, std::uint8_t flags, std::string_view bytes) {
  const Endpoint& from = from_client ? client_ : server_;
  const Endpoint& to = from_client ? server_ : client_;
  std::string segment;
  append_network(segment, from.port);
  append_network(segment, to.port);
  append_network(segment, from_client ? client_seq_ : server_seq_);
  const bool first = from_client && (flags & kSyn) != 0;
  append_network(segment, first ? 0 : from_client ? server_seq_ : client_seq_);
  segment += "\x50";
  segment += static_cast<char>(flags);
  append_network(segment, std::uint16_t{0xffff});
  segment += std::string(4, '\0');
  segment.append(bytes);
  capture_.write_ip(from, to, kTcp, segment);
}

}  // namespace misp_zeek::traffic
