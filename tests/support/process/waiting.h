// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace misp_zeek::process {

/// Whether the condition holds within `limit`; it is asked again and again.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(40));

}  // namespace misp_zeek::process
