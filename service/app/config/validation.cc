// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "app/config/builder.h"
#include "app/config/keys.h"
#include "app/config/tls_files.h"
#include "app/process/clocks.h"
#include "certificates/certificate_folder.h"
#include "core/mapping/misp_types.h"
#include "http/server.h"
#include "zeek/broker_adapter.h"

namespace misp_zeek::app {
namespace {

/// What prevents reading the file; nullopt: nothing does.
Problem check_readable(const std::string& path) {
  if (path.empty()) {
    return std::nullopt;
  }
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return "names a file that cannot be read: " + path + ": " + std::strerror(errno);
  }
  struct stat status {};
  const bool folder = fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
  close(file);
  return folder ? Problem("names a folder: " + path) : std::nullopt;
}

/// Whether the host is a loopback address or localhost.
bool is_this_machine(const std::string& host) {
  return http::is_loopback((host.find(':') != host.npos ? "[" + host + "]" : host) + ":80");
}

/// The same of a URL's host.
bool is_on_this_machine(std::string_view url) {
  auto authority = url.substr(url.find("://") + 3);
  authority = authority.substr(0, authority.find('/'));
  const bool has_port =
      authority.find(':', authority.rfind(']') == authority.npos ? 0 : authority.rfind(']')) !=
      authority.npos;
  return http::is_loopback(std::string(authority) + (has_port ? "" : ":80"));
}

std::string missing(const std::string& key) {
  return "is missing (set it in the file, by " + variable_of(key) + " or by --set " + key +
         "=VALUE)";
}

}  // namespace

/// One secret and the places where it may be.
struct Draft::SecretSource {
  std::string key;         ///< of its file
  std::string path;        ///< value of that key
  const char* variable;    ///< holds the secret itself
  const char* credential;  ///< name of a systemd credential
  Secret& into;
  std::string* read_from = nullptr;  ///< gets the path, if it is a file
};

void Draft::finish(const Environment& environment) {
  check_required();
  check_reconcile();
  check_types();
  check_files();
  check_zeeks();
  read_secrets(environment);
  check_http();
}

void Draft::check_required() {
  for (const auto& key : config_keys()) {
    if ((key.name == "misp.url" || key.name == "misp.feed.endpoint") &&
        !places_.contains(key.name)) {
      problem(place_of(key.name), key.name, missing(key.name), key.allowed);
    }
  }
  auto& url = config_.misp.url;
  while (url.ends_with('/')) {
    url.pop_back();
  }
  if (url.starts_with("http://") && !is_on_this_machine(url) && !bad_.contains("misp.url")) {
    if (config_.misp.allow_http) {
      warning(place_of("misp.url"), "misp.url", "http:// sends the API key unencrypted");
    } else {
      problem(place_of("misp.url"), "misp.url",
              "http:// sends the API key unencrypted to another machine",
              "https://; or misp.allow_http = true where nobody can listen on the way");
    }
  } else if (!config_.misp.verify_tls && !url.starts_with("http://")) {
    warning(place_of("misp.verify_tls"), "misp.verify_tls",
            "without it anybody on the way can read the API key and forge indicators");
  }
}

void Draft::check_reconcile() {
  auto& reconcile = config_.reconcile;
  const bool polls = config_.feed.endpoints.empty() && places_.contains("misp.feed.endpoint");
  if (polls && !places_.contains("reconcile.interval")) {
    reconcile.interval = std::chrono::seconds(15);
  }
  if (polls && !places_.contains("reconcile.full_interval")) {
    reconcile.full_interval = std::chrono::hours(1);
  }
  if (reconcile.full_interval < reconcile.interval) {
    problem(place_of("reconcile.full_interval"), "reconcile.full_interval",
            "is shorter than reconcile.interval", "reconcile.interval or longer");
  }
}

void Draft::check_types() {
  const auto mapping = Mapping::create(config_.mapping);
  if (!mapping) {
    problem(place_of(std::string(kMappingTypes)), std::string(kMappingTypes),
            mapping.error().message, "");
    return;
  }
  for (const std::string& type : config_.filter.types) {
    const std::string place = place_of("filter.types");
    if (type.starts_with('!')) {
      check_misp_type(type.substr(1), place, "filter.types");
    } else if (mapping::is_misp_type(type) && !mapping->knows(type)) {
      problem(place, "filter.types", "\"" + type + "\" has no rule, so nothing of it is for Zeek",
              "without it; or with its rule in [mapping.types], such as " + toml_string(type) +
                  " = \"file_hash\"");
    } else if (!mapping->knows(type)) {
      problem(place, "filter.types",
              "\"" + type + "\" has no rule" + suggestion(type, mapping->types()),
              "types that [mapping] knows: " + join(mapping->types(), ", "));
    }
  }
}

void Draft::check_files() {
  if (const auto wrong = check_readable(config_.misp.ca_file)) {
    problem(place_of("misp.ca_file"), "misp.ca_file", *wrong, "a PEM file");
  } else if (const auto& ca = config_.misp.ca_file;
             !ca.empty() && !certificates::days_left(ca, read_clocks().unix_seconds)) {
    problem(place_of("misp.ca_file"), "misp.ca_file",
            "names a file that holds no certificate in PEM: " + ca,
            "a file with -----BEGIN CERTIFICATE-----, of the CA that signed MISP's certificate");
  }
}

void Draft::check_zeeks() {
  if (config_.zeek.empty() && !bad_.contains("zeek")) {
    problem(place_of("zeek"), "zeek", "is missing",
            "a [[zeek]] section, MISP_ZEEK_ZEEK_ADDRESS or --zeek ADDRESS:PORT");
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < config_.zeek.size(); ++i) {
    const std::string& name = config_.zeek[i].name;
    if (!names.insert(name).second) {
      problem(zeek_place(i, "name"), "zeek.name",
              "\"" + name + "\" is the name of another [[zeek]]", "a name of its own for each");
    }
    check_transport(i);
    check_zeek_tls(i);
    check_authentication(i);
  }
}

void Draft::check_transport(std::size_t index) {
  const ZeekConfig& zeek = config_.zeek[index];
  const bool is_broker = zeek.listen || zeek.transport == Transport::kBroker;
  if (is_broker) {
    for (const auto& [key, is_set] : {std::pair("verify_tls", !zeek.verify_tls),
                                      std::pair("server_name", !zeek.server_name.empty())}) {
      if (is_set) {
        warning(zeek_place(index, key), std::string("zeek.") + key,
                "has no effect with transport broker");
      }
    }
  }
  if (is_broker && zeek::broker_version().empty()) {
    const std::string key = zeek.listen ? "listen" : "transport";
    problem(zeek_place(index, key), "zeek." + key,
            "needs Broker, without which this program was built",
            "transport \"websocket\" or \"auto\", without listen");
  }
  if (zeek.listen && zeek.transport == Transport::kWebSocket) {
    problem(zeek_place(index, "listen"), "zeek.listen", "is true with transport websocket",
            "true with transport broker only: Zeek's WebSocket server waits for clients");
  }
  if (zeek.port != 0 && !is_broker && zeek.transport == Transport::kAuto) {
    problem(zeek_place(index, "port"), "zeek.port", "does not say what is spoken there",
            "with zeek.transport = \"websocket\" or \"broker\"; or no port, then the package's own "
            "are tried");
  }
}

void Draft::check_authentication(std::size_t index) {
  const ZeekConfig& zeek = config_.zeek[index];
  if (zeek.is_authenticated()) {
    return;
  }
  const bool is_here = !zeek.listen && is_this_machine(zeek.address);
  if (!is_here && !zeek.allow_unauthenticated) {
    problem(zeek_place(index, zeek.listen ? "listen" : "address"),
            zeek.listen ? "zeek.listen" : "zeek.address",
            zeek.listen ? "would give all indicators to whoever connects first"
                        : "is another machine, and nothing proves to either side who is there",
            std::string("with zeek.ca_file, zeek.certificate and zeek.key, which \"misp-zeek "
                        "certificates make\" makes") +
                (zeek.listen ? " and zeek.tls" : ", zeek.tls and zeek.verify_tls") +
                "; or zeek.allow_unauthenticated = true where nobody else is on the network");
    return;
  }
  if (!is_here) {
    warning(zeek_place(index, "address"), "zeek.address",
            "without certificates, whoever is on the network can control that Zeek");
  } else if (!zeek.allow_unauthenticated) {
    warning(zeek_place(index, "address"), "zeek.address",
            "without certificates, every user of this machine can control that Zeek; "
            "zeek.allow_unauthenticated = true says that this is meant");
  }
}

void Draft::check_zeek_tls(std::size_t index) {
  ZeekConfig& zeek = config_.zeek[index];
  if (!zeek.key_passphrase_file.empty()) {
    read_secret_path(zeek.key_passphrase_file, "zeek.key_passphrase_file",
                     zeek_place(index, "key_passphrase_file"), zeek.key_passphrase);
  }
  if (!zeek.key_passphrase_file.empty() && zeek.key.empty()) {
    // Broker takes it for TLS with a certificate, and ends the process without one.
    problem(zeek_place(index, "key_passphrase_file"), "zeek.key_passphrase_file",
            "is set without zeek.key", "the passphrase of zeek.key");
  }
  if (zeek.ca_file.empty() && zeek.certificate.empty() && zeek.key.empty()) {
    return;
  }
  if (zeek.tls == false) {
    warning(zeek_place(index, "tls"), "zeek.tls",
            "is false, so the certificate files are not used");
    return;
  }
  bool readable = true;
  const std::array files = {std::pair("ca_file", &zeek.ca_file),
                            std::pair("certificate", &zeek.certificate),
                            std::pair("key", &zeek.key)};
  for (const auto& [key, path] : files) {
    if (const auto wrong = check_readable(*path)) {
      problem(zeek_place(index, key), std::string("zeek.") + key, *wrong, "a PEM file");
      readable = false;
    }
  }
  if (zeek.certificate.empty() != zeek.key.empty()) {
    const std::string there = zeek.key.empty() ? "certificate" : "key";
    const std::string missing = zeek.key.empty() ? "key" : "certificate";
    problem(zeek_place(index, there), "zeek." + there, "is set without zeek." + missing,
            "both or none");
    return;
  }
  if (!readable || bad_.contains("zeek.key_passphrase_file")) {
    return;
  }
  if (zeek.ways().back().transport == Transport::kBroker && zeek.certificate.empty()) {
    if (const auto good = zeek::check_for_broker(tls_files(zeek)); !good) {
      problem(zeek_place(index, "ca_file"), "zeek.ca_file", good.error().message,
              "a CA with zeek.certificate and zeek.key, or none of the three");
    }
    return;
  }
  if (const auto good = zeek::check(tls_files(zeek)); !good) {
    problem(zeek_place(index, "certificate"), "zeek.certificate", good.error().message,
            "PEM files of a certificate, its key (with zeek.key_passphrase_file if it is locked) "
            "and a CA that go together");
  } else if (!zeek.certificate.empty()) {
    check_end(zeek_place(index, "certificate"), "zeek.certificate", zeek.certificate);
  }
}

void Draft::check_end(const std::string& place, const std::string& key, const std::string& file) {
  constexpr long kSoon = 30;
  const auto left = certificates::days_left(file, read_clocks().unix_seconds);
  if (left && *left < 0) {
    warning(place, key, "is a certificate that has ended: " + file);
  } else if (left && *left < kSoon) {
    warning(place, key,
            "is a certificate that ends in " + std::to_string(*left) + " days: " + file);
  }
}

void Draft::check_http() {
  constexpr std::size_t kMinToken = 16;
  const HttpConfig& http = config_.http;
  check_http_tls();
  if (!http.token.empty() && http.token.reveal().size() < kMinToken) {
    problem(place_of("http.token_file"), "http.token_file", "gives a token that can be guessed",
            std::to_string(kMinToken) + " bytes or more, such as of: openssl rand -hex 32");
  }
  if (http.listen.empty() || http::is_loopback(http.listen) || bad_.contains("http.listen")) {
    return;
  }
  if (!http.token.empty() && http.tls_certificate.empty()) {
    warning(place_of("http.listen"), "http.listen",
            "without http.tls_certificate the token can be read on the way");
  }
}

void Draft::check_http_tls() {
  const HttpConfig& http = config_.http;
  bool readable = true;
  for (const auto& [key, path] : {std::pair("http.tls_certificate", http.tls_certificate),
                                  std::pair("http.tls_key", http.tls_key)}) {
    if (const auto wrong = check_readable(path)) {
      problem(place_of(key), key, *wrong, "a PEM file");
      readable = false;
    }
  }
  if (!readable) {
    return;
  }
  if (http.tls_certificate.empty() != http.tls_key.empty()) {
    const std::string there = http.tls_key.empty() ? "http.tls_certificate" : "http.tls_key";
    const std::string missing = http.tls_key.empty() ? "http.tls_key" : "http.tls_certificate";
    problem(place_of(there), there, "is set without " + missing, "both or none");
  } else if (!http.tls_certificate.empty()) {
    if (const auto good = http::check({http.tls_certificate, http.tls_key}); !good) {
      problem(place_of("http.tls_certificate"), "http.tls_certificate", good.error().message,
              "PEM files of a certificate and its key, without a passphrase");
    } else {
      check_end(place_of("http.tls_certificate"), "http.tls_certificate", http.tls_certificate);
    }
  }
}

void Draft::read_secrets(const Environment& environment) {
  read_secret({"misp.api_key_file", config_.misp.api_key_file, kApiKeyVariable, "misp.key",
               config_.misp.api_key, &config_.misp.api_key_path},
              environment);
  read_secret({"misp.feed.password_file", config_.feed.password_file, kFeedPasswordVariable,
               "misp-feed.password", config_.feed.password},
              environment);
  read_secret({"http.token_file", config_.http.token_file, kHttpTokenVariable, "http.token",
               config_.http.token},
              environment);
  read_secret({"sightings.webhook.url_file", config_.sightings.webhook.url_file,
               kWebhookUrlVariable, "webhook.url", config_.sightings.webhook.url},
              environment);
  check_webhook();
  check_api_key();
  if (config_.misp.api_key.empty() && !bad_.contains("misp.api_key_file")) {
    problem(place_of("misp.api_key_file"), "misp.api_key_file", missing("misp.api_key_file"),
            std::string("a file that holds the API key; or ") + kApiKeyVariable +
                " with the key itself, or systemd's credential misp.key");
  }
  const bool has_password = !config_.feed.password.empty();
  if (!config_.feed.username.empty() && !has_password &&
      !bad_.contains("misp.feed.password_file")) {
    problem(place_of("misp.feed.username"), "misp.feed.username", "is set without a password",
            std::string("with misp.feed.password_file or ") + kFeedPasswordVariable);
  }
  if (config_.feed.username.empty() && has_password) {
    problem(place_of("misp.feed.password_file"), "misp.feed.username",
            "is empty although there is a password", "the user that the password is of");
  }
}

void Draft::check_api_key() {
  const std::string& key = config_.misp.api_key.reveal();
  const auto at = key.find_first_of("\"'`=:;,<>{}");
  if (at != std::string::npos) {
    problem(place_of("misp.api_key_file"), "misp.api_key_file",
            std::string("gives a key with ") + key[at] + " in it, which no key of MISP has",
            "the key alone: no quotes, no name before it");
  }
}

void Draft::check_webhook() {
  const std::string& url = config_.sightings.webhook.url.reveal();
  const std::string key = "sightings.webhook.url_file";
  if (url.empty()) {
    return;
  }
  // The URL itself is a secret, too.
  const bool known = url.starts_with("https://") || url.starts_with("http://");
  const auto host = known ? url.substr(url.find("://") + 3) : "";
  if (!known || host.empty() || host.front() == '/' || host.front() == ':') {
    problem(place_of(key), key, "gives something that is no URL", "https://HOST/PATH");
  } else if (!config_.sightings.enabled) {
    warning(place_of(key), key, "has no effect while sightings.enabled is false");
  } else if (url.starts_with("http://") && !is_on_this_machine(url)) {
    warning(place_of(key), key, "gives an http URL: matches travel unencrypted");
  }
}

void Draft::read_secret(const SecretSource& source, const Environment& environment) {
  const std::string place = place_of(source.key);
  const auto variable = environment.find(source.variable);
  const bool flag_wins = place.starts_with("--") && !source.path.empty();
  if (variable != environment.end() && !flag_wins) {
    auto secret = parse_secret(variable->second);
    if (secret) {
      source.into = std::move(*secret);
    } else {
      problem(source.variable, source.key, secret.error().message, "one word of visible ASCII");
    }
  } else if (!source.path.empty()) {
    read_secret_path(source.path, source.key, place, source.into);
    if (source.read_from != nullptr) {
      *source.read_from = source.path;
    }
  } else if (const auto folder = environment.find("CREDENTIALS_DIRECTORY");
             folder != environment.end()) {
    const std::string path = folder->second + "/" + source.credential;
    if (access(path.c_str(), F_OK) == 0) {
      read_secret_path(path, source.key, "CREDENTIALS_DIRECTORY", source.into);
      if (source.read_from != nullptr) {
        *source.read_from = path;
      }
    }
  }
}

void Draft::read_secret_path(const std::string& path, const std::string& key,
                             const std::string& place, Secret& into) {
  auto file = read_secret_file(path);
  if (!file) {
    problem(place, key, file.error().message, "a file with one word of visible ASCII");
    return;
  }
  into = std::move(file->secret);
  if (file->world_readable) {
    warning(place, key, path + " can be read by every user of this machine; chmod o-r it");
  }
}

}  // namespace misp_zeek::app
