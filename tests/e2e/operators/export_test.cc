// SPDX-License-Identifier: BSD-3-Clause
// What `misp-zeek export` prints is what a real Zeek reads.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "operators_support.h"
#include "process/process.h"

namespace misp_zeek {
namespace {

using nlohmann::json;

/// Reads an Intel file, prints "TYPE INDICATOR SOURCE DESC URL" of all that it holds then, and
/// ends.
constexpr const char* kReader = R"zeek(
@load base/frameworks/intel
module Intel;
redef Intel::read_files += { getenv("INTEL_FILE") };
redef exit_only_after_terminate = T;
function show(kind: string, indicator: string, meta: MetaData)
    {
    print fmt("%s|%s|%s|%s|%s", kind, indicator, meta$source, meta$desc, meta$url);
    }
event Input::end_of_data(name: string, source: string)
    {
    if ( source != getenv("INTEL_FILE") )
        return;
    for ( host, metas in data_store$host_data )
        for ( s, meta in metas )
            show("Intel::ADDR", cat(host), meta);
    for ( net, metas in data_store$subnet_data )
        for ( s, meta in metas )
            show("Intel::SUBNET", cat(net), meta);
    for ( [indicator, kind], metas in data_store$string_data )
        for ( s, meta in metas )
            show(cat(kind), indicator, meta);
    terminate();
    }
)zeek";

/// As Zeek prints it: what is not ASCII as \xNN.
std::string printed(const std::string& text) {
  std::ostringstream out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out << c;
    } else {
      out << "\\x" << std::hex << static_cast<unsigned>(byte);
    }
  }
  return out.str();
}

/// The items that `export --format json` gave, as the reader prints them.
std::set<std::string> as_read(const json& items) {
  std::set<std::string> lines;
  for (const json& item : items) {
    const auto text = [&](const char* name) { return item.at(name).get<std::string>(); };
    lines.insert(text("indicator_type") + "|" + printed(text("indicator")) + "|export-MISP-" +
                 std::to_string(item.at("event_id").get<int>()) + "|" + text("desc") + "|" +
                 text("url"));
  }
  return lines;
}

TEST_F(Operators, ExportTheSameFromTheServiceAndFromMispAlone) {
  for (const char* format : {"zeek-intel", "json"}) {
    const auto served = command({"export", "--format", format});
    const auto read = command({"export", "--format", format, "--from-misp"});
    EXPECT_EQ(served.status, 0) << served.text;
    EXPECT_EQ(read.status, 0) << read.text;
    EXPECT_EQ(served.text, read.text);
  }
  const auto items = json::parse(command({"export", "--format", "json"}).text);
  EXPECT_EQ(items.size(), 3U);
}

TEST_F(Operators, ExportAFileThatARealZeekReads) {
  const std::string zeek = stack::find_zeek("auto", sim::Transport::kWebSocket);
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek on this machine";
  }
  for (const char* name :
       {"#first.exe", "-", "(empty)", "a\\b.exe", "two  spaces.exe", "\xc3\xa4.exe"}) {
    add("filename", name);
  }
  add("url", "http://evil.example/a?b=c#d");
  add("ip-src", "2001:db8::1");
  add("ip-dst", "198.51.100.0/24");
  ASSERT_TRUE(eventually([&] { return status().at("store").at("items") == 13; }));
  std::ofstream(stack_.file("misp.intel")) << command({"export"}).text;
  std::ofstream(stack_.file("reader.zeek")) << kReader;
  process::Process reader({{zeek, "reader.zeek"},
                           {{"INTEL_FILE", stack_.file("misp.intel")}},
                           stack_.file(""),
                           stack_.file("reader.log")});
  EXPECT_EQ(reader.wait(kLimit), 0) << content_of(stack_.file("reader.log"));
  std::istringstream log(content_of(stack_.file("reader.log")));
  std::set<std::string> held;
  for (std::string line; std::getline(log, line);) {
    if (line.starts_with("Intel::")) {
      held.insert(line);
    }
  }
  EXPECT_EQ(held, as_read(json::parse(command({"export", "--format", "json"}).text)));
}

}  // namespace
}  // namespace misp_zeek
