// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/indicator.h"

namespace misp_zeek::app {

enum class ExportFormat {
  kZeekIntel,  ///< a file for Intel::read_files of a Zeek without the package
  kJson,       ///< an array of objects
};

/// "zeek-intel" or "json"; nullopt for anything else.
std::optional<ExportFormat> parse_export_format(std::string_view name);

/// Up to some thousand items after the entry, in key order; none: that was all; nullopt: they
/// cannot be had.
using NextItems =
    std::function<std::optional<std::vector<Item>>(const std::optional<EntryKey>& after)>;

/// All items as one text, in pieces. The source of an item in an Intel file is
/// "export-<owner>-<event id>", which is no entry of the service's own.
class ExportText {
 public:
  ExportText(ExportFormat format, std::string owner, NextItems next)
      : format_(format), owner_(std::move(owner)), items_(std::move(next)) {}
  /// The next piece; empty: that was all; nullopt: the items cannot be had.
  std::optional<std::string> next();

 private:
  ExportFormat format_;
  std::string owner_;
  NextItems items_;
  std::optional<EntryKey> after_;
  bool ended_ = false;
};

}  // namespace misp_zeek::app
