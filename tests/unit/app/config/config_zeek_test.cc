// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "app/config/tls_files.h"
#include "certificates/certificate_folder.h"
#include "config/config_support.h"
#include "zeek_sim/test_certificate.h"

namespace misp_zeek::app {
namespace {

ZeekConfig zeek_of(const std::string& lines) {
  return load_or_throw(kMinimal + lines).config.zeek.at(0);
}

std::vector<std::string> warnings_of(const std::string& lines) {
  return load_or_throw(kMinimal + lines).warnings;
}

bool mentions(const std::vector<std::string>& warnings, const std::string& what) {
  return warnings.size() == 1 && warnings[0].find(what) != std::string::npos;
}

/// The links that are tried: websocket:25761 and, encrypted, broker+tls:25760.
std::string ways_of(const std::string& lines) {
  std::string text;
  for (const ZeekConfig& way : zeek_of(lines).ways()) {
    text += (text.empty() ? "" : " ") + std::string(to_string(way.transport)) +
            (way.tls.value() ? "+tls:" : ":") + std::to_string(way.port);
  }
  return text;
}

TEST(ConfigZeek, TriesThePortsOfThePackageAndOfZeekctl) {
  EXPECT_EQ(ways_of(""), "websocket:25761 websocket:27759 broker+tls:25760");
  EXPECT_EQ(ways_of("tls = false\n"), "websocket:25761 websocket:27759 broker:25760");
  EXPECT_EQ(ways_of("tls = \"auto\"\nport = 0\ntransport = \"auto\"\n"), ways_of(""));
}

TEST(ConfigZeek, TriesOnePortOfATransport) {
  EXPECT_EQ(ways_of("transport = \"websocket\"\n"), "websocket:25761");
  EXPECT_EQ(ways_of("transport = \"websocket\"\nport = 25760\ntls = true\n"),
            "websocket+tls:25760");
  EXPECT_EQ(ways_of("transport = \"broker\"\n"), "broker+tls:25760");
  EXPECT_EQ(ways_of("transport = \"broker\"\nport = 1\n"), "broker+tls:1");
  EXPECT_EQ(ways_of("listen = true\nport = 2\n"), "broker+tls:2");
  EXPECT_EQ(zeek_of("transport = \"broker\"\n").place(), "127.0.0.1:25760");
  EXPECT_EQ(zeek_of("").place(), "127.0.0.1");
}

TEST(ConfigZeek, WebSocketKeepsThePortOfAFlag) {
  auto sources = sources_with_key();
  sources.flags = {{"zeek", "127.0.0.1:25760", "--zeek"},
                   {"zeek.transport", "websocket", "--set zeek.transport"}};
  EXPECT_EQ(load_or_throw(kMinimal, sources).config.zeek.at(0).port, 25'760);
}

TEST(ConfigZeek, WantsCertificatesOrAWordForAnotherMachine) {
  const auto is_refused = [](const std::string& lines) {
    return errors_of(kMinimal + lines, without_the_word()).find("misp-zeek certificates make") !=
           std::string::npos;
  };
  const std::string websocket = "transport = \"websocket\"\n";
  for (const std::string host :
       {"192.0.2.1", "zeek", "2001:db8::1", "127.evil.example", "0.0.0.0"}) {
    const std::string address = "address = \"" + host + "\"\n";
    EXPECT_TRUE(is_refused(address)) << host;
    EXPECT_TRUE(is_refused(websocket + address)) << host;
    EXPECT_TRUE(is_refused(websocket + address + "tls = true\n")) << host;
    EXPECT_FALSE(is_refused(address + "allow_unauthenticated = true\n")) << host;
    EXPECT_TRUE(mentions(warnings_of(address), "whoever is on the network can control that Zeek"));
  }
  EXPECT_TRUE(is_refused("listen = true\n"));
  EXPECT_FALSE(is_refused("listen = true\nallow_unauthenticated = true\n"));
}

TEST(ConfigZeek, WarnsOfAnOpenZeekOnThisMachineUntilThatIsMeant) {
  for (const std::string host : {"127.0.0.1", "localhost", "::1"}) {
    const std::string text = kMinimal + "address = \"" + host + "\"\n";
    EXPECT_TRUE(mentions(load_or_throw(text, without_the_word()).warnings,
                         "every user of this machine can control that Zeek"))
        << host;
    EXPECT_TRUE(
        load_or_throw(text + "allow_unauthenticated = true\n", without_the_word()).warnings.empty())
        << host;
  }
}

TEST(ConfigZeek, NeedsNoWordWithCertificatesThatProveBothSides) {
  const TemporaryFolder folder;
  ASSERT_TRUE(
      certificates::make(folder.file("pki"), {"", {"zeek"}, "misp-zeek"}, std::time(nullptr)));
  const std::string pki = folder.file("pki");
  const std::string ca = "ca_file = \"" + pki + "/ca.pem\"\n";
  const std::string own =
      "certificate = \"" + pki + "/misp-zeek.pem\"\nkey = \"" + pki + "/misp-zeek.key\"\n";
  const std::string remote = kMinimal + "address = \"192.0.2.1\"\n";
  const std::string websocket = "transport = \"websocket\"\n";
  const auto errors = [](const std::string& text) { return errors_of(text, without_the_word()); };
  EXPECT_EQ(errors(remote + ca + own), "");
  EXPECT_EQ(errors(remote + ca + own + "listen = true\n"), "");
  EXPECT_EQ(errors(remote + websocket + ca + own), "");
  EXPECT_NE(errors(remote + ca + own + "tls = false\n"), "");
  EXPECT_NE(errors(remote + own), "") << "Broker verifies nobody without a CA";
  EXPECT_EQ(errors(remote + websocket + own), "") << "the system's CAs";
  EXPECT_NE(errors(remote + websocket + ca), "") << "Zeek does not know who comes";
  EXPECT_NE(errors(remote + websocket + ca + own + "verify_tls = false\n"), "");
}

TEST(ConfigZeek, WebSocketHasTlsWhereThereAreFiles) {
  const TemporaryFolder folder;
  ASSERT_TRUE(
      certificates::make(folder.file("pki"), {"", {"zeek"}, "misp-zeek"}, std::time(nullptr)));
  const std::string ca =
      "transport = \"websocket\"\nca_file = \"" + folder.file("pki/ca.pem") + "\"\n";
  EXPECT_EQ(ways_of(ca), "websocket+tls:25761");
  EXPECT_EQ(ways_of(ca + "tls = false\n"), "websocket:25761");
}

TEST(ConfigZeek, RefusesToListenForAWebSocket) {
  EXPECT_TRUE(zeek_of("listen = true\n").listen);
  const std::string errors = errors_of(kMinimal + "transport = \"websocket\"\nlisten = true\n");
  EXPECT_TRUE(errors.starts_with("test.toml:7: key \"zeek.listen\": is true")) << errors;
}

TEST(ConfigZeek, WarnsOfKeysThatBrokerDoesNotUse) {
  EXPECT_TRUE(
      mentions(warnings_of("transport = \"broker\"\nverify_tls = false\n"), "zeek.verify_tls"));
  EXPECT_TRUE(
      mentions(warnings_of("transport = \"broker\"\nserver_name = \"a\"\n"), "zeek.server_name"));
}

TEST(ConfigZeek, UnlocksTheKeyWithThePassphraseOfItsFile) {
  const TemporaryFolder folder;
  const auto files = sim::write_test_certificate(folder.file(""));
  const std::string lines = "ca_file = \"" + files.ca_file + "\"\ncertificate = \"" +
                            files.certificate + "\"\nkey = \"" + files.key + "\"\n";
  const auto file = folder.write("passphrase", std::string(sim::kTestPassphrase) + "\n");
  const auto zeek = zeek_of(lines + "key_passphrase_file = \"" + file + "\"\n");
  EXPECT_EQ(tls_files(zeek).passphrase, sim::kTestPassphrase);

  const auto wrong = folder.write("wrong", "not-this-one\n");
  const std::string refused =
      errors_of(kMinimal + lines + "key_passphrase_file = \"" + wrong + "\"\n");
  EXPECT_NE(refused.find("private key in " + files.key), std::string::npos) << refused;
  EXPECT_EQ(refused.find("not-this-one"), std::string::npos);
  const std::string missing =
      errors_of(kMinimal + lines + "key_passphrase_file = \"/no/such.pass\"\n");
  EXPECT_NE(missing.find("\"zeek.key_passphrase_file\""), std::string::npos) << missing;
}

// Broker would end the process: "FATAL: No certificate configured for SSL endpoint."
TEST(ConfigZeek, WarnsOfACertificateThatEndsSoon) {
  const TemporaryFolder folder;
  const auto now = std::time(nullptr);
  const auto lines = [&](const std::string& name) {
    const std::string pki = folder.file(name);
    return "ca_file = \"" + pki + "/ca.pem\"\ncertificate = \"" + pki +
           "/misp-zeek.pem\"\nkey = \"" + pki + "/misp-zeek.key\"\n";
  };
  ASSERT_TRUE(certificates::make(folder.file("new"), {"", {"zeek"}, "misp-zeek"}, now));
  ASSERT_TRUE(certificates::make(folder.file("old"), {"", {"zeek"}, "misp-zeek"},
                                 now - 805L * 86'400 + 3'600));
  EXPECT_TRUE(warnings_of(lines("new")).empty());
  EXPECT_TRUE(mentions(warnings_of(lines("old")), "ends in 20 days"))
      << warnings_of(lines("old")).size();
}

// Broker ends the process when it is given one.
TEST(ConfigZeek, RefusesACaAloneForBroker) {
  const TemporaryFolder folder;
  const auto files = sim::write_test_certificate(folder.file(""));
  const std::string ca = "ca_file = \"" + files.ca_file + "\"\n";
  const std::string refused = errors_of(kMinimal + ca);
  EXPECT_TRUE(
      refused.starts_with("test.toml:6: key \"zeek.ca_file\": is set without certificate and key"))
      << refused;
  EXPECT_EQ(errors_of(kMinimal + ca + "transport = \"websocket\"\ntls = true\n"), "");
}

TEST(ConfigZeek, RefusesAPassphraseWithoutAKey) {
  const TemporaryFolder folder;
  const auto file = folder.write("passphrase", std::string(sim::kTestPassphrase) + "\n");
  const auto errors = errors_of(kMinimal + "key_passphrase_file = \"" + file + "\"\n");
  EXPECT_NE(errors.find("\"zeek.key_passphrase_file\": is set without zeek.key"), std::string::npos)
      << errors;
}

}  // namespace
}  // namespace misp_zeek::app
