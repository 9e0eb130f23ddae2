// SPDX-License-Identifier: BSD-3-Clause
// The status page as a real browser shows it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
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
    return open("http://misp-zeek:" + stack::Stack::http_token() +
                    "@127.0.0.1:" + std::to_string(stack_.health_port()) + "/" + fragment,
                arguments);
  }

  std::string open(const std::string& url, const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {chromium_,
                                        "--headless",
                                        "--no-sandbox",
                                        "--disable-gpu",
                                        "--hide-scrollbars",
                                        "--enable-logging=stderr",
                                        "--user-data-dir=" + stack_.file("browser"),
                                        "--virtual-time-budget=3000"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back(url);
    const std::string log = stack_.file("browser.log");
    std::filesystem::remove(log);
    process::Process browser({command, {}, "", log});
    EXPECT_EQ(browser.wait(kLimit), 0);
    return content_of(log);
  }

  /// What the page shows beyond a window of this width, or hides in an element: "nothing", or the
  /// elements. Explains `query`. The page is the service's, and so are its answers, with a Zeek
  /// whose name and message are long.
  std::string beyond(int width, const std::string& query) {
    nlohmann::json answer = status();
    auto& zeek = answer.at("zeeks").at(0);
    zeek["name"] = std::string(64, 'n');
    zeek["message"] = "no connection: " + std::string(120, 'm') + " and more";
    answer["checks"].push_back(answer["checks"].at(0));
    answer["checks"].back()["name"] = "zeek:" + std::string(64, 'n');
    const auto explained = nlohmann::json::parse(read("/v1/explain?q=" + query).body);
    // Without its service the page has no answers, and its rules forbid a measurement.
    const std::string page =
        std::regex_replace(read("/").body, std::regex(" nonce=\"[^\"]*\""), "");
    const std::string before =
        "<script>window.URL = function (path) { this.toString = () => path; };\n"
        "window.fetch = async (url) => ({ ok: true, status: 200, json: async () =>\n"
        "  String(url) === 'status' ? " +
        for_script(answer) + " : " + for_script(explained) +
        " });\n"
        "</script>";
    const std::string after =
        "<script>setTimeout(() => {\n"
        "  const all = [...document.querySelectorAll('body *:not(svg *, input, script)')];\n"
        "  const bad = all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1\n"
        "    || one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0);\n"
        "  parent.postMessage('beyond ' + innerWidth + ': ' + (bad.map((one) => one.tagName + '.'\n"
        "    + one.className).join(' ')\n"
        "    || (document.querySelector('#zeeks td') && document.querySelector('#answer td')\n"
        "    ? 'nothing' : 'the page is empty')) + '.', '*');\n"
        "}, 1500);</script>";
    const std::string file = stack_.file("page.html");
    std::ofstream(file) << before << page << after;
    // No window is narrower than 500 pixels, but a frame can be.
    const std::string frame = stack_.file("frame.html");
    std::ofstream(frame)
        << "<script>onmessage = (event) => { document.title = event.data; };</script>"
           "<iframe style='border:0;height:900px;width:"
        << width << "px' src='page.html#" << query << "'></iframe>";
    const std::string dom = open("file://" + frame, {"--dump-dom", "--window-size=1400,1000"});
    const std::string title = "<title>beyond " + std::to_string(width) + ": ";
    const auto at = dom.find(title);
    return at == std::string::npos
               ? dom
               : dom.substr(at + title.size(), dom.find(".</title>", at) - at - title.size());
  }

  /// JSON within a script of a page.
  static std::string for_script(const nlohmann::json& json) {
    return std::regex_replace(json.dump(), std::regex("<"), "\\u003c");
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

TEST_F(StatusPage, ShowsByNumberWhatOneCannotSee) {
  add("filename", "report\u202Efdp.exe");
  ASSERT_TRUE(eventually([&] { return !status().at("changes").empty(); }));
  const std::string page = browse("", {"--dump-dom"});
  EXPECT_NE(page.find("report&lt;U+202E&gt;fdp.exe"), std::string::npos) << page;
  EXPECT_EQ(page.find("\u202E"), std::string::npos);
}

TEST_F(StatusPage, SaysWhyItMeasuredNoTime) {
  std::string page = browse("", {"--dump-dom"});
  EXPECT_NE(page.find("id=\"plotted\" class=\"empty\""), std::string::npos) << page;
  EXPECT_NE(page.find(">No change in the last half hour.<"), std::string::npos) << page;
  // A tag is looked up in MISP: no message decides alone.
  add("filename", "benign.exe", false);
  ASSERT_TRUE(eventually([&] { return !status().at("changes").empty(); }));
  ASSERT_TRUE(status().at("latency").empty());
  page = browse("", {"--dump-dom"});
  EXPECT_NE(page.find("None measured in the last half hour: "), std::string::npos) << page;
}

TEST_F(StatusPage, CutsNothingOffOnAPhoneAndOnADesk) {
  const std::string path = std::string(200, 'a') + "/" + std::string(200, 'b');
  add("url", "http://evil.example/" + path);
  ASSERT_TRUE(eventually([&] { return !status().at("changes").empty(); }));
  const auto found = [&](int width) { return beyond(width, "http://evil.example/" + path); };
  EXPECT_EQ(found(390), "nothing");
  EXPECT_EQ(found(1280), "nothing");
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
      {"light", {"--window-size=1280,1080"}},
      {"dark", {"--window-size=1280,1080", "--blink-settings=preferredColorScheme=0"}},
      {"phone", {"--window-size=500,1600"}}};
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
