// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/metric_text.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

namespace misp_zeek::app {
namespace {

std::string number(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? std::string(digits.data(), end) : "NaN";
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c == '\\' || (quotes && c == '"') ? "\\" : "";
      out += c;
    }
  }
  return out;
}

void append_label(std::string& labels, std::string_view name, std::string_view value) {
  labels += labels.empty() ? "" : ",";
  labels.append(name).append("=\"").append(escaped(value, true)).append("\"");
}

std::string in_braces(const std::string& labels) {
  return labels.empty() ? "" : "{" + labels + "}";
}

void append_head(std::string& text, const std::string& name, std::string_view type,
                 const std::string& help) {
  text += "# HELP " + name + " " + escaped(help, false) + "\n# TYPE " + name + " ";
  text.append(type).append("\n");
}

}  // namespace

void MetricFamily::add(const std::vector<std::string_view>& values, double sample) {
  assert(values.size() == labels_.size());
  std::string labels;
  for (std::size_t i = 0; i < values.size(); ++i) {
    append_label(labels, labels_[i], values[i]);
  }
  series_ += name_ + in_braces(labels) + " " + number(sample) + "\n";
}

void MetricFamily::append_to(std::string& text) const {
  append_head(text, name_, type_ == MetricType::kCounter ? "counter" : "gauge", help_);
  text += series_;
}

void HistogramFamily::declare(const std::string& value) {
  series_.try_emplace(value, Series{std::vector<std::uint64_t>(bounds_.size() + 1), 0});
}

void HistogramFamily::observe(const std::string& value, double seconds) {
  declare(value);
  Series& series = series_.at(value);
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), seconds);
  ++series.counts.at(static_cast<std::size_t>(bound - bounds_.begin()));
  series.sum += seconds;
}

void HistogramFamily::append_to(std::string& text) const {
  append_head(text, name_, "histogram", help_);
  for (const auto& [value, series] : series_) {
    std::string labels;
    if (!label_.empty()) {
      append_label(labels, label_, value);
    }
    std::uint64_t count = 0;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
      count += series.counts[i];
      std::string with_bound = labels;
      append_label(with_bound, "le", i < bounds_.size() ? number(bounds_[i]) : "+Inf");
      text += name_ + "_bucket" + in_braces(with_bound) + " " + std::to_string(count) + "\n";
    }
    text += name_ + "_sum" + in_braces(labels) + " " + number(series.sum) + "\n";
    text += name_ + "_count" + in_braces(labels) + " " + std::to_string(count) + "\n";
  }
}

}  // namespace misp_zeek::app
