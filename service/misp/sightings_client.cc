// SPDX-License-Identifier: BSD-3-Clause
#include "misp/sightings_client.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "misp/http_transport.h"

namespace misp_zeek::misp {
namespace {

constexpr std::string_view kPath = "/sightings/add/";
/// Not attributes/view: that has the file of a malware-sample in it.
constexpr std::string_view kSearchPath = "/attributes/restSearch";
/// Of a role, not of a key: MISP's ACLComponent does not translate it.
constexpr std::string_view kNoPermission = "You do not have permission to use this functionality";
constexpr std::size_t kMaxBody = 256UL * 1024;

}  // namespace

class SightingsClient::Impl {
 public:
  explicit Impl(const RestOptions& options) : transport_(transport_options(options)) {}

  Result<std::string> ask(const std::string& path, const std::string& body) {
    const auto head = transport_.send(path, body);
    if (!head) {
      return failure(head.error(), path);
    }
    auto text = transport_.read_all(kMaxBody);
    if (head->status != 200) {
      auto error = status_error(*head, text);
      if (head->status == 403 && error.message.find(kNoPermission) != std::string::npos) {
        return fail(ErrorCode::kUnauthorized,
                    "MISP refuses sightings: the role lacks perm_sighting");
      }
      return failure(std::move(error), path);
    }
    if (transport_.error()) {
      return failure(*transport_.error(), path);
    }
    return text;
  }

  /// `path` without what follows its last '/'.
  tl::unexpected<Error> failure(Error error, std::string_view path) const {
    const auto shown = path.starts_with(kPath) ? kPath : path;
    return tl::unexpected<Error>(name_request(std::move(error), shown, transport_.authorization()));
  }
  void cancel() { transport_.cancel(); }

 private:
  HttpTransport transport_;
};

std::string sighting_body(const SightingPost& post) {
  return nlohmann::json{
      {"type", "0"}, {"source", post.source}, {"timestamp", std::to_string(post.seen_at)}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<PostOutcome> decode_sighting_answer(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("Sighting") && json["Sighting"].is_object()) {
    return PostOutcome::kTaken;
  }
  if (json.is_object() && json.contains("message") && json["message"].is_string()) {
    const auto& message = json["message"].get_ref<const std::string&>();
    return message.find("No valid attributes found") == std::string::npos ? PostOutcome::kRefused
                                                                          : PostOutcome::kGone;
  }
  const auto start = body.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && body[start] == '<') {
    return tl::unexpected<Error>(web_page_error());
  }
  return fail(ErrorCode::kMalformed, "an answer that is neither a sighting nor a message");
}

Result<std::optional<AttributeValue>> decode_value_answer(std::string_view body,
                                                          const Uuid& attribute) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto* rows = json.is_object() && json.contains("response") ? &json["response"] : nullptr;
  if (rows != nullptr && rows->is_object() && rows->contains("Attribute")) {
    rows = &(*rows)["Attribute"];
  }
  if (rows == nullptr || !rows->is_array()) {
    const auto start = body.find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos && body[start] == '<') {
      return tl::unexpected<Error>(web_page_error());
    }
    return fail(ErrorCode::kMalformed, "an answer without a list of attributes");
  }
  for (const auto& row : *rows) {
    const auto text = [&row](const char* key) {
      return row.is_object() && row.contains(key) && row[key].is_string()
                 ? row[key].get<std::string>()
                 : std::string();
    };
    if (text("uuid") == attribute.str()) {
      return AttributeValue{text("type"), text("value")};
    }
  }
  return std::nullopt;
}

Result<std::unique_ptr<SightingsClient>> SightingsClient::create(RestOptions options) {
  if (auto usable = check(options); !usable) {
    return tl::unexpected<Error>(std::move(usable.error()));
  }
  return std::unique_ptr<SightingsClient>(new SightingsClient(std::make_unique<Impl>(options)));
}

SightingsClient::SightingsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SightingsClient::~SightingsClient() = default;

Result<PostOutcome> SightingsClient::add(const SightingPost& post) {
  const auto answer = impl_->ask(std::string(kPath) + post.attribute.str(), sighting_body(post));
  if (!answer) {
    return tl::unexpected<Error>(answer.error());
  }
  auto outcome = decode_sighting_answer(*answer);
  return outcome ? outcome : impl_->failure(std::move(outcome.error()), kPath);
}

Result<std::optional<AttributeValue>> SightingsClient::value_of(const Uuid& attribute) {
  const nlohmann::json asked{
      {"returnFormat", "json"}, {"uuid", attribute.str()}, {"deleted", {0, 1}}};
  const auto answer = impl_->ask(std::string(kSearchPath), asked.dump());
  if (!answer) {
    return tl::unexpected<Error>(answer.error());
  }
  auto value = decode_value_answer(*answer, attribute);
  if (!value) {
    return impl_->failure(std::move(value.error()), kSearchPath);
  }
  return value;
}

void SightingsClient::cancel() { impl_->cancel(); }

}  // namespace misp_zeek::misp
