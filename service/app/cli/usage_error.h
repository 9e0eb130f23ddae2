// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Error;
class Validator;
}  // namespace CLI

namespace misp_zeek::app {

/// What is wrong with the arguments, what was probably meant, and what is allowed: lines with their
/// ends. `app` has failed to parse `arguments` (without the program's name) with `error`.
std::string usage_error(const CLI::App& app, const std::vector<std::string>& arguments,
                        const CLI::Error& error);

/// A value must be one of these words.
CLI::Validator one_of(const std::vector<std::string>& words);
/// A value must be the id of an event.
CLI::Validator event_id();

}  // namespace misp_zeek::app
