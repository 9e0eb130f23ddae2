// SPDX-License-Identifier: BSD-3-Clause
#include "misp/sightings_client.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "misp/http_transport.h"

namespace misp_zeek::misp {
namespace {

constexpr std::string_view kPath = "/sightings/add/";
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
      return failure(head.error());
    }
    auto text = transport_.read_all(kMaxBody);
    if (head->status != 200) {
      auto error = status_error(*head, text);
      if (head->status == 403 && error.message.find(kNoPermission) != std::string::npos) {
        return fail(ErrorCode::kUnauthorized,
                    "MISP refuses sightings: the role lacks perm_sighting");
      }
      return failure(std::move(error));
    }
    if (transport_.error()) {
      return failure(*transport_.error());
    }
    return text;
  }

  tl::unexpected<Error> failure(Error error) const {
    return tl::unexpected<Error>(name_request(std::move(error), kPath, transport_.authorization()));
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
  return outcome ? outcome : impl_->failure(std::move(outcome.error()));
}

void SightingsClient::cancel() { impl_->cancel(); }

}  // namespace misp_zeek::misp
