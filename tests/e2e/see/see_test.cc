// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "process/temporary_folder.h"
#include "process/waiting.h"
#include "see_table.h"
#include "see_traffic.h"
#include "stack/stack.h"
#include "web/client.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using std::chrono::seconds;

const std::string kSources = MISP_ZEEK_SOURCE_DIR;

/// Packets wait for the file "go"; the file "end" comes with the last one. Stand-ins for the
/// packages that compute fingerprints.
constexpr const char* kScript = R"(
@load base/protocols/ssh
@load base/protocols/ssl
redef LogAscii::use_json = T;
redef record SSL::Info += { ja3: string &log &optional; ja4: string &log &optional; };
redef record SSH::Info += { hassh: string &log &optional; hasshServer: string &log &optional; };
event zeek_init()
	{
	suspend_processing();
	}
event MISP::ping_v2(m: MISP::PingV2)
	{
	if ( file_size("go") >= 0.0 )
		continue_processing();
	}
event dns_request(c: connection, msg: dns_msg, query: string, qtype: count, qclass: count)
	{
	if ( query == "the-end.example.org" )
		close(open("end"));
	}
event ssl_client_hello(c: connection, version: count, record_version: count, possible_ts: time,
                       client_random: string, session_id: string, ciphers: index_vec,
                       comp_methods: index_vec)
	{
	c$ssl$ja3 = "e7d705a3286e19ea42f587b344ee6865";
	c$ssl$ja4 = "t13d1516h2_8daaf6152771_b186095e22b6";
	}
event ssh_client_version(c: connection, version: string)
	{
	c$ssh$hassh = "b12d2871a1189eff20364cf5333619ee";
	c$ssh$hasshServer = "a65c3b91f743d3f246e72172e77288f1";
	}
)";

struct Outcome {
  std::set<std::string> seen;  ///< names of Intel::Where
  std::string refusal;
  bool is_seen_says_explain = false;  ///< of one of the indicators at least
};

/// A row as the service, MISP and Zeek see it.
struct Case {
  SeeRow row;
  std::string event;
  Outcome outcome;

  bool is_right(bool with_extras) const {
    if (!row.expected.starts_with('!')) {
      return outcome.seen.contains(row.expected) == (row.extra.empty() || with_extras);
    }
    return outcome.seen.empty() && outcome.refusal == row.expected.substr(1);
  }
  std::string found() const {
    std::string text;
    for (const auto& where : outcome.seen) text += (text.empty() ? "" : ", ") + where;
    if (!outcome.refusal.empty()) text += (text.empty() ? "!" : ", !") + outcome.refusal;
    return text.empty() ? "nothing" : text;
  }
};

class See {
 public:
  explicit See(const std::vector<std::string>& extras)
      : stack_({.zeek = stack::find_zeek("auto", sim::Transport::kWebSocket),
                .transport = sim::Transport::kWebSocket,
                .misp_arguments = {"--empty"},
                .zeek_arguments = arguments(extras),
                .settings = "[mapping.types]\n\"text\" = \"ja4\"\n",
                .start_limit = seconds(60)}) {}

  void run(const std::vector<SeeRow>& rows) {
    stack_.start_misp();
    const auto certificate = write_traffic(rows);
    for (const SeeRow& row : rows) cases_.push_back({row, add(row, certificate), {}});
    stack_.start_zeek();
    stack_.start_service();
    stack_.wait_until_ready(seconds(60));
    ask_service();
    std::ofstream(stack_.file("go")) << "go";
    // What is open is finished when Zeek ends.
    wait_for_end();
    stack_.zeek().terminate();
    read_matches();
  }

  std::vector<Case>& cases() { return cases_; }
  stack::Stack& stack() { return stack_; }

 private:
  std::vector<std::string> arguments(const std::vector<std::string>& extras) const {
    std::vector<std::string> all = {"frameworks/intel/seen", "frameworks/files/hash-all-files",
                                    folder_.write("see.zeek", kScript)};
    for (const std::string& extra : extras) {
      all.push_back(kSources + "/zeek/scripts/extra/" + extra + ".zeek");
    }
    all.insert(all.end(), {"MISP::run_on_traces=T", "-C", "-r", folder_.file("traffic.pcap")});
    return all;
  }

  traffic::Fingerprints write_traffic(const std::vector<SeeRow>& rows) const {
    traffic::Capture capture(folder_.file("traffic.pcap"), std::time(nullptr) - 60);
    const auto certificate = play(capture, "sni the.certificate.example.org");
    for (const SeeRow& row : rows) {
      if (!row.traffic.empty()) play(capture, row.traffic);
    }
    play(capture, "dns the-end.example.org");
    return certificate;
  }

  /// The event that has the value alone.
  std::string add(const SeeRow& row, const traffic::Fingerprints& certificate) const {
    std::string value = row.value;
    if (value == "{md5}") value = certificate.md5;
    if (value == "{sha1}") value = certificate.sha1;
    if (value == "{sha256}") value = certificate.sha256;
    const json event = stack_.post("/events/add", {{"info", "see"}, {"distribution", "3"}});
    const auto id = event.at("Event").at("id").get<std::string>();
    stack_.post("/attributes/add/" + id,
                {{"type", row.type}, {"value", value}, {"to_ids", true}, {"sim_unchecked", true}});
    return id;
  }

  /// Why a value is not in Zeek.
  void ask_service() {
    web::Client client(stack_.health_port());
    client.set_headers({{"Authorization", web::bearer(stack::Stack::http_token())}});
    for (Case& one : cases_) {
      const auto answer = client.get("/v1/explain?q=" + one.event);
      if (!answer || answer->status != 200) throw std::runtime_error("no answer to explain");
      const json explained = json::parse(answer->body);
      for (const json& attribute : explained.at("attributes")) {
        if (attribute.at("event_id") == std::stoull(one.event)) {
          one.outcome.refusal = attribute.at("rejected").get<std::string>();
        }
      }
      for (const json& indicator : explained.at("indicators")) {
        const json& zeek = indicator.at("zeeks").at(0);
        if (indicator.at("event_id") == std::stoull(one.event) && zeek.at("state") == "held" &&
            zeek.at("unseen") == "") {
          one.outcome.is_seen_says_explain = true;
        }
        if (indicator.at("event_id") == std::stoull(one.event) && zeek.at("state") == "refused") {
          one.outcome.refusal = "zeek " + zeek.at("reason").get<std::string>();
        }
      }
    }
  }

  void wait_for_end() const {
    const auto ended = [&] { return std::filesystem::exists(stack_.file("end")); };
    if (!process::eventually(ended, seconds(60))) {
      throw std::runtime_error("Zeek does not read on, see " + stack_.file("zeek.log"));
    }
  }

  void read_matches() {
    std::map<std::string, std::set<std::string>> seen;  // by event
    std::ifstream log(stack_.file("intel.log"));
    for (std::string line; std::getline(log, line);) {
      const json match = json::parse(line, nullptr, false);
      if (match.is_discarded()) continue;
      for (const auto& source : match.at("sources")) {
        const auto name = source.get<std::string>();
        seen[name.substr(name.rfind('-') + 1)].insert(match.at("seen.where").get<std::string>());
      }
    }
    for (Case& one : cases_) one.outcome.seen = seen[one.event];
  }

  process::TemporaryFolder folder_;
  stack::Stack stack_;
  std::vector<Case> cases_;
};

/// For people: `./dev see`.
void print(const Case& one, bool is_right) {
  std::cout << (is_right ? "ok    " : "WRONG ") << one.row.type << "  "
            << json(one.row.value.substr(0, 60)).dump() << "  " << one.row.traffic.substr(0, 60)
            << "  " << one.found() << "\n";
}

void see_all(const std::vector<std::string>& extras) {
  if (stack::find_zeek("auto", sim::Transport::kWebSocket).empty()) GTEST_SKIP() << "no Zeek";
  See see(extras);
  see.run(read_see_table(kSources + "/tests/data/see/values.tsv"));
  const bool prints = std::getenv("MISP_ZEEK_SEE") != nullptr;
  for (const Case& one : see.cases()) {
    const bool is_right = one.is_right(!extras.empty());
    if (prints) print(one, is_right);
    if (!one.outcome.seen.empty()) {
      EXPECT_TRUE(one.outcome.is_seen_says_explain) << "line " << one.row.line;
    }
    if (extras.empty() && one.row.value.starts_with("*.") && !one.row.extra.empty()) {
      EXPECT_EQ(one.outcome.refusal, "zeek wildcard") << "line " << one.row.line;
    }
    EXPECT_TRUE(is_right) << "line " << one.row.line << ": " << one.row.type << " "
                          << one.row.value.substr(0, 80) << " (" << one.row.traffic
                          << "): expected " << one.row.expected << " " << one.row.extra
                          << ", found " << one.found();
  }
  see.stack().keep_files(testing::Test::HasFailure());
}

// Each value is seen where the table says, or refused for the reason that it names.
TEST(See, EachValueOfTheTableByZeeksOwnScripts) { see_all({}); }

TEST(See, EachValueOfTheTableWithTheExtras) {
  see_all({"connections", "fingerprints", "http-urls", "mail-addresses", "mail-urls", "subdomains",
           "url-prefixes"});
}

}  // namespace
}  // namespace misp_zeek::e2e
