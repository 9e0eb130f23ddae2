// SPDX-License-Identifier: BSD-3-Clause
// The documents of the configuration are what the table of keys says. After a change of the table,
// MISP_ZEEK_UPDATE=1 in the environment writes the checked-in files anew.
#include "app/cli/config_documents.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "app/config/keys.h"

namespace misp_zeek::app {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream stream(path);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Compares the file with what it should be, or writes it.
void expect_file(const std::string& path, const std::string& wanted) {
  if (std::getenv("MISP_ZEEK_UPDATE") != nullptr) {
    std::ofstream(path) << wanted;
  }
  EXPECT_EQ(read_file(path), wanted) << "MISP_ZEEK_UPDATE=1 makes this test write " << path;
}

TEST(ConfigurationDocuments, TheSampleIsWhatTheTableOfKeysSays) {
  expect_file(MISP_ZEEK_SAMPLE, sample_configuration());
}

TEST(ConfigurationDocuments, ThePageEndsWithTheTablesOfKeys) {
  const std::string path = MISP_ZEEK_DOCS "/configuration.md";
  const std::string page = read_file(path);
  const std::string mark = "and a test holds it equal. -->\n";
  const auto at = page.find(mark);
  ASSERT_NE(at, std::string::npos);
  expect_file(path, page.substr(0, at + mark.size()) + configuration_tables());
}

TEST(ConfigurationDocuments, EveryKeyHasAMeaningAndAPlace) {
  std::size_t documented = 0;
  for (const auto& section : documented_sections()) {
    documented += section.keys.size();
    for (const auto& key : section.keys) {
      EXPECT_TRUE(key.meaning.ends_with('.')) << section.header << key.name;
    }
  }
  EXPECT_EQ(documented, config_keys().size() + zeek_keys().size());
}

TEST(ConfigurationDocuments, TheManPageHasEveryKey) {
  const std::string page = configuration_man_page();
  for (const auto& section : documented_sections()) {
    EXPECT_NE(page.find(".SH \"" + section.header + "\"\n"), std::string::npos) << section.header;
    for (const auto& key : section.keys) {
      EXPECT_NE(page.find("\n.B " + key.name + "\n"), std::string::npos) << key.name;
    }
  }
}

}  // namespace
}  // namespace misp_zeek::app
