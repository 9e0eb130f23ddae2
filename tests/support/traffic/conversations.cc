// SPDX-License-Identifier: BSD-3-Clause
#include "traffic/conversations.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace misp_zeek::traffic {
namespace {

/// A port for each connection of a client.
std::uint16_t next_port() {
  static std::uint16_t port = 49'151;
  return ++port;
}

void expect(bool ok, const char* what) {
  if (!ok) {
    throw std::runtime_error(std::string("OpenSSL: ") + what);
  }
}

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<X509> make_certificate(EVP_PKEY* key, const std::string& name) {
  Owned<X509> certificate(X509_new());
  expect(certificate != nullptr, "no certificate");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  expect(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "cannot sign");
  return certificate;
}

std::string fingerprint(const X509* certificate, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  expect(X509_digest(certificate, kind, digest.data(), &size) == 1, "no digest");
  return to_hex({digest.data(), size});
}

/// One side of a handshake in memory.
Owned<SSL> make_side(SSL_CTX* context) {
  Owned<SSL> side(SSL_new(context));
  expect(side != nullptr, "no connection");
  SSL_set_bio(side.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  return side;
}

/// What a side wants to send.
std::string take_output(SSL* side) {
  std::string bytes;
  std::array<char, 4'096> buffer{};
  for (int n = 0; (n = BIO_read(SSL_get_wbio(side), buffer.data(), buffer.size())) > 0;) {
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return bytes;
}

}  // namespace

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string hex;
  for (const unsigned char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0xf];
  }
  return hex;
}

void connect(Capture& capture, const std::string& client, const Capture::Endpoint& server) {
  const Capture::Connection connection(capture, {client, next_port()}, server);
}

void resolve(Capture& capture, const std::string& client, const std::string& server,
             const std::string& name) {
  std::string question;
  std::string rest = name + ".";
  while (!rest.empty()) {
    const auto dot = rest.find('.');
    question += static_cast<char>(dot);
    question += rest.substr(0, dot);
    rest.erase(0, dot + 1);
  }
  question += std::string("\0\0\x01\0\x01", 5);
  const std::string ask = std::string("\x12\x34\x01\0\0\x01\0\0\0\0\0\0", 12) + question;
  const std::string answer =
      std::string("\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0", 12) + question +
      std::string("\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\x09\x09\x09", 16);
  capture.ask_udp({client, next_port()}, {server, 53}, ask, answer);
}

void download(Capture& capture, const std::string& client, const Capture::Endpoint& server,
              const Download& what) {
  Capture::Connection connection(capture, {client, next_port()}, server);
  connection.client_says("GET " + what.path + " HTTP/1.1\r\nHost: " + what.host +
                         "\r\nUser-Agent: " + what.user_agent + "\r\nAccept: */*\r\n" +
                         what.request_headers + "\r\n");
  connection.server_says(
      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
      "Content-Length: " +
      std::to_string(what.body.size()) + "\r\n" + what.response_headers + "\r\n" + what.body);
}

void send_mail(Capture& capture, const std::string& client, const std::string& server,
               const std::string& sender) {
  send_mail(capture, client, server, Mail{.sender = sender});
}

void greet_ssh(Capture& capture, const std::string& client, const std::string& server) {
  Capture::Connection connection(capture, {client, next_port()}, {server, 22});
  connection.server_says("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
  connection.client_says("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
}

void send_mail(Capture& capture, const std::string& client, const std::string& server,
               const Mail& mail) {
  Capture::Connection connection(capture, {client, next_port()}, {server, 25});
  connection.server_says("220 mail.example.org ESMTP\r\n");
  connection.client_says("EHLO client.example.org\r\n");
  connection.server_says("250 mail.example.org\r\n");
  connection.client_says("MAIL FROM:<" + mail.sender + ">\r\n");
  connection.server_says("250 ok\r\n");
  connection.client_says("RCPT TO:<" + mail.recipient + ">\r\n");
  connection.server_says("250 ok\r\n");
  connection.client_says("DATA\r\n");
  connection.server_says("354 go on\r\n");
  connection.client_says("From: " + mail.from + "\r\nTo: " + mail.to + "\r\nSubject: hello\r\n" +
                         mail.headers + "\r\n" + mail.body + ".\r\n");
  connection.server_says("250 queued\r\n");
  connection.client_says("QUIT\r\n");
  connection.server_says("221 bye\r\n");
}

Fingerprints shake_hands(Capture& capture, const std::string& client, const std::string& server,
                         const std::string& name) {
  const Owned<EVP_PKEY> key(EVP_RSA_gen(2'048));
  expect(key != nullptr, "no key");
  const auto certificate = make_certificate(key.get(), name);
  const Owned<SSL_CTX> client_context(SSL_CTX_new(TLS_client_method()));
  const Owned<SSL_CTX> server_context(SSL_CTX_new(TLS_server_method()));
  // 1.3 hides the certificate.
  SSL_CTX_set_max_proto_version(client_context.get(), TLS1_2_VERSION);
  expect(SSL_CTX_use_certificate(server_context.get(), certificate.get()) == 1, "certificate");
  expect(SSL_CTX_use_PrivateKey(server_context.get(), key.get()) == 1, "key");
  const auto client_side = make_side(client_context.get());
  const auto server_side = make_side(server_context.get());
  // SSL_set_tlsext_host_name() without its cast, which the warnings forbid.
  std::string server_name = name;
  SSL_ctrl(client_side.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           server_name.data());
  SSL_set_connect_state(client_side.get());
  SSL_set_accept_state(server_side.get());

  Capture::Connection connection(capture, {client, next_port()}, {server, 443});
  constexpr int kMaxRounds = 10;
  for (int round = 0; round < kMaxRounds && SSL_is_init_finished(client_side.get()) == 0; ++round) {
    SSL_do_handshake(client_side.get());
    const auto from_client = take_output(client_side.get());
    connection.client_says(from_client);
    BIO_write(SSL_get_rbio(server_side.get()), from_client.data(),
              static_cast<int>(from_client.size()));
    SSL_do_handshake(server_side.get());
    const auto from_server = take_output(server_side.get());
    connection.server_says(from_server);
    BIO_write(SSL_get_rbio(client_side.get()), from_server.data(),
              static_cast<int>(from_server.size()));
    SSL_do_handshake(client_side.get());
  }
  expect(SSL_is_init_finished(client_side.get()) == 1, "the handshake does not end");
  return {fingerprint(certificate.get(), EVP_md5()), fingerprint(certificate.get(), EVP_sha1()),
          fingerprint(certificate.get(), EVP_sha256())};
}

}  // namespace misp_zeek::traffic
