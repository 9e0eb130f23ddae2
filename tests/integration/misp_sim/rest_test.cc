// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Rest : public testing::Test {
 protected:
  Rest() : rest(sim), event(sim.add_event()) {}

  RestClient::Answer add(const std::string& type, const std::string& value) {
    return rest.post("/attributes/add/" + std::to_string(event),
                     {{"type", type}, {"value", value}});
  }
  std::string stored(const std::string& type, const std::string& value) {
    const auto answer = add(type, value).json();
    if (!answer.contains("Attribute")) return answer.dump();
    return answer.at("Attribute").at("value").get<std::string>();
  }

  MispSim sim;
  RestClient rest;
  std::uint64_t event;
};

TEST_F(Rest, ValuesAreStoredAsMispStoresThem) {
  EXPECT_EQ(stored("domain", " Evil.Example.COM "), "evil.example.com");
  EXPECT_EQ(stored("domain", "b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(stored("url", "  http://Evil.example.com/A b  "), "http://Evil.example.com/A b");
  EXPECT_EQ(stored("ip-dst", "2001:0DB8:0000:0000:0000:0000:0000:0001"), "2001:db8::1");
  EXPECT_EQ(stored("ip-src", "2001:db8:1::/48"), "2001:db8:1::/48");
  EXPECT_EQ(stored("ip-dst|port", "2001:DB8::7|443"), "2001:db8::7|443");
  EXPECT_EQ(stored("md5", "D41D8CD98F00B204E9800998ECF8427E"), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(stored("x509-fingerprint-sha1",
                   "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD"),
            "aabbccddeeff00112233445566778899aabbccdd");
  EXPECT_EQ(stored("email-src", "Bad.Guy@Example.com"), "bad.guy@example.com");
  EXPECT_EQ(stored("mac-address", "00-1A-2B-3C-4D-5E"), "00:1a:2b:3c:4d:5e");
  EXPECT_EQ(stored("AS", "AS64512"), "64512");
  EXPECT_EQ(stored("user-agent", "Evil\tAgent \"x\" \\y"), "Evil\tAgent \"x\" \\y");
  EXPECT_EQ(stored("text", "smile \U0001F600"), "smile ?");
}

TEST_F(Rest, InvalidAndSimilarValuesAreRefused) {
  EXPECT_EQ(add("hostname", "www.evil.example.com.").status, 403);
  EXPECT_EQ(add("ip-dst", "not an ip").status, 403);
  EXPECT_EQ(add("url", "http://a.example/x\ny").status, 403);
  EXPECT_EQ(add("nope", "x").json().at("errors").at("type").at(0), "Invalid type.");
  EXPECT_EQ(add("domain", "b\u00fccher.example").status, 200);
  const auto again = add("domain", "xn--bcher-kva.example");
  EXPECT_EQ(again.status, 403);
  EXPECT_THAT(again.json().at("errors").at("value").at(0).get<std::string>(),
              HasSubstr("similar attribute"));
}

TEST_F(Rest, ErrorsHaveTheStatusOfARealMisp) {
  EXPECT_EQ(rest.send("POST", "/attributes/restSearch", "{\"limit\": ").status, 405);
  EXPECT_EQ(rest.send("GET", "/attributes/restSearch").status, 400);
  EXPECT_EQ(rest.send("GET", "/attributes/restSearch/eventid:1/limit:1").status, 200);
  EXPECT_EQ(rest.send("GET", "/nope/nope").status, 404);
  EXPECT_EQ(rest.send("GET", "/events/view/999999").status, 404);
  EXPECT_EQ(rest.send("GET", "/attributes/view/999999").status, 405);
  EXPECT_EQ(rest.post("/attributes/edit/999999", json::object()).status, 404);
  EXPECT_EQ(rest.post("/attributes/restSearch.json", {{"limit", 1}}).status, 200);
}

TEST_F(Rest, FailedSightingsAreAnsweredWith200) {
  const auto attribute = sim.add_attribute(event, "domain|ip", "pair.example.com|203.0.113.9");
  const auto reason = [&](const std::string& path, const json& body) {
    const auto answer = rest.post(path, body);
    return std::to_string(answer.status) + ' ' + answer.json().value("message", "sighting");
  };
  EXPECT_EQ(reason("/sightings/add/" + attribute.uuid, {{"source", "zeek"}}), "200 sighting");
  EXPECT_EQ(reason("/sightings/add", {{"values", {"PAIR.example.com"}}}), "200 sighting");
  EXPECT_EQ(reason("/sightings/add", {{"value", "203.0.113.9"}}), "200 sighting");
  constexpr auto kNone =
      "200 Could not add the Sighting. Reason: No valid attributes found that match the criteria.";
  EXPECT_EQ(reason("/sightings/add", {{"values", {"pair.example.com|203.0.113.9"}}}), kNone);
  EXPECT_EQ(reason("/sightings/add/999999", json::object()), kNone);
  EXPECT_EQ(reason("/sightings/add", json::object()),
            "200 Could not add the Sighting. Reason: No valid attributes found.");
  EXPECT_THAT(reason("/sightings/add/" + attribute.uuid, {{"type", "7"}}),
              HasSubstr("Invalid type"));
  EXPECT_THAT(reason("/sightings/add/" + attribute.uuid, {{"timestamp", "soon"}}),
              HasSubstr("date_sighting"));
  EXPECT_EQ(rest.post("/sightings/add", {{"id", {"1", "2"}}}).status, 500);
  EXPECT_EQ(rest.send("GET", "/sightings/index/" + std::to_string(event)).json().size(), 3U);
}

TEST_F(Rest, ADeletedEventIsGoneAndDoesNotComeBack) {
  sim.add_attribute(event, "ip-dst", "198.51.100.1");
  const auto uuid = rest.post("/events/index", {{"minimal", 1}}).json().at(0).at("uuid");
  EXPECT_EQ(rest.send("DELETE", "/events/delete/" + std::to_string(event)).status, 200);
  EXPECT_TRUE(rest.post("/events/index", {{"minimal", 1}}).json().empty());
  EXPECT_TRUE(rest.values({{"deleted", {0, 1}}}).empty());
  EXPECT_EQ(rest.post("/events/add", {{"info", "again"}, {"uuid", uuid}}).status, 403);
}

TEST_F(Rest, DescribesItselfAsARealMisp) {
  const auto version = rest.send("GET", "/servers/getVersion");
  EXPECT_EQ(version.json().at("version"), "2.5.1");
  EXPECT_TRUE(version.json().at("perm_sighting").get<bool>());
  EXPECT_THAT(version.headers.at("date"), HasSubstr("GMT"));
  const auto me = rest.send("GET", "/users/view/me").json();
  EXPECT_TRUE(me.at("Role").at("perm_site_admin").get<bool>());
  EXPECT_EQ(me.at("User").at("org_id"), "1");
  const auto types = rest.send("GET", "/attributes/describeTypes").json().at("result");
  EXPECT_EQ(types.at("sane_defaults").at("ip-dst").at("to_ids"), 1);
}

TEST(MispSimRest, RefusesToRemoveATagThatIsNotAttached) {
  MispSim sim;
  RestClient rest(sim);
  const auto attribute = sim.add_attribute(sim.add_event(), "domain", "a.example.com");
  const auto remove = [&](const std::string& tag) {
    return rest.post("/tags/removeTagFromObject", {{"uuid", attribute.uuid}, {"tag", tag}});
  };
  EXPECT_EQ(remove("x:a").status, 405);
  sim.attach_tag(attribute.uuid, "x:a");
  EXPECT_EQ(remove("x:a").status, 200);
  EXPECT_EQ(remove("x:a").status, 404);
}

TEST(MispSimRest, RestoringAnActiveAttributeEditsIt) {
  MispSim sim;
  RestClient rest(sim);
  sim.set_clock(1'700'000'000);
  const auto attribute = sim.add_attribute(sim.add_event(), "domain", "a.example.com");
  sim.set_clock(1'700'000'100);
  EXPECT_EQ(rest.post("/attributes/restore/" + std::to_string(attribute.id), {}).status, 302);
  const auto row = rest.send("GET", "/attributes/view/" + attribute.uuid).json();
  EXPECT_EQ(row.at("Attribute").at("timestamp"), "1700000100");
}

}  // namespace
}  // namespace misp_zeek::misp_sim
