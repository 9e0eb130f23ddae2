// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "process/temporary_folder.h"
#include "stack/stack.h"
#include "traffic/conversations.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kClient = "10.0.0.5";
constexpr const char* kNameServer = "10.0.0.53";
constexpr const char* kBody = "this is an evil file\n";
constexpr const char* kAgent = "EvilAgent/1.0 (test)";
/// The service drops a sighting that is older than a week.
const std::int64_t kStart = std::time(nullptr) - 60;

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return traffic::to_hex({digest.data(), size});
}

/// Processing starts when Zeek holds so many entries: one for each attribute, and of the URL with a
/// port another one.
std::string waiting_script(std::size_t entries) {
  return "module MISP;\n"
         "event zeek_init() { suspend_processing(); }\n"
         "event MISP::ping_v2(m: PingV2) &priority=-10\n"
         "\t{\n"
         "\tif ( all_items() == " +
         std::to_string(entries) +
         " )\n"
         "\t\tcontinue_processing();\n"
         "\t}\n";
}

/// Writes the traffic; the certificate's hash.
std::string write_traffic(const std::string& path) {
  traffic::Capture capture(path, kStart);
  traffic::connect(capture, kClient, {"203.0.113.5", 4444});
  traffic::connect(capture, kClient, {"198.51.100.77", 4444});
  traffic::resolve(capture, kClient, kNameServer, "c2.evil.example");
  traffic::download(capture, kClient, {"203.0.113.80", 8080},
                    {"url.example.com:8080", "/Drop/x.bin?y=1", "curl/8.0", "good\n"});
  traffic::download(capture, kClient, {"203.0.113.80", 80},
                    {"plain.example.com", "/a", "curl/8.0", "good, too\n"});
  traffic::download(capture, kClient, {"203.0.113.80", 80},
                    {"other.example.com", "/b", "curl/8.0", kBody});
  traffic::download(capture, kClient, {"203.0.113.80", 80},
                    {"other.example.com", "/c", kAgent, "harmless\n"});
  traffic::send_mail(capture, kClient, "203.0.113.25", "bad@evil.example");
  return traffic::shake_hands(capture, kClient, "203.0.113.44", "www.example.com").sha1;
}

TEST(SightingsOfTraffic, TellMispOnceOfEachIndicatorType) {
  const std::string zeek = stack::find_zeek("auto");
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek that this build's Broker speaks to";
  }
  const process::TemporaryFolder folder;
  const std::string certificate = write_traffic(folder.file("traffic.pcap"));
  const std::vector<std::pair<std::string, std::string>> attributes = {
      {"ip-dst", "203.0.113.5"},
      {"ip-dst", "198.51.100.0/24"},
      {"domain", "c2.evil.example"},
      {"url", "http://url.example.com:8080/Drop/x.bin?y=1"},
      {"url", "http://plain.example.com/a"},
      {"sha256", sha256(kBody)},
      {"email-src", "bad@evil.example"},
      {"user-agent", kAgent},
      {"x509-fingerprint-sha1", certificate},
  };

  stack::Stack stack(
      {.zeek = zeek,
       .misp_arguments = {},
       .zeek_arguments = {"frameworks/intel/seen", "frameworks/files/hash-all-files",
                          "MISP::run_on_traces=T",
                          folder.write("wait.zeek", waiting_script(attributes.size() + 1)), "-C",
                          "-r", folder.file("traffic.pcap")},
       .settings = "[sightings]\nmax_per_second = 1000\n",
       .start_limit = seconds(60)});
  stack.start_misp();
  const json event = stack.post("/events/add", {{"info", "traffic"}, {"distribution", "3"}});
  const auto id = event.at("Event").at("id").get<std::string>();
  std::map<std::string, std::string> values;  // by uuid
  for (const auto& [type, value] : attributes) {
    const json answer =
        stack.post("/attributes/add/" + id, {{"type", type}, {"value", value}, {"to_ids", true}});
    values[answer.at("Attribute").at("uuid").get<std::string>()] = type + " " + value;
  }
  stack.start_zeek();
  stack.start_service();
  stack.wait_until_ready(seconds(60));

  const auto deadline = steady_clock::now() + seconds(60);
  json seen = json::array();
  while (seen.size() < values.size() && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(50));
    seen = stack.get("/sightings/index/" + id);
  }
  // An orderly end comes after all that is due was posted.
  stack.stop_service();
  std::map<std::string, int> times;
  for (const auto& row : stack.get("/sightings/index/" + id)) {
    const auto& sighting = row.contains("Sighting") ? row["Sighting"] : row;
    ++times[sighting.at("attribute_uuid").get<std::string>()];
    EXPECT_EQ(sighting.at("source"), "zeek");
    EXPECT_EQ(sighting.at("type"), "0");
    const auto date = std::stoll(sighting.at("date_sighting").get<std::string>());
    EXPECT_GE(date, kStart);
    EXPECT_LE(date, kStart + 10);
  }
  for (const auto& [uuid, value] : values) {
    EXPECT_EQ(times[uuid], 1) << value;
  }
  stack.keep_files(testing::Test::HasFailure());
}

}  // namespace
}  // namespace misp_zeek::e2e
