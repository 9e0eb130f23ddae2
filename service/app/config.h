// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/secret.h"
#include "core/error.h"
#include "core/filter.h"
#include "core/mapping.h"

namespace misp_zeek::app {

struct MispConfig {
  std::string url;           ///< of the MISP instance, e.g. "https://misp.example.org"
  std::string api_key_file;  ///< or the environment: MISP_ZEEK_MISP_API_KEY
  Secret api_key;
  bool verify_tls = true;
  std::string ca_file;  ///< PEM with a private CA; empty: the system's CAs
  std::string proxy;    ///< URL; empty: none
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds request_timeout{120};
  std::uint32_t page_size = 5000;  ///< rows of one search, 100 to 50000
};

struct FeedConfig {
  std::string endpoint;       ///< of MISP's ZeroMQ publisher, e.g. "tcp://misp.example.org:50000"
  std::string username;       ///< ZeroMQ PLAIN; empty: none
  std::string password_file;  ///< or the environment: MISP_ZEEK_MISP_FEED_PASSWORD
  Secret password;
  std::uint32_t max_queue = 100'000;  ///< messages waiting; at the bound they are dropped
};

struct ReconcileConfig {
  std::chrono::seconds interval{120};
  std::chrono::seconds full_interval{21'600};
  double max_shrink = 0.2;  ///< share of all attributes that one reconcile may take out
};

struct ZeekConfig {
  std::string name;
  std::string transport = "broker";
  std::string address = "127.0.0.1";
  std::uint16_t port = 27760;
  bool tls = true;  ///< as Zeek's Broker::disable_ssl = F; without files nobody is authenticated
  std::string ca_file;
  std::string certificate;
  std::string key;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:9180";  ///< ADDRESS:PORT; empty: no HTTP
};

struct LogConfig {
  std::string level = "info";  ///< debug, info, warn, error
};

/// All of the configuration, read once and never changed.
struct Config {
  MispConfig misp;
  FeedConfig feed;
  FilterOptions filter;
  MappingOptions mapping;
  ReconcileConfig reconcile;
  std::vector<ZeekConfig> zeek;
  HttpConfig http;
  LogConfig log;
};

using Environment = std::map<std::string, std::string>;

/// Reads the TOML `text` of `file`, then the environment (MISP_ZEEK_MISP_URL and so on), which
/// wins. The error has one line for each problem: `FILE:LINE: key "misp.url": what is wrong`.
Result<Config> load_config(const std::string& file, const std::string& text,
                           const Environment& environment);

/// As load_config(), from a file; an empty name means environment alone.
Result<Config> load_config_file(const std::string& file, const Environment& environment);

/// "90d", "6h", "2m", "30s" or "0".
Result<std::chrono::seconds> parse_duration(const std::string& text);

}  // namespace misp_zeek::app
