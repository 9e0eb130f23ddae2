// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/query_commands.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <variant>

#include "app/api/control.h"
#include "app/api/export.h"
#include "app/cli/misp_explain.h"
#include "app/process/clocks.h"
#include "app/runtime/read_once.h"
#include "app/runtime/wiring.h"
#include "core/base/text.h"
#include "core/base/visible_text.h"
#include "http/listen_place.h"
#include "http/request.h"

namespace misp_zeek::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kTimeout = std::chrono::seconds(60);
constexpr std::size_t kItemsPerPage = 5'000;

int complain(std::ostream& err, const std::string& what) {
  err << "misp-zeek: " << what << "\n";
  return 1;
}

Result<std::string> read_service(const Config& config, const std::string& target) {
  const auto answer = ask_service(config, "GET", target, kTimeout);
  if (!answer) {
    return tl::unexpected<Error>(answer.error());
  }
  if (answer->status != 200) {
    return fail(ErrorCode::kUnavailable, std::string(text::trim(answer->body)));
  }
  return answer->body;
}

/// The same as a JSON object.
Result<Json> read_json(const Config& config, const std::string& target) {
  auto body = read_service(config, target);
  if (!body) {
    return tl::unexpected<Error>(std::move(body.error()));
  }
  Json json = Json::parse(*body, nullptr, false);
  if (!json.is_object() || json.value("version", Json()) != 1) {
    return fail(ErrorCode::kIncompatible,
                "what answers at the control socket is no misp-zeek of this version");
  }
  return json;
}

std::string shown(const Json& text) { return text::visible(text.get<std::string>()); }

void print_json(const Json& json, std::ostream& out) {
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

void print_check(std::ostream& out, const Json& check) {
  const bool warns = check.value("warning", false);
  const std::string name = shown(check.at("name"));
  const std::string text = shown(check.at("message"));
  out << (check.at("ok") ? "ok    "
          : warns        ? "warn  "
                         : "WRONG ")
      << std::left << std::setw(18) << name << " " << text << "\n";
}

/// The status page with the token, as a browser takes it.
int print_url(const Config& config, std::ostream& out, std::ostream& err) {
  if (config.http.listen.empty()) {
    return complain(err, "http.listen is empty: there is no page");
  }
  Secret token = config.http.token;
  if (token.empty()) {
    const std::string folder = config.state.path.empty() ? kPackagedState : config.state.path;
    auto made = read_secret_file(folder + "/" + kTokenFile);
    if (!made) {
      return complain(err,
                      "there is no http.token_file, and \"state.path\" " + made.error().message);
    }
    token = std::move(made->secret);
  }
  const std::string url = http::local_url(config.http.listen, !config.http.tls_key.empty());
  const auto host = url.find("://") + 3;
  out << url.substr(0, host) << "misp-zeek:" << http::percent_encode(token.reveal()) << "@"
      << url.substr(host) << "/\n";
  return 0;
}

int ask(const Config& config, const StatusQuestion& question, std::ostream& out,
        std::ostream& err) {
  if (question.url) {
    return print_url(config, out, err);
  }
  const auto answer = read_json(config, "/status");
  if (!answer) {
    return complain(err, answer.error().message);
  }
  const Json& status = *answer;
  const bool ready = status.at("service").at("ready");
  if (question.json) {
    print_json(status, out);
    return ready ? 0 : 1;
  }
  for (const Json& check : status.at("checks")) {
    print_check(out, check);
  }
  const Json& store = status.at("store");
  out << store.at("attributes") << " attributes, " << store.at("items")
      << " items for Zeek, revision " << store.at("revision") << "\n";
  for (const auto& [type, count] : store.at("items_by_type").items()) {
    if (count != 0) {
      out << "  " << std::left << std::setw(20) << type << " " << count << "\n";
    }
  }
  return ready ? 0 : 1;
}

void print_found(const Json& found, std::ostream& out) {
  for (const Json& indicator : found.at("indicators")) {
    out << shown(indicator.at("indicator_type")) << " " << shown(indicator.at("indicator"))
        << "\n  seen in " << shown(indicator.at("seen_in")) << "\n  event "
        << indicator.at("event_id") << ": " << shown(indicator.at("event")) << "\n  "
        << shown(indicator.at("url")) << "\n";
    for (const Json& zeek : indicator.at("zeeks")) {
      const std::string reason = shown(zeek.at("reason"));
      out << "  " << shown(zeek.at("name")) << ": " << shown(zeek.at("state")) << ", revision "
          << zeek.at("revision") << " of " << found.at("revision");
      if (zeek.at("workers") != 0) {
        out << ", " << zeek.at("workers_in_sync") << " of " << zeek.at("workers") << " workers";
      }
      out << (reason.empty() ? "" : ": " + reason) << "\n";
      if (const std::string unseen = shown(zeek.at("unseen")); !unseen.empty()) {
        out << "    but it does not see it: " << unseen << "\n";
      }
    }
  }
  for (const Json& attribute : found.at("attributes")) {
    const std::string rejected = shown(attribute.at("rejected"));
    out << "attribute " << shown(attribute.at("uuid")) << " (" << shown(attribute.at("type"))
        << "), changed " << shown(attribute.at("timestamp"))
        << (rejected.empty() ? "" : ", is not usable in Zeek: " + rejected) << "\n";
  }
}

/// What MISP itself has of it, and what filter and mapping make of that.
int ask_misp_why(const Config& config, const std::string& query, std::ostream& out,
                 std::ostream& err) {
  const Mapping mapping = Mapping::create(config.mapping).value();
  const AskMisp ask = [&](const FilterOptions& filter, const RestCall& call) -> Result<RestReply> {
    Config asked = config;
    asked.filter = filter;
    const auto rest = make_rest(asked, mapping.types());
    return rest ? (*rest)->call(call) : tl::unexpected<Error>(rest.error());
  };
  const auto lines =
      explain_from_misp(query, config.filter, mapping, ask, read_clocks().unix_seconds);
  if (!lines) {
    return complain(err, "cannot ask MISP: " + lines.error().message);
  }
  for (const std::string& line : *lines) {
    out << shown(line) << "\n";
  }
  return 1;
}

/// Whether each indicator is in each Zeek, and there are some.
bool is_held(const Json& found) {
  const Json& indicators = found.at("indicators");
  return !indicators.empty() &&
         std::all_of(indicators.begin(), indicators.end(), [](const Json& indicator) {
           const Json& zeeks = indicator.at("zeeks");
           return std::all_of(zeeks.begin(), zeeks.end(),
                              [](const Json& zeek) { return zeek.at("state") == "held"; });
         });
}

int ask(const Config& config, const ExplainQuestion& question, std::ostream& out,
        std::ostream& err) {
  const auto answer = read_json(config, "/v1/explain?q=" + http::percent_encode(question.query));
  if (!answer) {
    err << "misp-zeek: " << answer.error().message << "; asking MISP alone\n";
    return ask_misp_why(config, question.query, out, err);
  }
  const Json& found = *answer;
  if (question.json) {
    print_json(found, out);
    return is_held(found) ? 0 : 1;
  }
  out << shown(found.at("answer")) << "\n";
  print_found(found, out);
  if (!found.at("found").get<bool>()) {
    return ask_misp_why(config, question.query, out, err);
  }
  return is_held(found) ? 0 : 1;
}

int export_from_misp(const Config& config, ExportFormat format, std::ostream& out,
                     std::ostream& err) {
  const auto rest = make_rest(config, Mapping::create(config.mapping).value().types());
  IndicatorStore store({.misp_url = config.misp.url, .shown_tags = config.filter.shown_tags},
                       random_id());
  const auto read =
      rest ? read_once(config, **rest, store) : Result<void>(tl::unexpected<Error>(rest.error()));
  if (!read) {
    return complain(err, read.error().message);
  }
  ExportText text(format, config.misp.name, [&](const std::optional<EntryKey>& after) {
    return std::optional(store.items_after(after, kItemsPerPage));
  });
  for (auto piece = text.next(); piece && !piece->empty(); piece = text.next()) {
    out << *piece;
  }
  return 0;
}

int ask(const Config& config, const ExportQuestion& question, std::ostream& out,
        std::ostream& err) {
  const auto format = parse_export_format(question.format);
  if (!format) {
    return complain(err, "--format is zeek-intel or json");
  }
  if (question.from_misp) {
    return export_from_misp(config, *format, out, err);
  }
  const auto body = read_service(config, "/v1/export?format=" + question.format);
  if (!body) {
    return complain(err, body.error().message + " (--from-misp needs none)");
  }
  out << *body;
  return 0;
}

}  // namespace

int answer_question(const Config& config, const Question& question, std::ostream& out,
                    std::ostream& err) {
  return std::visit([&](const auto& known) { return ask(config, known, out, err); }, question);
}

}  // namespace misp_zeek::app
