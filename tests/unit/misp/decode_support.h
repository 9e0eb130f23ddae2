// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <variant>

#include "misp/decode.h"

namespace misp_zeek::misp {

/// The message of kind T that the frame must decode to; a default one, with a failure, otherwise.
template <typename T>
T decoded(std::string_view frame) {
  const auto message = decode_frame(frame);
  if (!message) {
    ADD_FAILURE() << message.error().message;
    return T{};
  }
  if (!std::holds_alternative<T>(*message)) {
    ADD_FAILURE() << "another kind of message, index " << message->index();
    return T{};
  }
  return std::get<T>(*message);
}

/// The error that the frame must lead to.
inline Error refused(std::string_view frame, const FrameLimits& limits = {}) {
  const auto message = decode_frame(frame, limits);
  if (message) {
    ADD_FAILURE() << "decoded, index " << message->index();
    return {};
  }
  return message.error();
}

}  // namespace misp_zeek::misp
