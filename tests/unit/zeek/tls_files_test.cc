// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace misp_zeek::zeek {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A self-signed certificate and its key, which is locked by "open sesame".
class TlsFilesCheck : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("tls-") + info->name());
    std::filesystem::create_directories(folder_);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
    ASSERT_TRUE(key && certificate);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    ASSERT_NE(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    write("cert.pem", [&](FILE* file) { return PEM_write_X509(file, certificate.get()); });
    write("key.pem", [&](FILE* file) {
      return PEM_write_PrivateKey(file, key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                                  const_cast<char*>("open sesame"));
    });
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  template <typename Writer>
  void write(const char* name, Writer writer) {
    FILE* file = std::fopen(path(name).c_str(), "w");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(writer(file), 1);
    std::fclose(file);
  }

  std::string path(const char* name) const { return folder_ / name; }
  TlsFiles files() const {
    return {path("cert.pem"), path("cert.pem"), path("key.pem"), "open sesame"};
  }

  std::filesystem::path folder_;
};

TEST_F(TlsFilesCheck, AcceptsNoFilesAtAll) { EXPECT_TRUE(check({})); }

TEST_F(TlsFilesCheck, AcceptsFilesThatFit) {
  const auto usable = check(files());
  EXPECT_TRUE(usable) << usable.error().message;
}

TEST_F(TlsFilesCheck, RefusesACertificateWithoutItsKey) {
  auto wrong = files();
  wrong.key.clear();
  const auto usable = check(wrong);
  ASSERT_FALSE(usable);
  EXPECT_EQ(usable.error().code, ErrorCode::kInvalidConfig);
}

TEST_F(TlsFilesCheck, NamesTheFileThatIsMissing) {
  auto wrong = files();
  wrong.ca_file = path("absent.pem");
  const auto usable = check(wrong);
  ASSERT_FALSE(usable);
  EXPECT_THAT(usable.error().message, HasSubstr("absent.pem"));
}

TEST_F(TlsFilesCheck, RefusesAFileThatIsNoCertificate) {
  std::ofstream(path("cert.pem")) << "hello";
  const auto usable = check(files());
  ASSERT_FALSE(usable);
  EXPECT_EQ(usable.error().code, ErrorCode::kInvalidConfig);
}

TEST_F(TlsFilesCheck, RefusesAWrongPassphraseWithoutTellingIt) {
  auto wrong = files();
  wrong.passphrase = "sesame-street";
  const auto usable = check(wrong);
  ASSERT_FALSE(usable);
  EXPECT_THAT(usable.error().message, HasSubstr("key.pem"));
  EXPECT_THAT(usable.error().message, Not(HasSubstr("sesame-street")));
}

}  // namespace
}  // namespace misp_zeek::zeek
