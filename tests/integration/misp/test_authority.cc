// SPDX-License-Identifier: BSD-3-Clause
#include "test_authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace misp_zeek::misp {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

void require(bool done, const char* what) {
  if (!done) {
    throw std::runtime_error(std::string("test certificate: ") + what);
  }
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  require(key != nullptr, "key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value), &X509_EXTENSION_free);
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

/// A certificate for an hour, without extensions and signature.
Certificate make_certificate(const std::string& name, long serial, EVP_PKEY* key) {
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  const std::basic_string<unsigned char> text(name.begin(), name.end());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             text.c_str(), -1, -1, 0);
  return certificate;
}

template <typename Write>
void write_file(const std::filesystem::path& path, const Write& write) {
  const File file(std::fopen(path.c_str(), "w"), &std::fclose);
  require(file != nullptr && write(file.get()) == 1, "file");
}

void write_certificate(const std::filesystem::path& path, X509* certificate) {
  write_file(path, [&](std::FILE* file) { return PEM_write_X509(file, certificate); });
}

}  // namespace

TestAuthority::TestAuthority() {
  const auto ca_key = make_key();
  const auto ca = make_certificate("misp-zeek test CA", 1, ca_key.get());
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "signature");

  const auto key_pair = make_key();
  const auto server = make_certificate("localhost", 2, key_pair.get());
  X509_set_issuer_name(server.get(), X509_get_subject_name(ca.get()));
  add_extension(server.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  require(X509_sign(server.get(), ca_key.get(), EVP_sha256()) > 0, "signature");

  write_certificate(ca_file(), ca.get());
  write_certificate(certificate(), server.get());
  write_file(key(), [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key_pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace misp_zeek::misp
