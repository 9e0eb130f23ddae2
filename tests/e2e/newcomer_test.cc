// SPDX-License-Identifier: BSD-3-Clause
// What somebody who begins with one thing wrong learns of it: from `check --connect`, from /readyz
// and from the log, each time what to do. Real processes, on loopback.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "process/process.h"
#include "process/temporary_folder.h"
#include "stack/stack.h"
#include "web/client.h"
#include "web/server.h"
#include "zeek_sim/test_certificate.h"

namespace misp_zeek {
namespace {

using nlohmann::json;
using process::Process;
using stack::Stack;

constexpr std::chrono::seconds kLimit{40};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A MISP and the stand-in for Zeek that are well; a test makes one thing of the configuration
/// wrong.
class Newcomer : public testing::Test {
 protected:
  Newcomer()
      : stack_({.zeek = "", .misp_arguments = {"--empty"}, .settings = "", .start_limit = kLimit}) {
    stack_.start_misp();
    stack_.start_zeek();
    url_ = "http://127.0.0.1:" + std::to_string(stack_.misp_http_port());
    feed_port_ = stack_.misp_feed_port();
    zeek_port_ = stack_.zeek_port();
  }
  void TearDown() override { stack_.keep_files(HasFailure()); }

  /// A port at which nobody listens.
  static int nobody() { return process::free_port(); }

  std::string write_configuration() {
    health_port_ = process::free_port();
    const std::string path = stack_.file("newcomer.toml");
    std::ofstream(path) << "[misp]\nurl = \"" << url_ << "\"\n[misp.feed]\nendpoint = "
                        << "\"tcp://127.0.0.1:" << feed_port_ << "\"\n[[zeek]]\nname = \"sensor\"\n"
                        << "transport = \"broker\"\nport = " << zeek_port_
                        << "\ntls = false\n[http]\n"
                        << "listen = \"127.0.0.1:" << health_port_ << "\"\n";
    return path;
  }

  /// What `check --connect` says, which must find something wrong.
  std::string check() {
    const std::string call = "MISP_ZEEK_MISP_API_KEY=" + key_ +
                             " timeout 60 '" MISP_ZEEK_PROGRAM "' check --connect -c '" +
                             write_configuration() + "' 2>&1";
    FILE* pipe = popen(call.c_str(), "r");
    if (pipe == nullptr) {
      throw std::runtime_error("cannot start a shell");
    }
    std::string text;
    std::array<char, 4096> buffer{};
    while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
      text.append(buffer.data(), size);
    }
    const int status = pclose(pipe);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << text;
    EXPECT_FALSE(has(text, key_)) << text;
    return text;
  }

  void run() {
    const std::string path = write_configuration();
    service_ = std::make_unique<Process>(Process::Options{{MISP_ZEEK_PROGRAM, "run", "-c", path},
                                                          {{"MISP_ZEEK_MISP_API_KEY", key_}},
                                                          "",
                                                          stack_.file("newcomer.log")});
  }

  /// Whether that check of /readyz fails with this text in its message; what it says instead.
  testing::AssertionResult unready(const std::string& name, const std::string& message) {
    std::string last = "no answer";
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < end) {
      const auto answer = web::Client(health_port_).get("/readyz");
      last = answer ? answer->body : last;
      for (const auto& one : answer ? json::parse(answer->body).at("checks") : json::array()) {
        if (answer->status == 503 && one.at("name") == name && one.at("ok") == false &&
            has(one.at("message"), message)) {
          return testing::AssertionSuccess();
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return testing::AssertionFailure() << last;
  }

  testing::AssertionResult logged(const std::string& line) {
    std::string log;
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < end) {
      log = process::content_of(stack_.file("newcomer.log"));
      if (has(log, line)) {
        return has(log, key_) ? testing::AssertionFailure() << "the key is in the log: " << log
                              : testing::AssertionSuccess();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return testing::AssertionFailure() << log;
  }

  Stack stack_;
  std::string url_;
  std::string key_ = Stack::api_key();
  int feed_port_ = 0;
  int zeek_port_ = 0;
  int health_port_ = 0;
  std::unique_ptr<Process> service_;
};

#define EXPECT_HAS(text, part) EXPECT_TRUE(has(text, part)) << (text)

TEST_F(Newcomer, WithAWrongKey) {
  const std::string remedy =
      "/servers/getVersion: 403 from MISP: the API key was refused: check that misp.api_key_file "
      "holds "
      "the "
      "key of an enabled user, and that the key has not ended and allows this address";
  key_ = "somebody-elses-key-0123456789abcdefghijk";
  const std::string text = check();
  EXPECT_HAS(text, "WRONG MISP               " + remedy);
  EXPECT_HAS(text, "ok    feed ");
  EXPECT_HAS(text, "ok    zeek:sensor ");
  run();
  EXPECT_TRUE(unready("rest", remedy));
  EXPECT_TRUE(logged("level=warn msg=\"MISP request failed\" reason=\"" + remedy));
}

TEST_F(Newcomer, WithAWrongPort) {
  const std::string remedy =
      "/servers/getVersion: no connection to MISP: check that it runs and that misp.url's port, "
      "or with misp.proxy the proxy's, is reachable";
  url_ = "http://127.0.0.1:" + std::to_string(nobody());
  const std::string text = check();
  EXPECT_HAS(text, "WRONG MISP               " + remedy);
  EXPECT_HAS(text, "ok    feed ");
  run();
  EXPECT_TRUE(unready("rest", remedy));
  EXPECT_TRUE(logged("level=warn msg=\"MISP request failed\" reason=\"" + remedy));
}

TEST_F(Newcomer, WithAWrongCertificate) {
  const process::TemporaryFolder folder;
  const auto files = sim::write_test_certificate(folder.path());
  const std::string open_key = sim::write_open_key(folder.path(), files);
  web::ServerOptions options;
  options.certificate = files.certificate;
  options.key = open_key;
  const web::Server misp([](const web::Request&) { return web::Reply(); }, options);
  url_ = "https://127.0.0.1:" + std::to_string(misp.port());

  const std::string remedy =
      "/servers/getVersion: MISP's TLS certificate is not trusted: name its CA in misp.ca_file, "
      "and the "
      "host in misp.url as in the certificate";
  const std::string text = check();
  EXPECT_HAS(text, "WRONG MISP               " + remedy);
  run();
  EXPECT_TRUE(unready("rest", remedy));
  EXPECT_TRUE(logged("level=warn msg=\"MISP request failed\" reason=\"" + remedy));
}

TEST_F(Newcomer, WithoutAFeed) {
  feed_port_ = nobody();
  const std::string remedy =
      "no connection to tcp://127.0.0.1:" + std::to_string(feed_port_) +
      ": check that MISP's ZeroMQ publisher runs (Plugin.ZeroMQ_enable), that it does not listen "
      "on "
      "MISP's own machine only (Plugin.ZeroMQ_host), and that its port is reachable";
  const std::string text = check();
  EXPECT_HAS(text, "ok    MISP ");
  EXPECT_HAS(text, "WRONG feed               " + remedy);
  EXPECT_HAS(text, "ok    zeek:sensor ");
  run();
  EXPECT_TRUE(unready("feed", remedy));
  EXPECT_TRUE(logged("level=warn msg=\"feed down\" reason=\"" + remedy));
}

TEST_F(Newcomer, WithoutAZeek) {
  zeek_port_ = nobody();
  const std::string place = "sensor at 127.0.0.1:" + std::to_string(zeek_port_) + ": ";
  const std::string remedy =
      "; nothing listens there: Zeek must run with the package, which listens at "
      "MISP::broker_listen_address and MISP::broker_port";
  const std::string text = check();
  EXPECT_HAS(text, "ok    MISP ");
  EXPECT_HAS(text, "ok    feed ");
  EXPECT_HAS(text, "WRONG zeek:sensor        " + place);
  EXPECT_HAS(text, remedy);
  run();
  EXPECT_TRUE(unready("zeek:sensor", remedy));
  EXPECT_TRUE(logged("level=warn msg=\"zeek not ready\" zeek=sensor reason=\"" + place));
  EXPECT_TRUE(logged(remedy));
}

}  // namespace
}  // namespace misp_zeek
