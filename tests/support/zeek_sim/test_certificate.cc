// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace misp_zeek::sim {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool done) {
  if (!done) {
    throw std::runtime_error("cannot make a test certificate");
  }
}

template <typename Writer>
void write(const std::string& path, Writer writer) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "w"), &std::fclose);
  require(file != nullptr && writer(file.get()) == 1);
}

Certificate self_signed(EVP_PKEY* key) {
  Certificate certificate(X509_new(), &X509_free);
  require(certificate != nullptr);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const std::string common_name = "misp-zeek test";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost"),
      &X509_EXTENSION_free);
  require(names != nullptr && X509_add_ext(certificate.get(), names.get(), -1) == 1);
  require(X509_set_issuer_name(certificate.get(), name) == 1 &&
          X509_set_pubkey(certificate.get(), key) == 1 &&
          X509_sign(certificate.get(), key, EVP_sha256()) != 0);
  return certificate;
}

}  // namespace

zeek::TlsFiles write_test_certificate(const std::filesystem::path& folder) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  require(key != nullptr);
  const Certificate certificate = self_signed(key.get());
  const std::string certificate_path = folder / "cert.pem";
  const std::string key_path = folder / "key.pem";
  write(certificate_path, [&](FILE* file) { return PEM_write_X509(file, certificate.get()); });
  write(key_path, [&](FILE* file) {
    const std::string passphrase = kTestPassphrase;
    return PEM_write_PrivateKey(file, key.get(), EVP_aes_128_cbc(),
                                reinterpret_cast<const unsigned char*>(passphrase.data()),
                                static_cast<int>(passphrase.size()), nullptr, nullptr);
  });
  return {certificate_path, certificate_path, key_path, kTestPassphrase};
}

std::string write_open_key(const std::filesystem::path& folder, const zeek::TlsFiles& files) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(files.key.c_str(), "r"),
                                                   &std::fclose);
  std::string passphrase = files.passphrase;
  require(file != nullptr);
  // Without a callback the last argument is the passphrase itself.
  const Key key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, passphrase.data()),
                &EVP_PKEY_free);
  require(key != nullptr);
  const std::string path = folder / "open.pem";
  write(path, [&](FILE* out) {
    return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return path;
}

}  // namespace misp_zeek::sim
