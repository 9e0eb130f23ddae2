// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/routes.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/api/explain.h"
#include "app/api/export.h"
#include "app/api/status.h"
#include "http/status_page.h"

namespace misp_zeek::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kItemsPerQuestion = 5'000;

http::Response busy() {
  return {503, "text/plain; charset=utf-8", "the service's loop does not answer; see /livez\n"};
}

http::Response json_response(const Json& json, const http::Request& request) {
  const int indent = request.query.contains("verbose") ? 2 : -1;
  // Values of indicators may hold anything.
  return {200, "application/json",
          json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n"};
}

/// What the loop says of its state; nullptr when it does not answer.
template <typename Answer>
std::shared_ptr<Answer> answer_of(const AskLoop& ask,
                                  std::function<Answer(const View&, TimePoint)> question) {
  // Shared, for a loop that calls back when nobody waits any more.
  auto answer = std::make_shared<Answer>();
  const bool answered =
      ask([answer, question = std::move(question)](const View& view, TimePoint now) {
        *answer = question(view, now);
      });
  return answered ? answer : nullptr;
}

http::Response status(const AskLoop& ask, const http::Health& health,
                      const http::Request& request) {
  const auto json = answer_of<Json>(
      ask, [health](const View& view, TimePoint now) { return status_json(view, health, now); });
  return json ? json_response(*json, request) : busy();
}

http::Response explain(const AskLoop& ask, const http::Request& request) {
  const auto query = request.query.find("q");
  if (query == request.query.end() || query->second.empty()) {
    return {400, "text/plain; charset=utf-8",
            "what is asked for is missing: ?q=VALUE, a uuid or an event's id\n"};
  }
  if (query->second.size() > kMaxExplainQuery) {
    return {400, "text/plain; charset=utf-8",
            "what is asked for is longer than " + std::to_string(kMaxExplainQuery) + " bytes\n"};
  }
  const auto json = answer_of<Json>(ask, [text = query->second](const View& view, TimePoint) {
    return explain_json(view, text);
  });
  return json ? json_response(*json, request) : busy();
}

http::Response export_all(const AskLoop& ask, const http::Request& request) {
  const auto name = request.query.find("format");
  const auto format =
      parse_export_format(name == request.query.end() ? "zeek-intel" : name->second);
  if (!format) {
    return {400, "text/plain; charset=utf-8", "?format= is zeek-intel or json\n"};
  }
  auto owner = answer_of<std::string>(
      ask, [](const View& view, TimePoint) { return view.config.misp.name; });
  if (!owner) {
    return busy();
  }
  const NextItems next = [ask](const std::optional<EntryKey>& after) {
    auto items = answer_of<std::vector<Item>>(ask, [after](const View& view, TimePoint) {
      return view.store.items_after(after, kItemsPerQuestion);
    });
    return items ? std::optional(std::move(*items)) : std::nullopt;
  };
  const auto text = std::make_shared<ExportText>(*format, std::move(*owner), next);
  auto first = text->next();
  if (!first) {
    return busy();
  }
  http::Response response{
      200, *format == ExportFormat::kJson ? "application/json" : "text/plain; charset=utf-8",
      std::move(*first)};
  response.more = [text] { return text->next(); };
  return response;
}

}  // namespace

std::vector<http::Route> reading_routes(const AskLoop& ask,
                                        const std::function<http::Health()>& health,
                                        const std::function<std::string()>& metrics) {
  using http::Request;
  return {{"/", "status page", [](const Request&) { return http::status_page(); }},
          {"/status", "all of the state as JSON; ?verbose",
           [ask, health](const Request& request) { return status(ask, health(), request); },
           http::Access::kReader, true},
          {"/v1/explain", "why ?q=VALUE, a uuid or an event's id is in Zeek or not",
           [ask](const Request& request) { return explain(ask, request); }, http::Access::kReader,
           true},
          {"/v1/export", "all that Zeek must hold; ?format=zeek-intel or json",
           [ask](const Request& request) { return export_all(ask, request); },
           http::Access::kReader, true},
          {"/metrics", "for Prometheus",
           [metrics](const Request&) {
             return http::Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics()};
           },
           http::Access::kPublic}};
}

}  // namespace misp_zeek::app
