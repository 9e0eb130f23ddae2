// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "config/config_support.h"
#include "zeek_sim/test_certificate.h"

namespace misp_zeek::app {
namespace {

const std::string kToken = "a-token-for-the-tests-0123456789";

std::string with_http(const std::string& keys) { return kMinimal + "[http]\n" + keys; }

ConfigSources sources_with_token(const std::string& token) {
  auto sources = sources_with_key();
  sources.environment["MISP_ZEEK_HTTP_TOKEN"] = token;
  return sources;
}

TEST(HttpConfig, TakesNamesOfTheServerInLowerCase) {
  const auto loaded =
      load_or_throw(with_http("allowed_hosts = [\"sensor.example\", \"misp-zeek\"]\n"));
  EXPECT_EQ(loaded.config.http.allowed_hosts,
            (std::vector<std::string>{"sensor.example", "misp-zeek"}));
  for (const auto* bad : {"Sensor.example", "https://sensor", "sensor:9180"}) {
    EXPECT_NE(errors_of(with_http(std::string("allowed_hosts = [\"") + bad + "\"]\n"))
                  .find("key \"http.allowed_hosts\": \"" + std::string(bad) + "\" is no host name"),
              std::string::npos)
        << bad;
  }
}

TEST(HttpConfig, TakesAnAbsolutePathForTheControlSocket) {
  EXPECT_EQ(load_or_throw(kMinimal + "[control]\nsocket = \"/run/x.sock\"\n").config.control.socket,
            "/run/x.sock");
  EXPECT_NE(errors_of(kMinimal + "[control]\nsocket = \"x.sock\"\n"), "");
}

TEST(HttpConfig, TakesTheTokenFromFileEnvironmentAndCredential) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("http.token")) << kToken << "\n";
  const std::string listen = "listen = \"0.0.0.0:9180\"\n";
  const auto token = [&](const std::string& text, const ConfigSources& sources) {
    return load_or_throw(text, sources).config.http.token.reveal();
  };
  EXPECT_EQ(token(with_http(listen + "token_file = \"" + folder.file("http.token") + "\"\n"),
                  sources_with_key()),
            kToken);
  EXPECT_EQ(token(with_http(listen), sources_with_token(kToken)), kToken);
  auto credential = sources_with_key();
  credential.environment["CREDENTIALS_DIRECTORY"] = folder.path();
  EXPECT_EQ(token(with_http(listen), credential), kToken);
}

TEST(HttpConfig, RefusesATokenThatCanBeGuessedAndNeverShowsIt) {
  const std::string errors = errors_of(with_http(""), sources_with_token("hunter2"));
  EXPECT_NE(errors.find("gives a token that can be guessed; allowed: 16 bytes or more"),
            std::string::npos)
      << errors;
  EXPECT_EQ(errors.find("hunter2"), std::string::npos);
}

TEST(HttpConfig, WarnsOfATokenThatTravelsInClear) {
  const auto loaded =
      load_or_throw(with_http("listen = \"0.0.0.0:1\"\n"), sources_with_token(kToken));
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_EQ(
      loaded.warnings[0],
      "test.toml:7: key \"http.listen\": without http.tls_certificate the token can be read on "
      "the way");
}

TEST(HttpConfig, WantsCertificateAndKeyThatGoTogether) {
  const TemporaryFolder folder;
  const TemporaryFolder other;
  const auto files = sim::write_test_certificate(folder.path());
  const std::string open_key = sim::write_open_key(folder.path(), files);
  const std::string other_key =
      sim::write_open_key(other.path(), sim::write_test_certificate(other.path()));
  const std::string certificate = "tls_certificate = \"" + files.certificate + "\"\n";
  const auto key = [](const std::string& path) { return "tls_key = \"" + path + "\"\n"; };
  const auto has = [](const std::string& errors, const std::string& what) {
    EXPECT_NE(errors.find(what), std::string::npos) << errors;
  };
  EXPECT_EQ(errors_of(with_http(certificate + key(open_key))), "");
  has(errors_of(with_http(certificate)), "is set without http.tls_key");
  has(errors_of(with_http(key(open_key))), "is set without http.tls_certificate");
  has(errors_of(with_http(certificate + key(other_key))),
      "key \"http.tls_certificate\": private key in " + other_key);
  // A service has nobody to ask for a passphrase.
  has(errors_of(with_http(certificate + key(files.key))), "private key in " + files.key);
}

}  // namespace
}  // namespace misp_zeek::app
