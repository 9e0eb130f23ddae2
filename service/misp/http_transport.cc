// SPDX-License-Identifier: BSD-3-Clause
#include "misp/http_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <mutex>
#include <utility>

namespace misp_zeek::misp {
namespace {

/// Received and not yet read; more makes the transfer pause.
constexpr std::size_t kBufferBytes = 256UL * 1024;
constexpr int kPollMs = 1000;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

void append(HeaderList& list, const std::string& line) {
  auto* head = curl_slist_append(list.get(), line.c_str());
  if (head != nullptr && list == nullptr) {
    list.reset(head);
  }
}

bool same_name(std::string_view name, std::string_view lower) {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                    : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

void take_header(HttpHead& head, std::string_view name, std::string_view value) {
  if (same_name(name, "content-type")) {
    head.content_type = value;
  } else if (same_name(name, "location")) {
    head.location = value;
  } else if (same_name(name, "x-skipped-elements-count")) {
    head.skipped = number_in<std::uint64_t>(value).value_or(0);
  } else if (same_name(name, "x-result-count")) {
    head.result_count = number_in<std::uint64_t>(value);
  } else if (same_name(name, "x-rate-limit-reset") ||
             (same_name(name, "retry-after") && !head.retry_after)) {
    head.retry_after = number_in<int>(value);
  } else if (same_name(name, "date")) {
    head.date = std::max<std::int64_t>(curl_getdate(std::string(value).c_str(), nullptr), 0);
  }
}

}  // namespace

class HttpTransport::Impl {
 public:
  explicit Impl(TransportOptions options);
  ~Impl() { abandon(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<HttpHead> send(std::string_view path, const std::optional<std::string>& body);
  std::string_view read();
  const std::optional<Error>& error() const { return error_; }
  const std::string& authorization() const { return options_.authorization; }
  void cancel();

 private:
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  void set_headers();
  void renew_authorization();
  void set_fixed_options();
  void start(const std::string& url, const std::optional<std::string>& body);
  void pump();
  void finish(CURLcode code);
  void abandon();
  void fail_with(Error error);

  TransportOptions options_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  std::atomic<bool> cancelled_{false};

  bool running_ = false;  ///< the easy handle is in the multi handle
  bool paused_ = false;
  std::size_t body_bytes_ = 0;
  std::string received_;  ///< not yet handed out
  std::string handed_;    ///< what read() returned last
  HttpHead head_;
  std::optional<Error> error_;
};

HttpTransport::Impl::Impl(TransportOptions options) : options_(std::move(options)) {
  init_curl_once();
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  if (multi_ != nullptr && easy_ != nullptr) {
    set_fixed_options();
  }
}

void HttpTransport::Impl::set_headers() {
  HeaderList headers;
  append(headers, "Authorization: " + options_.authorization);
  append(headers, "Accept: application/json");
  append(headers, "Content-Type: application/json");
  append(headers, "Expect:");  // no round trip before the body
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers.get());
  headers_ = std::move(headers);
}

/// The key may have been renewed since the last request.
void HttpTransport::Impl::renew_authorization() {
  auto current = options_.current_authorization ? options_.current_authorization() : "";
  if (!current.empty() && current != options_.authorization) {
    options_.authorization = std::move(current);
    set_headers();
  }
}

void HttpTransport::Impl::set_fixed_options() {
  set_headers();
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options_.verify_tls ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options_.verify_tls ? 2L : 0L);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);  // the file may be renewed
  }
  // A MISP in a container has another address each time it is made again.
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.request_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Impl::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Impl::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

std::size_t HttpTransport::Impl::on_header(char* bytes, std::size_t size, std::size_t count,
                                           void* self) {
  auto& head = static_cast<Impl*>(self)->head_;
  const std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) {
    head = {};  // an interim answer came before
    return line.size();
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    take_header(head, line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return line.size();
}

std::size_t HttpTransport::Impl::on_body(char* bytes, std::size_t size, std::size_t count,
                                         void* self) {
  auto& impl = *static_cast<Impl*>(self);
  if (impl.received_.size() >= kBufferBytes) {
    impl.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  const std::size_t length = size * count;
  impl.body_bytes_ += length;
  if (impl.body_bytes_ > impl.options_.max_response_bytes) {
    impl.fail_with({ErrorCode::kTooLarge,
                    "MISP's answer is larger than " +
                        std::to_string(impl.options_.max_response_bytes) + " bytes",
                    0});
    return 0;
  }
  impl.received_.append(bytes, length);
  return length;
}

void HttpTransport::Impl::fail_with(Error error) {
  if (!error_) {
    error_ = std::move(error);
  }
}

void HttpTransport::Impl::start(const std::string& url, const std::optional<std::string>& body) {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  if (body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body->c_str());
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  if (curl_multi_add_handle(multi_.get(), easy) == CURLM_OK) {
    running_ = true;
  } else {
    fail_with({ErrorCode::kUnavailable, "libcurl cannot start a transfer", 0});
  }
}

Result<HttpHead> HttpTransport::Impl::send(std::string_view path,
                                           const std::optional<std::string>& body) {
  if (multi_ == nullptr || easy_ == nullptr) {
    return fail(ErrorCode::kUnavailable, "libcurl cannot be initialised");
  }
  abandon();
  error_.reset();
  head_ = {};
  received_.clear();
  body_bytes_ = 0;
  paused_ = false;
  detail_.fill('\0');
  renew_authorization();
  start(options_.url + std::string(path), body);
  while (running_ && received_.empty() && !error_) {
    pump();
  }
  if (error_) {
    abandon();
    return tl::unexpected<Error>(*error_);
  }
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  head_.status = static_cast<int>(status);
  return head_;
}

std::string_view HttpTransport::Impl::read() {
  handed_.clear();
  if (paused_) {
    paused_ = false;
    received_.swap(handed_);
    curl_easy_pause(easy_.get(), CURLPAUSE_CONT);  // may call on_body
  }
  while (handed_.empty() && received_.empty() && running_ && !error_) {
    pump();
  }
  if (error_) {
    abandon();
    return {};
  }
  if (handed_.empty()) {
    handed_.swap(received_);
  }
  return handed_;
}

/// Lets libcurl work once and waits for the network if there was nothing to do.
void HttpTransport::Impl::pump() {
  if (cancelled_) {
    fail_with({ErrorCode::kCancelled, "the request was cancelled", 0});
    return;
  }
  int running = 0;
  if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
    fail_with({ErrorCode::kUnavailable, "libcurl cannot go on with a transfer", 0});
    return;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) {
      finish(message->data.result);
      return;
    }
  }
  if (received_.empty()) {
    curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
  }
}

void HttpTransport::Impl::finish(CURLcode code) {
  curl_multi_remove_handle(multi_.get(), easy_.get());
  running_ = false;
  if (code != CURLE_OK) {
    fail_with(transfer_error(code, detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(code)));
  }
}

void HttpTransport::Impl::abandon() {
  if (running_) {
    curl_multi_remove_handle(multi_.get(), easy_.get());
    running_ = false;
  }
}

void HttpTransport::Impl::cancel() {
  cancelled_ = true;
  if (multi_ != nullptr) {
    curl_multi_wakeup(multi_.get());
  }
}

HttpTransport::HttpTransport(TransportOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

HttpTransport::~HttpTransport() = default;

Result<HttpHead> HttpTransport::send(std::string_view path,
                                     const std::optional<std::string>& body) {
  return impl_->send(path, body);
}

std::string_view HttpTransport::read() { return impl_->read(); }

std::string HttpTransport::read_all(std::size_t max) {
  std::string text;
  for (auto piece = impl_->read(); !piece.empty(); piece = impl_->read()) {
    text.append(piece.substr(0, max - std::min(max, text.size())));
  }
  return text;
}

const std::optional<Error>& HttpTransport::error() const { return impl_->error(); }

const std::string& HttpTransport::authorization() const { return impl_->authorization(); }

void HttpTransport::cancel() { impl_->cancel(); }

}  // namespace misp_zeek::misp
