// SPDX-License-Identifier: BSD-3-Clause
#include "http/control.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "http/server.h"

namespace misp_zeek::http {
namespace {

constexpr auto kTimeout = std::chrono::seconds(10);

/// A server with one command, which counts how often it was carried out.
struct Commanded {
  explicit Commanded(const std::string& control_token, const std::string& listen = "127.0.0.1:0")
      : token(control_token) {
    auto started = Server::start(
        listen,
        [] {
          return Health{true, {}};
        },
        {{"/v1/act", "acts",
          [this](const Request& request) {
            ++acted;
            return Response{202, "text/plain", request.query.contains("full") ? "full\n" : "\n"};
          },
          Method::kPost}},
        {token});
    if (!started) {
      throw std::runtime_error(started.error().message);
    }
    server = std::move(*started);
    access = {control_url(listen, server->port()), token};
  }

  std::string token;
  std::atomic<int> acted = 0;
  std::unique_ptr<Server> server;
  ControlAccess access;
};

TEST(Control, CarriesOutACommandWithTheToken) {
  Commanded service(new_token());
  const auto answer = send_command(service.access, "/v1/act?full", kTimeout);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->body, "full\n");
  EXPECT_EQ(service.acted, 1);
}

TEST(Control, RefusesACommandWithoutTheToken) {
  Commanded service(new_token());
  httplib::Client client(service.access.url);
  const auto none = client.Post("/v1/act", "", "text/plain");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->status, 401);
  EXPECT_EQ(none->get_header_value("WWW-Authenticate"), "Bearer");
  for (const std::string& wrong : {std::string(), std::string("x"), new_token()}) {
    const auto answer = send_command({service.access.url, wrong}, "/v1/act", kTimeout);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401) << wrong;
  }
  EXPECT_EQ(service.acted, 0);
}

TEST(Control, RefusesAllCommandsWhenThereIsNoToken) {
  Commanded service("");
  const auto answer = send_command(service.access, "/v1/act", kTimeout);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(service.acted, 0);
}

TEST(Control, TakesNoCommandByGetOrFromAForm) {
  Commanded service(new_token());
  httplib::Client client(service.access.url);
  client.set_bearer_token_auth(service.token);
  for (const auto* path : {"/v1/act", "/v1/act?full"}) {
    const auto answer = client.Get(path);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 405);
    EXPECT_EQ(answer->get_header_value("Allow"), "POST");
  }
  // What a web page can make a browser send without being asked by it: no Authorization header.
  httplib::Client browser(service.access.url);
  const auto form = browser.Post("/v1/act", {{"Origin", "https://evil.example"}}, "full=1",
                                 "application/x-www-form-urlencoded");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->status, 401);
  const auto preflight = browser.Options("/v1/act");
  ASSERT_TRUE(preflight);
  EXPECT_EQ(preflight->status, 405);
  EXPECT_FALSE(preflight->has_header("Access-Control-Allow-Origin"));
  EXPECT_EQ(service.acted, 0);
}

TEST(Control, ListsCommandsInTheIndex) {
  Commanded service(new_token());
  const auto index = httplib::Client(service.access.url).Get("/");
  ASSERT_TRUE(index);
  EXPECT_NE(index->body.find("POST /v1/act  acts\n"), std::string::npos) << index->body;
  EXPECT_EQ(index->body.find(service.token), std::string::npos);
}

TEST(Control, SaysThatNobodyAnswers) {
  ControlAccess access;
  {
    const Commanded service(new_token());
    access = service.access;
  }
  const auto answer = send_command(access, "/v1/act", kTimeout);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answer.error().message.rfind("no answer from the service at " + access.url, 0), 0U);
}

TEST(Control, ReachesAServerThatListensEverywhere) {
  Commanded service(new_token(), "0.0.0.0:0");
  const auto answer = send_command(service.access, "/v1/act", kTimeout);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 202);
}

TEST(Control, FormsTheUrlOfTheOwnMachine) {
  EXPECT_EQ(control_url("127.0.0.1:0", 4711), "http://127.0.0.1:4711");
  EXPECT_EQ(control_url("0.0.0.0:9180", 9180), "http://127.0.0.1:9180");
  EXPECT_EQ(control_url("[::]:9180", 9180), "http://[::1]:9180");
  EXPECT_EQ(control_url("[::1]:9180", 9180), "http://[::1]:9180");
  EXPECT_EQ(control_url("localhost:9180", 9180), "http://localhost:9180");
}

TEST(Control, MakesADifferentTokenEachTime) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    const std::string token = new_token();
    EXPECT_EQ(token.size(), 64U);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 100U);
}

TEST(Control, ReadsWhatItWrote) {
  const ControlAccess access{"http://127.0.0.1:1", "abc"};
  const auto read = parse_control_access(to_json(access));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->url, access.url);
  EXPECT_EQ(read->token, access.token);
  for (const auto* bad : {"", "[]", "{\"url\":1,\"token\":\"x\"}", "{\"url\":\"x\"}", "{"}) {
    EXPECT_FALSE(parse_control_access(bad)) << bad;
  }
}

}  // namespace
}  // namespace misp_zeek::http
