// SPDX-License-Identifier: BSD-3-Clause
#include "certificates/authority.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>
#include <stdexcept>

namespace misp_zeek::certificates {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

constexpr const char* kAuthorityName = "misp-zeek CA";
constexpr UnixSeconds kDay = 86'400;
constexpr UnixSeconds kClockSkew = 3'600;
constexpr int kAuthorityDays = 3'650;

/// Ends in the function that was called from outside.
struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename T>
T require(T done, const char* what) {
  if (!done) {
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    ERR_clear_error();
    throw Failed(std::string(what) + ": " + reason.data());
  }
  return done;
}

bool is_address(const std::string& host) {
  in6_addr parsed{};
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

Memory reading(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Certificate read_certificate(const std::string& text) {
  const auto memory = reading(text);
  return Certificate(
      require(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), "a certificate"));
}

Key read_key(const std::string& text) {
  const auto memory = reading(text);
  // Without it OpenSSL asks for a passphrase at the terminal.
  const auto none = [](char*, int, int, void*) { return 0; };
  return Key(require(PEM_read_bio_PrivateKey(memory.get(), nullptr, none, nullptr), "a key"));
}

Pair to_text(X509* certificate, EVP_PKEY* key) {
  const Memory first(BIO_new(BIO_s_mem()));
  const Memory second(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(first.get(), certificate) == 1 &&
              PEM_write_bio_PKCS8PrivateKey(second.get(), key, nullptr, nullptr, 0, nullptr,
                                            nullptr) == 1,
          "PEM");
  return {text_of(first.get()), text_of(second.get())};
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(
      require(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), value.c_str()));
  require(X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  require(RAND_bytes(bytes.data(), bytes.size()) == 1, "random bytes");
  bytes[0] &= 0x7fU;  // a serial number is positive
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  require(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
          "a serial number");
}

Certificate begin(EVP_PKEY* key, const std::string& name, int days, UnixSeconds now) {
  Certificate made(require(X509_new(), "a certificate"));
  X509_set_version(made.get(), X509_VERSION_3);
  set_serial(made.get());
  const auto text = reinterpret_cast<const unsigned char*>(name.c_str());
  require(ASN1_TIME_set(X509_getm_notBefore(made.get()), now - kClockSkew) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(made.get()), now + days * kDay) != nullptr &&
              X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                         text, -1, -1, 0) == 1 &&
              X509_set_pubkey(made.get(), key) == 1,
          "a certificate");
  return made;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "an issuer");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  require(X509_sign(certificate, key, EVP_sha256()) != 0, "a signature");
}

template <typename Make>
auto guarded(Make make) -> Result<decltype(make())> {
  try {
    return make();
  } catch (const Failed& failed) {
    return fail(ErrorCode::kMalformed, failed.what());
  }
}

std::string first_name(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names == nullptr || sk_GENERAL_NAME_num(names.get()) == 0) {
    return "";
  }
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  if (name->type == GEN_DNS) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
            static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))};
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (name->type == GEN_IPADD) {
    const bool is_v4 = ASN1_STRING_length(name->d.iPAddress) == 4;
    inet_ntop(is_v4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text.data(),
              text.size());
  }
  return text.data();
}

}  // namespace

Result<Pair> make_authority(UnixSeconds now) {
  return guarded([&] {
    const Key key(require(EVP_EC_gen("P-256"), "a key"));
    const auto made = begin(key.get(), kAuthorityName, kAuthorityDays, now);
    add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    sign(made.get(), made.get(), key.get());
    return to_text(made.get(), key.get());
  });
}

Result<Pair> make_certificate(const Pair& authority, const std::string& host, Purpose purpose,
                              UnixSeconds now) {
  return guarded([&] {
    const auto issuer = read_certificate(authority.certificate);
    const auto issuer_key = read_key(authority.key);
    const Key key(require(EVP_EC_gen("P-256"), "a key"));
    const auto made = begin(key.get(), host, kLeafDays, now);
    add_extension(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(made.get(), issuer.get(), NID_ext_key_usage,
                  purpose == Purpose::kServer ? "serverAuth" : "serverAuth,clientAuth");
    add_extension(made.get(), issuer.get(), NID_subject_alt_name,
                  (is_address(host) ? "IP:" : "DNS:") + host);
    sign(made.get(), issuer.get(), issuer_key.get());
    return to_text(made.get(), key.get());
  });
}

Result<Description> describe(const std::string& certificate) {
  return guarded([&] {
    const auto read = read_certificate(certificate);
    std::tm ends{};
    require(ASN1_TIME_to_tm(X509_get0_notAfter(read.get()), &ends) == 1, "an end");
    const bool is_client = (X509_get_extended_key_usage(read.get()) & XKU_SSL_CLIENT) != 0;
    return Description{first_name(read.get()), is_client ? Purpose::kBoth : Purpose::kServer,
                       timegm(&ends)};
  });
}

}  // namespace misp_zeek::certificates
