// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/misp_model.h"
#include "model/scenario.h"

namespace misp_zeek::model {

/// Carries out a script's operations on a model of MISP and knows what its labels stand for.
///
/// | verb | arguments |
/// |---|---|
/// | `event.add` | label, [organisation] |
/// | `event.delete`, `event.publish`, `event.unpublish` | event |
/// | `event.info` | event, info |
/// | `event.tag`, `event.untag` | event, tag |
/// | `event.distribute`, `attribute.distribute` | event or attribute, level, [`member`] |
/// | `attribute.add` | label, event, type, value, [`to_ids`] |
/// | `attribute.value` | attribute, value |
/// | `attribute.fast`, `_delete`, `_add` | as `value`, `delete`, `add`; only the event says so |
/// | `attribute.to_ids` | attribute, `on` or `off` |
/// | `attribute.touch`, `attribute.delete`, `attribute.restore` | attribute |
/// | `attribute.soft_delete` | attribute, [`sanitise`], [`twice`] |
/// | `attribute.tag`, `attribute.untag` | attribute, tag |
/// | `attribute.sql_delete`, `attribute.sql_to_ids` | attribute, [`on` or `off`]; no message |
/// | `event.sql_delete` | event; no message |
/// | `event.join`, `event.leave` | event; whether the reader is in its sharing group; no message |
/// | `tag.delete` | tag |
/// | `tag.merge` | tag, the one that takes its place |
/// | `warninglist.add`, `warninglist.remove` | value |
/// | `warninglist.delete` | any word; nothing is listed any more; no message |
class Operations {
 public:
  explicit Operations(std::uint32_t seed) : seed_(seed) {}

  /// The messages that MISP sends; nullopt when the verb is none of these or names what does not
  /// exist now.
  /// A message that MISP never sent: `add A E TYPE VALUE`, `delete A`, `publish E` (an empty list),
  /// `delete_event E`. nullopt: there is no such attribute or event.
  std::optional<FeedMessage> forge(const Step& step, std::int64_t now) const;
  std::optional<std::vector<FeedMessage>> carry_out(const Step& step, std::int64_t now);

  MispModel& misp() { return misp_; }
  const MispModel& misp() const { return misp_; }
  /// Whether an attribute exists at all, and whether it is soft-deleted.
  std::optional<std::uint64_t> attribute(const std::string& label) const;
  std::optional<std::uint64_t> event(const std::string& label) const;
  /// The uuid that the label's attribute or event has, whether it exists or not.
  Uuid uuid(const std::string& label) const;

 private:
  using Messages = std::vector<FeedMessage>;
  std::optional<Messages> on_event(const Step& step, std::uint64_t event, std::int64_t now);
  std::optional<Messages> on_attribute(const Step& step, std::uint64_t attribute, std::int64_t now);
  std::optional<Messages> on_deletion(const Step& step, std::uint64_t attribute, std::int64_t now);
  std::optional<Messages> add(const Step& step, std::int64_t now);

  std::uint32_t seed_;
  MispModel misp_;
  std::map<std::string, std::uint64_t> events_;
  std::map<std::string, std::uint64_t> attributes_;
};

}  // namespace misp_zeek::model
