// SPDX-License-Identifier: BSD-3-Clause
#include "certificates/certificate_folder.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "certificates/authority.h"
#include "process/temporary_folder.h"

namespace misp_zeek::certificates {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Certificate read(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "r"), &std::fclose);
  return {file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free};
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

class CertificateFolder : public testing::Test {
 protected:
  CertificateFolder() : folder_(parent_.file("pki")), now_(std::time(nullptr)) {}

  Result<std::string> make_all() {
    return make(folder_, {"misp.example.org", {"zeek", "192.0.2.7"}, kServiceName}, now_);
  }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  /// Whether a TLS peer that trusts the CA takes the certificate for this purpose and name.
  bool is_good(const std::string& name, int purpose, const std::string& host) const {
    const auto ca = read(file("ca.pem"));
    const auto certificate = read(file(name));
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                        &X509_STORE_free);
    X509_STORE_add_cert(store.get(), ca.get());
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
        X509_STORE_CTX_new(), &X509_STORE_CTX_free);
    X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
    X509_STORE_CTX_set_purpose(context.get(), purpose);
    const bool named =
        X509_check_host(certificate.get(), host.c_str(), host.size(), 0, nullptr) == 1 ||
        X509_check_ip_asc(certificate.get(), host.c_str(), 0) == 1;
    return named && X509_verify_cert(context.get()) == 1;
  }

  process::TemporaryFolder parent_;
  std::string folder_;
  UnixSeconds now_;
};

TEST_F(CertificateFolder, HasACertificateForEachSideWithNameAndPurpose) {
  const auto lines = make_all();
  ASSERT_TRUE(lines) << lines.error().message;
  for (const auto* host : {"zeek", "192.0.2.7", "misp-zeek"}) {
    const std::string name = std::string(host) + ".pem";
    EXPECT_TRUE(is_good(name, X509_PURPOSE_SSL_SERVER, host)) << host;
    EXPECT_TRUE(is_good(name, X509_PURPOSE_SSL_CLIENT, host)) << host;
    EXPECT_FALSE(is_good(name, X509_PURPOSE_SSL_SERVER, "other")) << host;
  }
  EXPECT_TRUE(is_good("misp.example.org.pem", X509_PURPOSE_SSL_SERVER, "misp.example.org"));
  EXPECT_FALSE(is_good("misp.example.org.pem", X509_PURPOSE_SSL_CLIENT, "misp.example.org"));
  EXPECT_EQ(X509_check_ca(read(file("zeek.pem")).get()), 0);
  EXPECT_EQ(X509_check_ca(read(file("ca.pem")).get()), 1);
  EXPECT_NE(lines->find("redef Broker::ssl_keyfile = \"/etc/zeek/zeek.key\";\n"
                        "redef MISP::websocket_listen_address = \"0.0.0.0\";\n"
                        "redef MISP::broker_listen_address = \"0.0.0.0\";\n"),
            std::string::npos);
  EXPECT_NE(lines->find("key = \"/etc/misp-zeek/misp-zeek.key\"\n"), std::string::npos);
  EXPECT_EQ(days_left(file("zeek.pem"), now_), kLeafDays);
}

TEST_F(CertificateFolder, IsForItsOwnerAlone) {
  umask(0);
  ASSERT_TRUE(make_all());
  umask(022);
  EXPECT_EQ(mode_of(folder_), 0700U);
  for (const auto* name : {"ca.key", "zeek.key", "misp-zeek.key"}) {
    EXPECT_EQ(mode_of(file(name)), 0600U) << name;
  }
  EXPECT_EQ(mode_of(file("ca.pem")), 0644U);
}

TEST_F(CertificateFolder, OverwritesNothing) {
  ASSERT_TRUE(make_all());
  const std::string ca = content(file("ca.pem"));
  const auto again = make_all();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(content(file("ca.pem")), ca);
}

TEST_F(CertificateFolder, TakesNoNameThatIsNoHost) {
  for (const auto* bad : {"", "a/b", "../x", "a b", "ca", ".hidden", "a,DNS:b"}) {
    EXPECT_EQ(make(folder_, {"", {bad}, kServiceName}, now_).error().code,
              ErrorCode::kInvalidConfig)
        << bad;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(CertificateFolder, RenewsTheSidesAndKeepsTheCa) {
  ASSERT_TRUE(
      make(folder_, {"misp.example.org", {"192.0.2.7"}, kServiceName}, now_ - 800 * 86'400));
  EXPECT_EQ(days_left(file("192.0.2.7.pem"), now_), 25);
  const std::string ca = content(file("ca.pem"));
  const std::string key = content(file("192.0.2.7.key"));
  const auto lines = renew(folder_, now_);
  ASSERT_TRUE(lines) << lines.error().message;
  EXPECT_EQ(days_left(file("192.0.2.7.pem"), now_), kLeafDays);
  EXPECT_EQ(content(file("ca.pem")), ca);
  EXPECT_NE(content(file("192.0.2.7.key")), key);
  EXPECT_TRUE(is_good("192.0.2.7.pem", X509_PURPOSE_SSL_CLIENT, "192.0.2.7"));
  EXPECT_FALSE(is_good("misp.example.org.pem", X509_PURPOSE_SSL_CLIENT, "misp.example.org"));
  EXPECT_EQ(days_left(file("192.0.2.7.pem"), now_ + 900L * 86'400), kLeafDays - 900);
  EXPECT_EQ(days_left(file("192.0.2.7.key"), now_), std::nullopt);
}

TEST_F(CertificateFolder, InstallsOneSide) {
  ASSERT_TRUE(make_all());
  const std::string to = parent_.file("etc");
  ASSERT_TRUE(install(folder_, {"zeek", to, "", false})) << "it makes the folder";
  EXPECT_EQ(content(to + "/zeek.key"), content(file("zeek.key")));
  EXPECT_EQ(mode_of(to + "/zeek.key"), 0600U);
  EXPECT_EQ(mode_of(to + "/ca.pem"), 0644U);
  EXPECT_TRUE(install(folder_, {"zeek", to, "", false})) << "the same again";
  ASSERT_TRUE(renew(folder_, now_));
  EXPECT_EQ(install(folder_, {"zeek", to, "", false}).error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(content(to + "/zeek.key"), content(file("zeek.key")));
  ASSERT_TRUE(install(folder_, {"zeek", to, "", true}));
  EXPECT_EQ(content(to + "/zeek.key"), content(file("zeek.key")));
  EXPECT_FALSE(install(folder_, {"nobody", to, "", false}));
  EXPECT_FALSE(install(folder_, {"zeek", to, "no-such-group-here", false}));
  if (geteuid() == 0) {
    ASSERT_TRUE(install(folder_, {"misp-zeek", to, "daemon", false}));
    EXPECT_EQ(mode_of(to + "/misp-zeek.key"), 0640U);
  }
}

}  // namespace
}  // namespace misp_zeek::certificates
