// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/durable_state.h"

#include <gtest/gtest.h>

#include <string>

#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

TEST(StateFingerprint, NamesWhatDiffers) {
  const Config config = load_or_throw(kMinimal).config;
  const std::string before = state_fingerprint(config);
  EXPECT_EQ(state_fingerprint(config), before);
  Config tagged = config;
  tagged.filter.tags = {"no-such-tag"};
  EXPECT_EQ(fingerprint_change(before, state_fingerprint(tagged)), "the filter changed: tags");
  tagged.filter.types = {"md5"};
  EXPECT_EQ(fingerprint_change(before, state_fingerprint(tagged)),
            "the filter changed: tags, types");
  tagged.mapping.max_length = 7;
  EXPECT_EQ(fingerprint_change(before, state_fingerprint(tagged)),
            "the configuration changed: filter.tags, filter.types, mapping.max_length");
  tagged.misp.url = "https://other.example.org";
  EXPECT_EQ(fingerprint_change(before, state_fingerprint(tagged)),
            "another MISP: misp.url changed");
  Config mapped = config;
  mapped.mapping.overrides = {{"sha512", "file_hash"}};
  EXPECT_EQ(fingerprint_change(before, state_fingerprint(mapped)),
            "the configuration changed: mapping.types.sha512");
}

}  // namespace
}  // namespace misp_zeek::app
