// SPDX-License-Identifier: BSD-3-Clause
#include "http/request.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace misp_zeek::http {
namespace {

TEST(Target, HasAPathAndAQuery) {
  const auto target = parse_target("/v1/explain?q=a%20b%26c+d&verbose&x=1=2&&=y&q=second#part");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/explain");
  const std::map<std::string, std::string> query = {
      {"q", "a b&c d"}, {"verbose", ""}, {"x", "1=2"}};
  EXPECT_EQ(target->query, query);
  EXPECT_EQ(parse_target("/")->path, "/");
  EXPECT_EQ(parse_target("/a+b%2fc?")->path, "/a+b/c");
}

TEST(Target, IsNothingElse) {
  for (const auto* bad : {"", "*", "status", "http://localhost/status", "/%", "/%4", "/%zz",
                          "/?q=%", "/?%4=x", "?q=1"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(Target, ReadsBackWhatIsEncoded) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  const auto target = parse_target("/?q=" + percent_encode(all));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->query.at("q"), all);
}

TEST(Host, IsANameOrAnAddressWithoutItsPort) {
  EXPECT_EQ(host_of("Sensor.Example:9180"), "sensor.example");
  EXPECT_EQ(host_of("[2001:DB8::1]:9180"), "2001:db8::1");
  EXPECT_EQ(host_of("127.0.0.1"), "127.0.0.1");
  for (const auto* bad : {"", "[::1", "[::1]x", "a:b", "a:1:2", ":1"}) {
    EXPECT_EQ(host_of(bad), "") << bad;
  }
}

TEST(Host, IsOursByAddressOrByName) {
  EXPECT_TRUE(is_our_host("192.0.2.1", {}));
  EXPECT_TRUE(is_our_host("LOCALHOST:1", {}));
  EXPECT_FALSE(is_our_host("sensor.example", {}));
  EXPECT_TRUE(is_our_host("sensor.example:9180", {"sensor.example"}));
  EXPECT_FALSE(is_our_host("", {"sensor.example"}));
  EXPECT_FALSE(is_our_host("127.0.0.1.evil.example", {"sensor.example"}));
}

TEST(Token, IsDifferentEachTime) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    const std::string token = new_token();
    EXPECT_EQ(token.size(), 64U);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 100U);
}

TEST(Token, IsNeverRightWhenItIsEmpty) {
  EXPECT_FALSE(bears_token("Bearer ", ""));
  EXPECT_FALSE(has_password("Basic Og==", ""));
}

}  // namespace
}  // namespace misp_zeek::http
