// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "core/sightings/match_notifications.h"

namespace misp_zeek::webhook {

struct WebhookOptions {
  /// http(s)://HOST[:PORT]/PATH. Whoever has it can post, so it is in no error text.
  std::string url;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{10'000};  ///< for the whole post
  std::string user_agent = "misp-zeek";
};

/// POSTs `{"text": ...}`, which Slack, Mattermost and Rocket.Chat take. Certificates are verified
/// against the system's CAs; redirects are not followed; of the answer only the status counts: 2xx
/// is success, 429 kRateLimited, 5xx kUnavailable, all else kIncompatible.
///
/// Threads: post() from one thread, cancel() from any.
class WebhookClient : public Webhook {
 public:
  explicit WebhookClient(WebhookOptions options);
  ~WebhookClient() override;
  Result<void> post(const std::string& text) override;
  void cancel() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::webhook
