// SPDX-License-Identifier: BSD-3-Clause
#include "misp/rest_client.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "misp/http_transport.h"
#include "misp/rest_decode.h"
#include "misp/search_body.h"

namespace misp_zeek::misp {
namespace {

constexpr std::string_view kSearchPath = "/attributes/restSearch";
constexpr std::string_view kIndexPath = "/events/index";
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
  Result<std::string> ask_small(std::string_view path, const std::optional<std::string>& body);
  Result<Presence> presence(const Uuid& uuid);
  SearchContext context() const { return {options_.filter, options_.mapped_types, options_.now()}; }
  const RestOptions& options() const { return options_; }
  void cancel() { transport_.cancel(); }

 private:
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

Result<std::string> RestClient::Impl::ask_small(std::string_view path,
                                                const std::optional<std::string>& body) {
  HttpHead head;
  return ask<std::string>(path, body, head, [](const NextChunk& next) -> Result<std::string> {
    std::string text;
    for (auto piece = next(); !piece.empty(); piece = next()) {
      if (text.size() + piece.size() > kMaxSmallBody) {
        return fail(ErrorCode::kTooLarge, "an answer larger than expected");
      }
      text += piece;
    }
    return text;
  });
}

Result<Presence> RestClient::Impl::presence(const Uuid& uuid) {
  const auto path = std::string(kAttributePath) + uuid.str();
  auto head = transport_.send(path, std::nullopt);
  if (!head) {
    return failure(head.error(), path);
  }
  const auto text = transport_.read_all(kMaxSmallBody);
  if (transport_.error()) {
    return failure(*transport_.error(), path);
  }
  if (says_no_attribute(*head, text)) {
    return Presence{false};
  }
  if (head->status != 200) {
    return failure(status_error(*head, text), path);
  }
  auto shown = decode_presence(text, uuid);
  return shown ? shown : failure(shown.error(), path);
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
  if (!options.now) {
    options.now = [] {
      return std::chrono::duration_cast<std::chrono::seconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    };
  }
  return std::unique_ptr<RestClient>(new RestClient(std::make_unique<Impl>(std::move(options))));
}

RestClient::RestClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RestClient::~RestClient() = default;

Result<AttributePage> RestClient::search(const AttributeSearch& search, std::uint32_t page,
                                         std::uint32_t limit) {
  const auto body = search_body(search, impl_->context(), SearchPage{page, limit});
  if (!body) {
    return AttributePage{};
  }
  HttpHead head;
  auto decoded = impl_->ask<DecodedRows>(kSearchPath, body, head, [&](const NextChunk& next) {
    return decode_rows(next, {limit, impl_->options().max_row_bytes});
  });
  if (!decoded) {
    return Failure(std::move(decoded.error()));
  }
  AttributePage result;
  result.rows = std::move(decoded->rows);
  result.undecodable = decoded->skipped.count;
  result.skipped_rows = std::move(decoded->skipped.named);
  result.skipped = head.skipped;
  result.result_count = head.result_count;
  result.server_time = head.date;
  // X-Result-Count is no total and a page of warninglisted rows alone is empty: only this tells.
  result.last = result.rows.size() + result.undecodable + result.skipped < limit;
  return result;
}

Result<std::uint64_t> RestClient::count(const AttributeSearch& search) {
  const auto body = search_body(search, impl_->context(), std::nullopt);
  if (!body) {
    return std::uint64_t{0};
  }
  return impl_->ask_small(kSearchPath, body).and_then(decode_count);
}

Result<EventIndex> RestClient::event_index() {
  HttpHead head;
  auto decoded = impl_->ask<DecodedIndex>(kIndexPath, R"({"minimal":1})", head, decode_event_index);
  if (!decoded) {
    return Failure(std::move(decoded.error()));
  }
  if (decoded->skipped.count > 0) {
    // An event left out would look deleted.
    return Failure(name_request({ErrorCode::kMalformed, decoded->skipped.named.front().reason, 0},
                                kIndexPath, impl_->options().api_key));
  }
  return EventIndex{std::move(decoded->rows), head.date};
}

Result<Presence> RestClient::presence(const Uuid& uuid) { return impl_->presence(uuid); }

Result<MispUser> RestClient::user() {
  const auto version = impl_->ask_small(kVersionPath, std::nullopt);
  if (!version) {
    return Failure(version.error());
  }
  const auto me = impl_->ask_small(kUserPath, std::nullopt);
  if (!me) {
    return Failure(me.error());
  }
  return decode_user(*version, *me);
}

void RestClient::cancel() { impl_->cancel(); }

}  // namespace misp_zeek::misp
