// SPDX-License-Identifier: BSD-3-Clause
#include "webhook/webhook_client.h"

#include <curl/curl.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

namespace misp_zeek::webhook {
namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t read_over(char*, std::size_t size, std::size_t count, void*) { return size * count; }

Error transfer_error(CURLcode code) {
  // libcurl's own detail may name the URL.
  return {code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
          std::string("webhook: ") + curl_easy_strerror(code), 0};
}

Result<void> judge(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) {
    return {};
  }
  const std::string text = "webhook: status " + std::to_string(status);
  if (status == 429) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    return tl::unexpected<Error>(
        {ErrorCode::kRateLimited, text, static_cast<int>(std::min<curl_off_t>(seconds, 86'400))});
  }
  return fail(status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kIncompatible, text);
}

}  // namespace

class WebhookClient::Impl {
 public:
  explicit Impl(WebhookOptions options) : options_(std::move(options)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    easy_.reset(curl_easy_init());
    headers_.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    if (easy_ != nullptr) {
      set_options();
    }
  }

  Result<void> post(const std::string& text) {
    if (easy_ == nullptr) {
      return fail(ErrorCode::kUnavailable, "webhook: libcurl cannot be used");
    }
    const std::string body = nlohmann::json{{"text", text}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    const CURLcode code = curl_easy_perform(easy_.get());
    if (cancelled_) {
      return fail(ErrorCode::kCancelled, "webhook: cancelled");
    }
    return code == CURLE_OK ? judge(easy_.get())
                            : Result<void>(tl::unexpected<Error>(transfer_error(code)));
  }

  void cancel() { cancelled_ = true; }

 private:
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Impl*>(self)->cancelled_ ? 1 : 0;
  }

  void set_options() {
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.request_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &read_over);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Impl::on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
  }

  const WebhookOptions options_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::atomic<bool> cancelled_{false};
};

WebhookClient::WebhookClient(WebhookOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

WebhookClient::~WebhookClient() = default;

Result<void> WebhookClient::post(const std::string& text) { return impl_->post(text); }

void WebhookClient::cancel() { impl_->cancel(); }

}  // namespace misp_zeek::webhook
