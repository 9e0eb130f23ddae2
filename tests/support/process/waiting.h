// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace misp_zeek::process {

/// Whether the condition holds within `limit`; it is asked again and again.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(40));

/// Asks every so often what is missing until that is 0, or has not become less for a minute: a slow
/// machine is waited for, a loss is not. What is missing then.
std::size_t missing_at_last(const std::function<std::size_t()>& missing,
                            std::chrono::milliseconds every = std::chrono::milliseconds(20));

}  // namespace misp_zeek::process
