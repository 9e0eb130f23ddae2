// SPDX-License-Identifier: BSD-3-Clause
#include "misp/rest_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "http_test_server.h"
#include "rest_support.h"

namespace misp_zeek::misp {
namespace {

HttpTestServer::Handler always(TestResponse response) {
  return [response](const TestRequest&) { return response; };
}

TestResponse json(std::string body) {
  TestResponse response;
  response.body = std::move(body);
  return response;
}

TEST(RestClient, SendsKeyAndSearchAndReadsThePage) {
  HttpTestServer server(always(json(test_page(3))));
  const auto client = make_client(server.url() + "/misp/");
  const auto page = search(*client, 3, 2);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->rows.size(), 3U);
  EXPECT_EQ(page->rows[2].attribute.id, 3U);
  EXPECT_EQ(page->rows[2].event.info, "rest one");
  EXPECT_FALSE(page->complete);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].path, "/misp/attributes/restSearch");
  EXPECT_EQ(requests[0].headers.at("Authorization"), kTestKey);
  EXPECT_EQ(requests[0].headers.at("Accept"), "application/json");
  EXPECT_EQ(requests[0].headers.at("Content-Type"), "application/json");
  EXPECT_EQ(requests[0].headers.at("User-Agent"), "misp-zeek");
  EXPECT_EQ(requests[0].headers.count("Expect"), 0U);
  const auto body = nlohmann::json::parse(requests[0].body);
  EXPECT_EQ(body.at("page"), 2);
  EXPECT_EQ(body.at("limit"), 3);
}

TEST(RestClient, TellsHiddenRowsAndWhetherTheReplyIsComplete) {
  TestResponse response = json(test_page(79));
  response.headers["X-Result-Count"] = "80";
  HttpTestServer server([&](const TestRequest&) { return response; });
  const auto client = make_client(server.url());
  const auto whole = search(*client);
  EXPECT_EQ(whole->hidden, 1U);
  EXPECT_TRUE(whole->complete);
  const auto below = search(*client, 200);
  EXPECT_EQ(below->hidden, 1U);
  EXPECT_TRUE(below->complete);
  response.headers["X-Result-Count"] = "81";
  const auto full = search(*client, 80);
  EXPECT_EQ(full->hidden, 1U);
  EXPECT_FALSE(full->complete);
}

TEST(RestClient, ReadsIndexEventsAndUserWithMispsClock) {
  HttpTestServer server([](const TestRequest& request) {
    auto response = json(R"([{"id":"1","timestamp":"5","published":true,)"
                         R"("uuid":"d6654966-2af7-40ad-8aa3-148a29e978a3"}])");
    if (request.path == "/servers/getVersion") {
      response = json(R"({"version":"2.5.1","perm_sighting":true})");
    } else if (request.path == "/users/view/me") {
      response = json(R"({"User":{"org_id":"4"},"Role":{"perm_site_admin":true}})");
    } else if (request.path == "/events/restSearch") {
      response = json(R"({"response":[{"Event":{"id":"7","info":"one","published":true,)"
                      R"("timestamp":"9","attribute_count":"12",)"
                      R"("uuid":"d6654966-2af7-40ad-8aa3-148a29e978a3"}}]})");
    }
    response.headers["Date"] = "Tue, 24 Nov 2026 02:21:48 GMT";
    return response;
  });
  const auto client = make_client(server.url());
  const auto index = ask<EventIndex>(*client, IndexCall{});
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->rows.size(), 1U);
  const auto details = ask<EventDetails>(*client, EventCall{{7, 8}});
  ASSERT_TRUE(details) << details.error().message;
  EXPECT_EQ(details->events.at(0).attribute_count, 12U);
  const auto user = ask<MispUser>(*client, UserCall{});
  ASSERT_TRUE(user) << user.error().message;
  EXPECT_EQ(user->org_id, 4U);
  EXPECT_TRUE(user->site_admin);
  const RestCall calls[] = {IndexCall{IndexCall::Which::kChangedSince, 5}, EventCall{{7}},
                            UserCall{}};
  for (const auto& call : calls) {
    EXPECT_EQ(client->call(call)->server_time, 1'795'486'908);
  }
  const auto requests = server.requests();
  EXPECT_EQ(requests.at(0).body, R"({"minimal":1})");
  EXPECT_EQ(nlohmann::json::parse(requests.at(1).body),
            nlohmann::json::parse(R"({"returnFormat":"json","metadata":1,"eventid":["7","8"]})"));
  EXPECT_EQ(requests.at(2).method, "GET");
  EXPECT_EQ(requests.at(4).body, R"({"minimal":1,"timestamp":5})");
}

TEST(RestClient, AsksForOneAttributeAndUnderstandsYesAndNo) {
  const PresenceCall call{*Uuid::parse("52e5cd59-683c-4b2d-99aa-ff4ac68be3cc")};
  auto response = json(R"({"Attribute":{"uuid":"52e5cd59-683c-4b2d-99aa-ff4ac68be3cc"}})");
  HttpTestServer server([&](const TestRequest&) { return response; });
  const auto client = make_client(server.url());
  EXPECT_TRUE(ask<Presence>(*client, call)->present);
  response = json(R"({"name":"Attribut invalide","message":"Attribut invalide",)"
                  R"("url":"/attributes/view/52e5cd59-683c-4b2d-99aa-ff4ac68be3cc"})");
  response.status = 405;
  const auto gone = ask<Presence>(*client, call);
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_FALSE(gone->present);
  response = json(R"({"response":{"Attribute":[]}})");
  EXPECT_EQ(client->call(call).error().code, ErrorCode::kMalformed);
  response.status = 503;
  EXPECT_EQ(client->call(call).error().code, ErrorCode::kUnavailable);
  const auto requests = server.requests();
  EXPECT_EQ(requests.at(0).method, "GET");
  EXPECT_EQ(requests.at(0).path, "/attributes/view/52e5cd59-683c-4b2d-99aa-ff4ac68be3cc");
}

TEST(RestClient, KeepsOneConnectionOpen) {
  HttpTestServer server(always(json(test_page(1))));
  const auto client = make_client(server.url());
  ASSERT_TRUE(search(*client, 5, 1));
  ASSERT_TRUE(search(*client, 5, 2));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].client_port, requests[1].client_port);
}

TEST(RestClient, ReadsCompressedAnswers) {
  auto response = json(web::deflate(test_page(2000)));
  response.headers["Content-Encoding"] = "deflate";
  HttpTestServer server(always(response));
  const auto client = make_client(server.url());
  const auto page = search(*client, 2000, 1);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->rows.size(), 2000U);
  const std::string offered = server.requests().at(0).headers.at("Accept-Encoding");
  EXPECT_NE(offered.find("gzip"), std::string::npos) << offered;
}

TEST(RestClient, ReadsAPageLargerThanItsBuffer) {
  constexpr int kRows = 5'000;
  HttpTestServer server(always(json(test_page(kRows))));
  const auto client = make_client(server.url());
  const auto page = search(*client, kRows, 1);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->rows.size(), std::size_t{kRows});
  EXPECT_EQ(page->rows.back().attribute.id, std::uint64_t{kRows});
}

TEST(RestClient, TakesARenewedKeyForTheNextRequest) {
  HttpTestServer server([](const TestRequest& request) {
    auto response = json(test_page(1));
    response.status = request.headers.at("Authorization") == "the-second-key" ? 200 : 403;
    return response;
  });
  std::string key = "the-first-key";
  auto options = rest_options(server.url());
  options.api_key = key;
  options.current_api_key = [&key] { return key; };
  const auto client = make_client(std::move(options));
  EXPECT_EQ(search(*client, 5).error().code, ErrorCode::kUnauthorized);
  key = "the-second-key";
  EXPECT_TRUE(search(*client, 5));
  key = "";
  EXPECT_TRUE(search(*client, 5)) << "nothing is no key";
}

TEST(RestClient, AsksNobodyWhenNothingCanMatch) {
  HttpTestServer server(always(json(test_page(1))));
  auto options = rest_options(server.url());
  options.filter.types = {"comment"};
  const auto client = make_client(std::move(options));
  const auto page = search(*client, 5, 1);
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->rows.empty());
  EXPECT_TRUE(page->complete);
  EXPECT_TRUE(server.requests().empty());
}

TEST(RestClient, CancelEndsARunningRequestAndRefusesLaterOnes) {
  std::promise<void> asked;
  HttpTestServer server([&](const TestRequest&) {
    asked.set_value();
    auto response = json(test_page(1));
    response.pause = std::chrono::milliseconds(100);
    return response;
  });
  const auto client = make_client(server.url());
  std::jthread canceller([&] {
    asked.get_future().wait_for(std::chrono::seconds(10));
    client->cancel();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto page = search(*client, 1, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(client->call(IndexCall{}).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(RestClient, RefusesAUrlOrKeyThatCannotWork) {
  for (const char* url : {"", "misp.example", "ftp://misp.example", "http://a b", "https://a?x"}) {
    EXPECT_EQ(RestClient::create(rest_options(url)).error().code, ErrorCode::kInvalidConfig) << url;
  }
  for (const char* key : {"", "with space", "with\r\nX-Header: 1"}) {
    auto options = rest_options("https://misp.example");
    options.api_key = key;
    EXPECT_EQ(RestClient::create(options).error().code, ErrorCode::kInvalidConfig) << key;
  }
}

}  // namespace
}  // namespace misp_zeek::misp
