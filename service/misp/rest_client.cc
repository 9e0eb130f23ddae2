// SPDX-License-Identifier: BSD-3-Clause
#include "misp/rest_client.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "misp/http_transport.h"
#include "misp/rest_decode.h"
#include "misp/search_body.h"

namespace misp_zeek::misp {
namespace {

constexpr std::string_view kSearchPath = "/attributes/restSearch";
constexpr std::string_view kIndexPath = "/events/index";
constexpr std::string_view kEventsPath = "/events/restSearch";
constexpr std::string_view kVersionPath = "/servers/getVersion";
constexpr std::string_view kUserPath = "/users/view/me";
constexpr std::string_view kAttributePath = "/attributes/view/";
/// Enough for every answer that is not a list.
constexpr std::size_t kMaxSmallBody = 1024UL * 1024;

using Failure = tl::unexpected<Error>;

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_web_page(std::string_view start) {
  const auto first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && start[first] == '<';
}

}  // namespace

class RestClient::Impl {
 public:
  explicit Impl(RestOptions options)
      : options_(std::move(options)), transport_(transport_options(options_)) {}

  /// Sends a request and hands the body to `decode`, a function of NextChunk. The transfer's own
  /// failure is the better explanation when both fail.
  template <typename T>
  Result<T> ask(std::string_view path, const std::optional<std::string>& body, HttpHead& head,
                const std::function<Result<T>(const NextChunk&)>& decode);
  Result<RestReply> perform(const UserCall& call);
  Result<RestReply> perform(const IndexCall& call);
  Result<RestReply> perform(const EventCall& call);
  Result<RestReply> perform(const SearchCall& call);
  Result<RestReply> perform(const PresenceCall& call);
  void cancel() { transport_.cancel(); }

 private:
  Result<std::string> get_small(std::string_view path, HttpHead& head);
  Failure failure(Error error, std::string_view path) const;

  RestOptions options_;
  HttpTransport transport_;
};

tl::unexpected<Error> RestClient::Impl::failure(Error error, std::string_view path) const {
  return Failure(name_request(std::move(error), path, transport_.authorization()));
}

template <typename T>
Result<T> RestClient::Impl::ask(std::string_view path, const std::optional<std::string>& body,
                                HttpHead& head,
                                const std::function<Result<T>(const NextChunk&)>& decode) {
  auto answer = transport_.send(path, body);
  if (!answer) {
    return failure(answer.error(), path);
  }
  head = *std::move(answer);
  if (head.status != 200) {
    const auto text = transport_.read_all(kMaxSmallBody);
    return failure(status_error(head, text), path);
  }
  bool first = true;
  bool web_page = false;
  auto decoded = decode([&] {
    const auto piece = transport_.read();
    web_page = web_page || (std::exchange(first, false) && is_web_page(piece));
    return web_page ? std::string_view{} : piece;
  });
  if (web_page) {
    return failure(web_page_error(), path);
  }
  if (transport_.error()) {
    return failure(*transport_.error(), path);
  }
  return decoded ? std::move(decoded) : Result<T>(failure(decoded.error(), path));
}

Result<std::string> RestClient::Impl::get_small(std::string_view path, HttpHead& head) {
  return ask<std::string>(path, std::nullopt, head,
                          [](const NextChunk& next) -> Result<std::string> {
                            std::string text;
                            for (auto piece = next(); !piece.empty(); piece = next()) {
                              if (text.size() + piece.size() > kMaxSmallBody) {
                                return fail(ErrorCode::kTooLarge,
                                            "an answer larger than expected: is misp.url the "
                                            "address of MISP itself, without the path of a page?");
                              }
                              text += piece;
                            }
                            return text;
                          });
}

Result<RestReply> RestClient::Impl::perform(const UserCall&) {
  HttpHead head;
  const auto version = get_small(kVersionPath, head);
  if (!version) {
    return Failure(version.error());
  }
  const auto me = get_small(kUserPath, head);
  if (!me) {
    return Failure(me.error());
  }
  auto user = decode_user(*version, *me);
  if (!user) {
    return Failure(std::move(user.error()));
  }
  return RestReply{*std::move(user), head.date};
}

Result<RestReply> RestClient::Impl::perform(const IndexCall& call) {
  HttpHead head;
  auto index = ask<EventIndex>(kIndexPath, index_body(call), head, decode_event_index);
  if (!index) {
    return Failure(std::move(index.error()));
  }
  return RestReply{*std::move(index), head.date};
}

Result<RestReply> RestClient::Impl::perform(const EventCall& call) {
  HttpHead head;
  auto details = ask<EventDetails>(kEventsPath, events_body(call), head, decode_events);
  if (!details) {
    return Failure(std::move(details.error()));
  }
  return RestReply{*std::move(details), head.date};
}

Result<RestReply> RestClient::Impl::perform(const SearchCall& call) {
  const auto body = search_body(call, {options_.filter, options_.mapped_types});
  if (!body) {
    return RestReply{AttributeReply{}, 0};
  }
  HttpHead head;
  auto decoded = ask<DecodedRows>(kSearchPath, body, head, [&](const NextChunk& next) {
    return decode_rows(next, {call.limit, options_.max_row_bytes});
  });
  if (!decoded) {
    return Failure(std::move(decoded.error()));
  }
  return RestReply{
      attribute_reply(*std::move(decoded), {head.result_count, head.skipped}, call.limit),
      head.date};
}

Result<RestReply> RestClient::Impl::perform(const PresenceCall& call) {
  const auto path = std::string(kAttributePath) + call.uuid.str();
  auto head = transport_.send(path, std::nullopt);
  if (!head) {
    return failure(head.error(), path);
  }
  const auto text = transport_.read_all(kMaxSmallBody);
  if (transport_.error()) {
    return failure(*transport_.error(), path);
  }
  if (negative_reply(*head, text, path)) {
    return RestReply{Presence{false}, head->date};
  }
  if (head->status != 200) {
    return failure(status_error(*head, text), path);
  }
  const auto shown = decode_presence(text, call.uuid);
  if (!shown) {
    return failure(shown.error(), path);
  }
  return RestReply{*shown, head->date};
}

TransportOptions transport_options(const RestOptions& options) {
  TransportOptions transport;
  transport.url = options.url;
  transport.authorization = options.api_key;
  transport.current_authorization = options.current_api_key;
  transport.verify_tls = options.verify_tls;
  transport.ca_file = options.ca_file;
  transport.proxy = options.proxy;
  transport.connect_timeout = options.connect_timeout;
  transport.request_timeout = options.request_timeout;
  transport.user_agent = options.user_agent;
  transport.max_response_bytes = options.max_response_bytes;
  return transport;
}

Result<void> check(RestOptions& options) {
  while (options.url.ends_with('/')) {
    options.url.pop_back();
  }
  const bool http = options.url.starts_with("http://") || options.url.starts_with("https://");
  if (!http || !printable(options.url) || options.url.find_first_of("?#") != std::string::npos) {
    return fail(ErrorCode::kInvalidConfig,
                "misp.url: expected http://HOST or https://HOST, with port and path if needed");
  }
  if (options.api_key.empty() || !printable(options.api_key)) {
    return fail(ErrorCode::kInvalidConfig,
                "the MISP API key is empty or has characters that no key has");
  }
  return {};
}

Result<std::unique_ptr<RestClient>> RestClient::create(RestOptions options) {
  if (auto usable = check(options); !usable) {
    return Failure(std::move(usable.error()));
  }
  return std::unique_ptr<RestClient>(new RestClient(std::make_unique<Impl>(std::move(options))));
}

RestClient::RestClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RestClient::~RestClient() = default;

Result<RestReply> RestClient::call(const RestCall& call) {
  return std::visit([this](const auto& known) { return impl_->perform(known); }, call);
}

void RestClient::cancel() { impl_->cancel(); }

}  // namespace misp_zeek::misp
