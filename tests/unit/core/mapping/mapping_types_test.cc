// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/mapping/mapping.h"

namespace misp_zeek {
namespace {

const std::string kData = MISP_ZEEK_TEST_DATA "/misp/";

std::vector<std::string> misp_types() {
  std::ifstream file(kData + "describe_types.json");
  return nlohmann::json::parse(file).at("types").get<std::vector<std::string>>();
}

struct Golden {
  std::vector<std::string> order;
  std::map<std::string, std::string> zeek_types;  ///< "-" = knowingly none
};

Golden golden() {
  Golden golden;
  std::ifstream file(kData + "mapped_types.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t tab = line.find('\t');
    golden.order.push_back(line.substr(0, tab));
    golden.zeek_types[golden.order.back()] = line.substr(tab + 1);
  }
  return golden;
}

/// A good value of the Zeek types that the golden list names.
std::string sample(const std::string& type, const std::string& zeek_types) {
  const auto hash = [&] {
    if (type.find("sha256") != std::string::npos) return std::string(64, 'a');
    return std::string(type.find("sha1") != std::string::npos ? 40 : 32, 'a');
  };
  std::string value = "x";
  if (zeek_types == "ADDR") value = "192.0.2.1";
  if (zeek_types == "DOMAIN") value = "a.example";
  if (zeek_types == "DOMAIN ADDR") value = "a.example|192.0.2.1";
  if (zeek_types == "URL") value = "http://a.example/x";
  if (zeek_types == "EMAIL") value = "a@b.example";
  if (zeek_types == "SOFTWARE" || zeek_types == "USER_NAME" || zeek_types == "FILE_NAME")
    value = "x";
  if (zeek_types.ends_with("_HASH") || zeek_types == "JA3" || zeek_types == "HASSH") value = hash();
  if (type.starts_with("filename|") || type == "malware-sample") value.insert(0, "x|");
  return type.ends_with("|port") ? value + "|80" : value;
}

TEST(MappingTable, DecidesOnEveryTypeThatMispKnows) {
  const auto types = misp_types();
  ASSERT_GT(types.size(), 150U);
  EXPECT_EQ(golden().order, types);
}

TEST(MappingTable, MapsEveryTypeAsTheListSays) {
  const Mapping mapping;
  for (const auto& [type, zeek_types] : golden().zeek_types) {
    EXPECT_EQ(mapping.knows(type), zeek_types != "-") << type;
    const auto mapped = mapping.map(type, sample(type, zeek_types));
    if (zeek_types == "-") {
      EXPECT_EQ(mapped.error(), Reject::kUnmappedType) << type;
      continue;
    }
    if (zeek_types == "never") {
      EXPECT_EQ(mapped.error(), Reject::kNeverSeen) << type;
      continue;
    }
    ASSERT_TRUE(mapped) << type << ": " << to_string(mapped.error());
    std::string seen;
    for (const Mapped& one : *mapped) {
      seen += (seen.empty() ? "" : " ") + std::string(to_string(one.key.type).substr(7));
      EXPECT_EQ(one.port, type.ends_with("|port") ? "80" : "") << type;
    }
    EXPECT_EQ(seen, zeek_types) << type;
  }
}

TEST(MappingTable, KnowsNoTypeThatMispLacksButOldNames) {
  const auto known = misp_types();
  const std::set<std::string> misp(known.begin(), known.end());
  for (const std::string& type : Mapping().types()) {
    EXPECT_TRUE(misp.contains(type) || type == "http-user-agent") << type;
  }
}

}  // namespace
}  // namespace misp_zeek
