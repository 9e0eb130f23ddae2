// SPDX-License-Identifier: BSD-3-Clause
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>

namespace misp_zeek::http {
namespace {

tl::unexpected<Error> openssl_failure(const std::string& what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
  ERR_clear_error();
  return fail(ErrorCode::kInvalidConfig, what + ": " + reason.data());
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
