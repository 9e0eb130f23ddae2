// SPDX-License-Identifier: BSD-3-Clause
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>

namespace misp_zeek::http {
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

/// Without it OpenSSL asks for a passphrase at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return 0; }

}  // namespace

Result<void> use_files(SSL_CTX& context, const TlsFiles& files) {
  if (files.certificate.empty() || files.key.empty()) {
    return fail(ErrorCode::kInvalidConfig, "TLS needs a certificate and its key");
  }
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(&context, &no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(&context, files.certificate.c_str()) != 1) {
    return openssl_failure("certificate in " + files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(&context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return openssl_failure("private key in " + files.key);
  }
  return {};
}

Result<void> check(const TlsFiles& files) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  &SSL_CTX_free);
  return context ? use_files(*context, files) : openssl_failure("TLS");
}

}  // namespace misp_zeek::http
