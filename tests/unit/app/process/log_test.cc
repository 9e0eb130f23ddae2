// SPDX-License-Identifier: BSD-3-Clause
#include "app/process/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace misp_zeek::app::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const auto kTime = std::chrono::system_clock::time_point(milliseconds(1'767'225'600'042));

std::string line(Format format, std::string_view message, const std::vector<Field>& fields = {}) {
  return format_line(format, kTime, Level::kInfo, message, fields);
}
std::string field(const Field& field) {
  const std::string text = line(Format::kLogfmt, "m", {field});
  return text.substr(text.find("msg=\"m\" ") + 8);
}

TEST(LogLine, HasTimeLevelMessageAndFields) {
  EXPECT_EQ(line(Format::kLogfmt, "bootstrap done", {{"attributes", 12U}, {"seconds", 0.5}}),
            "ts=2026-01-01T00:00:00.042Z level=info msg=\"bootstrap done\" attributes=12 "
            "seconds=0.5");
  EXPECT_EQ(line(Format::kJson, "bootstrap done", {{"attributes", 12U}, {"ok", true}}),
            "{\"ts\":\"2026-01-01T00:00:00.042Z\",\"level\":\"info\",\"msg\":\"bootstrap done\","
            "\"attributes\":12,\"ok\":true}");
}

TEST(LogLine, ShowsEachTypeOfField) {
  EXPECT_EQ(field({"n", -3}), "n=-3");
  EXPECT_EQ(field({"n", std::numeric_limits<std::uint64_t>::max()}), "n=18446744073709551615");
  EXPECT_EQ(field({"n", std::numeric_limits<std::int64_t>::min()}), "n=-9223372036854775808");
  EXPECT_EQ(field({"n", std::size_t{7}}), "n=7");
  EXPECT_EQ(field({"n", 1.0}), "n=1");
  EXPECT_EQ(field({"n", 1234567.0}), "n=1.23457e+06");
  EXPECT_EQ(field({"b", false}), "b=false");
  EXPECT_EQ(field({"t", "text"}), "t=text");
  EXPECT_EQ(field({"t", std::string("text")}), "t=text");
  EXPECT_EQ(field({"t", std::string_view("text")}), "t=text");
}

TEST(LogLine, QuotesWhatWouldBeAmbiguous) {
  EXPECT_EQ(field({"t", ""}), "t=\"\"");
  EXPECT_EQ(field({"t", "two words"}), "t=\"two words\"");
  EXPECT_EQ(field({"t", "a=b"}), "t=\"a=b\"");
  EXPECT_EQ(field({"t", "say \"hi\""}), "t=\"say \\\"hi\\\"\"");
  EXPECT_EQ(field({"t", "C:\\temp"}), "t=\"C:\\\\temp\"");
  EXPECT_EQ(field({"t", "gr\xc3\xbc\xc3\x9f"}), "t=\"gr\xc3\xbc\xc3\x9f\"");
}

TEST(LogLine, IsOneLineWhateverItQuotes) {
  EXPECT_EQ(field({"t", "a\nlevel=error\r\tb\x01\x7f"}),
            "t=\"a\\nlevel=error\\r\\tb\\u0001\\u007f\"");
  EXPECT_EQ(field({"t", std::string("nul\0!", 5)}), "t=\"nul\\u0000!\"");
  EXPECT_EQ(line(Format::kLogfmt, "a\nb").find('\n'), std::string::npos);
  EXPECT_EQ(line(Format::kJson, "a\nb", {{"t", "c\nd"}}).find('\n'), std::string::npos);
}

TEST(LogLine, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(field({"t", "a\xff\xc3"}), "t=\"a\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(field({"t", "\xed\xa0\x80"}), "t=\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(field({"t", "\xf0\x9f\x90\xbb"}), "t=\"\xf0\x9f\x90\xbb\"");
}

TEST(LogLine, IsValidJsonForEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  const std::string text =
      line(Format::kJson, all, {{"t", all}, {"inf", std::numeric_limits<double>::infinity()}});
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("t"), json.at("msg"));
  EXPECT_TRUE(json.at("inf").is_null());
  EXPECT_EQ(json.at("t").get<std::string>().substr(0, 128), all.substr(0, 128));
}

TEST(LogLine, HasTheJournalsPriorities) {
  EXPECT_EQ(journal_prefix(Level::kError), "<3>");
  EXPECT_EQ(journal_prefix(Level::kWarn), "<4>");
  EXPECT_EQ(journal_prefix(Level::kInfo), "<6>");
  EXPECT_EQ(journal_prefix(Level::kDebug), "<7>");
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
  testing::internal::CaptureStderr();
  set_level(Level::kWarn);
  info("not this");
  warn("but this", {{"n", 1}});
  set_level(Level::kInfo);
  info("and this");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("not this"), std::string::npos);
  EXPECT_NE(text.find("level=warn msg=\"but this\" n=1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("level=info msg=\"and this\"\n"), std::string::npos) << text;
}

TEST(Log, WritesJsonWhenAsked) {
  testing::internal::CaptureStderr();
  set_format(Format::kJson);
  error("broken", {{"reason", "a \"b\""}});
  set_format(Format::kLogfmt);
  const auto json = nlohmann::json::parse(testing::internal::GetCapturedStderr());
  EXPECT_EQ(json.at("level"), "error");
  EXPECT_EQ(json.at("reason"), "a \"b\"");
}

TEST(LimitedLog, AdmitsOneInAnIntervalAndCountsTheRest) {
  Limited limited(seconds(60));
  const Limited::Time start{};
  EXPECT_EQ(limited.admit(start), 0U);
  EXPECT_EQ(limited.admit(start + seconds(1)), std::nullopt);
  EXPECT_EQ(limited.admit(start + seconds(59)), std::nullopt);
  EXPECT_EQ(limited.admit(start + seconds(60)), 2U);
  EXPECT_EQ(limited.admit(start + seconds(61)), std::nullopt);
  EXPECT_EQ(limited.admit(start + seconds(200)), 1U);
  EXPECT_EQ(limited.admit(start + seconds(300)), 0U);
}

TEST(LimitedLog, ShowsHowManyWereSuppressed) {
  testing::internal::CaptureStderr();
  Limited always(seconds(0));
  always.warn("again", {{"n", 1}});
  Limited seldom;
  seldom.error("once");
  seldom.error("twice");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("msg=\"again\" n=1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("level=error msg=\"once\"\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("twice"), std::string::npos) << text;
}

}  // namespace
}  // namespace misp_zeek::app::log
