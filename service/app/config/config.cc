// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include "app/config/builder.h"
#include "app/config/keys.h"
#include "zeek/broker_adapter.h"

namespace misp_zeek::app {
namespace {

/// Far more than any real file; what is longer is something else.
constexpr std::size_t kMaxFile = std::size_t{1024} * 1024;

Result<std::string> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(kMaxFile + 1, '\0');
  if (!stream ||
      !(stream.read(text.data(), static_cast<std::streamsize>(text.size())) || stream.eof())) {
    return fail(ErrorCode::kInvalidConfig,
                path + ": cannot be read: " + std::strerror(errno) + "\n");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxFile) {
    return fail(ErrorCode::kInvalidConfig, path + ": is longer than 1 MiB\n");
  }
  return text;
}

Result<LoadedConfig> load(const std::string* text, const ConfigSources& sources) {
  Draft draft(sources.file);
  if (text != nullptr && !draft.apply_file(*text)) {
    return fail(ErrorCode::kInvalidConfig, draft.problems());
  }
  draft.apply_zeek_flags(sources.flags);
  draft.apply_environment(sources.environment);
  draft.apply_flags(sources.flags);
  draft.finish(sources.environment);
  if (!draft.problems().empty()) {
    return fail(ErrorCode::kInvalidConfig, draft.problems());
  }
  return draft.take();
}

void append_key(std::string& out, std::string_view name, const std::string& value) {
  out.append(name).append(" = ").append(value).append("\n");
}

}  // namespace

FilterOptions default_filter() {
  FilterOptions filter;
  filter.max_age = std::chrono::days(90);
  return filter;
}

MappingOptions default_mapping() {
  MappingOptions mapping;
  mapping.exclude_networks = {"0.0.0.0/8",      "127.0.0.0/8",   "10.0.0.0/8",     "100.64.0.0/10",
                              "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
                              "::/127",         "fc00::/7",      "fe80::/10",      "ff00::/8"};
  return mapping;
}

Result<LoadedConfig> load_config(const ConfigSources& sources) {
  if (sources.file.empty()) {
    return load(nullptr, sources);
  }
  const auto text = read_file(sources.file);
  if (!text) {
    return tl::unexpected<Error>(text.error());
  }
  return load(&*text, sources);
}

Result<LoadedConfig> load_config_text(const std::string& text, const ConfigSources& sources) {
  return load(&text, sources);
}

std::string to_toml(const Config& config) {
  std::string out;
  std::string_view section;
  for (const auto& key : config_keys()) {
    if (section_of(key.name) != section) {
      section = section_of(key.name);
      out.append(out.empty() ? "[" : "\n[").append(section).append("]\n");
    }
    append_key(out, last_part(key.name), key.show(config));
  }
  if (!config.mapping.overrides.empty()) {
    out.append("\n[").append(kMappingTypes).append("]\n");
    for (const auto& [type, rule] : config.mapping.overrides) {
      append_key(out, toml_string(type), toml_string(rule));
    }
  }
  for (const ZeekConfig& zeek : config.zeek) {
    out += "\n[[zeek]]\n";
    for (const auto& key : zeek_keys()) {
      append_key(out, key.name, key.show(zeek));
    }
  }
  return out;
}

const char* to_string(Transport transport) {
  switch (transport) {
    case Transport::kBroker:
      return "broker";
    case Transport::kWebSocket:
      return "websocket";
    case Transport::kAuto:
      break;
  }
  return "auto";
}

bool ZeekConfig::is_authenticated() const {
  const auto all = ways();
  return std::all_of(all.begin(), all.end(), [](const ZeekConfig& way) {
    const bool knows_zeek =
        way.transport == Transport::kWebSocket ? way.verify_tls : !way.ca_file.empty();
    return way.tls.value_or(false) && knows_zeek && !way.certificate.empty() && !way.key.empty();
  });
}

std::vector<ZeekConfig> ZeekConfig::ways() const {
  // The package's two, and that of zeekctl's manager since 8.1.
  constexpr std::array<std::pair<Transport, std::uint16_t>, 3> kPorts = {
      {{Transport::kWebSocket, 25'761},
       {Transport::kWebSocket, 27'759},
       {Transport::kBroker, 25'760}}};
  const bool has_files = !ca_file.empty() || !certificate.empty() || !key.empty();
  const Transport wanted = listen ? Transport::kBroker : transport;
  std::vector<ZeekConfig> ways;
  for (const auto& [spoken, usual] : kPorts) {
    const bool is_wanted = wanted == spoken && usual != 27'759;
    const bool is_possible = spoken != Transport::kBroker || !zeek::broker_version().empty();
    if (!is_wanted && (wanted != Transport::kAuto || !is_possible)) {
      continue;
    }
    ZeekConfig& way = ways.emplace_back(*this);
    way.transport = spoken;
    way.port = port != 0 ? port : usual;
    way.tls = tls.value_or(spoken == Transport::kBroker || has_files);
  }
  return ways;
}

std::string ZeekConfig::place() const {
  const auto all = ways();
  return all.size() > 1 ? address : address + ":" + std::to_string(all.front().port);
}

}  // namespace misp_zeek::app
