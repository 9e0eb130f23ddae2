// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"
#include "app/config/toml.h"
#include "app/config/values.h"

namespace misp_zeek::app {

/// A configuration in the making: takes values from its sources, one after the other, and collects
/// all that is wrong, with the place that each value is from.
class Draft {
 public:
  /// `file` is the name for messages; empty: no file.
  explicit Draft(std::string file);

  /// The sources, in this order. False: the text is not TOML, and the rest would say nothing.
  bool apply_file(const std::string& text);
  void apply_zeek_flags(const std::vector<Flag>& flags);
  void apply_environment(const Environment& environment);
  void apply_flags(const std::vector<Flag>& flags);
  /// What can only be judged when all sources were read: what is missing, what does not go
  /// together, and files. Reads the secrets.
  void finish(const Environment& environment);

  const std::string& problems() const { return problems_; }
  LoadedConfig take() {
    loaded_.places = places_;
    return std::move(loaded_);
  }

 private:
  /// Key (without "zeek.") to place.
  using Places = std::map<std::string, std::string>;

  void apply_entry(const Entry& entry);
  void apply_text(const std::string& key, const std::string& text, const std::string& place);
  void apply_zeek_text(const std::string& key, const std::string& text, const std::string& place);
  void set(const std::string& key, const Value& value, const std::string& place);
  void set_zeek(std::size_t index, const std::string& key, const Value& value,
                const std::string& place);
  void set_type(const std::string& type, const Value& value, const std::string& place);
  /// A type that is a slip is a problem; one that no known MISP has, a warning.
  void check_misp_type(const std::string& type, const std::string& place, const std::string& key);
  void warn_of_unknown_variables(const Environment& environment);

  void check_required();
  void check_reconcile();
  void check_types();
  void check_files();
  void check_zeeks();
  /// Warns of a certificate that ends soon.
  void check_end(const std::string& place, const std::string& key, const std::string& file);
  void check_http();
  void check_http_tls();
  void check_transport(std::size_t index);
  void check_authentication(std::size_t index);
  void check_zeek_tls(std::size_t index);
  void check_webhook();
  void check_api_key();
  void read_secrets(const Environment& environment);
  struct SecretSource;
  void read_secret(const SecretSource& source, const Environment& environment);
  void read_secret_path(const std::string& path, const std::string& key, const std::string& place,
                        Secret& into);

  std::string place_of(const std::string& key) const;
  std::string zeek_place(std::size_t index, const std::string& key) const;
  void problem(const std::string& place, const std::string& key, const std::string& what,
               const std::string& allowed);
  void unknown(const std::string& place, const std::string& key, bool section);
  void warning(const std::string& place, const std::string& key, const std::string& what);

  std::string file_;
  LoadedConfig loaded_;
  Config& config_ = loaded_.config;
  Places places_;
  std::vector<Places> zeek_places_;  ///< the place of each [[zeek]] itself under ""
  bool zeeks_from_flags_ = false;
  std::string problems_;
  std::set<std::string> bad_;  ///< keys that have a problem
};

/// Environment variables whose value is a secret; no key has them.
inline constexpr const char* kConfigVariable = "MISP_ZEEK_CONFIG";  // the file; see cli.cc
inline constexpr const char* kApiKeyVariable = "MISP_ZEEK_MISP_API_KEY";
inline constexpr const char* kFeedPasswordVariable = "MISP_ZEEK_MISP_FEED_PASSWORD";
inline constexpr const char* kWebhookUrlVariable = "MISP_ZEEK_SIGHTINGS_WEBHOOK_URL";
inline constexpr const char* kHttpTokenVariable = "MISP_ZEEK_HTTP_TOKEN";

}  // namespace misp_zeek::app
