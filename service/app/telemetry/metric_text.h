// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Prometheus' text format 0.0.4, as far as it is needed here. Written for this program because
/// Broker 2.x has prometheus-cpp in its own library and exports its symbols, which another release
/// of it in the same process would take for its own. Nothing here is thread safe.
namespace misp_zeek::app {

enum class MetricType { kCounter, kGauge };

/// One counter or gauge with all its series.
class MetricFamily {
 public:
  MetricFamily(std::string name, MetricType type, std::string help, std::vector<std::string> labels)
      : name_(std::move(name)), type_(type), help_(std::move(help)), labels_(std::move(labels)) {}

  /// One value for each label, in the order of their names.
  void add(const std::vector<std::string_view>& values, double sample);
  void append_to(std::string& text) const;

 private:
  std::string name_;
  MetricType type_;
  std::string help_;
  std::vector<std::string> labels_;
  std::string series_;  ///< lines
};

/// Durations in seconds, counted up to fixed bounds, for each value of one label.
class HistogramFamily {
 public:
  /// `label` may be empty: then the only series is that of the value "".
  HistogramFamily(std::string name, std::string help, std::string label, std::vector<double> bounds)
      : name_(std::move(name)),
        help_(std::move(help)),
        label_(std::move(label)),
        bounds_(std::move(bounds)) {}

  /// Makes the series, with zeros, if there is none yet.
  void declare(const std::string& value);
  void observe(const std::string& value, double seconds);
  void append_to(std::string& text) const;

 private:
  struct Series {
    std::vector<std::uint64_t> counts;  ///< one more than bounds, not cumulative
    double sum = 0;
  };

  std::string name_;
  std::string help_;
  std::string label_;
  std::vector<double> bounds_;  ///< rising
  std::map<std::string, Series> series_;
};

}  // namespace misp_zeek::app
