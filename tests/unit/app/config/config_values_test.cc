// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/config/syntax.h"
#include "app/config/values.h"

namespace misp_zeek::app {
namespace {

using std::chrono::milliseconds;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("90d"), std::chrono::days(90));
  EXPECT_EQ(parse_duration("6h"), std::chrono::hours(6));
  EXPECT_EQ(parse_duration("2m"), std::chrono::minutes(2));
  EXPECT_EQ(parse_duration("30s"), std::chrono::seconds(30));
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  EXPECT_EQ(parse_duration("36500d"), std::chrono::days(36'500));
}

TEST(Duration, RefusesTheRest) {
  for (const auto* text : {"", "5", "d", "-1s", "+1s", "1w", "1 s", "1m2s", "1.5h", "1D", "36501d",
                           "99999999999999999999s", "0x1s", " 1s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsShownAsItIsRead) {
  for (const auto* text : {"0", "1ms", "1500ms", "90s", "2m", "6h", "36h", "90d"}) {
    EXPECT_EQ(show_duration(*parse_duration(text)), text);
  }
}

TEST(HostPort, KeepsIpv6InBrackets) {
  const auto address = parse_host_port("[2001:db8::1]:80", 1);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "2001:db8::1");
  EXPECT_EQ(address->port, 80);
  for (const auto* text : {"::1:80", "[::1]", "[]:80", "[name]:80", "host", "host:", ":80",
                           "host:80x", "host:0", "host:65536", "ho st:80", "-host:80", "a@b:80"}) {
    EXPECT_FALSE(parse_host_port(text, 1)) << text;
  }
  EXPECT_TRUE(parse_host_port("host:0", 0));
}

TEST(Lists, AreSplitAtCommas) {
  std::vector<std::string> list = {"old"};
  EXPECT_EQ(read_list(Text{"a, b c ,d"}, list), std::nullopt);
  EXPECT_EQ(list, (std::vector<std::string>{"a", "b c", "d"}));
  EXPECT_EQ(read_list(Text{"a,,b"}, list), "has an empty member");
  EXPECT_EQ(read_list(Text{" "}, list), std::nullopt);
  EXPECT_TRUE(list.empty());
}

TEST(Numbers, AreReadWhole) {
  std::int64_t number = 0;
  EXPECT_EQ(read_integer(Text{"12"}, 0, 99, number), std::nullopt);
  EXPECT_EQ(number, 12);
  for (const auto* text : {"", "1 ", "1x", "0x1", "1.0", "99999999999999999999"}) {
    EXPECT_EQ(read_integer(Text{text}, 0, 99, number), "is not a whole number") << text;
  }
  EXPECT_EQ(number, 12);
  double real = 0;
  EXPECT_EQ(read_real(Text{"0.25"}, 0, 1, real), std::nullopt);
  EXPECT_DOUBLE_EQ(real, 0.25);
  EXPECT_EQ(read_real(Text{"x"}, 0, 1, real), "is not a number");
}

TEST(Suggestion, FindsMisspellingsOnly) {
  const std::vector<std::string> names = {"level", "format", "api_key_file"};
  EXPECT_EQ(nearest("levle", names), "level");
  EXPECT_EQ(nearest("fromat", names), "format");
  EXPECT_EQ(nearest("api_key", names), "api_key_file");
  EXPECT_EQ(nearest("colour", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), names), std::nullopt);
}

}  // namespace
}  // namespace misp_zeek::app
