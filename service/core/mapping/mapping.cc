// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/mapping.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/mapping/mapping_table.h"
#include "core/mapping/normalise.h"

namespace misp_zeek {
namespace {

using mapping::kRuleNames;
using mapping::kTypeRules;
using mapping::Rule;
using mapping::TypeRule;

using MappedResult = tl::expected<std::vector<Mapped>, Reject>;
using OneMapped = tl::expected<Mapped, Reject>;

/// MISP's columns value1 and value2 hold 65,535 bytes each.
constexpr std::size_t kMaxValue = 2 * 65'535 + 1;

std::optional<Rule> find_rule(std::string_view name) {
  const auto* it = std::find_if(kRuleNames.begin(), kRuleNames.end(),
                                [&](const auto& row) { return row.name == name; });
  if (it == kRuleNames.end()) return std::nullopt;
  return it->rule;
}

/// The type's row with overrides applied; Rule::kNone for a type without one.
TypeRule rule_of(std::string_view type, const MappingOptions& options) {
  const auto* it = std::find_if(kTypeRules.begin(), kTypeRules.end(),
                                [&](const auto& row) { return row.type == type; });
  TypeRule rule = it == kTypeRules.end() ? TypeRule{type, Rule::kNone} : *it;
  if (!options.overrides.empty()) {
    if (const auto other = options.overrides.find(std::string(type));
        other != options.overrides.end()) {
      rule.rule = find_rule(other->second).value_or(Rule::kNone);
    }
  }
  return rule;
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  return name.ends_with(domain) &&
         (name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.');
}

/// Why the configuration keeps out an address, a network or a domain.
std::optional<Reject> excluded(const IndicatorKey& key, const mapping::Exclusions& exclusions) {
  const auto& [networks, domains] = exclusions;
  if (key.type == IndicatorType::kAddr || key.type == IndicatorType::kSubnet) {
    const bool inside = std::any_of(networks.begin(), networks.end(), [&](const auto& network) {
      return normalise::lies_in(key, network);
    });
    if (inside) return Reject::kExcludedNetwork;
  }
  if (key.type == IndicatorType::kDomain) {
    const bool below = std::any_of(domains.begin(), domains.end(), [&](const auto& domain) {
      return is_at_or_below(key.indicator, domain);
    });
    if (below) return Reject::kExcludedDomain;
  }
  return std::nullopt;
}

/// Turns parts of one value into indicators. Every part passes the checks in the same order: empty,
/// control characters, what its kind demands, length.
class PartMapper {
 public:
  PartMapper(const MappingOptions& options, const mapping::Exclusions& exclusions,
             std::size_t digits)
      : options_(options), exclusions_(exclusions), digits_(digits) {}

  OneMapped map(Rule rule, std::string_view part) const {
    const auto text = clean(rule, part);
    if (!text) return tl::unexpected(text.error());
    if (rule == Rule::kAddress || rule == Rule::kDomain) return checked(host(rule, *text));
    return checked(key_of(rule, *text).map([](IndicatorKey key) {
      return Mapped{std::move(key), {}};
    }));
  }

  MappedResult map_email(std::string_view value) const {
    const auto text = clean(Rule::kEmail, value);
    if (!text) return tl::unexpected(text.error());
    const auto forms = normalise::email(*text);
    if (!forms) return tl::unexpected(forms.error());
    std::vector<Mapped> all;
    for (const std::string& form : *forms) {
      auto mapped = checked(Mapped{{IndicatorType::kEmail, form}, {}});
      if (!mapped) return tl::unexpected(mapped.error());
      all.push_back(*std::move(mapped));
    }
    return all;
  }

  MappedResult map_url(std::string_view value) const {
    const auto text = clean(Rule::kUrl, value);
    if (!text) return tl::unexpected(text.error());
    const auto forms = normalise::url(*text);
    if (!forms) return tl::unexpected(forms.error());
    auto host = host_of(*forms);
    if (const auto reason = host ? excluded(host->key, exclusions_) : std::nullopt) {
      return tl::unexpected(*reason);
    }
    std::vector<Mapped> all;
    for (const std::string& url : forms->urls) {
      if (url.size() <= options_.max_length) all.push_back({{IndicatorType::kUrl, url}, {}});
    }
    if (all.empty()) return tl::unexpected(Reject::kTooLong);
    const bool has_host = options_.url_hosts == UrlHosts::kAlways ||
                          (options_.url_hosts == UrlHosts::kBare && forms->bare);
    // A name without a dot says nothing outside of its network.
    if (has_host && host &&
        (host->key.type != IndicatorType::kDomain ||
         host->key.indicator.find('.') != std::string::npos)) {
      all.push_back(*std::move(host));
    }
    return all;
  }

  static tl::expected<std::string, Reject> port(std::string_view part) {
    const auto text = clean(Rule::kNone, part);
    if (!text) return tl::unexpected(text.error());
    return normalise::port(*text);
  }

 private:
  /// Names are what somebody else chose: their characters stay.
  static bool is_name(Rule rule) {
    return rule == Rule::kFileName || rule == Rule::kSoftware || rule == Rule::kUserName;
  }

  static tl::expected<std::string_view, Reject> clean(Rule rule, std::string_view part) {
    part = is_name(rule) ? text::trim(part) : text::trim_unicode(part);
    if (part.empty()) return tl::unexpected(Reject::kEmpty);
    if (text::has_control(part)) return tl::unexpected(Reject::kControlCharacters);
    if (!is_name(rule) && text::has_bidi_control(part)) {
      return tl::unexpected(Reject::kBidiControls);
    }
    return part;
  }

  OneMapped checked(OneMapped mapped) const {
    if (!mapped) return mapped;
    if (mapped->key.indicator.size() > options_.max_length) {
      return tl::unexpected(Reject::kTooLong);
    }
    const auto reason = excluded(mapped->key, exclusions_);
    return reason ? OneMapped(tl::unexpected(*reason)) : mapped;
  }

  /// An address or a name; people write one for the other, and a URL without a path for either.
  OneMapped host(Rule rule, std::string_view text) const {
    const bool is_domain = rule == Rule::kDomain;
    auto address = normalise::address(normalise::refanged(text), options_);
    if (address && !(is_domain && address->type == IndicatorType::kSubnet)) {
      return Mapped{*std::move(address), {}};
    }
    const auto name =
        is_domain
            ? normalise::domain(text).or_else([&](Reject) { return normalise::wildcard(text); })
            : tl::unexpected(Reject::kBadDomain);
    if (name) return Mapped{{IndicatorType::kDomain, *name}, {}};
    if (const auto url = normalise::url(text); url && url->bare && !url->has_user) {
      auto found = host_of(*url);
      if (found && (is_domain || found->key.type == IndicatorType::kAddr)) return *found;
    }
    return tl::unexpected(is_domain ? Reject::kBadDomain : address.error());
  }

  /// Nothing for an address that is no indicator, as 0.0.0.0.
  std::optional<Mapped> host_of(const normalise::UrlForms& forms) const {
    std::string_view host = forms.host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    if (auto key = normalise::address(host, options_)) return Mapped{*std::move(key), forms.port};
    if (!normalise::domain(host)) return std::nullopt;
    return Mapped{{IndicatorType::kDomain, std::string(host)}, forms.port};
  }

  tl::expected<IndicatorKey, Reject> key_of(Rule rule, std::string_view text) const {
    const auto as = [](IndicatorType type) {
      return [type](std::string indicator) { return IndicatorKey{type, std::move(indicator)}; };
    };
    switch (rule) {
      case Rule::kSoftware:
        return IndicatorKey{IndicatorType::kSoftware, text::lower(text)};
      case Rule::kUserName:
        return IndicatorKey{IndicatorType::kUserName, text::lower(text)};
      case Rule::kFileName:
        return normalise::file_name(text).map(as(IndicatorType::kFileName));
      case Rule::kFileHash:
        return normalise::hash(text, digits_).map(as(IndicatorType::kFileHash));
      case Rule::kCertHash:
        return normalise::hash(text, digits_).map(as(IndicatorType::kCertHash));
      case Rule::kPubkeyHash:
        return normalise::pubkey_hash(text).map(as(IndicatorType::kPubkeyHash));
      case Rule::kJa3:
        return normalise::hash(text, digits_).map(as(IndicatorType::kJa3));
      case Rule::kHassh:
        return normalise::hash(text, digits_).map(as(IndicatorType::kHassh));
      case Rule::kJa4:
        return normalise::ja4(text).map(as(IndicatorType::kJa4));
      default:
        return tl::unexpected(Reject::kUnmappedType);
    }
  }

  const MappingOptions& options_;
  const mapping::Exclusions& exclusions_;
  std::size_t digits_;
};

struct Pair {
  std::string_view left;
  std::string_view right;
};

/// At the last '|': the right side is an address, a port or a hash, a file name may have bars.
tl::expected<Pair, Reject> split_composite(std::string_view value) {
  const std::size_t bar = value.rfind('|');
  if (bar == std::string_view::npos) return tl::unexpected(Reject::kBadComposite);
  const Pair pair{text::trim(value.substr(0, bar)), text::trim(value.substr(bar + 1))};
  if (pair.left.empty() || pair.right.empty()) return tl::unexpected(Reject::kBadComposite);
  return pair;
}

MappedResult map_with_port(const PartMapper& mapper, Rule left, std::string_view value) {
  const auto pair = split_composite(value);
  if (!pair) return tl::unexpected(pair.error());
  auto mapped = mapper.map(left, pair->left);
  if (!mapped) return tl::unexpected(mapped.error());
  auto port = PartMapper::port(pair->right);
  if (!port) return tl::unexpected(port.error());
  if (!mapped->port.empty()) return tl::unexpected(Reject::kBadComposite);
  mapped->port = *std::move(port);
  return std::vector<Mapped>{*std::move(mapped)};
}

MappedResult list_of(OneMapped mapped) {
  if (!mapped) return tl::unexpected(mapped.error());
  return std::vector<Mapped>{*std::move(mapped)};
}

MappedResult map_left(const PartMapper& mapper, Rule left, std::string_view value) {
  const auto pair = split_composite(value);
  return pair ? list_of(mapper.map(left, pair->left)) : tl::unexpected(pair.error());
}

MappedResult map_right(const PartMapper& mapper, Rule right, std::string_view value) {
  const auto pair = split_composite(value);
  return pair ? list_of(mapper.map(right, pair->right)) : tl::unexpected(pair.error());
}

/// Each half that is good; the left one's reason if none is.
MappedResult map_each(const PartMapper& mapper, Rule left, Rule right, std::string_view value) {
  const auto pair = split_composite(value);
  if (!pair) return tl::unexpected(pair.error());
  auto first = list_of(mapper.map(left, pair->left));
  auto second = mapper.map(right, pair->right);
  if (!second || (first && first->front().key == second->key)) return first;
  if (!first) return list_of(std::move(second));
  first->push_back(*std::move(second));
  return first;
}

/// The hash must be good, or the name alone would alarm.
MappedResult map_name_and_hash(const PartMapper& mapper, std::string_view value) {
  auto hash = map_right(mapper, Rule::kFileHash, value);
  return hash ? map_each(mapper, Rule::kFileName, Rule::kFileHash, value) : hash;
}

}  // namespace

std::string_view to_string(Reject reason) {
  switch (reason) {
    case Reject::kUnmappedType:
      return "unmapped_type";
    case Reject::kEmpty:
      return "empty";
    case Reject::kTooLong:
      return "too_long";
    case Reject::kControlCharacters:
      return "control_characters";
    case Reject::kInvalidUtf8:
      return "invalid_utf8";
    case Reject::kBadAddress:
      return "bad_address";
    case Reject::kBroadNetwork:
      return "broad_network";
    case Reject::kBadDomain:
      return "bad_domain";
    case Reject::kBadUrl:
      return "bad_url";
    case Reject::kBadHash:
      return "bad_hash";
    case Reject::kBadEmail:
      return "bad_email";
    case Reject::kBadPort:
      return "bad_port";
    case Reject::kBadComposite:
      return "bad_composite";
    case Reject::kBidiControls:
      return "bidi_controls";
    case Reject::kBadFileName:
      return "bad_file_name";
    case Reject::kExcludedNetwork:
      return "excluded_network";
    case Reject::kExcludedDomain:
      return "excluded_domain";
    case Reject::kWildcard:
      return "wildcard";
    case Reject::kNoHost:
      return "no_host";
    case Reject::kNeverSeen:
      return "never_seen";
  }
  return "unknown";
}

std::string_view excluding_key(Reject reason) {
  if (reason == Reject::kExcludedNetwork) return "exclude_networks";
  return reason == Reject::kExcludedDomain ? "exclude_domains" : "";
}

Mapping::Mapping() = default;

Mapping::Mapping(MappingOptions options) : options_(std::move(options)) {}

Result<Mapping> Mapping::create(MappingOptions options) {
  for (const auto& [type, rule] : options.overrides) {
    if (find_rule(rule)) continue;
    std::string message = "mapping override of \"";
    message.append(type).append("\" names the unknown rule \"").append(rule);
    message.append("\"; known rules:");
    for (const std::string& name : rule_names()) message.append(" ").append(name);
    return fail(ErrorCode::kInvalidConfig, std::move(message));
  }
  Mapping mapping(std::move(options));
  for (const std::string& text : mapping.options_.exclude_networks) {
    const auto network = normalise::network_of(text);
    if (!network) return fail(ErrorCode::kInvalidConfig, "\"" + text + "\" is no network");
    mapping.exclusions_.networks.push_back(*network);
  }
  for (const std::string& text : mapping.options_.exclude_domains) {
    auto name = normalise::domain(text);
    if (!name) return fail(ErrorCode::kInvalidConfig, "\"" + text + "\" is no domain");
    mapping.exclusions_.domains.push_back(*std::move(name));
  }
  return mapping;
}

MappedResult Mapping::map(std::string_view type, std::string_view value) const {
  const TypeRule rule = rule_of(type, options_);
  if (rule.rule == Rule::kNone) return tl::unexpected(Reject::kUnmappedType);
  if (value.size() > kMaxValue) return tl::unexpected(Reject::kTooLong);
  if (!text::is_utf8(value)) return tl::unexpected(Reject::kInvalidUtf8);
  value = text::trim(value);
  if (value.empty()) return tl::unexpected(Reject::kEmpty);
  const PartMapper mapper(options_, exclusions_, rule.digits);
  switch (rule.rule) {
    case Rule::kNeverSeen:
      return tl::unexpected(Reject::kNeverSeen);
    case Rule::kUri:
      if (!normalise::has_scheme(value)) return tl::unexpected(Reject::kNoHost);
      return mapper.map_url(value);
    case Rule::kUrl:
      return mapper.map_url(value);
    case Rule::kEmail:
      return mapper.map_email(value);
    case Rule::kAddressPort:
      return map_with_port(mapper, Rule::kAddress, value);
    case Rule::kDomainPort:
      return map_with_port(mapper, Rule::kDomain, value);
    case Rule::kDomainAddress:
      return map_each(mapper, Rule::kDomain, Rule::kAddress, value);
    case Rule::kDomainOnly:
      return map_left(mapper, Rule::kDomain, value);
    case Rule::kFileNameHash:
      return map_name_and_hash(mapper, value);
    case Rule::kFileHashOnly:
      return map_right(mapper, Rule::kFileHash, value);
    default:
      return list_of(mapper.map(rule.rule, value));
  }
}

bool Mapping::knows(std::string_view type) const {
  return rule_of(type, options_).rule != Rule::kNone;
}

std::vector<std::string> Mapping::types() const {
  std::set<std::string> types;
  for (const TypeRule& row : kTypeRules) types.emplace(row.type);
  for (const auto& [type, rule] : options_.overrides) types.insert(type);
  std::erase_if(types, [&](const std::string& type) { return !knows(type); });
  return {types.begin(), types.end()};
}

std::vector<std::string> Mapping::rule_names() {
  std::vector<std::string> names;
  names.reserve(kRuleNames.size());
  for (const auto& row : kRuleNames) names.emplace_back(row.name);
  return names;
}

}  // namespace misp_zeek
