// SPDX-License-Identifier: BSD-3-Clause
#include "app/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace misp_zeek::app::log {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("misp-zeek",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("ts=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

std::string quoted(std::string_view value) {
  const bool plain =
      !value.empty() && value.find_first_of(" \"=\\\n\r\t") == std::string_view::npos;
  if (plain) {
    return std::string(value);
  }
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text += '\\';
    }
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text + "\"";
}

void write(spdlog::level::level_enum level, std::string_view message, Fields fields) {
  if (logger().should_log(level)) {
    logger().log(level, spdlog::string_view_t(format(message, fields)));
  }
}

}  // namespace

std::string format(std::string_view message, Fields fields) {
  std::string line = "msg=" + quoted(message);
  for (const auto& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    line += quoted(field.value);
  }
  return line;
}

void set_level(const std::string& level) { logger().set_level(spdlog::level::from_str(level)); }
void debug(std::string_view message, Fields fields) {
  write(spdlog::level::debug, message, fields);
}
void info(std::string_view message, Fields fields) { write(spdlog::level::info, message, fields); }
void warn(std::string_view message, Fields fields) { write(spdlog::level::warn, message, fields); }
void error(std::string_view message, Fields fields) { write(spdlog::level::err, message, fields); }

}  // namespace misp_zeek::app::log
