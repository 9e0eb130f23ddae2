// SPDX-License-Identifier: BSD-3-Clause
#include "model/history.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/operations.h"

namespace misp_zeek::model {
namespace {

constexpr int kOperations = 40;

/// Few values, so that attributes share indicators.
const std::vector<std::pair<std::string, std::string>> kValues = {
    {"ip-dst", "198.51.100.1"},
    {"ip-src", "198.51.100.1"},
    {"ip-dst|port", "198.51.100.1|443"},
    {"domain|ip", "a.example.org|198.51.100.1"},
    {"domain", "a.example.org"},
    {"hostname", "b.example.org"},
    {"ip-dst", "198.51.100.0/24"},
    {"filename|md5", "x.exe|0123456789abcdef0123456789abcdef"},
    {"md5", "0123456789abcdef0123456789abcdef"},
    {"url", "http://a.example.org/x"},
    {"domain", "no-domain!"},
    {"comment", "nothing"},
    {"ip-dst|port", "198.51.100.2|80"},
    {"email-src", "who@example.org"},
};

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
  bool percent(std::uint32_t chance) { return below(100) < chance; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }
  std::string text(std::uint32_t from, std::uint32_t to) {
    return std::to_string(from + below(to - from));
  }

 private:
  std::mt19937 random_;
};

std::map<std::string, std::string> random_settings(std::uint32_t seed, Dice& dice) {
  std::map<std::string, std::string> settings = {{"seed", std::to_string(seed)}};
  const auto sometimes = [&](std::uint32_t percent, const std::string& key,
                             const std::vector<std::string>& values) {
    if (dice.percent(percent)) {
      settings[key] = dice.pick(values);
    }
  };
  sometimes(40, "reader", {"other"});
  sometimes(15, "to_ids", {"false"});
  sometimes(45, "published", {"published", "ever_published"});
  sometimes(30, "tags", {"good,!bad", "good", "!bad"});
  sometimes(25, "max_age", {"20", "40"});
  sometimes(20, "enforce_warninglist", {"true"});
  sometimes(25, "fixed_events", {"1", "1,3"});
  sometimes(10, "types", {"!md5", "ip-dst,domain|ip,domain"});
  sometimes(10, "event_ids", {"!2", "1,2,3"});
  sometimes(25, "visibility", {"lookup"});
  sometimes(50, "pace2", {"1", "300", "2000"});
  sometimes(50, "state", {"on"});
  if (settings.contains("reader")) {
    sometimes(50, "unpublished_private", {"true"});
  } else {
    sometimes(10, "visibility", {"trust"});
  }
  return settings;
}

/// From dice of their own: the other histories stay what they are.
void add_later_settings(std::uint32_t seed, std::map<std::string, std::string>& settings) {
  Dice dice(seed * 40'503U + 7);
  if (dice.percent(15)) {
    settings["honour_false_positives"] = dice.text(1, 3);
  }
  if (dice.percent(15)) {
    settings["honour_expirations"] = "true";
  }
  if (dice.percent(10)) {
    settings["show_tags"] = dice.percent(50) ? "good" : "bad,good";
  }
}

/// The labels that a history has given out so far.
struct Labels {
  int events = 0;
  int attributes = 0;
  std::string event(Dice& dice) const {
    return "e" + dice.text(1, static_cast<std::uint32_t>(events) + 1);
  }
  std::string attribute(Dice& dice) const {
    return "a" + dice.text(1, static_cast<std::uint32_t>(attributes) + 1);
  }
};

/// `lossy`: also without a message.
std::vector<std::string> add_words(Dice& dice, Labels& labels, bool lossy) {
  const auto& [type, value] = dice.pick(kValues);
  std::vector<std::string> words = {
      lossy && dice.percent(5) ? "attribute.fast_add" : "attribute.add",
      "a" + std::to_string(++labels.attributes), labels.event(dice), type, value};
  if (dice.percent(75)) {
    words.emplace_back("to_ids");
  }
  return words;
}

std::vector<std::string> edit_words(Dice& dice, const Labels& labels) {
  const std::string event = labels.event(dice);
  const std::string attribute = labels.attribute(dice);
  const std::string tag = dice.percent(50) ? "good" : "bad";
  const std::string flag = dice.percent(50) ? "on" : "off";
  const std::vector<std::vector<std::string>> kinds = {
      {"attribute.value", attribute, dice.pick(kValues).second},
      {"attribute.value", attribute, "c.example.org"},
      {"attribute.to_ids", attribute, flag},
      {"attribute.to_ids", attribute, "on"},
      {"attribute.touch", attribute},
      {"attribute.soft_delete", attribute},
      {"attribute.soft_delete", attribute, "sanitise", "twice"},
      {"attribute.delete", attribute},
      {"attribute.delete", attribute},
      {"attribute.restore", attribute},
      {"attribute.restore", attribute},
      {"attribute.tag", attribute, tag},
      {"attribute.untag", attribute, tag},
      {"attribute.distribute", attribute, dice.text(0, 6), dice.percent(50) ? "member" : ""},
      {"attribute.fast", attribute, "198.51.100.7", dice.percent(50) ? "to_ids" : ""},
      {"event.delete", event},
      {"event.publish", event},
      {"event.publish", event},
      {"event.publish", event},
      {"event.unpublish", event},
      {"event.info", event, "info" + dice.text(0, 100)},
      {"event.tag", event, tag},
      {"event.untag", event, tag},
      {"event.distribute", event, dice.text(0, 5), dice.percent(50) ? "member" : ""},
      {"tag.delete", tag},
      {"tag.merge", tag, dice.percent(50) ? "good" : "other"},
      {dice.percent(50) ? "warninglist.add" : "warninglist.remove", dice.pick(kValues).second},
  };
  return dice.pick(kinds);
}

std::vector<std::string> sighting_words(Dice& dice, const Labels& labels) {
  const std::string attribute = labels.attribute(dice);
  const std::string withdrawn = dice.percent(35) ? "withdrawn" : "";
  return dice.percent(50)
             ? std::vector<std::string>{"attribute.false_positive", attribute, withdrawn}
             : std::vector<std::string>{"attribute.expire", attribute,
                                        dice.percent(40) ? "0" : dice.text(1, 30), withdrawn};
}

std::vector<std::string> silent_words(Dice& dice, const Labels& labels) {
  const std::string event = labels.event(dice);
  const std::string attribute = labels.attribute(dice);
  const std::vector<std::vector<std::string>> kinds = {
      {"attribute.sql_delete", attribute},
      {"attribute.sql_to_ids", attribute, dice.percent(50) ? "on" : "off"},
      {"attribute.fast_delete", attribute},
      {"event.sql_delete", event},
      {dice.percent(50) ? "event.join" : "event.leave", event},
      {dice.percent(70) ? "allowedlist.add" : "allowedlist.remove", dice.pick(kValues).second},
      {"warninglist.delete", "all"},
  };
  return dice.pick(kinds);
}

std::vector<std::string> fault_words(Dice& dice) {
  const std::string zeek = dice.percent(50) ? "1" : "2";
  const std::string few = dice.text(1, 4);
  const std::vector<std::vector<std::string>> kinds = {
      {"feed.cut", dice.text(10, 3'000)},
      {"feed.restart", dice.text(10, 3'000)},
      {"feed.reload"},
      {"feed.overflow"},
      {"feed.garble"},
      {"rest.fail", few},
      {"rest.truncate", few},
      {"rest.refuse", "1"},
      {"rest.empty", "1"},
      {"rest.empty", "1"},
      {"rest.garble", few},
      {"rest.away", dice.text(100, 8'000)},
      {"misp.restart", dice.text(100, 5'000)},
      {"misp.backup"},
      {"misp.restore"},
      {"service.restart"},
      {"service.kill"},
      {"disk.stall", dice.text(500, 20'000)},
      {"zeek.restart", zeek},
      {"zeek.cut", zeek, dice.text(10, 40'000)},
      {"zeek.drop", zeek},
      {"zeek.drop_answer", zeek},
      {"zeek.lose", zeek, dice.text(0, 5)},
      {"zeek.pace", zeek, dice.text(1, 3'000)},
  };
  return dice.pick(kinds);
}

Step step_of(SteadyMs at, std::vector<std::string> words) {
  Step step;
  step.at = at;
  step.verb = std::move(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].empty()) {
      step.args.push_back(std::move(words[i]));
    }
  }
  return step;
}

SteadyMs random_pause(Dice& dice) {
  if (dice.percent(3)) {
    return 5'000 + dice.below(40'000);
  }
  return dice.percent(60) ? dice.below(700) : dice.below(20);
}

/// `may_roll_back`: whether a publication is ever taken from a message alone; MISP would then have
/// told of one that never was.
void add_troubles(Dice& dice, bool lossy, bool may_roll_back, Step& step) {
  if (dice.percent(60)) {
    step.options["commit"] = dice.text(0, 1'500);
  }
  if (dice.percent(60)) {
    step.options["feed"] = dice.text(0, 500);
  }
  if (lossy && dice.percent(5)) {
    step.options["lost"] = "";
  }
  if (lossy && dice.percent(5)) {
    step.options["dup"] = "";
  }
  if (lossy && may_roll_back && dice.percent(3)) {
    step.options["rolled_back"] = "";
  }
}

}  // namespace

Scenario random_history(std::uint32_t seed) {
  Dice dice(seed * 2'654'435'761U + 1);
  Scenario scenario;
  scenario.settings = random_settings(seed, dice);
  add_later_settings(seed, scenario.settings);
  const bool sighted = scenario.settings.contains("honour_false_positives") ||
                       scenario.settings.contains("honour_expirations");
  const bool delays = seed % 6 != 0;
  const bool lossy = seed % 6 > 1;
  if (!lossy) {
    scenario.settings["timers"] = "off";  // messages alone must do
  }
  Labels labels;
  // A trial run tells which operations are possible.
  Operations trial(seed);
  SteadyMs at = 100;
  for (int done = 0, tries = 0; done < kOperations && tries < 1'000; ++tries) {
    std::vector<std::string> words;
    const bool other_org = scenario.settings.contains("reader") && dice.percent(20);
    if (labels.events == 0 || dice.percent(5)) {
      words = {"event.add", "e" + std::to_string(++labels.events), other_org ? "2" : "1"};
    } else if (labels.attributes == 0 || dice.percent(30)) {
      words = add_words(dice, labels, lossy);
    } else if (lossy && dice.percent(3)) {
      words = silent_words(dice, labels);
    } else if (sighted && dice.percent(25)) {
      words = sighting_words(dice, labels);
    } else {
      words = edit_words(dice, labels);
    }
    Step step = step_of(at, std::move(words));
    if (!trial.carry_out(step, 0)) {
      continue;
    }
    if (delays) {
      add_troubles(dice, lossy, scenario.setting("published", "") != "ever_published", step);
    }
    scenario.steps.push_back(std::move(step));
    ++done;
    at += random_pause(dice);
    if (lossy && dice.percent(15)) {
      scenario.steps.push_back(step_of(at, fault_words(dice)));
      at += random_pause(dice);
    }
  }
  return scenario;
}

}  // namespace misp_zeek::model
