// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

/// What is made of the table of configuration keys, so that it cannot say anything else. The tests
/// hold the checked-in files equal to it.
namespace misp_zeek::app {

struct DocumentedKey {
  std::string name;     ///< without its section
  std::string value;    ///< in TOML: the default, or an example for a required key
  std::string allowed;  ///< empty: true or false
  std::string meaning;  ///< sentences, with code in `` as in Markdown
  bool required = false;
  bool reloadable = false;
};

struct DocumentedSection {
  std::string header;   ///< "[misp.feed]", "[[zeek]]"
  std::string meaning;  ///< one sentence or more
  std::vector<DocumentedKey> keys;
};

std::vector<DocumentedSection> documented_sections();

/// The file that the packages install: every key with its default and meaning.
std::string sample_configuration();

/// The part of docs/configuration.md that has the keys: a table for each section.
std::string configuration_tables();

/// misp-zeek.toml(5) in the macros of man(7).
std::string configuration_man_page();

}  // namespace misp_zeek::app
