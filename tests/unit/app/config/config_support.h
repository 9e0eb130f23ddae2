// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "app/config/config.h"
#include "process/temporary_folder.h"

namespace misp_zeek::app {

inline const std::string kApiKey = "not-a-real-key-0123456789";

/// The least that is a configuration, on lines 1 to 5.
inline const std::string kMinimal =
    "[misp]\n"
    "url = \"https://misp.example.org\"\n"
    "[misp.feed]\n"
    "endpoint = \"tcp://misp.example.org:50000\"\n"
    "[[zeek]]\n";

/// Certificates are ConfigZeek's matter alone.
inline ConfigSources sources_with_key() {
  ConfigSources sources;
  sources.file = "test.toml";
  sources.environment = {{"MISP_ZEEK_MISP_API_KEY", kApiKey},
                         {"MISP_ZEEK_ZEEK_ALLOW_UNAUTHENTICATED", "true"}};
  return sources;
}

/// Without the word for that.
inline ConfigSources without_the_word() {
  auto sources = sources_with_key();
  sources.environment.erase("MISP_ZEEK_ZEEK_ALLOW_UNAUTHENTICATED");
  return sources;
}

inline LoadedConfig load_or_throw(const std::string& text,
                                  const ConfigSources& sources = sources_with_key()) {
  auto loaded = load_config_text(text, sources);
  if (!loaded) {
    throw std::runtime_error(loaded.error().message);
  }
  return std::move(*loaded);
}

/// All lines of the error; "" if there is none.
inline std::string errors_of(const std::string& text,
                             const ConfigSources& sources = sources_with_key()) {
  const auto loaded = load_config_text(text, sources);
  return loaded ? "" : loaded.error().message;
}

using process::TemporaryFolder;

}  // namespace misp_zeek::app
