// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace misp_zeek::process {

/// The command line of a program of the tests. A variable that is given here keeps its value when
/// its option is not there, and must outlive parse(). Names begin with "--".
class CommandLine {
 public:
  explicit CommandLine(const std::string& description);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  void flag(const std::string& name, bool& value, const std::string& help);
  void text(const std::string& name, std::string& value, const std::string& help);
  /// An integer from `least` to `most`.
  template <typename Number>
  void number(const std::string& name, Number& value, std::int64_t least, std::int64_t most,
              const std::string& help) {
    add_number(
        name, least, most, [&value](std::int64_t given) { value = static_cast<Number>(given); },
        help);
  }
  /// One of the names of `values`.
  template <typename Variable, typename Value>
  void choice(const std::string& name, Variable& value, const std::map<std::string, Value>& values,
              const std::string& help) {
    std::vector<std::string> names;
    for (const auto& [each, meaning] : values) {
      names.push_back(each);
    }
    add_choice(
        name, std::move(names),
        [&value, values](const std::string& given) { value = values.at(given); }, help);
  }

  /// The status to exit with at once, after --help or what is wrong was printed.
  std::optional<int> parse(int argc, char** argv);

 private:
  void add_number(const std::string& name, std::int64_t least, std::int64_t most,
                  std::function<void(std::int64_t)> take, const std::string& help);
  void add_choice(const std::string& name, std::vector<std::string> names,
                  std::function<void(const std::string&)> take, const std::string& help);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace misp_zeek::process
