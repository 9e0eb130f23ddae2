// SPDX-License-Identifier: BSD-3-Clause
#include "message.h"

#include <charconv>

#include "json_writer.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto* from = text.data() + i + 1;
      const auto [end, error] = std::from_chars(from, from + 2, code, 16);
      if (error == std::errc{} && end == from + 2) {
        out += static_cast<char>(code);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

void add_named(Request& request, std::string_view text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return;
  request.named[percent_decoded(text.substr(0, at))] = percent_decoded(text.substr(at + 1));
}

}  // namespace

Request parse_request(std::string method, const std::string& target) {
  Request request;
  request.method = std::move(method);
  const auto question = target.find('?');
  std::string_view path = std::string_view(target).substr(0, question);
  if (path.ends_with(".json")) path.remove_suffix(5);
  request.path = percent_decoded(path);
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (part.find(':') != std::string_view::npos && parts.size() >= 2) {
      add_named(request, part, ':');
    } else if (!part.empty()) {
      parts.push_back(percent_decoded(part));
    }
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  if (!parts.empty()) request.controller = to_lower(parts[0]);
  if (parts.size() > 1) request.action = to_lower(parts[1]);
  if (parts.size() > 2) request.arguments.assign(parts.begin() + 2, parts.end());
  if (question == std::string::npos) return request;
  std::string_view query = std::string_view(target).substr(question + 1);
  while (!query.empty()) {
    const auto next = query.find('&');
    add_named(request, query.substr(0, next), '=');
    query = next == std::string_view::npos ? std::string_view{} : query.substr(next + 1);
  }
  return request;
}

Response error_response(int status, const std::string& text, const std::string& url) {
  Response response;
  response.status = status;
  JsonWriter json(response.body, false);
  json.begin_object().text("name", text).text("message", text).text("url", url).end_object();
  return response;
}

}  // namespace misp_zeek::misp_sim
