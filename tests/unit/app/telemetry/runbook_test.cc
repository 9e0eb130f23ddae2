// SPDX-License-Identifier: BSD-3-Clause
// The runbook has a row for each check and each alert, and for nothing else.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "app/telemetry/health.h"
#include "telemetry/metrics_support.h"

namespace misp_zeek::app {
namespace {

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The names in the first cells of a section's table; the other two cells must say something.
std::set<std::string> rows_of(const std::string& section) {
  const std::string page = content_of(MISP_ZEEK_DOCS "/operations.md");
  const auto runbook = page.find("\n## Runbook\n");
  const auto begin = page.find("\n### " + section + "\n", runbook);
  if (runbook == std::string::npos || begin == std::string::npos) {
    return {};
  }
  const std::string text = page.substr(begin + 1, page.find("\n#", begin + 1) - begin);
  const std::regex row("\n\\| `([^`]+)` \\| [^|]{20,} \\| [^|]{10,} \\|(?=\n)");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

TEST(Runbook, HasEachCheckOfReadyz) {
  Scene scene;
  scene.config.zeek.front().name = "NAME";
  scene.peers.clear();
  scene.peers.push_back({nullptr,
                         std::make_unique<ZeekSession>("NAME", SessionOptions{}, scene.store),
                         false, Propagation(10), std::nullopt});
  HealthBoard board;
  board.update(scene.view(), {0, 1'000});
  std::set<std::string> checks;
  for (const auto& check : board.health().checks) {
    checks.insert(check.name);
  }
  ASSERT_GT(checks.size(), 10U);
  EXPECT_EQ(rows_of("Checks"), checks);
}

TEST(Runbook, HasEachAlert) {
  const std::string rules = content_of(MISP_ZEEK_ALERTS);
  const std::regex alert("- alert: ([A-Za-z]+)");
  std::set<std::string> alerts;
  for (std::sregex_iterator it(rules.begin(), rules.end(), alert), end; it != end; ++it) {
    alerts.insert((*it)[1]);
  }
  ASSERT_GT(alerts.size(), 10U);
  EXPECT_EQ(rows_of("Alerts"), alerts);
}

}  // namespace
}  // namespace misp_zeek::app
