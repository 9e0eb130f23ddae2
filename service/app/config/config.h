// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/config/secret.h"
#include "app/process/log.h"
#include "core/base/error.h"
#include "core/mapping/filter.h"
#include "core/mapping/mapping.h"

/// The configuration: one value, made once from a TOML file, the environment and the command line.
/// `service/packaging/misp-zeek.toml` has every key with its default, unit and meaning.
namespace misp_zeek::app {

/// `[misp]`
struct MispConfig {
  std::string name = "MISP";  ///< of this MISP's entries in Zeek; 1 to 32 of A-Z a-z 0-9 _
  std::string url;            ///< of the MISP instance, without a '/' at its end; required
  std::string api_key_file;   ///< empty: the key is from the environment or a systemd credential
  Secret api_key;             ///< required
  std::string api_key_path;   ///< file that it was read from; empty: it came from the environment
  bool verify_tls = true;     ///< of MISP's certificate
  bool allow_http = false;    ///< http:// to a MISP on another machine
  std::string ca_file;        ///< PEM of a private CA; empty: the system's CAs
  std::string proxy;          ///< http, https, socks5 or socks5h URL; empty: none
  std::chrono::milliseconds connect_timeout{10'000};   ///< 100 ms to 10 min
  std::chrono::milliseconds request_timeout{120'000};  ///< for a whole answer; 1 s to 1 h
  std::uint32_t page_size = 10'000;  ///< rows of one answer, as a rule; 100 to 50000
  std::uint32_t parallel = 2;        ///< requests in flight; 1 to 8
  double max_load = 0.3;  ///< share of MISP's time for reads in the background; 0.01 to 1
};

/// `[misp.feed]`
struct FeedConfig {
  /// "tcp://HOST:PORT" of MISP's ZeroMQ publisher, one for each of its web nodes; empty: no feed,
  /// MISP is polled. Required.
  std::vector<std::string> endpoints;
  std::string username;       ///< ZeroMQ PLAIN; empty: no authentication
  std::string password_file;  ///< empty: from the environment or a systemd credential
  Secret password;
  std::uint32_t max_queue = 100'000;  ///< messages that may wait; 1000 to 10 million
};

/// `[reconcile]`
struct ReconcileConfig {
  /// Between looks at the event index, 1 s to 1 d; 15 s without a feed if not given.
  std::chrono::seconds interval{120};
  /// Between full ones, at least `interval`, to 30 d; 1 h without a feed if not given.
  std::chrono::seconds full_interval{21'600};
  double max_shrink = 0.2;  ///< share of all attributes that may leave by absence alone; 0 to 1
};

/// `[limits]`
struct LimitsConfig {
  std::uint32_t max_growth =
      100'000;  ///< attributes of one event that doubles the set; 1000 to 1e8
};

/// What is spoken to a Zeek. kAuto: what is found there.
enum class Transport : std::uint8_t { kAuto, kBroker, kWebSocket };
const char* to_string(Transport transport);

/// `[[zeek]]`
struct ZeekConfig {
  std::string name = "zeek";  ///< in logs and /readyz; unique
  Transport transport = Transport::kAuto;
  std::string address = "127.0.0.1";  ///< name or address; ours with `listen`
  std::uint16_t port = 0;             ///< 0: the package's of the transport
  bool listen = false;                ///< broker: Zeek connects to us
  std::optional<bool> tls;            ///< of all ways(); else see there
  bool verify_tls = true;             ///< websocket: Zeek's certificate must be valid
  std::string server_name;            ///< websocket: in Zeek's certificate; empty: `address`
  std::string ca_file;                ///< PEM; empty: none, for websocket the system's CAs
  std::string certificate;            ///< PEM chain; empty: none
  std::string key;                    ///< PEM; empty: none
  std::string key_passphrase_file;    ///< empty: the key is not locked
  Secret key_passphrase;
  bool allow_unauthenticated = false;  ///< another machine without certificates is no error

  /// Whether each side proves to the other who it is.
  bool is_authenticated() const;
  /// The links to try, in this order, each with its transport, port and tls. If not given, tls is
  /// that of Broker, and of websocket where there are files.
  std::vector<ZeekConfig> ways() const;
  /// ADDRESS:PORT, or ADDRESS for several ports.
  std::string place() const;
};

/// `[http]`
struct HttpConfig {
  std::string listen = "127.0.0.1:9180";  ///< ADDRESS:PORT; empty: no HTTP
  std::string tls_certificate;            ///< PEM chain; empty: no TLS
  std::string tls_key;                    ///< PEM; empty: none
  std::string token_file;                 ///< empty: from the environment or a systemd credential
  Secret token;  ///< of all that holds indicators, at least 16 bytes; empty: that of the state
  std::vector<std::string> allowed_hosts;  ///< names of this server, in lower case
};

/// `[control]`
struct ControlConfig {
  std::string socket;  ///< path; empty: in $RUNTIME_DIRECTORY, which systemd sets, or state.path
};

/// `[sightings.webhook]`
struct WebhookConfig {
  std::string url_file;               ///< empty: from the environment or a systemd credential
  Secret url;                         ///< empty: matches go to no webhook
  std::uint32_t max_per_minute = 10;  ///< matches one by one; 1 to 60
};

/// `[sightings]`
struct SightingConfig {
  bool enabled = true;                  ///< report matches to MISP
  std::string source;                   ///< in MISP; empty: the name of the [[zeek]]
  std::chrono::seconds aggregate{60};   ///< matches of this time become one; 1 s to 1 h
  std::uint32_t max_per_second = 5;     ///< posts to MISP; 1 to 1000
  std::uint32_t max_waiting = 100'000;  ///< at the bound the oldest goes; 100 to 10 million
  WebhookConfig webhook;
};

/// `[state]`
struct StateConfig {
  std::string path;  ///< folder for durable state and the token; empty: neither
};

/// `[log]`
struct LogConfig {
  log::Level level = log::Level::kInfo;
  log::Format format = log::Format::kLogfmt;
};

/// `[filter]`: as FilterOptions, but limited to 90 days.
FilterOptions default_filter();
/// `[mapping]`, and what `[filter]` excludes by value: networks that no public indicator is in.
MappingOptions default_mapping();

struct Config {
  MispConfig misp;
  FeedConfig feed;
  FilterOptions filter = default_filter();
  MappingOptions mapping = default_mapping();
  ReconcileConfig reconcile;
  LimitsConfig limits;
  std::vector<ZeekConfig> zeek;  ///< at least one
  HttpConfig http;
  ControlConfig control;
  SightingConfig sightings;
  StateConfig state;
  LogConfig log;
};

/// Variables by name. Of interest are those that begin with MISP_ZEEK_, and CREDENTIALS_DIRECTORY.
using Environment = std::map<std::string, std::string>;

/// A setting of the command line.
struct Flag {
  std::string key;   ///< "misp.url"; "zeek" with ADDRESS:PORT adds a Zeek
  std::string text;  ///< the value as in the environment, see ConfigSources
  std::string name;  ///< how the user wrote it, e.g. "--misp-url"
};

/// Where the configuration comes from; each source wins over the ones before it.
///
/// Environment and flags give values as text: lists with commas in between, durations as in TOML.
/// A key's variable is MISP_ZEEK_ and the key in capitals with '_' for '.', so MISP_ZEEK_MISP_URL.
/// Of the `zeek` keys, `name`, `address` and `port` are the first Zeek's, and the others go to
/// every Zeek. Zeeks of flags replace those of the file.
struct ConfigSources {
  std::string file;  ///< path; empty: no file
  Environment environment;
  std::vector<Flag> flags;
};

struct LoadedConfig {
  Config config;
  std::vector<std::string> warnings;  ///< for the operator; nothing that prevents a start
  /// Where each key was set: FILE:LINE, a variable or a flag. Those of [[zeek]] are not here.
  std::map<std::string, std::string> places;
};

/// Errors: kInvalidConfig. The message has one line, with its end, for each of all problems:
/// `FILE:LINE: key "misp.feed.endpoint": what is wrong; allowed: ...`. In the place of FILE:LINE is
/// the variable or flag if that gave the value. No message holds a secret.
Result<LoadedConfig> load_config(const ConfigSources& sources);

/// As load_config(), with the file's content in `text`; sources.file is only its name.
Result<LoadedConfig> load_config_text(const std::string& text, const ConfigSources& sources);

/// All keys with their values, as a file that load_config() takes. Secrets are not in it, the names
/// of their files are.
std::string to_toml(const Config& config);

}  // namespace misp_zeek::app
