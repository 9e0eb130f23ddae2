// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/forms.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace misp_zeek::mapping {
namespace {

std::string places(IndicatorType type, const std::string& indicator) {
  std::string text;
  for (const SeenPlace& place : places_of({type, indicator})) {
    text.append(text.empty() ? "" : " ").append(place.where);
    if (!place.needs.empty()) text.append("+").append(place.needs);
  }
  return text;
}

TEST(Forms, OfAUrlAreSeenWhereZeekWritesThemSo) {
  const auto url = [](const std::string& text) { return places(IndicatorType::kUrl, text); };
  EXPECT_EQ(url("evil.example/x"),
            "HTTP::IN_URL HTTP::IN_REFERRER_HEADER SMTP::IN_MESSAGE "
            "SMTP::IN_MESSAGE+extra/mail-urls");
  EXPECT_EQ(url("evil.example/a b"), "HTTP::IN_URL");
  EXPECT_EQ(url("evil.example/a%20b"),
            "HTTP::IN_REFERRER_HEADER SMTP::IN_MESSAGE SMTP::IN_MESSAGE+extra/mail-urls");
  EXPECT_EQ(url("evil.example"), "SMTP::IN_MESSAGE");
  EXPECT_EQ(url("evil.example:8080:8080/x"), "HTTP::IN_URL");
  EXPECT_EQ(url("e-vil.example/?u=http://b.example/"),
            "HTTP::IN_URL+extra/http-urls SMTP::IN_MESSAGE+extra/mail-urls "
            "HTTP::IN_URL+extra/url-prefixes");
}

TEST(Forms, OfAWildcardNeedTheExtra) {
  EXPECT_EQ(places(IndicatorType::kDomain, "*.evil.example"), "DNS::IN_REQUEST+extra/subdomains");
}

TEST(Forms, HaveAPlaceForEveryTypeButUserNames) {
  std::set<IndicatorType> seen;
  for (const SeenPlace& place : seen_places()) seen.insert(place.type);
  EXPECT_EQ(seen.size(), kIndicatorTypeCount - 1);
  EXPECT_EQ(shown_places({IndicatorType::kUserName, "x"}), "");
}

TEST(Forms, AreNotSeenWithoutWhatTheyNeed) {
  const auto blind = [](IndicatorType type, const std::string& indicator,
                        const std::set<std::string>& capabilities) {
    return blindness({type, indicator}, capabilities);
  };
  const std::string md5(32, 'a');
  EXPECT_EQ(blind(IndicatorType::kDomain, "evil.example", {"seen"}), "");
  EXPECT_EQ(blind(IndicatorType::kDomain, "evil.example", {"lost"}),
            "frameworks/intel/seen is not loaded");
  EXPECT_EQ(blind(IndicatorType::kFileHash, md5, {"seen", "hashes"}), "");
  EXPECT_EQ(
      blind(IndicatorType::kFileHash, md5, {"seen"}),
      "frameworks/files/hash-all-files is not loaded, so that Zeek hashes certificates alone");
  EXPECT_EQ(blind(IndicatorType::kJa3, md5, {"seen"}), "this Zeek has no ja3");
  EXPECT_EQ(blind(IndicatorType::kJa3, md5, {"ja3"}), "");
  EXPECT_EQ(blind(IndicatorType::kUserName, "x", {"seen"}),
            "none of Zeek's scripts looks for user names");
  const std::string url = "e-vil.example/x?u=http://b.example";
  EXPECT_EQ(blind(IndicatorType::kUrl, url, {"seen"}), "needs extra/http-urls or extra/mail-urls");
  EXPECT_EQ(blind(IndicatorType::kUrl, url, {"seen", "http-urls"}), "");
}

TEST(Forms, AreThoseOfTheDocs) {
  const std::string path = MISP_ZEEK_DOCS "/what-zeek-sees.md";
  std::ostringstream page;
  page << std::ifstream(path).rdbuf();
  const std::string mark = "holds them equal. -->\n";
  const std::string text = page.str();
  const auto at = text.find(mark);
  ASSERT_NE(at, std::string::npos);
  const std::string wanted = text.substr(0, at + mark.size()) + "\n" + forms_tables();
  if (std::getenv("MISP_ZEEK_UPDATE") != nullptr) std::ofstream(path) << wanted;
  std::ostringstream now;
  now << std::ifstream(path).rdbuf();
  EXPECT_EQ(now.str(), wanted) << "MISP_ZEEK_UPDATE=1 makes this test write " << path;
}

}  // namespace
}  // namespace misp_zeek::mapping
