// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/base/error.h"
#include "core/model/attribute.h"

namespace misp_zeek::misp {

/// Bounds of one message. A publish message of an event with 100,000 attributes has 42 MB.
struct FrameLimits {
  std::size_t max_bytes = 256UL * 1024 * 1024;
  std::size_t max_depth = 64;        ///< levels of nested objects and lists; MISP needs 7
  std::size_t max_values = 100'000;  ///< values of one attribute, or of all that is no attribute
};

/// The topics that decode_frame() understands; all others are IgnoredMessage.
inline constexpr std::string_view kPublishTopic = "misp_json";
inline constexpr std::string_view kAttributeTopic = "misp_json_attribute";
inline constexpr std::string_view kEventTopic = "misp_json_event";
inline constexpr std::string_view kTagTopic = "misp_json_tag";
inline constexpr std::string_view kSightingTopic = "misp_json_sighting";
inline constexpr std::string_view kWarninglistTopic = "misp_json_warninglist";
inline constexpr std::string_view kSelfTopic = "misp_json_self";
inline constexpr std::array kTopics = {kPublishTopic,  kAttributeTopic,   kEventTopic, kTagTopic,
                                       kSightingTopic, kWarninglistTopic, kSelfTopic};

/// Whether the message's topic is one of kTopics; also of what has no topic at all, so that it is
/// seen to be malformed.
bool tells_something(std::string_view frame);

/// Decodes one message of MISP's ZeroMQ feed: `<topic> <JSON>`, shapes as MISP 2.5 sends them
/// (PubSubTool.php, mispzmq.py). Attributes of a publish message are converted one by one, so that
/// only the result grows with it.
///
/// A message of another topic, or with an action that this code does not know, is IgnoredMessage.
/// Errors: kMalformed, kTooLarge; the text names topic, key and what was expected, never a value.
/// Pure; any thread.
Result<FeedMessage> decode_frame(std::string_view frame, const FrameLimits& limits = {});

}  // namespace misp_zeek::misp
