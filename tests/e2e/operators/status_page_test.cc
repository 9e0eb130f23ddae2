// SPDX-License-Identifier: BSD-3-Clause
// The status page as a real browser shows it.
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "operators_support.h"
#include "process/process.h"

namespace misp_zeek {
namespace {

std::string find_chromium() {
  for (const char* place : {"/usr/bin/chromium", "/usr/bin/chromium-browser"}) {
    if (std::filesystem::exists(place)) {
      return place;
    }
  }
  return "";
}

class StatusPage : public Operators {
 protected:
  void SetUp() override {
    if (chromium_.empty()) {
      GTEST_SKIP() << "no chromium on this machine";
    }
  }

  /// What the browser prints, once the page has had seconds of its own clock to poll.
  std::string browse(const std::string& fragment, const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {chromium_,
                                        "--headless",
                                        "--no-sandbox",
                                        "--disable-gpu",
                                        "--hide-scrollbars",
                                        "--enable-logging=stderr",
                                        "--user-data-dir=" + stack_.file("browser"),
                                        "--virtual-time-budget=3000"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back("http://misp-zeek:" + stack::Stack::http_token() +
                      "@127.0.0.1:" + std::to_string(stack_.health_port()) + "/" + fragment);
    const std::string log = stack_.file("browser.log");
    std::filesystem::remove(log);
    process::Process browser({command, {}, "", log});
    EXPECT_EQ(browser.wait(kLimit), 0);
    return content_of(log);
  }

  const std::string chromium_ = find_chromium();
};

TEST_F(StatusPage, ShowsAllPartsAndExplainsWhatTheAddressNames) {
  add("domain", "new.example");
  add("ip-src", "0.0.0.0/0");
  ASSERT_TRUE(eventually(
      [&] { return status().at("changes").size() >= 2 && !status().at("latency").empty(); }));
  std::string page = browse("#EVIL.example", {"--dump-dom"});
  page.resize(page.find("<script"));  // words of the program are none of the page
  for (const char* part :
       {"✓ in sync", "✓ feed", "✓ rest", "✓ zeek", "Intel::DOMAIN", "not for Zeek: broad_network",
        "matches from Zeek", "30 min ago", "new.example", ">rejected<", "in every Zeek",
        "evil.example", "a campaign", "<circle"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
  }
}

TEST_F(StatusPage, ShowsHostileValuesAsTextAndBreaksNoRuleOfItsOwn) {
  add("comment", "no type with a rule");
  add("filename", std::string(kHostile) + "<script>alert(2)</script>");
  ASSERT_TRUE(eventually([&] { return !status().at("changes").empty(); }));
  const std::string page = browse("#%3Cscript%3Ealert(3)%3C%2Fscript%3E", {"--dump-dom"});
  EXPECT_NE(page.find("&lt;img src=x onerror=alert(1)&gt;"), std::string::npos) << page;
  EXPECT_EQ(page.find("<img"), std::string::npos) << page;
  EXPECT_EQ(page.find("<script>alert"), std::string::npos) << page;
  EXPECT_EQ(page.find("Content Security Policy"), std::string::npos) << page;
  EXPECT_EQ(page.find("Uncaught"), std::string::npos) << page;
}

TEST_F(StatusPage, SaysWhenTheServiceIsOutOfSync) {
  command({"pause"});
  stack_.kill_zeek();
  ASSERT_TRUE(eventually([&] {
    return status().at("service").at("paused").get<bool>() &&
           !status().at("zeeks").at(0).at("in_sync").get<bool>();
  }));
  const std::string page = browse("", {"--dump-dom"});
  EXPECT_NE(page.find(">paused<"), std::string::npos) << page;
  EXPECT_NE(page.find("✗ zeek"), std::string::npos) << page;
  EXPECT_NE(page.find("paused by an operator"), std::string::npos) << page;
}

/// With MISP_ZEEK_SCREENSHOTS=FOLDER the pictures stay there, to be looked at.
TEST_F(StatusPage, IsDrawnOnADeskLightAndDarkAndOnAPhone) {
  const char* wish = std::getenv("MISP_ZEEK_SCREENSHOTS");
  const std::string folder = wish == nullptr ? stack_.file("") : std::string(wish) + "/";
  for (int i = 0; i < 40; ++i) {
    add("domain", "host" + std::to_string(i) + ".example");
  }
  add("url", "http://evil.example/index.php?id=7");
  add("ip-src", "0.0.0.0/0");
  add("domain", "benign.example", false);
  ASSERT_TRUE(eventually([&] { return status().at("store").at("items") == 44; }));
  const std::vector<std::pair<std::string, std::vector<std::string>>> looks = {
      {"light", {"--window-size=1000,1080"}},
      {"dark", {"--window-size=1000,1080", "--blink-settings=preferredColorScheme=0"}},
      {"phone", {"--window-size=500,1250"}}};
  for (const auto& [name, arguments] : looks) {
    const std::string file = folder + "status-" + name + ".png";
    std::filesystem::remove(file);
    auto all = arguments;
    all.push_back("--screenshot=" + file);
    const std::string log = browse("#evil.example", all);
    ASSERT_TRUE(std::filesystem::exists(file)) << log;
    EXPECT_GT(std::filesystem::file_size(file), 20'000U) << "nearly nothing is drawn";
  }
}

}  // namespace
}  // namespace misp_zeek
