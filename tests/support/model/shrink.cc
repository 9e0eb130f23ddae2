// SPDX-License-Identifier: BSD-3-Clause
#include "model/shrink.h"

#include <algorithm>
#include <utility>

#include "model/world.h"

namespace misp_zeek::model {
namespace {

bool fails(const Scenario& scenario) { return !World(scenario).run().empty(); }

bool keep_if_fails(Scenario& scenario, Scenario smaller) {
  if (!fails(smaller)) {
    return false;
  }
  scenario = std::move(smaller);
  return true;
}

/// Leaves out runs of steps, from long ones down to single ones.
bool drop_steps(Scenario& scenario) {
  bool any = false;
  for (std::size_t length = std::max<std::size_t>(scenario.steps.size() / 2, 1); length > 0;
       length /= 2) {
    for (std::size_t from = 0; from < scenario.steps.size();) {
      Scenario smaller = scenario;
      const auto first = smaller.steps.begin() + static_cast<std::ptrdiff_t>(from);
      const auto count = std::min(length, smaller.steps.size() - from);
      smaller.steps.erase(first, first + static_cast<std::ptrdiff_t>(count));
      if (keep_if_fails(scenario, std::move(smaller))) {
        any = true;
      } else {
        from += length;
      }
    }
  }
  return any;
}

bool drop_options(Scenario& scenario) {
  bool any = false;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    const auto options = scenario.steps[i].options;
    for (const auto& [name, value] : options) {
      Scenario smaller = scenario;
      smaller.steps[i].options.erase(name);
      any |= keep_if_fails(scenario, std::move(smaller));
    }
  }
  const auto settings = scenario.settings;
  for (const auto& [name, value] : settings) {
    Scenario smaller = scenario;
    smaller.settings.erase(name);
    any |= keep_if_fails(scenario, std::move(smaller));
  }
  return any;
}

}  // namespace

Scenario shrink(Scenario scenario) {
  while (drop_steps(scenario) || drop_options(scenario)) {
  }
  return scenario;
}

std::string run_and_shrink(const Scenario& scenario) {
  const std::string first = World(scenario).run();
  if (first.empty()) {
    return "";
  }
  Scenario smallest = shrink(scenario);
  smallest.comment = World(smallest).run();
  return "seed " + scenario.setting("seed", "1") + " failed: " + first +
         "\nthe smallest scenario that fails:\n" + smallest.str();
}

}  // namespace misp_zeek::model
