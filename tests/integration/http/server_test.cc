// SPDX-License-Identifier: BSD-3-Clause
#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connection.h"
#include "process/waiting.h"
#include "web/client.h"

namespace misp_zeek::http {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

const std::string kToken = "a-token-for-the-tests-0123456789";

Health healthy() {
  return {true, {{"feed", true, 1'767'225'600, "connected"}, {"zeek:a", true, 0, "in sync"}}};
}

std::unique_ptr<Server> start(Health health, std::vector<Route> routes = {}) {
  auto server = Server::start("127.0.0.1:0", [health = std::move(health)] { return health; },
                              std::move(routes), {kToken});
  if (!server) {
    throw std::runtime_error(server.error().message);
  }
  return std::move(*server);
}

/// Of a reader, with the token.
std::optional<web::Answer> get(const Server& server, const std::string& target) {
  return web::Client(server.port()).get(target, {{"Authorization", web::bearer(kToken)}});
}

TEST(HttpServer, SaysLiveWhileTheLoopTurns) {
  const auto server = start(healthy());
  const auto answer = get(*server, "/livez");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(json::parse(answer->body), json({{"live", true}}));
}

TEST(HttpServer, SaysNotLiveAndNotReadyWhenTheLoopStands) {
  Health health = healthy();
  health.live = false;
  const auto server = start(health);
  EXPECT_EQ(get(*server, "/livez")->status, 503);
  EXPECT_EQ(get(*server, "/readyz")->status, 503);
}

TEST(HttpServer, ListsEachCheckOfReadiness) {
  const auto server = start(healthy());
  const auto answer = get(*server, "/readyz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->header("content-type"), "application/json");
  const json expected = {{"ready", true},
                         {"checks",
                          {{{"name", "feed"},
                            {"ok", true},
                            {"warning", false},
                            {"since", "2026-01-01T00:00:00Z"},
                            {"message", "connected"}},
                           {{"name", "zeek:a"},
                            {"ok", true},
                            {"warning", false},
                            {"since", "1970-01-01T00:00:00Z"},
                            {"message", "in sync"}}}}};
  EXPECT_EQ(json::parse(answer->body), expected);
}

TEST(HttpServer, IsNotReadyWhenOneCheckFails) {
  Health health = healthy();
  health.checks[1].ok = false;
  const auto server = start(health);
  const auto answer = get(*server, "/readyz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(json::parse(answer->body).at("ready"), false);
  EXPECT_EQ(get(*server, "/livez")->status, 200);
}

TEST(HttpServer, IsReadyWithAWarning) {
  Health health = healthy();
  health.checks.push_back({"sightings", false, 0, "MISP is away", true});
  const auto server = start(health);
  const auto answer = get(*server, "/readyz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(json::parse(answer->body).at("checks").back().at("ok"), false);
  EXPECT_EQ(json::parse(answer->body).at("checks").back().at("warning"), true);
}

TEST(HttpServer, IndentsForPeople) {
  const auto server = start(healthy());
  const auto plain = get(*server, "/readyz");
  const auto verbose = get(*server, "/readyz?verbose");
  ASSERT_TRUE(plain && verbose);
  EXPECT_EQ(json::parse(plain->body), json::parse(verbose->body));
  EXPECT_EQ(plain->body.find('\n'), plain->body.size() - 1);
  EXPECT_NE(verbose->body.find("\n  \"checks\""), std::string::npos);
}

TEST(HttpServer, SurvivesAMessageThatIsNotUtf8) {
  Health health = healthy();
  health.checks[0].message = "bad \xff byte";
  const auto server = start(health);
  const auto answer = get(*server, "/readyz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(json::parse(answer->body).at("checks").at(0).at("message"), "bad \xef\xbf\xbd byte");
}

TEST(HttpServer, ServesAndListsFurtherRoutes) {
  const auto server = start(
      healthy(),
      {{"/metrics", "counters for Prometheus", [](const Request& request) {
          return Response{200, "text/plain; version=0.0.4", "up " + request.query.at("n") + "\n"};
        }}});
  const auto metrics = get(*server, "/metrics?n=1");
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->body, "up 1\n");
  EXPECT_EQ(metrics->header("content-type"), "text/plain; version=0.0.4");
  const auto index = get(*server, "/");
  ASSERT_TRUE(index);
  for (const auto* line : {"/livez  ", "/readyz  ", "/metrics  counters for Prometheus\n"}) {
    EXPECT_NE(index->body.find(line), std::string::npos) << index->body;
  }
}

TEST(HttpServer, AnswersAnUnknownPathWith404) {
  const auto server = start(healthy());
  const auto answer = get(*server, "/nothing");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_NE(answer->body.find("not found"), std::string::npos);
}

TEST(HttpServer, AnswersOtherMethodsWith405) {
  const auto server = start(healthy());
  for (const auto* path : {"/livez", "/readyz", "/", "/nothing"}) {
    const auto post = web::Client(server->port()).post(path, "body");
    ASSERT_TRUE(post) << path;
    EXPECT_EQ(post->status, 405) << path;
    EXPECT_EQ(post->header("allow"), "GET, HEAD");
  }
  EXPECT_EQ(web::Client(server->port()).send("DELETE", "/livez", "", {})->status, 405);
  EXPECT_EQ(web::Client(server->port()).send("PUT", "/livez", "", {})->status, 405);
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  const auto server = start(healthy());
  const auto answer = web::Client(server->port()).send("HEAD", "/readyz", "", {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(answer->body.empty());
}

TEST(HttpServer, TurnsAHandlersExceptionIntoA500) {
  const auto server = start(
      healthy(),
      {{"/broken", "", [](const Request&) -> Response { throw std::runtime_error("no luck"); }}});
  const auto answer = get(*server, "/broken");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->body, "no luck\n");
}

TEST(HttpServer, ServesOthersWhileClientsStaySilent) {
  const auto server = start(healthy());
  const Connection first(server->port());
  const Connection second(server->port());
  ASSERT_TRUE(first.connected() && second.connected());
  EXPECT_EQ(get(*server, "/livez")->status, 200);
}

TEST(HttpServer, ClosesAConnectionAfterOneRequest) {
  const auto server = start(healthy());
  EXPECT_EQ(get(*server, "/livez")->header("connection"), "close");
}

TEST(HttpServer, ServesNoRanges) {
  const auto server = start(healthy(), {{"/all", "", [](const Request&) {
                                           return Response{200, "text/plain", "0123456789"};
                                         }}});
  std::string ranges = "bytes=0-";
  for (int i = 0; i < 2'000; ++i) {
    ranges += ",0-";
  }
  const auto answer = web::Client(server->port())
                          .get("/all", {{"Range", ranges}, {"Authorization", web::bearer(kToken)}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "0123456789");
}

TEST(HttpServer, SendsALongAnswerInPieces) {
  auto server = start(
      healthy(), {{"/pieces", "", [](const Request&) {
                     Response response{200, "text/plain", ""};
                     response.more = [n = 0]() mutable {
                       const int now = n++;
                       return std::optional(now < 5 ? std::string(100'000, 'a') : std::string());
                     };
                     return response;
                   }}});
  const auto answer = get(*server, "/pieces");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("transfer-encoding"), "chunked");
  EXPECT_EQ(answer->body, std::string(500'000, 'a'));
}

TEST(HttpServer, LetsAClientSeeThatALongAnswerIsIncomplete) {
  auto server = start(healthy(), {{"/pieces", "", [](const Request&) {
                                     Response response{200, "text/plain", "first"};
                                     response.more = [] { return std::nullopt; };
                                     return response;
                                   }}});
  EXPECT_FALSE(get(*server, "/pieces"));
}

TEST(HttpServer, AnswersHealthWhileAllThreadsThatWaitAreTaken) {
  std::promise<void> end;
  const auto ended = end.get_future().share();
  Route slow{"/slow", "", [ended](const Request&) {
               ended.wait();
               return Response{};
             }};
  slow.waits = true;
  auto server = start(healthy(), {slow});
  std::atomic<int> refused = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 40; ++i) {
    readers.emplace_back([&] {
      const auto answer = get(*server, "/slow");
      refused += answer && answer->status == 503 ? 1 : 0;
    });
  }
  EXPECT_TRUE(process::eventually([&] { return refused == 8; })) << "40 of which 32 may wait";
  EXPECT_EQ(get(*server, "/livez")->status, 200);
  end.set_value();
  for (auto& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(refused, 8);
}

TEST(HttpServer, StopsInTimeAlthoughAClientStaysSilent) {
  auto server = start(healthy());
  const Connection silent(server->port());
  ASSERT_TRUE(silent.connected());
  ASSERT_TRUE(silent.say("GET /livez HTTP/1.1\r\n"));
  // The next request is served by another thread, so the silent one has been taken.
  ASSERT_EQ(get(*server, "/livez")->status, 200);
  const auto before = steady_clock::now();
  server.reset();
  EXPECT_LT(steady_clock::now() - before, std::chrono::seconds(2));
}

TEST(HttpServer, CallsNoHandlerAfterItHasStopped) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  auto server = Server::start("127.0.0.1:0", [calls] {
    ++*calls;
    return healthy();
  });
  ASSERT_TRUE(server) << server.error().message;
  const std::uint16_t port = (*server)->port();
  const Connection slow(port);
  ASSERT_TRUE(slow.say("GET /livez HTTP/1.1\r\n"));
  ASSERT_EQ(get(**server, "/livez")->status, 200);
  server->reset();
  const int before = *calls;
  slow.say("\r\n");
  EXPECT_FALSE(web::Client(port).get("/livez"));
  EXPECT_EQ(*calls, before);
}

TEST(HttpServer, StopsAtOnceWhenItWasJustStarted) {
  for (int i = 0; i < 20; ++i) {
    const auto before = steady_clock::now();
    start(healthy()).reset();
    EXPECT_LT(steady_clock::now() - before, std::chrono::milliseconds(900));
  }
}

TEST(HttpServer, NamesAddressAndCauseWhenThePortIsTaken) {
  const auto server = start(healthy());
  const std::string place = "127.0.0.1:" + std::to_string(server->port());
  const auto second = Server::start(place, healthy);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().message,
            "http.listen: cannot listen at " + place + ": Address already in use");
}

TEST(HttpServer, NamesAddressAndCauseWhenTheAddressIsNotOurs) {
  const auto server = Server::start("192.0.2.1:0", healthy);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().message,
            "http.listen: cannot listen at 192.0.2.1:0: Cannot assign requested address");
}

TEST(HttpServer, RefusesWhatIsNoPlace) {
  for (const auto* listen : {"", "localhost", ":9180", "127.0.0.1:", "127.0.0.1:65536", "a:b"}) {
    const auto server = Server::start(listen, healthy);
    ASSERT_FALSE(server) << listen;
    EXPECT_EQ(server.error().code, ErrorCode::kInvalidConfig) << listen;
  }
}

TEST(HttpServer, ListensOnIpv6) {
  const auto server = Server::start("[::1]:0", healthy);
  if (!server) {
    GTEST_SKIP() << "no IPv6 on this machine: " << server.error().message;
  }
  EXPECT_EQ(web::Client("http://[::1]:" + std::to_string((*server)->port())).get("/livez")->status,
            200);
}

}  // namespace
}  // namespace misp_zeek::http
