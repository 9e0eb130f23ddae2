// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>
#include <utility>

namespace misp_zeek::app {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Each function makes one key. `get` gives the field of a section, const or not.

template <typename Section, typename Get>
Key<Section> flag(std::string name, std::string meaning, Get get) {
  return {std::move(name), std::move(meaning), "true or false",
          [get](Section& section, const Value& value) { return read_bool(value, get(section)); },
          [get](const Section& section) { return get(section) ? "true" : "false"; }};
}

using Check = std::function<Problem(std::string_view)>;

template <typename Section, typename Get>
Key<Section> text(std::string name, std::string meaning, std::string allowed, Get get,
                  Check check = nullptr) {
  return {std::move(name), std::move(meaning), std::move(allowed),
          [get, check = std::move(check)](Section& section, const Value& value) -> Problem {
            std::string read;
            if (auto problem = read_string(value, read)) {
              return problem;
            }
            if (auto problem = check ? check(read) : Problem()) {
              return problem;
            }
            get(section) = std::move(read);
            return std::nullopt;
          },
          [get](const Section& section) { return toml_string(get(section)); }};
}

template <typename Section, typename Get>
Key<Section> integer(std::string name, std::string meaning, std::int64_t low, std::int64_t high,
                     Get get) {
  return {std::move(name), std::move(meaning), std::to_string(low) + " to " + std::to_string(high),
          [=](Section& section, const Value& value) -> Problem {
            std::int64_t read = 0;
            if (auto problem = read_integer(value, low, high, read)) {
              return problem;
            }
            using Field = std::remove_reference_t<decltype(get(section))>;
            get(section) = static_cast<Field>(read);
            return std::nullopt;
          },
          [get](const Section& section) { return std::to_string(get(section)); }};
}

template <typename Section, typename Get>
Key<Section> duration(std::string name, std::string meaning, milliseconds low, milliseconds high,
                      Get get) {
  const bool zero = low.count() == 0;
  std::string allowed(kDurationForm);
  allowed += zero ? "\"0\" for no limit" : "from \"" + show_duration(low) + "\"";
  allowed += ", up to \"" + show_duration(high) + "\"";
  return {std::move(name), std::move(meaning), std::move(allowed),
          [=](Section& section, const Value& value) -> Problem {
            using Field = std::remove_reference_t<decltype(get(section))>;
            milliseconds read{};
            if (auto problem = read_duration(value, low, high, read)) {
              return problem;
            }
            const auto whole = std::chrono::duration_cast<Field>(read);
            if (whole != read) {
              return "\"" + show_duration(read) + "\" is not a whole number of seconds";
            }
            get(section) = whole;
            return std::nullopt;
          },
          [get](const Section& section) { return toml_string(show_duration(get(section))); }};
}

template <typename Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

template <typename Section, typename Enum, typename Get>
Key<Section> choice(std::string name, std::string meaning, Choices<Enum> choices, Get get) {
  std::vector<std::string> names(choices.size());
  std::transform(choices.begin(), choices.end(), names.begin(),
                 [](const auto& one) { return one.first; });
  std::string allowed = join(names, ", ");
  return {std::move(name), std::move(meaning), std::move(allowed),
          [choices, names, get](Section& section, const Value& value) -> Problem {
            std::string read;
            if (auto problem = read_string(value, read)) {
              return problem;
            }
            const auto it = std::find(names.begin(), names.end(), read);
            if (it == names.end()) {
              return "\"" + read + "\" is unknown" + suggestion(read, names);
            }
            get(section) = choices.at(static_cast<std::size_t>(it - names.begin())).second;
            return std::nullopt;
          },
          [choices, get](const Section& section) {
            const auto it = std::find_if(choices.begin(), choices.end(), [&](const auto& one) {
              return one.second == get(section);
            });
            return toml_string(it == choices.end() ? "" : it->first);
          }};
}

std::string show_list(const std::vector<std::string>& members, bool quote) {
  std::vector<std::string> shown;
  shown.reserve(members.size());
  for (const std::string& member : members) {
    shown.push_back(quote ? toml_string(member) : member);
  }
  return "[" + join(shown, ", ") + "]";
}

Problem check_network(std::string_view network) {
  MappingOptions options;
  options.exclude_networks.emplace_back(network);
  const auto mapping = Mapping::create(std::move(options));
  return mapping ? Problem() : mapping.error().message;
}

Problem check_domain(std::string_view domain) {
  MappingOptions options;
  options.exclude_domains.emplace_back(domain);
  const auto mapping = Mapping::create(std::move(options));
  return mapping ? Problem() : mapping.error().message;
}

template <typename Get>
Key<Config> names(std::string name, std::string meaning, std::string allowed, Get get,
                  Check check = nullptr) {
  return {std::move(name), std::move(meaning), std::move(allowed),
          [get, check = std::move(check)](Config& config, const Value& value) -> Problem {
            std::vector<std::string> read;
            if (auto problem = read_list(value, read)) {
              return problem;
            }
            for (const std::string& member : read) {
              if (auto problem = check ? check(member) : Problem()) {
                return problem;
              }
            }
            get(config) = std::move(read);
            return std::nullopt;
          },
          [get](const Config& config) { return show_list(get(config), true); }};
}

/// A string or a list; "" = none.
Problem set_endpoints(Config& config, const Value& value) {
  std::vector<std::string> read;
  std::string single;
  if (!read_string(value, single) && single.find(',') == std::string::npos) {
    read.push_back(single);
  } else if (auto problem = read_list(value, read)) {
    return problem;
  }
  if (read == std::vector<std::string>{""}) {
    read.clear();
  }
  for (const std::string& endpoint : read) {
    if (auto problem = check_feed_endpoint(endpoint)) {
      return problem;
    }
  }
  config.feed.endpoints = std::move(read);
  return std::nullopt;
}

std::string show_endpoints(const Config& config) {
  const auto& endpoints = config.feed.endpoints;
  if (endpoints.size() > 1) {
    return show_list(endpoints, true);
  }
  return toml_string(endpoints.empty() ? "" : endpoints.front());
}

Problem set_fixed_events(Config& config, const Value& value) {
  std::vector<std::string> read;
  if (auto problem = read_list(value, read)) {
    return problem;
  }
  std::vector<std::uint64_t> ids;
  for (const std::string& member : read) {
    if (auto problem = check_event_id(member, false)) {
      return problem;
    }
    std::from_chars(member.data(), member.data() + member.size(), ids.emplace_back());
  }
  config.filter.fixed_events = std::move(ids);
  return std::nullopt;
}

Problem set_show_tags(Config& config, const Value& value) {
  std::vector<std::string> read;
  if (auto problem = read_list(value, read)) {
    return problem;
  }
  if (read.size() > 64) {
    return "has more than 64 names";
  }
  for (const std::string& name : read) {
    const bool bad = std::any_of(name.begin(), name.end(), [](char c) {
      return c == ',' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (name.empty() || name.size() > 255 || bad) {
      return "has a name that is empty, too long, or has a comma or control character in it";
    }
  }
  config.filter.shown_tags = std::move(read);
  return std::nullopt;
}

std::string show_show_tags(const Config& config) {
  return show_list(config.filter.shown_tags, true);
}

std::string show_fixed_events(const Config& config) {
  std::vector<std::string> ids;
  ids.reserve(config.filter.fixed_events.size());
  for (const std::uint64_t id : config.filter.fixed_events) {
    ids.push_back(std::to_string(id));
  }
  return show_list(ids, false);
}

std::string show_real(double number) {
  std::array<char, 32> digits{};
  auto* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed)
          .ptr;
  const std::string shown(digits.data(), end);
  return shown.find('.') == std::string::npos ? shown + ".0" : shown;
}

template <typename Get>
Key<Config> real(std::string name, std::string meaning, double low, double high, Get get) {
  return {
      std::move(name), std::move(meaning), show_real(low) + " to " + show_real(high),
      [=](Config& config, const Value& value) { return read_real(value, low, high, get(config)); },
      [get](const Config& config) { return show_real(get(config)); }};
}

constexpr const char* kPem = "a PEM file, or \"\" for none";

// NOLINTBEGIN(bugprone-macro-parentheses): a member's name cannot stand in parentheses
/// A function that gives a field of its argument.
#define FIELD(path) \
  [](auto& section) -> auto& { return section.path; }
// NOLINTEND(bugprone-macro-parentheses)

std::vector<Key<Config>> misp_keys() {
  return {
      text<Config>("misp.name",
                   "Name of this MISP in Zeek: the source of its entries there is this name, `-` "
                   "and the event id, and only they are the service's. Services for several "
                   "MISPs, or with several filters, that feed one Zeek need a name each.",
                   "1 to 32 letters, digits and _", FIELD(misp.name), check_owner),
      text<Config>("misp.url", "Base URL of MISP. Required.",
                   "an http or https URL such as \"https://misp.example.org\"", FIELD(misp.url),
                   check_misp_url),
      text<Config>("misp.api_key_file",
                   "File with the API key of a MISP user, readable by the service only. "
                   "Required, unless the environment has the key (`MISP_ZEEK_MISP_API_KEY`) "
                   "or systemd passes the credential `misp.key`.",
                   "a file that holds the API key, readable by the service only",
                   FIELD(misp.api_key_file)),
      flag<Config>("misp.verify_tls", "Verify MISP's certificate.", FIELD(misp.verify_tls)),
      flag<Config>("misp.allow_http",
                   "Allow `http://` to a MISP on another machine, where anybody on the way can "
                   "read the API key.",
                   FIELD(misp.allow_http)),
      text<Config>("misp.ca_file", "PEM file with a private CA. Without it, the system's CAs.",
                   kPem, FIELD(misp.ca_file)),
      text<Config>("misp.proxy",
                   "Proxy for requests to MISP. Its URL must not contain a user name.",
                   "an http, https, socks5 or socks5h URL, or \"\" for none", FIELD(misp.proxy),
                   check_proxy),
      duration<Config>("misp.connect_timeout", "Limit for connecting to MISP.", milliseconds(100),
                       minutes(10), FIELD(misp.connect_timeout)),
      duration<Config>("misp.request_timeout", "Limit for a complete reply.", seconds(1), hours(1),
                       FIELD(misp.request_timeout)),
      integer<Config>("misp.page_size",
                      "Attributes per reply, as a rule. Larger replies need more of MISP's memory.",
                      100, 50'000, FIELD(misp.page_size)),
      integer<Config>("misp.parallel",
                      "Requests to MISP at the same time. Most MISPs serve no more than two well.",
                      1, 8, FIELD(misp.parallel)),
      real("misp.max_load",
           "Share of MISP's time that reads in the background may take. The first read, and a full "
           "reconcile that an operator asked for, take what they need.",
           0.01, 1, FIELD(misp.max_load)),
      {"misp.feed.endpoint",
       "MISP's ZeroMQ publisher. A list for a MISP with several web nodes. `\"\"`: no feed; "
       "polling "
       "alone finds changes, within about 20 s. Required.",
       R"("tcp://HOST:PORT" of MISP's ZeroMQ publisher, or "ipc:///PATH"; a list of them; or "" )"
       R"(for none)",
       set_endpoints, show_endpoints},
      text<Config>("misp.feed.username", "User of the publisher (ZeroMQ PLAIN).",
                   "a user name, or \"\" for none", FIELD(feed.username)),
      text<Config>("misp.feed.password_file",
                   "File with that user's password. The environment "
                   "(`MISP_ZEEK_MISP_FEED_PASSWORD`) or systemd's credential "
                   "`misp-feed.password` can have the password instead.",
                   "a file that holds the password, or \"\" for none", FIELD(feed.password_file)),
      choice<Config, VisibilityMode>(
          "misp.feed.visibility",
          "The feed shows every change, including those that the API key's user may "
          "not see. `\"auto\"`: look up in MISP what a message does not prove "
          "visible. `\"lookup\"`: look up every change. `\"trust\"`: apply every "
          "message, for a user who may see everything.",
          {{"auto", VisibilityMode::kAuto},
           {"lookup", VisibilityMode::kLookup},
           {"trust", VisibilityMode::kTrust}},
          FIELD(filter.visibility)),
      integer<Config>("misp.feed.max_queue",
                      "Feed messages that may wait, and 256 MiB of them. The service drops "
                      "further ones, and then asks MISP what changed.",
                      1'000, 10'000'000, FIELD(feed.max_queue)),
  };
}

std::vector<Key<Config>> filter_keys() {
  return {
      flag<Config>("filter.to_ids", "Only attributes with MISP's \"for intrusion detection\" flag.",
                   FIELD(filter.to_ids)),
      choice<Config, PublishedMode>(
          "filter.published",
          "`\"any\"`: of all events. `\"published\"`: while the event is published. "
          "`\"ever_published\"`: if the event was published once, including later "
          "edits.",
          {{"any", PublishedMode::kAny},
           {"published", PublishedMode::kPublished},
           {"ever_published", PublishedMode::kEverPublished}},
          FIELD(filter.published)),
      names("filter.types",
            "Only these MISP types, for example `[\"ip-dst\", \"domain\"]`; `\"!md5\"` "
            "excludes one. Empty: all types that have a rule.",
            "a list of MISP types that have a rule, \"!TYPE\" to exclude one", FIELD(filter.types)),
      names("filter.tags",
            "Only attributes with one of these tags, their own or their event's, for "
            "example `[\"tlp:white\"]`; `\"!name\"` excludes one. Empty: any tags.",
            "a list of tag names, \"!NAME\" to exclude one", FIELD(filter.tags)),
      names("filter.event_ids",
            "Only these events, for example `[\"12\"]`; `\"!12\"` excludes one. Empty: "
            "all events.",
            "a list of event ids, \"!ID\" to exclude one", FIELD(filter.event_ids),
            [](std::string_view id) { return check_event_id(id, true); }),
      names("filter.exclude_networks",
            "Networks of which nothing goes into Zeek: no address, no network that lies wholly "
            "inside, no URL there. By default those that mean another host at every site.",
            "a list of addresses and networks", FIELD(mapping.exclude_networks), check_network),
      names("filter.exclude_domains",
            "Domains of which nothing goes into Zeek: neither they nor the names below, nor URLs "
            "there.",
            "a list of domains", FIELD(mapping.exclude_domains), check_domain),
      {"filter.fixed_events",
       "Events whose attributes always pass, whatever `to_ids` and `max_age` "
       "say.",
       "a list of event ids", set_fixed_events, show_fixed_events},
      duration<Config>("filter.max_age", "Only attributes changed within this time.", seconds(0),
                       days(36'500), FIELD(filter.max_age)),
      flag<Config>("filter.enforce_warninglist", "Exclude values on MISP's warninglists.",
                   FIELD(filter.enforce_warninglist)),
      integer<Config>("filter.honour_false_positives",
                      "Exclude attributes with at least this many sightings of type false "
                      "positive that the API key's user may see. 0: ignore such sightings. "
                      "Costs MISP two more queries per attribute.",
                      0, 1'000, FIELD(filter.honour_false_positives)),
      flag<Config>("filter.honour_expirations",
                   "Exclude attributes that a sighting declares expired, from its date on. "
                   "Costs MISP two more queries per attribute.",
                   FIELD(filter.honour_expirations)),
      integer<Config>("mapping.max_length", "Longest indicator, in bytes.", 1, 2'048,
                      FIELD(mapping.max_length)),
      integer<Config>("mapping.min_prefix_v4",
                      "Shortest prefix of an IPv4 network, in bits. The service rejects broader "
                      "networks.",
                      0, 32, FIELD(mapping.min_prefix_v4)),
      integer<Config>("mapping.min_prefix_v6",
                      "Shortest prefix of an IPv6 network, in bits. The service rejects broader "
                      "networks.",
                      0, 128, FIELD(mapping.min_prefix_v6)),
      choice<Config, UrlHosts>(
          "mapping.url_hosts",
          "Whether the host of a `url` becomes an indicator of its own, a domain or an address. "
          "`\"bare\"`: of a URL without path and query, which DNS, TLS and TCP show.",
          {{"never", UrlHosts::kNever}, {"bare", UrlHosts::kBare}, {"always", UrlHosts::kAlways}},
          FIELD(mapping.url_hosts)),
      {"mapping.show_tags",
       "Tags of attributes and of their events that Zeek shows with an "
       "indicator, for example `[\"tlp:red\"]`. If not empty, the service looks up "
       "every change in MISP, as for `filter.tags`.",
       "at most 64 names of tags, without commas", set_show_tags, show_show_tags},
  };
}

Problem check_state_path(std::string_view path) {
  return path.empty() || path.starts_with('/') ? Problem() : Problem("is not an absolute path");
}

Problem check_allowed_host(std::string_view host) {
  const bool upper =
      std::any_of(host.begin(), host.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return is_host(host) && !upper && host.find(':') == std::string_view::npos
             ? Problem()
             : "\"" + std::string(host) + "\" is no host name in lower case";
}

Problem check_sighting_source(std::string_view source) {
  if (source.size() > 255) {
    return "is too long for MISP";
  }
  const bool control = std::any_of(source.begin(), source.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  return control ? Problem("has a control character") : Problem();
}

std::vector<Key<Config>> sighting_keys() {
  return {
      flag<Config>("sightings.enabled",
                   "Report matches to MISP. The role of the API key needs `perm_sighting`.",
                   FIELD(sightings.enabled)),
      text<Config>("sightings.source", "Source of the sightings in MISP.",
                   "at most 255 bytes, or \"\" for the [[zeek]]'s name", FIELD(sightings.source),
                   check_sighting_source),
      duration<Config>("sightings.aggregate",
                       "The first match of an attribute within this time goes to MISP at once, "
                       "the rest as one sighting at its end.",
                       seconds(1), hours(1), FIELD(sightings.aggregate)),
      integer<Config>("sightings.max_per_second", "Sightings sent to MISP per second.", 1, 1'000,
                      FIELD(sightings.max_per_second)),
      integer<Config>("sightings.max_waiting",
                      "Sightings that may wait for MISP. The service drops the oldest beyond. "
                      "They wait in `state.path`, or in memory without one.",
                      100, 10'000'000, FIELD(sightings.max_waiting)),
      text<Config>("sightings.webhook.url_file",
                   "File with the webhook's URL. The environment "
                   "(`MISP_ZEEK_SIGHTINGS_WEBHOOK_URL`) or systemd's credential "
                   "`webhook.url` can have the URL instead. Anyone who knows the URL can "
                   "post, so it is a secret.",
                   "a file that holds the webhook's URL, or \"\" for none",
                   FIELD(sightings.webhook.url_file)),
      integer<Config>("sightings.webhook.max_per_minute",
                      "Values whose matches are posted one by one per minute. The rest of the "
                      "minute is posted as a number.",
                      1, 60, FIELD(sightings.webhook.max_per_minute)),
  };
}

std::vector<Key<Config>> service_keys() {
  return {
      duration<Config>("reconcile.interval",
                       "Time between reconciles by MISP's event index. They find changes without "
                       "a message. Without a feed, `\"15s\"` if not given.",
                       seconds(1), days(1), FIELD(reconcile.interval)),
      duration<Config>("reconcile.full_interval",
                       "Time between full reconciles, which read every event. At least "
                       "`reconcile.interval`. Without a feed, `\"1h\"` if not given: only a full "
                       "reconcile sees a change of tags or warninglists then.",
                       seconds(1), days(30), FIELD(reconcile.full_interval)),
      real("reconcile.max_shrink",
           "Share of all attributes that may leave Zeek because MISP does not show them any more. "
           "Removals beyond it are blocked until an operator accepts them.",
           0, 1, FIELD(reconcile.max_shrink)),
      integer<Config>("limits.max_growth",
                      "An event that would more than double the set, and add more attributes than "
                      "this, is blocked until an operator accepts it.",
                      1'000, 100'000'000, FIELD(limits.max_growth)),
      text<Config>("http.listen",
                   "Address and port; port 0: any. Everybody who reaches it may read `/livez`, "
                   "`/readyz` and `/metrics`, which hold no indicator. The status page and all "
                   "else need the token.",
                   R"(ADDRESS:PORT such as "127.0.0.1:9180", or "" for no HTTP)",
                   FIELD(http.listen), check_listen),
      text<Config>("http.tls_certificate", "Certificate chain, for HTTPS.", kPem,
                   FIELD(http.tls_certificate)),
      text<Config>("http.tls_key", "Key of that certificate.", kPem, FIELD(http.tls_key)),
      text<Config>("http.token_file",
                   "File with the token: one word of 16 or more visible ASCII characters, sent "
                   "as `Authorization: Bearer TOKEN` or as the password of any user. The "
                   "environment (`MISP_ZEEK_HTTP_TOKEN`) or systemd's credential "
                   "`http.token` can have the token instead. Without any of these the service "
                   "makes one, and keeps it as `http.token` in `state.path`. "
                   "`misp-zeek status --url` prints the page's address with it.",
                   "a file that holds the token, or \"\" for none", FIELD(http.token_file)),
      names("http.allowed_hosts",
            "Names by which clients reach this server. Requests for another name are refused, so "
            "that no web page can read through a browser. Addresses and `localhost` are always "
            "taken.",
            "a list of host names in lower case", FIELD(http.allowed_hosts), check_allowed_host),
      text<Config>("control.socket",
                   "Unix socket for the other commands of misp-zeek, for root and the service's "
                   "user. By default `control.sock` in systemd's RuntimeDirectory "
                   "(`/run/misp-zeek`), and without systemd in `state.path`.",
                   "an absolute path, or \"\" for the default", FIELD(control.socket),
                   check_state_path),
      text<Config>("state.path",
                   "Folder for the last known indicators, unsent sightings and the token of "
                   "`[http]`. Nobody else may read it. Each service needs its own; the service "
                   "creates it.",
                   "an absolute path, or \"\" for none", FIELD(state.path), check_state_path),
      choice<Config, log::Level>("log.level", "Least severe messages to log.",
                                 {{"trace", log::Level::kTrace},
                                  {"debug", log::Level::kDebug},
                                  {"info", log::Level::kInfo},
                                  {"warn", log::Level::kWarn},
                                  {"error", log::Level::kError}},
                                 FIELD(log.level)),
      choice<Config, log::Format>(
          "log.format", "Lines on standard error: `\"logfmt\"` (key=value) or `\"json\"`.",
          {{"logfmt", log::Format::kLogfmt}, {"json", log::Format::kJson}}, FIELD(log.format)),
  };
}

Problem set_zeek_tls(ZeekConfig& zeek, const Value& value) {
  std::string word;
  if (!read_string(value, word) && word == "auto") {
    zeek.tls.reset();
    return std::nullopt;
  }
  return read_bool(value, zeek.tls.emplace());
}

Problem check_address(std::string_view address) {
  if (const auto both = parse_host_port(address, 1)) {
    return "has a port in it: address = " + toml_string(both->host) +
           ", port = " + std::to_string(both->port) + ", transport = \"websocket\" or \"broker\"";
  }
  return is_host(address) ? Problem() : Problem("is not a host name or address");
}

}  // namespace

const std::vector<Key<Config>>& config_keys() {
  static const auto keys = [] {
    auto all = misp_keys();
    for (auto&& part : {filter_keys(), sighting_keys(), service_keys()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return keys;
}

const std::vector<Key<ZeekConfig>>& zeek_keys() {
  static const std::vector<Key<ZeekConfig>> keys = {
      text<ZeekConfig>("name", "Name in logs, metrics and `/readyz`. Unique.",
                       "1 to 64 letters, digits and . _ - :", FIELD(name), check_zeek_name),
      choice<ZeekConfig, Transport>(
          "transport",
          "`\"websocket\"`: Zeek's WebSocket API, Zeek 8.0 and later. `\"broker\"`: Zeek's native "
          "protocol, Zeek 7 to 9. `\"auto\"`: the first that answers of WebSocket at the package's "
          "port, WebSocket at 27759 (zeekctl's manager since 8.1), and Broker.",
          {{"auto", Transport::kAuto},
           {"broker", Transport::kBroker},
           {"websocket", Transport::kWebSocket}},
          FIELD(transport)),
      text<ZeekConfig>("address", "Where Zeek listens; with `listen`, where the service listens.",
                       "a host name or address", FIELD(address), check_address),
      integer<ZeekConfig>("port",
                          "Its port; with one, `transport` must be given, too. 0: that of the "
                          "package, 25761 for websocket, 25760 for broker.",
                          0, 65'535, FIELD(port)),
      flag<ZeekConfig>("listen",
                       "Broker only: listen at `address` and `port` for one Zeek that connects "
                       "here by `MISP::broker_peer_address`.",
                       FIELD(listen)),
      {"tls",
       "Encrypt. `\"auto\"`: for broker, like Zeek's `Broker::disable_ssl = F`, and for websocket "
       "with "
       "one of the files below. Without the certificates below nobody is authenticated.",
       "true, false or \"auto\"", set_zeek_tls,
       [](const ZeekConfig& zeek) -> std::string {
         return zeek.tls ? (*zeek.tls ? "true" : "false") : "\"auto\"";
       }},
      flag<ZeekConfig>("verify_tls", "Websocket with TLS only: verify Zeek's certificate.",
                       FIELD(verify_tls)),
      text<ZeekConfig>("server_name", "Websocket with TLS only: the name in Zeek's certificate.",
                       "the name in Zeek's certificate, or \"\" for address", FIELD(server_name)),
      text<ZeekConfig>("ca_file",
                       "CA of both sides. Without it: for broker no authentication, for "
                       "websocket the system's CAs. For broker, Zeek needs `Broker::ssl_cafile`.",
                       kPem, FIELD(ca_file)),
      text<ZeekConfig>("certificate",
                       "This side's certificate chain. For broker, Zeek needs "
                       "`Broker::ssl_certificate`.",
                       kPem, FIELD(certificate)),
      text<ZeekConfig>("key",
                       "Key of that certificate. For broker, Zeek needs `Broker::ssl_keyfile`.",
                       kPem, FIELD(key)),
      text<ZeekConfig>(
          "key_passphrase_file", "File with the key's passphrase, one word of visible ASCII.",
          "a file that holds the key's passphrase, or \"\" for none", FIELD(key_passphrase_file)),
      flag<ZeekConfig>("allow_unauthenticated",
                       "Allow a Zeek on another machine, or `listen`, without `ca_file`, "
                       "`certificate` and `key`. Whoever reaches such a Zeek's port controls it, "
                       "and whoever reaches ours gets all indicators.",
                       FIELD(allow_unauthenticated)),
  };
  return keys;
}

#undef FIELD

const std::vector<std::string>& section_names() {
  static const auto names = [] {
    std::vector<std::string> sections;
    for (const auto& key : config_keys()) {
      const std::string section(section_of(key.name));
      if (std::find(sections.begin(), sections.end(), section) == sections.end()) {
        sections.push_back(section);
      }
    }
    sections.emplace_back(kMappingTypes);
    return sections;
  }();
  return names;
}

Problem set_mapping_type(MappingOptions& mapping, const std::string& type, const Value& value) {
  std::string rule;
  if (auto problem = read_string(value, rule)) {
    return problem;
  }
  const auto rules = Mapping::rule_names();
  if (std::find(rules.begin(), rules.end(), rule) == rules.end()) {
    return "names the unknown rule \"" + rule + "\"" + suggestion(rule, rules);
  }
  mapping.overrides[type] = rule;
  return std::nullopt;
}

std::string variable_of(std::string_view key) {
  std::string name = "MISP_ZEEK_";
  for (const char c : key) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string_view section_of(std::string_view key) {
  const auto dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

std::string_view last_part(std::string_view key) {
  const auto dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

}  // namespace misp_zeek::app
