// SPDX-License-Identifier: BSD-3-Clause
// What the built program writes to standard error: for the journal, and never a secret.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "process/process.h"
#include "process/temporary_folder.h"
#include "process/waiting.h"
#include "web/client.h"
#include "zeek_sim/test_certificate.h"

namespace misp_zeek::process {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

/// Standard output and error of the shell's command. At most 60 s.
std::string output_of(const std::string& command) {
  FILE* pipe = popen(("timeout 60 " + command + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), size);
  }
  pclose(pipe);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// Status, headers and body; empty without an answer.
std::string all_of(const std::optional<web::Answer>& answer) {
  if (!answer) {
    return "";
  }
  std::string text = "HTTP " + std::to_string(answer->status) + "\n";
  for (const auto& [name, value] : answer->headers) {
    text += name + ": " + value + "\n";
  }
  return text + answer->body;
}

/// `run` that cannot listen, so that it says a little and ends, with its log in `file`.
std::string log_of_a_failed_start(const std::string& file, const std::string& journal_stream) {
  Process program(
      {{MISP_ZEEK_PROGRAM, "run", "--misp-url", "https://127.0.0.1:1", "--set",
        "misp.verify_tls=false", "--feed", "tcp://127.0.0.1:1", "--zeek", "127.0.0.1:1", "--set",
        "zeek.transport=broker", "--set", "zeek.allow_unauthenticated=true", "--http",
        "192.0.2.1:9180"},
       {{"MISP_ZEEK_MISP_API_KEY", "not-a-real-key"}, {"JOURNAL_STREAM", journal_stream}},
       "",
       file});
  EXPECT_EQ(program.wait(kPatience), 1);
  return content_of(file);
}

TEST(LogForTheJournal, HasThePriorityBeforeEachLine) {
  const TemporaryFolder folder;
  const std::string file = folder.file("log");
  // Made before, so that its inode is known: JOURNAL_STREAM names it as systemd does.
  std::ofstream(file) << "";
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  const std::string log = log_of_a_failed_start(
      file, std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino));
  const auto lines = lines_of(log);
  ASSERT_EQ(lines.size(), 3U) << log;
  EXPECT_EQ(lines[0].rfind("<4>ts=", 0), 0U) << "a warning of the configuration: " << log;
  EXPECT_EQ(lines[1].rfind("<6>ts=", 0), 0U) << "starting: " << log;
  EXPECT_EQ(lines[2].rfind("<3>ts=", 0), 0U) << "cannot start: " << log;
}

TEST(LogForTheJournal, IsPlainWhenStandardErrorIsAnotherFile) {
  const TemporaryFolder folder;
  const std::string log = log_of_a_failed_start(folder.file("log"), "1:1");
  for (const auto& line : lines_of(log)) {
    EXPECT_EQ(line.rfind("ts=", 0), 0U) << line;
  }
}

TEST(Secrets, AreNeverPrinted) {
  const TemporaryFolder folder;
  const std::string key = "SecretApiKey0123456789abcdefghijklmnopqr";
  const std::string password = "SecretPasswordOfTheFeed";
  const std::string token = "SecretTokenOfReaders0123456789";
  const std::string webhook = "https://127.0.0.1:1/SecretPathOfTheWebhook";
  const std::string passphrase = sim::kTestPassphrase;
  const auto certificate = sim::write_test_certificate(folder.path());
  const int port = free_port();
  const std::string config = folder.file("misp-zeek.toml");
  std::ofstream(config) << "[misp]\nurl = \"http://127.0.0.1:1\"\napi_key_file = \""
                        << folder.write("key", key) << "\"\n[misp.feed]\nendpoint = "
                        << "\"tcp://127.0.0.1:1\"\nusername = \"u\"\npassword_file = \""
                        << folder.write("password", password)
                        << "\"\n[http]\nlisten = \"127.0.0.1:" << port << "\"\ntoken_file = \""
                        << folder.write("token", token) << "\"\n[sightings.webhook]\nurl_file = \""
                        << folder.write("webhook", webhook)
                        << "\"\n[log]\nlevel = \"trace\"\n[state]\npath = \""
                        << folder.file("state")
                        << "\"\n[[zeek]]\ntransport = \"broker\"\nport = 1\ncertificate = \""
                        << certificate.certificate << "\"\nkey = \"" << certificate.key
                        << "\"\nkey_passphrase_file = \"" << folder.write("passphrase", passphrase)
                        << "\"\n";
  const std::string program = MISP_ZEEK_PROGRAM;
  const std::string with_config = " -c '" + config + "'";
  const std::string log = folder.file("log");
  std::string seen;
  {
    Process service({{program, "run", "-c", config}, {}, "", log});
    web::Client client(port);
    ASSERT_TRUE(eventually([&] {
      return all_of(client.get("/readyz")).find("no connection to MISP") != std::string::npos;
    })) << content_of(log);
    const web::Headers with_token{{"Authorization", "Bearer " + token}};
    const web::Headers with_password{{"Authorization", "Basic eDp3cm9uZw=="}};
    for (const auto* path : {"/", "/livez", "/readyz?verbose", "/metrics", "/status", "/nothing"}) {
      seen += all_of(client.get(path)) + all_of(client.get(path, with_token)) +
              all_of(client.get(path, with_password));
    }
    EXPECT_NE(seen.find("HTTP 401\n"), std::string::npos);
    // What is said of a wrong file names no value.
    ASSERT_EQ(::kill(service.pid(), SIGHUP), 0);
    EXPECT_TRUE(eventually(
        [&] { return content_of(log).find("configuration reloaded") != std::string::npos; }));
    std::ofstream(config, std::ios::app) << "[misp.x]\napi_key = \"" << key << "\"\n";
    ASSERT_EQ(::kill(service.pid(), SIGHUP), 0);
    EXPECT_TRUE(
        eventually([&] { return content_of(log).find("reload failed") != std::string::npos; }));
    seen += output_of(program + " status" + with_config);
    EXPECT_EQ(service.terminate(kPatience), 0);
  }
  std::ofstream(folder.file("other")) << key << " " << password << "\n";
  const std::string wrong_file = " --set misp.api_key_file='" + folder.file("other") + "'";
  const std::string as_path = " --set misp.api_key_file='" + key + "'";
  for (const std::string& rest : {std::string(), wrong_file, as_path}) {
    seen += output_of(program + " check" + with_config + rest);
  }
  const std::string flags =
      " --misp-url http://127.0.0.1:1 --feed tcp://127.0.0.1:1 --zeek 127.0.0.1:1 --set "
      "zeek.transport=broker";
  seen += output_of("env MISP_ZEEK_MISP_API_KEY=" + key + " MISP_ZEEK_HTTP_TOKEN=" + token + " " +
                    program + " check" + flags);
  EXPECT_NE(seen.find("configuration is valid"), std::string::npos) << seen;
  seen += content_of(log);
  for (const auto& secret : {key, password, token, webhook, passphrase}) {
    EXPECT_EQ(seen.find(secret), std::string::npos) << secret << " in\n" << seen;
  }
}

}  // namespace
}  // namespace misp_zeek::process
