// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/connection_check.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iomanip>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>
#include <variant>
#include <vector>

#include "app/api/control.h"
#include "app/cli/filter_check.h"
#include "app/process/version.h"
#include "app/runtime/wiring.h"

namespace misp_zeek::app {
namespace {

using Json = nlohmann::ordered_json;

struct Finding {
  std::string name;
  bool ok = false;
  std::string message;  ///< what is well, or what is wrong and what to do
};

/// Reports of a port's thread, for one who waits for a certain one.
template <typename Report>
class Reports {
 public:
  void add(Report report) {
    {
      const std::lock_guard lock(mutex_);
      reports_.push_back(std::move(report));
    }
    changed_.notify_one();
  }

  /// Hands over each report until `done` says true. False: the time is over.
  template <typename Done>
  bool wait(std::chrono::steady_clock::time_point until, Done done) {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, until, [this] { return !reports_.empty(); })) {
        return false;
      }
      const Report report = std::move(reports_.front());
      reports_.pop_front();
      lock.unlock();  // `done` may call the port, whose thread may be in add()
      if (done(report)) {
        return true;
      }
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Report> reports_;
};

std::string protection(const MispConfig& misp) {
  if (!misp.url.starts_with("https:")) {
    return "without TLS";
  }
  return misp.verify_tls ? "its certificate is valid" : "its certificate is not verified";
}

Finding check_rights(const Config& config, const MispUser& user) {
  const bool lacks_sightings = config.sightings.enabled && !user.perm_sighting;
  return {"rights", !lacks_sightings,
          lacks_sightings
              ? "the role of the key's user may not add sightings: give it perm_sighting, or set "
                "sightings.enabled = false"
              : "the key's user is of organisation " + std::to_string(user.org_id) +
                    (user.perm_sighting ? " and may add sightings" : "")};
}

/// What MISP does not know of the filter's names.
void add_filter(const Config& config, std::vector<Finding>& findings) {
  const AskMisp ask = [&](const FilterOptions& filter, const RestCall& call) -> Result<RestReply> {
    Config asked = config;
    asked.filter = filter;
    const auto rest = make_rest(asked, Mapping().types());
    return rest ? (*rest)->call(call) : tl::unexpected<Error>(rest.error());
  };
  const auto found = check_filter(config.filter, ask);
  if (!found) {
    findings.push_back({"filter", false, found.error().message});
    return;
  }
  for (const FilterFinding& finding : *found) {
    findings.push_back({"filter", finding.ok, finding.message});
  }
}

std::vector<Finding> check_rest(const Config& config) {
  const auto rest = make_rest(config, Mapping().types());
  const auto reply = rest ? (*rest)->call(UserCall{}) : tl::unexpected<Error>(rest.error());
  if (!reply) {
    return {{"MISP", false, reply.error().message}};
  }
  const auto* user = &std::get<MispUser>(reply->body);
  std::vector<Finding> findings = {
      {"MISP", true,
       "MISP " + user->misp_version + " answers and accepts the key; " + protection(config.misp)},
      check_rights(config, *user)};
  add_filter(config, findings);
  return findings;
}

/// What is lost without a feed, and what polling costs: a row of the index is about 180 bytes.
Finding without_feed(const Config& config) {
  const auto seconds = std::max<std::int64_t>(config.reconcile.interval.count(), 1);
  const auto bytes_a_day = [&](std::int64_t events) {
    // The whole index at most each 2 min, rows that changed in between.
    const std::int64_t whole = 86'400 / std::max<std::int64_t>(120, seconds);
    return std::to_string((whole * events * 180 + 86'400 / seconds * 400) / 1'000'000) + " MB";
  };
  return {"feed", true,
          "none: MISP is polled each " + std::to_string(seconds) +
              " s, so that a change is in Zeek within about 20 s, a deletion or unpublishing of an "
              "event within 2 to 15 min, and a change of tags or warninglists within "
              "reconcile.full_interval; about " +
              bytes_a_day(5'000) + " a day at 5,000 events, " + bytes_a_day(50'000) + " at 50,000"};
}

Finding check_feed(const Config& config, const std::string& endpoint,
                   std::chrono::steady_clock::time_point until) {
  Finding finding{"feed", false,
                  "no connection to " + endpoint +
                      " yet: does the name exist, is Plugin.ZeroMQ_enable on in MISP, and the port "
                      "open from here?"};
  Reports<FeedReport> reports;
  FeedConfig one = config.feed;
  one.endpoints = {endpoint};
  const auto feed = make_feed(one);
  feed->start([&](FeedReport report) {
    reports.add(std::move(report));
    return true;
  });
  finding.ok = reports.wait(until, [&](const FeedReport& report) {
    if (std::holds_alternative<FeedConnected>(report)) {
      finding.message = "connected to " + endpoint +
                        ", but no message arrived: is this MISP's ZeroMQ publisher "
                        "(Plugin.ZeroMQ_enable, Plugin.ZeroMQ_port)?";
    } else if (const auto* lost = std::get_if<FeedDisconnected>(&report)) {
      finding.message = lost->reason;
    }
    return std::holds_alternative<FeedMessageAt>(report);
  });
  feed->stop();
  if (finding.ok) {
    finding.message = "receives messages from " + endpoint;
  }
  return finding;
}

/// Whether this Zeek answers one who shows no certificate.
bool takes_strangers(ZeekConfig zeek, std::chrono::steady_clock::time_point until) {
  zeek.ca_file.clear();
  zeek.certificate.clear();
  zeek.key.clear();
  zeek.verify_tls = false;
  Reports<LinkReport> reports;
  const auto link = make_link(zeek);
  link->start(random_id(), [&](LinkReport&& report) { reports.add(std::move(report)); });
  bool is_up = false;
  reports.wait(until, [&](const LinkReport& report) {
    is_up = std::holds_alternative<LinkUp>(report);
    return is_up || std::holds_alternative<LinkDown>(report);
  });
  link->stop();
  return is_up;
}

/// `known`: the configured Zeeks by what they say of their start; this one is added.
Finding check_zeek(const ZeekConfig& zeek, std::chrono::steady_clock::time_point until,
                   std::map<std::string, std::string>& known) {
  Finding finding{"zeek:" + zeek.name, false, "no connection to " + zeek.place() + " yet"};
  Reports<LinkReport> reports;
  const auto link = make_link(zeek);
  const std::string id = random_id();
  std::string first;  ///< the name that this Zeek has already
  bool is_ours = true;
  link->start(id, [&](LinkReport&& report) { reports.add(std::move(report)); });
  finding.ok = reports.wait(until, [&](const LinkReport& report) {
    if (std::holds_alternative<LinkUp>(report)) {
      finding.message = "connected, but the package does not answer: is it loaded on this Zeek?";
      link->send(contract::Probe{id});
    } else if (const auto* down = std::get_if<LinkDown>(&report)) {
      finding.message = down->error.message;
    } else if (const auto* message = std::get_if<contract::FromZeek>(&report)) {
      if (const auto* answer = std::get_if<contract::ProbeAnswer>(message)) {
        is_ours = answer->contract == contract::kVersion;
        finding.message = "Zeek " + answer->zeek_version + " with package " +
                          answer->package_version + " answers" +
                          (is_ours ? ""
                                   : ", which speaks contract " + std::to_string(answer->contract) +
                                         " instead of " + std::to_string(contract::kVersion) +
                                         ": upgrade the older side");
        first = known.try_emplace(answer->instance, zeek.name).first->second;
        return true;
      }
    }
    return false;
  });
  link->stop();
  finding.ok = finding.ok && is_ours;
  if (finding.ok && !zeek.is_authenticated()) {
    finding.message += "; neither side has to prove who it is";
  } else if (finding.ok && takes_strangers(zeek, until)) {
    finding.ok = false;
    finding.message =
        "takes services without a certificate, too: is Broker::ssl_cafile set there, or "
        "MISP::tls_ca_file?";
  }
  if (finding.ok && first != zeek.name) {
    finding.ok = false;
    finding.message = "is the same Zeek as " + first +
                      ": name it once, or the two take each other's session without end";
  }
  return finding;
}

/// What a running service says of its Zeeks; nullopt: none runs with this configuration.
std::optional<std::vector<Finding>> ask_running(const Config& config) {
  const auto answer = ask_service(config, "GET", "/status", std::chrono::seconds(5));
  const Json status = answer ? Json::parse(answer->body, nullptr, false) : Json();
  if (!status.is_object() || !status.contains("zeeks") ||
      status["misp"]["url"] != config.misp.url) {
    return std::nullopt;
  }
  std::vector<Finding> findings;
  for (const Json& zeek : status["zeeks"]) {
    findings.push_back({"zeek:" + zeek.at("name").get<std::string>(), zeek.at("in_sync"),
                        "the running service says: " + zeek.at("message").get<std::string>()});
  }
  return findings;
}

void print(const std::vector<Finding>& findings, bool json, std::ostream& out) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"name", finding.name}, {"ok", finding.ok}, {"message", finding.message}});
    if (!json) {
      out << (finding.ok ? "ok    " : "WRONG ") << std::left << std::setw(18) << finding.name << " "
          << finding.message << "\n";
    }
  }
  if (json) {
    out << list.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  }
}

}  // namespace

int check_connections(const Config& config, const ConnectCheck& check, std::ostream& out) {
  const auto until = [&] { return std::chrono::steady_clock::now() + check.patience; };
  std::map<std::string, std::string> known;
  std::vector<Finding> findings = check_rest(config);
  if (config.feed.endpoints.empty()) {
    findings.push_back(without_feed(config));
  }
  for (const std::string& endpoint : config.feed.endpoints) {
    findings.push_back(check_feed(config, endpoint, until()));
  }
  if (auto running = ask_running(config)) {
    findings.insert(findings.end(), running->begin(), running->end());
  } else {
    for (const ZeekConfig& zeek : config.zeek) {
      findings.push_back(check_zeek(zeek, until(), known));
    }
  }
  print(findings, check.json, out);
  return std::all_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.ok; })
             ? 0
             : 1;
}

}  // namespace misp_zeek::app
