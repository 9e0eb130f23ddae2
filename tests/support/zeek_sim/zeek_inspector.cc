// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/zeek_inspector.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::sim {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kRetry{200};
/// A request can be lost while Zeek still subscribes.
constexpr milliseconds kAskAgain{2'000};

milliseconds until(Clock::time_point deadline) {
  return std::max(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds::zero());
}

struct DumpReply {
  std::uint64_t nonce = 0;
  bool last = false;
  std::vector<std::string> entries;
};

/// nullopt for anything else than a well-formed reply.
std::optional<DumpReply> read_reply(const zeek::WireMessage& message) {
  const auto& [name, args] = message.event;
  if (message.topic != kInspectReplyTopic || name != kDumpReplyEvent || args.size() != 3) {
    return std::nullopt;
  }
  const auto* nonce = std::get_if<std::uint64_t>(&args[0].value);
  const auto* last = std::get_if<bool>(&args[1].value);
  const auto* entries = std::get_if<zeek::WireValue::Vector>(&args[2].value);
  if (nonce == nullptr || last == nullptr || entries == nullptr) {
    return std::nullopt;
  }
  DumpReply reply{*nonce, *last, {}};
  for (const auto& entry : *entries) {
    const auto* line = std::get_if<std::string>(&entry.value);
    if (line == nullptr) {
      return std::nullopt;
    }
    reply.entries.push_back(*line);
  }
  return reply;
}

}  // namespace

ZeekInspector::ZeekInspector(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}

Result<std::unique_ptr<ZeekInspector>> ZeekInspector::connect(const Options& options,
                                                              milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  Error last{ErrorCode::kTimeout, "no connection to Zeek in time", 0};
  while (Clock::now() < deadline) {
    auto channel = Channel::open(options, kInspectReplyTopic, until(deadline));
    if (channel) {
      return std::unique_ptr<ZeekInspector>(new ZeekInspector(std::move(*channel)));
    }
    last = std::move(channel.error());
    std::this_thread::sleep_for(std::min(kRetry, until(deadline)));
  }
  return tl::unexpected(last);
}

Result<std::vector<std::string>> ZeekInspector::dump(milliseconds timeout) {
  return ask(kDumpEvent, timeout);
}

Result<std::size_t> ZeekInspector::size(milliseconds timeout) {
  const auto answer = ask(kSizeEvent, timeout);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  return std::stoul(answer->at(0));
}

void ZeekInspector::see(const std::string& indicator) {
  channel_->publish(kInspectTopic, {kSeeEvent, {indicator}});
}

Result<std::vector<std::string>> ZeekInspector::ask(const char* question, milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  const std::uint64_t first_nonce = nonce_ + 1;
  std::map<std::uint64_t, std::vector<std::string>> answers;  // by nonce
  auto ask_at = Clock::now();
  while (Clock::now() < deadline) {
    if (answers.empty() && Clock::now() >= ask_at) {
      channel_->publish(kInspectTopic, {question, {++nonce_}});
      ask_at = Clock::now() + kAskAgain;
    }
    for (const auto& report : channel_->wait(until(answers.empty() ? ask_at : deadline))) {
      if (const auto* down = std::get_if<zeek::PeerDown>(&report)) {
        return tl::unexpected(down->error);
      }
      const auto* message = std::get_if<zeek::WireMessage>(&report);
      auto reply = message != nullptr ? read_reply(*message) : std::nullopt;
      if (!reply || reply->nonce < first_nonce) {
        continue;
      }
      auto& lines = answers[reply->nonce];
      std::move(reply->entries.begin(), reply->entries.end(), std::back_inserter(lines));
      if (reply->last) {
        std::sort(lines.begin(), lines.end());
        return std::move(lines);
      }
    }
  }
  return fail(ErrorCode::kTimeout, "Zeek did not answer the test inspector in time");
}

}  // namespace misp_zeek::sim
