// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <iosfwd>
#include <string>
#include <variant>

#include "app/config/config.h"

/// Commands that only read: from the running service, or from MISP alone.
namespace misp_zeek::app {

/// `status`: what `/status` says. Exit status 0: all in sync, 1: not, or no service runs.
struct StatusQuestion {
  bool json = false;
  bool url = false;  ///< print the address of the status page with its token, ask nobody
};

/// `explain`: what the service knows of a value, uuid or event; of what it does not have, MISP is
/// asked. Exit status 0: in Zeek, 1: not, or nobody could tell.
struct ExplainQuestion {
  std::string query;
  bool json = false;
};

/// `export`: all that Zeek must hold. With `from_misp` no service has to run.
struct ExportQuestion {
  std::string format = "zeek-intel";
  bool from_misp = false;
};

using Question = std::variant<StatusQuestion, ExplainQuestion, ExportQuestion>;

/// Prints the answer; gives the exit status.
int answer_question(const Config& config, const Question& question, std::ostream& out,
                    std::ostream& err);

}  // namespace misp_zeek::app
