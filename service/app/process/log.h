// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

/// Structured lines on standard error, one event a line:
/// `ts=2026-01-31T12:00:00.000Z level=info msg="bootstrap complete" attributes=12`, or the same as
/// JSON. All functions may be called by any thread.
namespace misp_zeek::app::log {

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };
enum class Format : std::uint8_t { kLogfmt, kJson };

std::string_view to_string(Level level);
std::string_view to_string(Format format);

/// `name` is a literal of letters, digits and '_'. `value` must not be a secret.
struct Field {
  using Value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;
  std::string_view name;
  Value value;

  Field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  Field(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string(v)) {}
  Field(std::string_view n, std::same_as<bool> auto v) : name(n), value(v) {}
  Field(std::string_view n, std::signed_integral auto v)
      : name(n), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view n,
        std::unsigned_integral auto v) requires(!std::same_as<decltype(v), bool>)
      : name(n), value(static_cast<std::uint64_t>(v)) {}
  Field(std::string_view n, std::floating_point auto v) : name(n), value(static_cast<double>(v)) {}
};
using Fields = std::initializer_list<Field>;

/// Both default to what `[log]` of the configuration defaults to.
void set_level(Level level);
void set_format(Format format);

void write(Level level, std::string_view message, std::span<const Field> fields);
void trace(std::string_view message, Fields fields = {});
void debug(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void warn(std::string_view message, Fields fields = {});
void error(std::string_view message, Fields fields = {});

/// Whether standard error is a terminal. Otherwise set_status_line() does nothing.
bool on_terminal();
/// A last line on the terminal that stays below all others until it is replaced; empty: none.
void set_status_line(std::string line);

/// One line without its end, as write() puts it out. Line feeds and other control characters are
/// escaped and what is not UTF-8 is replaced, so that one event is one line whatever it quotes.
std::string format_line(Format format, std::chrono::system_clock::time_point time, Level level,
                        std::string_view message, std::span<const Field> fields);

/// Priority prefix of the journal for a level, e.g. "<6>".
std::string_view journal_prefix(Level level);

/// One place that may have something to say very often: a line at most once in `interval`, with
/// the number of lines that were suppressed since the one before, as the field `suppressed`.
class Limited {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Limited(std::chrono::seconds interval = std::chrono::seconds(60))
      : interval_(interval) {}

  void warn(std::string_view message, Fields fields = {});
  void error(std::string_view message, Fields fields = {});

  /// The number of calls refused since the last admitted one, or nullopt: this one is refused.
  std::optional<std::uint64_t> admit(Time now);

 private:
  void write(Level level, std::string_view message, Fields fields);

  const std::chrono::seconds interval_;
  std::mutex mutex_;
  std::optional<Time> next_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace misp_zeek::app::log
