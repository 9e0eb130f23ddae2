// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/toml.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace misp_zeek::app {
namespace {

constexpr std::string_view kZeek = "zeek";

std::string kind_of(const toml::node& node) {
  std::ostringstream name;
  name << node.type();
  return name.str();
}

Scalar scalar_of(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) {
    return flag->get();
  }
  if (const auto* whole = node.as_integer()) {
    return whole->get();
  }
  if (const auto* real = node.as_floating_point()) {
    return real->get();
  }
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  return Unusable{kind_of(node)};
}

Value value_of(const toml::node& node) {
  if (const auto* array = node.as_array()) {
    List list;
    for (const toml::node& member : *array) {
      list.members.push_back(scalar_of(member));
    }
    return list;
  }
  return std::visit([](auto&& scalar) { return Value(std::forward<decltype(scalar)>(scalar)); },
                    scalar_of(node));
}

class Flattener {
 public:
  explicit Flattener(const std::vector<std::string>& sections) : sections_(sections) {}

  void add_table(const toml::table& table, const std::string& section) {
    for (const auto& [key, node] : table) {
      const std::string name =
          section.empty() ? std::string(key.str()) : section + "." + std::string(key.str());
      const auto* zeeks = node.as_array();
      if (name == kZeek && zeeks != nullptr) {
        add_zeeks(*zeeks);
      } else if (const auto* inner = node.as_table(); inner != nullptr && is_section(name)) {
        add_table(*inner, name);
      } else {
        add(inner == nullptr ? Entry::Kind::kValue : Entry::Kind::kUnknownSection, name, node,
            line_of(node, key));
      }
    }
  }

  std::vector<Entry> take() { return std::move(entries_); }

 private:
  static std::size_t line_of(const toml::node& node, const toml::key& key) {
    const std::size_t line = node.source().begin.line;
    return line != 0 ? line : key.source().begin.line;
  }

  bool is_section(const std::string& name) const {
    return std::find(sections_.begin(), sections_.end(), name) != sections_.end();
  }

  void add_zeeks(const toml::array& zeeks) {
    for (const toml::node& zeek : zeeks) {
      const std::size_t line = zeek.source().begin.line;
      const auto* table = zeek.as_table();
      if (table == nullptr) {
        add(Entry::Kind::kValue, std::string(kZeek), zeek, line);
        continue;
      }
      zeek_ = zeek_ ? *zeek_ + 1 : 0;
      entries_.push_back({Entry::Kind::kZeek, "", line, zeek_, {}});
      for (const auto& [key, node] : *table) {
        entries_.push_back({node.is_table() ? Entry::Kind::kUnknownSection : Entry::Kind::kValue,
                            std::string(key.str()), line_of(node, key), zeek_, value_of(node)});
      }
    }
  }

  void add(Entry::Kind kind, const std::string& key, const toml::node& node, std::size_t line) {
    entries_.push_back({kind, key, line, std::nullopt, value_of(node)});
  }

  const std::vector<std::string>& sections_;
  std::vector<Entry> entries_;
  std::optional<std::size_t> zeek_;
};

}  // namespace

Result<std::vector<Entry>> parse_toml(std::string_view text,
                                      const std::vector<std::string>& sections,
                                      const AllowedOf& allowed_of) {
  try {
    const toml::table document = toml::parse(text);
    Flattener flattener(sections);
    flattener.add_table(document, "");
    auto entries = flattener.take();
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return a.line < b.line; });
    return entries;
  } catch (const toml::parse_error& error) {
    const std::size_t line = error.source().begin.line;
    return fail(ErrorCode::kInvalidConfig,
                std::to_string(line) +
                    ": is not TOML: " + toml_problem(text, line, error.description(), allowed_of));
  }
}

}  // namespace misp_zeek::app
