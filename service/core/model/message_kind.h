// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <string_view>
#include <vector>

#include "core/model/attribute.h"

namespace misp_zeek {

/// What a feed message is about and what happened. A closed set: metric labels.
struct MessageKind {
  std::string_view topic;   ///< "attribute", "event", "tag", ...; "other" tells of no indicator
  std::string_view action;  ///< "add", "soft_delete", "publish", ...
  auto operator<=>(const MessageKind&) const = default;
};

MessageKind kind_of(const FeedMessage& message);

/// Every kind there is.
const std::vector<MessageKind>& all_message_kinds();

}  // namespace misp_zeek
