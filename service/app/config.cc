// SPDX-License-Identifier: BSD-3-Clause
#include "app/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <utility>

namespace misp_zeek::app {
namespace {

/// Reads keys of a document and collects what is wrong with them.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void problem(const toml::node* node, const std::string& key, const std::string& text) {
    std::string line = file_;
    if (node != nullptr && node->source().begin.line != 0) {
      line += ":" + std::to_string(node->source().begin.line);
    }
    problems_ += line + ": key \"" + key + "\": " + text + "\n";
  }

  /// One table: reads known keys, then names the unknown ones.
  class Section {
   public:
    Section(Reader& reader, const toml::table* table, std::string name)
        : reader_(reader), table_(table), name_(std::move(name)) {}

    const toml::node* find(const std::string& key) {
      known_.insert(key);
      return table_ == nullptr ? nullptr : table_->get(key);
    }
    std::string full(const std::string& key) const {
      return name_.empty() ? key : name_ + "." + key;
    }
    template <typename T>
    void read(const std::string& key, T& into, const std::string& kind) {
      const toml::node* node = find(key);
      if (node == nullptr) {
        return;
      }
      if (const auto value = node->value_exact<T>()) {
        into = *value;
      } else {
        reader_.problem(node, full(key), "must be " + kind);
      }
    }
    void text(const std::string& key, std::string& into) { read(key, into, "a string"); }
    void flag(const std::string& key, bool& into) { read(key, into, "true or false"); }

    template <typename T>
    void number(const std::string& key, T& into, std::int64_t low, std::int64_t high) {
      const toml::node* node = find(key);
      if (node == nullptr) {
        return;
      }
      const auto value = node->value_exact<std::int64_t>();
      if (!value || *value < low || *value > high) {
        reader_.problem(
            node, full(key),
            "must be a number from " + std::to_string(low) + " to " + std::to_string(high));
      } else {
        into = static_cast<T>(*value);
      }
    }

    void duration(const std::string& key, std::chrono::seconds& into, bool zero_allowed) {
      const toml::node* node = find(key);
      if (node == nullptr) {
        return;
      }
      const auto value = node->value_exact<std::string>();
      const auto parsed = value ? parse_duration(*value)
                                : fail(ErrorCode::kInvalidConfig, "must be a string like \"2m\"");
      if (!parsed) {
        reader_.problem(node, full(key), parsed.error().message);
      } else if (parsed->count() == 0 && !zero_allowed) {
        reader_.problem(node, full(key), "must be longer than 0");
      } else {
        into = *parsed;
      }
    }

    void choice(const std::string& key, std::string& into,
                const std::vector<std::string>& allowed) {
      const toml::node* node = find(key);
      std::string value = into;
      text(key, value);
      if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) {
        into = value;
        return;
      }
      std::string list;
      for (const auto& one : allowed) {
        list += (list.empty() ? "" : ", ") + one;
      }
      reader_.problem(node, full(key), "\"" + value + "\" is not known; allowed: " + list);
    }

    void texts(const std::string& key, std::vector<std::string>& into) {
      const toml::node* node = find(key);
      if (node == nullptr) {
        return;
      }
      const toml::array* array = node->as_array();
      into.clear();
      for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
        const auto value = (*array)[i].value_exact<std::string>();
        if (!value || value->empty() || *value == "!") {
          reader_.problem(&(*array)[i], full(key), "must hold non-empty strings");
        } else {
          into.push_back(*value);
        }
      }
      if (array == nullptr) {
        reader_.problem(node, full(key), "must be a list of strings");
      }
    }

    Section section(const std::string& key) {
      const toml::node* node = find(key);
      if (node != nullptr && !node->is_table()) {
        reader_.problem(node, full(key), "must be a table");
      }
      return {reader_, node == nullptr ? nullptr : node->as_table(), full(key)};
    }

    void finish() {
      if (table_ == nullptr) {
        return;
      }
      for (const auto& [key, node] : *table_) {
        const std::string name(key.str());
        if (!known_.contains(name)) {
          std::string list;
          for (const auto& one : known_) {
            list += (list.empty() ? "" : ", ") + one;
          }
          reader_.problem(&node, full(name), "is not known; known here: " + list);
        }
      }
    }

   private:
    Reader& reader_;
    const toml::table* table_;
    std::string name_;
    std::set<std::string> known_;
  };

  const std::string& problems() const { return problems_; }

 private:
  std::string file_;
  std::string problems_;
};

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

void read_secret(Reader& reader, const std::string& file, const std::string& key, Secret& into) {
  if (file.empty() || !into.empty()) {
    return;
  }
  std::ifstream stream(file);
  std::stringstream content;
  content << stream.rdbuf();
  const std::string value = trimmed(content.str());
  if (!stream) {
    reader.problem(nullptr, key, "cannot read the file " + file);
  } else if (value.empty()) {
    reader.problem(nullptr, key, "the file " + file + " is empty");
  } else {
    into = Secret(value);
  }
}

void read_misp(Reader::Section& root, Config& config) {
  auto misp = root.section("misp");
  misp.text("url", config.misp.url);
  misp.text("api_key_file", config.misp.api_key_file);
  misp.flag("verify_tls", config.misp.verify_tls);
  misp.text("ca_file", config.misp.ca_file);
  misp.text("proxy", config.misp.proxy);
  misp.duration("connect_timeout", config.misp.connect_timeout, false);
  misp.duration("request_timeout", config.misp.request_timeout, false);
  misp.number("page_size", config.misp.page_size, 100, 50'000);
  auto feed = misp.section("feed");
  feed.text("endpoint", config.feed.endpoint);
  feed.text("username", config.feed.username);
  feed.text("password_file", config.feed.password_file);
  feed.number("max_queue", config.feed.max_queue, 1'000, 10'000'000);
  std::string visibility = "auto";
  feed.choice("visibility", visibility, {"auto", "confirm", "trust"});
  config.filter.visibility = visibility == "confirm" ? VisibilityMode::kConfirm
                             : visibility == "trust" ? VisibilityMode::kTrust
                                                     : VisibilityMode::kAuto;
  feed.finish();
  misp.finish();
}

bool is_event_id(std::string text) {
  if (text.starts_with('!')) {
    text.erase(0, 1);
  }
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void read_filter(Reader& reader, Reader::Section& root, Config& config) {
  auto filter = root.section("filter");
  filter.flag("to_ids", config.filter.to_ids);
  std::string published = "any";
  filter.choice("published", published, {"any", "published", "ever_published"});
  config.filter.published = published == "published"        ? PublishedMode::kPublished
                            : published == "ever_published" ? PublishedMode::kEverPublished
                                                            : PublishedMode::kAny;
  filter.texts("types", config.filter.types);
  filter.texts("tags", config.filter.tags);
  filter.texts("event_ids", config.filter.event_ids);
  for (const auto& id : config.filter.event_ids) {
    if (!is_event_id(id)) {
      reader.problem(filter.find("event_ids"), "filter.event_ids",
                     "\"" + id + "\" is not an event id; write \"12\", or \"!12\" to exclude");
    }
  }
  std::vector<std::string> fixed;
  filter.texts("fixed_events", fixed);
  for (const auto& id : fixed) {
    if (!is_event_id(id) || id.starts_with('!')) {
      reader.problem(filter.find("fixed_events"), "filter.fixed_events",
                     "\"" + id + "\" is not an event id");
    } else {
      config.filter.fixed_events.push_back(std::stoull(id));
    }
  }
  config.filter.max_age = std::chrono::hours(24 * 90);
  filter.duration("max_age", config.filter.max_age, true);
  filter.flag("enforce_warninglist", config.filter.enforce_warninglist);
  filter.finish();

  auto mapping = root.section("mapping");
  mapping.number("max_length", config.mapping.max_length, 1, 2'048);
  mapping.number("min_prefix_v4", config.mapping.min_prefix_v4, 0, 32);
  mapping.number("min_prefix_v6", config.mapping.min_prefix_v6, 0, 128);
  const toml::node* types = mapping.find("types");
  if (const auto* table = types == nullptr ? nullptr : types->as_table()) {
    for (const auto& [type, rule] : *table) {
      config.mapping.overrides[std::string(type.str())] = rule.value_or(std::string());
    }
  }
  if (const auto checked = Mapping::create(config.mapping); !checked) {
    reader.problem(types, "mapping.types", checked.error().message);
  }
  mapping.finish();
}

void read_rest(Reader& reader, Reader::Section& root, Config& config) {
  auto reconcile = root.section("reconcile");
  reconcile.duration("interval", config.reconcile.interval, false);
  reconcile.duration("full_interval", config.reconcile.full_interval, false);
  reconcile.read("max_shrink", config.reconcile.max_shrink, "a number like 0.2");
  if (config.reconcile.max_shrink < 0 || config.reconcile.max_shrink > 1) {
    reader.problem(reconcile.find("max_shrink"), "reconcile.max_shrink", "must be from 0.0 to 1.0");
  }
  reconcile.finish();
  auto http = root.section("http");
  http.text("listen", config.http.listen);
  http.finish();
  auto log = root.section("log");
  log.choice("level", config.log.level, {"debug", "info", "warn", "error"});
  log.finish();

  const toml::node* zeeks = root.find("zeek");
  const toml::array* array = zeeks == nullptr ? nullptr : zeeks->as_array();
  if (zeeks != nullptr && array == nullptr) {
    reader.problem(zeeks, "zeek", "must be a list of tables: [[zeek]]");
  }
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    ZeekConfig zeek;
    Reader::Section section(reader, (*array)[i].as_table(), "zeek");
    section.text("name", zeek.name);
    section.choice("transport", zeek.transport, {"broker"});
    section.text("address", zeek.address);
    section.number("port", zeek.port, 1, 65'535);
    section.flag("tls", zeek.tls);
    section.text("ca_file", zeek.ca_file);
    section.text("certificate", zeek.certificate);
    section.text("key", zeek.key);
    section.finish();
    const bool taken = std::any_of(config.zeek.begin(), config.zeek.end(),
                                   [&](const auto& other) { return other.name == zeek.name; });
    if (zeek.name.empty() || taken) {
      reader.problem(&(*array)[i], "zeek.name", "each [[zeek]] needs a name of its own");
    }
    config.zeek.push_back(std::move(zeek));
  }
}

void read_environment(const Environment& environment, Config& config, Reader& reader) {
  const auto text = [&](const std::string& name, std::string& into) {
    if (const auto it = environment.find("MISP_ZEEK_" + name); it != environment.end()) {
      into = it->second;
    }
  };
  text("MISP_URL", config.misp.url);
  text("MISP_API_KEY_FILE", config.misp.api_key_file);
  text("MISP_CA_FILE", config.misp.ca_file);
  text("MISP_FEED_ENDPOINT", config.feed.endpoint);
  text("MISP_FEED_USERNAME", config.feed.username);
  text("MISP_FEED_PASSWORD_FILE", config.feed.password_file);
  text("HTTP_LISTEN", config.http.listen);
  text("LOG_LEVEL", config.log.level);
  std::string value;
  text("MISP_API_KEY", value);
  config.misp.api_key = Secret(value);
  value.clear();
  text("MISP_FEED_PASSWORD", value);
  config.feed.password = Secret(value);
  std::string address;
  std::string port;
  text("ZEEK_ADDRESS", address);
  text("ZEEK_PORT", port);
  if (address.empty() && port.empty()) {
    return;
  }
  if (config.zeek.empty()) {
    config.zeek.emplace_back().name = "zeek";
  }
  if (!address.empty()) {
    config.zeek.front().address = address;
  }
  const char* end = port.data() + port.size();
  if (!port.empty() && std::from_chars(port.data(), end, config.zeek.front().port).ptr != end) {
    reader.problem(nullptr, "MISP_ZEEK_ZEEK_PORT", "must be a port number");
  }
}

void check_required(Reader& reader, const Config& config) {
  const auto& url = config.misp.url;
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    reader.problem(nullptr, "misp.url", "is needed: \"https://...\" of the MISP instance");
  }
  if (config.misp.api_key.empty() && config.misp.api_key_file.empty()) {
    reader.problem(nullptr, "misp.api_key_file",
                   "is needed, or the environment variable MISP_ZEEK_MISP_API_KEY");
  }
  if (!config.feed.endpoint.starts_with("tcp://")) {
    reader.problem(nullptr, "misp.feed.endpoint", "is needed: \"tcp://HOST:PORT\" of the feed");
  }
  if (config.zeek.empty()) {
    reader.problem(nullptr, "zeek", "at least one [[zeek]] is needed");
  }
  const auto colon = config.http.listen.rfind(':');
  if (!config.http.listen.empty() && colon == std::string::npos) {
    reader.problem(nullptr, "http.listen", "must be ADDRESS:PORT, or empty");
  }
}

}  // namespace

Result<std::chrono::seconds> parse_duration(const std::string& text) {
  if (text == "0") {
    return std::chrono::seconds(0);
  }
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const std::int64_t factor = unit == "s"   ? 1
                              : unit == "m" ? 60
                              : unit == "h" ? 3'600
                              : unit == "d" ? 86'400
                                            : 0;
  if (error != std::errc() || number < 0 || factor == 0 || number > 100'000'000) {
    return fail(
        ErrorCode::kInvalidConfig,
        "\"" + text + "\" is not a duration; write \"30s\", \"2m\", \"6h\", \"90d\" or \"0\"");
  }
  return std::chrono::seconds(number * factor);
}

Result<Config> load_config(const std::string& file, const std::string& text,
                           const Environment& environment) {
  toml::table document;
  try {
    document = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInvalidConfig, file + ":" + std::to_string(error.source().begin.line) +
                                               ": " + std::string(error.description()) + "\n");
  }
  Config config;
  Reader reader(file.empty() ? "environment" : file);
  Reader::Section root(reader, &document, "");
  read_misp(root, config);
  read_filter(reader, root, config);
  read_rest(reader, root, config);
  root.finish();
  read_environment(environment, config, reader);
  read_secret(reader, config.misp.api_key_file, "misp.api_key_file", config.misp.api_key);
  read_secret(reader, config.feed.password_file, "misp.feed.password_file", config.feed.password);
  check_required(reader, config);
  if (!reader.problems().empty()) {
    return fail(ErrorCode::kInvalidConfig, reader.problems());
  }
  return config;
}

Result<Config> load_config_file(const std::string& file, const Environment& environment) {
  if (file.empty()) {
    return load_config("", "", environment);
  }
  std::ifstream stream(file);
  std::stringstream content;
  content << stream.rdbuf();
  if (!stream) {
    return fail(ErrorCode::kInvalidConfig, file + ": cannot be read\n");
  }
  return load_config(file, content.str(), environment);
}

}  // namespace misp_zeek::app
