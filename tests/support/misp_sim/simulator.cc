// SPDX-License-Identifier: BSD-3-Clause
#include "simulator.h"

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "json_writer.h"

namespace misp_zeek::misp_sim {
namespace {

constexpr std::int64_t kRateWindow = 900;
constexpr std::string_view kNoAuth =
    "Authentication failed. Please make sure you pass the API key of an API enabled user along in "
    "the Authorization header.";

constexpr std::string_view kDisabled =
    "Authentication failed. Your user account has been disabled.";

bool take(std::int64_t& count) {
  if (count <= 0) return false;
  --count;
  return true;
}

Response html_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=UTF-8";
  response.body = std::move(body);
  return response;
}

std::string action_of(const Request& request) { return request.controller + '/' + request.action; }

}  // namespace

Simulator::Simulator(Options options, Publisher& publisher)
    : options_(std::move(options)),
      publisher_(publisher),
      journal_(options_.journal_file),
      db_(options_.uuid_seed),
      changes_(db_, publisher, [this] { return now(); }) {
  changes_.set_sanitise(options_.sanitise);
  // Its first entry has the time of the first start.
  if (!journal_.entries().empty()) set_clock(journal_.entries().front().at);
  start_empty();
  load_seed();
  replay();
}

void Simulator::replay() {
  if (journal_.entries().empty()) {
    keep({});
    return;
  }
  replaying_ = true;
  for (const auto& [at, request] : journal_.entries()) {
    set_clock(at);
    set_silent(true);  // a reset ends it
    if (request.controller == "sim") {
      control(request);
    } else {
      carry_out(request);
    }
  }
  set_clock(std::nullopt);
  set_silent(false);
  replaying_ = false;
}

void Simulator::keep(const Request& request) {
  if (!replaying_) journal_.add({now(), request});
}

std::int64_t Simulator::now() const {
  const auto fixed = clock_.load();
  return fixed != 0 ? fixed : static_cast<std::int64_t>(std::time(nullptr)) + offset_.load();
}

void Simulator::set_clock(std::optional<std::int64_t> seconds) { clock_ = seconds.value_or(0); }

void Simulator::start_empty() {
  db_ = Database(options_.uuid_seed);
  db_.native_numbers = options_.native_numbers;
  instance_ = {};
  api_.emplace(db_, changes_, instance_);
  Warninglist empty_files;
  empty_files.id = 7;
  empty_files.name = "List of hashes of empty files";
  empty_files.type = "string";
  empty_files.description = "Hashes of a file without content";
  empty_files.entries = {"d41d8cd98f00b204e9800998ecf8427e",
                         "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
  empty_files.attribute_types = {"md5", "sha1", "sha256"};
  db_.insert(std::move(empty_files));
  Warninglist private_networks;
  private_networks.id = 8;
  private_networks.name = "List of RFC 1918 CIDR blocks";
  private_networks.type = "cidr";
  private_networks.version = 5;
  private_networks.description =
      "Event contains one or more entries part of the private network CIDR blocks (RFC 1918)";
  private_networks.entries = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"};
  private_networks.attribute_types = {"ip-src", "ip-dst", "domain|ip", "ip-dst|port",
                                      "ip-src|port"};
  db_.insert(std::move(private_networks));
}

void Simulator::load_seed() {
  if (options_.seed_file.empty()) return;
  std::ifstream file(options_.seed_file);
  const Json seed = Json::parse(file, nullptr, false);
  if (!file || !field(seed, "events").is_array()) {
    throw std::runtime_error("no seed data in " + options_.seed_file);
  }
  changes_.set_silent(true);
  for (const auto& event : field(seed, "events")) changes_.add_event(unwrap(event, "Event"));
  changes_.set_silent(false);
}

Response Simulator::run(const Request& request) {
  const auto now = std::chrono::steady_clock::now();
  db_.commit(now);
  const bool writes = !Api::is_read(request);
  const bool held = writes && faults_.delay_commit.count() > 0;
  db_.hold_until(held ? std::optional(now + faults_.delay_commit) : std::nullopt);
  auto response = api_->handle(request);
  db_.hold_until(std::nullopt);
  if (writes && response.status < 300) keep(request);
  if (held) response.delay = faults_.delay_commit;
  return response;
}

Response Simulator::carry_out(const Request& request) {
  const std::lock_guard lock(mutex_);
  return run(request);
}

std::optional<Response> Simulator::refuse(const Request& request) {
  if (std::chrono::steady_clock::now() < faults_.status_until || take(faults_.status_count)) {
    const int code = faults_.status_code;
    if (code == 500) return error_response(500, "An Internal Error Has Occurred.", request.path);
    return html_response(code, "<html><body><h1>" + std::to_string(code) + "</h1></body></html>");
  }
  if (take(faults_.html_200)) {
    return html_response(200, "<!DOCTYPE html><html><body><form>Login</form></body></html>");
  }
  if (request.authorization != options_.key) {
    return error_response(403, std::string(kNoAuth), request.path);
  }
  if (instance_.viewer().disabled) {
    return error_response(403, std::string(kDisabled), request.path);
  }
  if (faults_.not_live) {
    auto response = html_response(302, "");
    response.headers.emplace_back("Location", "/users/login");
    return response;
  }
  return std::nullopt;
}

std::optional<Response> Simulator::limit_rate(const Request& request, Response& headers) {
  if (!faults_.rate_limit || !Api::is_search(request)) return std::nullopt;
  const auto time = now();
  if (time - rate_.started >= kRateWindow) rate_ = {time, 0};
  const bool exceeded = rate_.used >= *faults_.rate_limit;
  if (!exceeded) ++rate_.used;
  auto response = error_response(429, "Rate limit exceeded.", request.path);
  headers.headers = {{"X-Rate-Limit-Limit", std::to_string(*faults_.rate_limit)},
                     {"X-Rate-Limit-Remaining", std::to_string(*faults_.rate_limit - rate_.used)},
                     {"X-Rate-Limit-Reset", std::to_string(rate_.started + kRateWindow - time)}};
  if (!exceeded) return std::nullopt;
  response.headers = headers.headers;
  return response;
}

void Simulator::spoil(const Request& request, Response& response) {
  if (action_of(request) != "attributes/restsearch" || response.status != 200) return;
  if (api_->first_match() != 0 && take(faults_.page_shift)) {
    changes_.hard_delete(api_->first_match());
  }
  if (take(faults_.empty_200)) {
    response.body = "{\"response\": {\"Attribute\": []}}\n";
  } else if (take(faults_.truncate_body)) {
    response.body.resize(response.body.size() / 2);
  } else if (take(faults_.cut_connection)) {
    response.cut = true;
  }
  response.slow = faults_.slow_body;
}

Response Simulator::serve(const Request& request) {
  if (request.controller == "sim") return control(request);
  const std::lock_guard lock(mutex_);
  ++requests_[action_of(request)];
  if (auto refused = refuse(request)) return std::move(*refused);
  Response rate;
  if (auto limited = limit_rate(request, rate)) return std::move(*limited);
  auto response = run(request);
  work_ += response.work;
  response.headers.insert(response.headers.end(), rate.headers.begin(), rate.headers.end());
  spoil(request, response);
  return response;
}

void Simulator::set_next_ids(const NextIds& ids) {
  const std::lock_guard lock(mutex_);
  db_.next_ids() = ids;
}

void Simulator::set_faults(const Faults& faults) {
  const std::lock_guard lock(mutex_);
  faults_ = faults;
  rate_ = {};
}

void Simulator::set_silent(bool silent) {
  const std::lock_guard lock(mutex_);
  changes_.set_silent(silent);
}

std::uint64_t Simulator::request_count(const std::string& action) const {
  const std::lock_guard lock(mutex_);
  const auto it = requests_.find(action);
  return it == requests_.end() ? 0 : it->second;
}

std::string Simulator::stats() const {
  const std::lock_guard lock(mutex_);
  const auto feed = publisher_.counters();
  std::string out;
  JsonWriter json(out, true);
  json.begin_object().number("events", db_.events().rows().size());
  json.number("attributes", db_.attributes().rows().size());
  json.number("sightings", db_.sightings().size()).key("requests").begin_object();
  for (const auto& [action, count] : requests_) json.number(action, count);
  json.end_object().number("work_ms", work_.count() / 1000).key("frames").begin_object();
  for (const auto& [topic, count] : feed.frames) json.number(topic, count);
  json.end_object().number("dropped", feed.dropped).number("queued", feed.queued).end_object();
  return out;
}

}  // namespace misp_zeek::misp_sim
