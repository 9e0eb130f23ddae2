// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/indicator.h"

namespace misp_zeek::app {

enum class ExportFormat {
  kZeekIntel,  ///< a file for Intel::read_files of a Zeek without the package
  kJson,       ///< an array of objects
};

/// "zeek-intel" or "json"; nullopt for anything else.
std::optional<ExportFormat> parse_export_format(std::string_view name);

/// Up to some thousand items after the entry, in key order; none: that was all.
using NextItems = std::function<std::vector<Item>(const std::optional<EntryKey>& after)>;

/// All items as one text.
std::string export_items(ExportFormat format, const NextItems& next);

}  // namespace misp_zeek::app
