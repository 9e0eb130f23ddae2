// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

/// What is made of the command line's own definition, so that it cannot say anything else.
namespace misp_zeek::app {

/// Text for man(7): nothing in it is a request or an escape.
std::string roff(std::string_view text);

/// misp-zeek(1) in the macros of man(7).
std::string man_page(const CLI::App& app);

/// Completion for bash 4 and later; needs nothing else.
std::string bash_completion(const CLI::App& app);

}  // namespace misp_zeek::app
