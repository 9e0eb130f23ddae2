// SPDX-License-Identifier: BSD-3-Clause
#include "app/process/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace misp_zeek::app::log {
namespace {

std::atomic<Level> threshold = Level::kInfo;
std::atomic<Format> line_format = Format::kLogfmt;

/// JOURNAL_STREAM names the device and inode of the journal's socket. A child whose standard error
/// was redirected inherits the variable too, so both are compared.
bool writes_to_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
         std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

constexpr const char* kClearLine = "\r\x1b[K";

/// Lines come finished; the mutex makes sure that threads do not mix them.
struct Output {
  std::mutex mutex;
  spdlog::logger logger{"misp-zeek", std::make_shared<spdlog::sinks::stderr_sink_st>()};
  const bool journal = writes_to_journal();
  const bool terminal = isatty(STDERR_FILENO) == 1;
  std::string status_line;

  Output() {
    logger.set_level(spdlog::level::trace);
    logger.set_pattern("%v");
  }

  void draw_status() {
    if (!status_line.empty()) {
      std::fputs(status_line.c_str(), stderr);
      std::fflush(stderr);
    }
  }
};

Output& output() {
  static Output instance;
  return instance;
}

std::span<const Field> as_span(Fields fields) { return {fields.begin(), fields.size()}; }

}  // namespace

void set_level(Level level) { threshold = level; }
void set_format(Format format) { line_format = format; }

void write(Level level, std::string_view message, std::span<const Field> fields) {
  if (level < threshold.load()) {
    return;
  }
  Output& out = output();
  std::string line(out.journal ? journal_prefix(level) : "");
  line += format_line(line_format, std::chrono::system_clock::now(), level, message, fields);
  const std::lock_guard lock(out.mutex);
  line.insert(0, out.status_line.empty() ? "" : kClearLine);
  out.logger.log(spdlog::level::info, spdlog::string_view_t(line));
  out.draw_status();
}

bool on_terminal() { return output().terminal; }

void set_status_line(std::string line) {
  Output& out = output();
  const std::lock_guard lock(out.mutex);
  if (!out.terminal || line == out.status_line) {
    return;
  }
  out.status_line = std::move(line);
  std::fputs(kClearLine, stderr);
  std::fflush(stderr);
  out.draw_status();
}

void trace(std::string_view message, Fields fields) {
  write(Level::kTrace, message, as_span(fields));
}
void debug(std::string_view message, Fields fields) {
  write(Level::kDebug, message, as_span(fields));
}
void info(std::string_view message, Fields fields) {
  write(Level::kInfo, message, as_span(fields));
}
void warn(std::string_view message, Fields fields) {
  write(Level::kWarn, message, as_span(fields));
}
void error(std::string_view message, Fields fields) {
  write(Level::kError, message, as_span(fields));
}

std::optional<std::uint64_t> Limited::admit(Time now) {
  const std::lock_guard lock(mutex_);
  if (next_ && now < *next_) {
    ++suppressed_;
    return std::nullopt;
  }
  next_ = now + interval_;
  return std::exchange(suppressed_, 0);
}

void Limited::warn(std::string_view message, Fields fields) {
  write(Level::kWarn, message, fields);
}
void Limited::error(std::string_view message, Fields fields) {
  write(Level::kError, message, fields);
}

void Limited::write(Level level, std::string_view message, Fields fields) {
  const auto suppressed = admit(std::chrono::steady_clock::now());
  if (!suppressed) {
    return;
  }
  std::vector<Field> all(fields);
  if (*suppressed > 0) {
    all.emplace_back("suppressed", *suppressed);
  }
  log::write(level, message, all);
}

}  // namespace misp_zeek::app::log
