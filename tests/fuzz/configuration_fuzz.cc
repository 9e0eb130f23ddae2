// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "app/config/config.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace misp_zeek;
  app::ConfigSources sources;
  sources.file = "fuzz.toml";
  sources.environment = {{"MISP_ZEEK_MISP_API_KEY", "0123456789abcdefghijklmnopqrstuvwxyzABCD"}};
  const auto loaded = app::load_config_text(std::string(fuzz::text_of(data, size)), sources);
  if (!loaded) {
    fuzz::require(loaded.error().code == ErrorCode::kInvalidConfig, "only kInvalidConfig");
    fuzz::require(!loaded.error().message.empty() && loaded.error().message.back() == '\n',
                  "problems are whole lines");
    return 0;
  }
  const std::string shown = app::to_toml(loaded->config);
  const auto again = app::load_config_text(shown, sources);
  fuzz::require(again.has_value(), "what is in effect can be loaded");
  fuzz::require(app::to_toml(again->config) == shown, "and is in effect then");
  return 0;
}
