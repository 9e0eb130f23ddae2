// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "zeek_sim/test_certificate.h"

namespace misp_zeek::zeek {
namespace {

using testing::HasSubstr;
using testing::Not;

class TlsFilesCheck : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("tls-") + info->name());
    std::filesystem::create_directories(folder_);
    files_ = sim::write_test_certificate(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  TlsFiles files_;
};

TEST_F(TlsFilesCheck, AcceptsNoFilesAtAll) { EXPECT_TRUE(check({})); }

TEST_F(TlsFilesCheck, AcceptsFilesThatFit) {
  const auto usable = check(files_);
  EXPECT_TRUE(usable) << usable.error().message;
}

TEST_F(TlsFilesCheck, RefusesACertificateWithoutItsKey) {
  files_.key.clear();
  const auto usable = check(files_);
  ASSERT_FALSE(usable);
  EXPECT_EQ(usable.error().code, ErrorCode::kInvalidConfig);
}

TEST_F(TlsFilesCheck, NamesTheFileThatIsMissing) {
  files_.ca_file = folder_ / "absent.pem";
  const auto usable = check(files_);
  ASSERT_FALSE(usable);
  EXPECT_THAT(usable.error().message, HasSubstr("absent.pem"));
}

TEST_F(TlsFilesCheck, RefusesAFileThatIsNoCertificate) {
  files_.certificate = folder_ / "text.pem";
  std::ofstream(files_.certificate) << "hello";
  const auto usable = check(files_);
  ASSERT_FALSE(usable);
  EXPECT_EQ(usable.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(usable.error().message, HasSubstr("text.pem"));
}

TEST_F(TlsFilesCheck, RefusesAKeyOfAnotherCertificate) {
  const auto other = folder_ / "other";
  std::filesystem::create_directories(other);
  files_.key = sim::write_test_certificate(other).key;
  const auto usable = check(files_);
  ASSERT_FALSE(usable);
  EXPECT_EQ(usable.error().code, ErrorCode::kInvalidConfig);
}

TEST_F(TlsFilesCheck, RefusesAWrongPassphraseWithoutTellingIt) {
  files_.passphrase = "sesame-street";
  const auto usable = check(files_);
  ASSERT_FALSE(usable);
  EXPECT_THAT(usable.error().message, HasSubstr("key.pem"));
  EXPECT_THAT(usable.error().message, Not(HasSubstr("sesame-street")));
}

}  // namespace
}  // namespace misp_zeek::zeek
