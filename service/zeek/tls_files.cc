// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <memory>

namespace misp_zeek::zeek {
namespace {

tl::unexpected<Error> openssl_failure(const std::string& what) {
  // The first error is the cause; the later ones say which function met it.
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  const bool no_pem = ERR_GET_REASON(ERR_peek_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return fail(ErrorCode::kInvalidConfig, what + " cannot be used: " +
                                             (no_pem              ? "there is none in PEM"
                                              : reason == nullptr ? "OpenSSL fails"
                                                                  : reason));
}

int give_passphrase(char* buffer, int size, int /*writing*/, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  const auto length = std::min(static_cast<std::size_t>(size), text.size());
  std::copy_n(text.begin(), length, buffer);
  return static_cast<int>(length);
}

}  // namespace

Result<void> check(const TlsFiles& files) {
  if (files.certificate.empty() != files.key.empty()) {
    return fail(ErrorCode::kInvalidConfig, "TLS needs a certificate and its key, or neither");
  }
  if (files.certificate.empty() && files.ca_file.empty()) {
    return {};
  }
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()),
                                                                  &SSL_CTX_free);
  if (!context) {
    return openssl_failure("TLS");
  }
  std::string passphrase = files.passphrase;
  SSL_CTX_set_default_passwd_cb(context.get(), &give_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), &passphrase);
  if (!files.ca_file.empty() &&
      SSL_CTX_load_verify_locations(context.get(), files.ca_file.c_str(), nullptr) != 1) {
    return openssl_failure("CA certificates in " + files.ca_file);
  }
  if (files.certificate.empty()) {
    return {};
  }
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return openssl_failure("certificate in " + files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return openssl_failure("private key in " + files.key);
  }
  return {};
}

Result<void> check_for_broker(const TlsFiles& files) {
  if (!files.ca_file.empty() && files.certificate.empty() && files.key.empty()) {
    return fail(ErrorCode::kInvalidConfig,
                "is set without certificate and key, and Broker verifies Zeek only when it has a "
                "certificate of its own: " +
                    files.ca_file);
  }
  return check(files);
}

}  // namespace misp_zeek::zeek
