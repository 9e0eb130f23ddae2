// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config running() { return load_or_throw(kMinimal).config; }

TEST(ConfigChange, IsNothingForTheSameConfiguration) {
  const ConfigChange change = compare(running(), running());
  EXPECT_THAT(change.applied, IsEmpty());
  EXPECT_THAT(change.needs_restart, IsEmpty());
  EXPECT_FALSE(change.rules);
}

TEST(ConfigChange, ShowsOldAndNewValuesOfFilterAndMapping) {
  Config wanted = running();
  wanted.filter.to_ids = false;
  wanted.filter.visibility = VisibilityMode::kLookup;
  wanted.mapping.min_prefix_v4 = 16;
  wanted.mapping.overrides["url"] = "none";
  const ConfigChange change = compare(running(), wanted);
  EXPECT_THAT(
      change.applied,
      ElementsAre("misp.feed.visibility: \"auto\" -> \"lookup\"", "filter.to_ids: true -> false",
                  "mapping.min_prefix_v4: 8 -> 16", "mapping.types.url: default -> \"none\""));
  EXPECT_THAT(change.needs_restart, IsEmpty());
  EXPECT_TRUE(change.rules);
}

TEST(ConfigChange, OfTheLogIsNoChangeOfTheRules) {
  Config wanted = running();
  wanted.log.level = log::Level::kDebug;
  const ConfigChange change = compare(running(), wanted);
  EXPECT_THAT(change.applied, ElementsAre("log.level: \"info\" -> \"debug\""));
  EXPECT_FALSE(change.rules);
}

TEST(ConfigChange, NamesWhatNeedsARestart) {
  Config wanted = running();
  wanted.misp.url = "https://other.example.org";
  wanted.reconcile.max_shrink = 0.5;
  wanted.filter.shown_tags = {"tlp:red"};
  wanted.zeek[0].port = 1;
  EXPECT_THAT(compare(running(), wanted).needs_restart,
              ElementsAre("misp.url", "mapping.show_tags", "reconcile.max_shrink",
                          "port of zeek \"zeek\""));
  wanted.zeek.emplace_back();
  EXPECT_THAT(compare(running(), wanted).needs_restart,
              ElementsAre("misp.url", "mapping.show_tags", "reconcile.max_shrink", "zeek"));
}

TEST(ConfigChange, NamesSecretsThatAreOthersNowWithoutShowingThem) {
  Config wanted = running();
  wanted.misp.api_key = Secret("hunter2-hunter2-hunter2");
  wanted.feed.password = Secret("hunter2");
  wanted.http.token = Secret("hunter2-hunter2-hunter2");
  wanted.sightings.webhook.url = Secret("https://example.org/hunter2");
  wanted.zeek[0].key_passphrase = Secret("hunter2");
  const auto change = compare(running(), wanted);
  EXPECT_THAT(change.needs_restart,
              ElementsAre("key_passphrase_file of zeek \"zeek\"", "misp.api_key_file",
                          "misp.feed.password_file", "sightings.webhook.url_file"));
  EXPECT_THAT(change.applied, ElementsAre("http.token_file: another token"));
  EXPECT_FALSE(change.rules);
}

TEST(ConfigChange, TakesANewKeyOfTheSameFileWithoutARestart) {
  Config before = running();
  before.misp.api_key_path = "/etc/misp.key";
  Config wanted = before;
  wanted.misp.api_key = Secret("hunter2-hunter2-hunter2");
  EXPECT_THAT(compare(before, wanted).needs_restart, testing::IsEmpty());
}

TEST(ConfigChange, RenewsHttpWithoutReadingMispAnew) {
  Config wanted = running();
  wanted.http.allowed_hosts = {"sensor.example"};
  const auto change = compare(running(), wanted);
  EXPECT_EQ(change.applied.size(), 1U);
  EXPECT_FALSE(change.rules);
}

}  // namespace
}  // namespace misp_zeek::app
