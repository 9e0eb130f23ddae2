// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/forms.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/base/text.h"
#include "core/mapping/mapping_table.h"
#include "core/mapping/normalise.h"

namespace misp_zeek::mapping {
namespace {

using Type = IndicatorType;

std::string_view host_of(std::string_view url) { return url.substr(0, url.find('/')); }

bool has_path(std::string_view url) { return url.find('/') != std::string_view::npos; }

bool has_url_inside(std::string_view url) { return url.find("://") != std::string_view::npos; }

bool has_user(std::string_view url) { return host_of(url).find('@') != std::string_view::npos; }

/// "host:8080:8080", of which stock Zeek makes "host:8080" in a Host header.
bool has_port_twice(std::string_view url) {
  std::string_view host = host_of(url);
  if (const auto bracket = host.find(']'); bracket != std::string_view::npos) {
    host.remove_prefix(bracket);
  }
  return std::count(host.begin(), host.end(), ':') > 1;
}

bool is_encoded(std::string_view url) {
  for (std::size_t at = url.find('%'); at != std::string_view::npos; at = url.find('%', at + 1)) {
    if (at + 2 < url.size() && text::hex_value(url[at + 1]) >= 0 &&
        text::hex_value(url[at + 2]) >= 0) {
      return true;
    }
  }
  return false;
}

bool has_blank(std::string_view url) { return url.find(' ') != std::string_view::npos; }

bool is_of_request(std::string_view url) {
  return has_path(url) && !has_user(url) && !has_url_inside(url) && !is_encoded(url);
}

bool is_of_request_with_url(std::string_view url) {
  return has_path(url) && !has_user(url) && has_url_inside(url) && !is_encoded(url);
}

bool is_of_referer(std::string_view url) {
  return has_path(url) && !has_user(url) && !has_url_inside(url) && !has_blank(url) &&
         normalise::is_ascii(url) && !has_port_twice(url);
}

bool is_of_mail(std::string_view url) {
  return !has_blank(url) && !has_port_twice(url) &&
         host_of(url).find('-') == std::string_view::npos;
}

bool is_of_link(std::string_view url) {
  return has_path(url) && !has_blank(url) && !has_port_twice(url);
}

bool is_prefix(std::string_view url) { return url.ends_with('/'); }

bool is_name(std::string_view name) { return !name.starts_with('*'); }

bool is_usual_hash(std::string_view hash) {
  return hash.size() == kMd5 || hash.size() == kSha1 || hash.size() == kSha256;
}

constexpr std::string_view kSubdomains = "extra/subdomains";
constexpr std::string_view kFingerprints = "extra/fingerprints and a package that computes them";

constexpr auto kPlaces = std::to_array<SeenPlace>({
    {Type::kAddr, "Conn::IN_RESP", "servers of TCP connections", ""},
    {Type::kAddr, "Conn::IN_ORIG", "clients of TCP connections", ""},
    {Type::kAddr, "Conn::IN_RESP", "UDP, ICMP and failed TCP", "extra/connections"},
    {Type::kAddr, "HTTP::IN_HOST_HEADER", "HTTP Host headers", ""},
    {Type::kAddr, "HTTP::IN_X_FORWARDED_FOR_HEADER", "X-Forwarded-For headers", ""},
    {Type::kAddr, "SMTP::IN_RECEIVED_HEADER", "Received headers of mails", ""},
    {Type::kAddr, "SMTP::IN_X_ORIGINATING_IP_HEADER", "X-Originating-IP headers of mails", ""},
    {Type::kSubnet, "Conn::IN_RESP", "addresses inside, wherever those are seen", ""},
    {Type::kUrl, "HTTP::IN_URL", "HTTP requests", "", is_of_request},
    {Type::kUrl, "HTTP::IN_URL", "HTTP requests", "extra/http-urls", is_of_request_with_url},
    {Type::kUrl, "HTTP::IN_REFERRER_HEADER", "Referer headers", "", is_of_referer},
    {Type::kUrl, "SMTP::IN_MESSAGE", "links in mails before a blank", "", is_of_mail},
    {Type::kUrl, "SMTP::IN_MESSAGE", "links in mails", "extra/mail-urls", is_of_link},
    {Type::kUrl, "HTTP::IN_URL", "HTTP requests below", "extra/url-prefixes", is_prefix},
    {Type::kSoftware, "HTTP::IN_USER_AGENT_HEADER", "User-Agent headers", ""},
    {Type::kSoftware, "SMTP::IN_HEADER", "User-Agent and X-Mailer headers of mails", ""},
    {Type::kEmail, "SMTP::IN_MAIL_FROM", "senders of envelopes", ""},
    {Type::kEmail, "SMTP::IN_RCPT_TO", "recipients of envelopes", ""},
    {Type::kEmail, "SMTP::IN_FROM", "From headers", ""},
    {Type::kEmail, "SMTP::IN_TO", "To headers", ""},
    {Type::kEmail, "SMTP::IN_CC", "Cc headers without a display name", ""},
    {Type::kEmail, "SMTP::IN_REPLY_TO", "Reply-To headers without a display name", ""},
    {Type::kEmail, "SMTP::IN_REPLY_TO", "Cc and Reply-To headers", "extra/mail-addresses"},
    {Type::kEmail, "X509::IN_CERT", "certificates", ""},
    {Type::kDomain, "DNS::IN_REQUEST", "DNS requests", "", is_name},
    {Type::kDomain, "SSL::IN_SERVER_NAME", "TLS server names", "", is_name},
    {Type::kDomain, "HTTP::IN_HOST_HEADER", "HTTP Host headers", "", is_name},
    {Type::kDomain, "X509::IN_CERT", "certificates of TLS up to 1.2", "", is_name},
    {Type::kDomain, "DNS::IN_REQUEST", "names below, wherever names are seen", kSubdomains},
    {Type::kCertHash, "X509::IN_CERT", "certificates of TLS up to 1.2", ""},
    {Type::kPubkeyHash, "SSH::IN_SERVER_HOST_KEY", "host keys of SSH servers", ""},
    {Type::kFileHash, "Files::IN_HASH", "files and certificates that Zeek hashes",
     "frameworks/files/hash-all-files, but for SHA-256 of certificates", is_usual_hash},
    {Type::kFileName, "Files::IN_NAME", "names of files in HTTP, mails and FTP", ""},
    {Type::kFileName, "SMB::IN_FILE_NAME", "names of files in SMB", ""},
    {Type::kJa3, "MISP::IN_FINGERPRINT", "TLS handshakes", kFingerprints},
    {Type::kJa4, "MISP::IN_FINGERPRINT", "TLS handshakes", kFingerprints},
    {Type::kHassh, "MISP::IN_FINGERPRINT", "SSH handshakes", kFingerprints},
});

/// Of other packages, and the capability that says that they are there.
constexpr auto kComputed = std::to_array<std::pair<Type, std::string_view>>({
    {Type::kJa3, "ja3"},
    {Type::kJa4, "ja4"},
    {Type::kHassh, "hassh"},
});

struct RuleForms {
  Rule rule;
  std::string_view becomes;
};

constexpr auto kForms = std::to_array<RuleForms>({
    {Rule::kAddress, "`ADDR`; a network is a `SUBNET`"},
    {Rule::kAddressPort, "`ADDR` with its port"},
    {Rule::kDomain, "`DOMAIN`; an address is an `ADDR`"},
    {Rule::kDomainPort, "`DOMAIN` or `ADDR` with its port"},
    {Rule::kDomainAddress, "`DOMAIN` and `ADDR`, each if it is good"},
    {Rule::kDomainOnly, "`DOMAIN`"},
    {Rule::kUrl,
     "`URL` as in requests (decoded; with the port twice if there is one), in Referer headers "
     "(encoded) and in mails (as written); without a path also `DOMAIN` or `ADDR`"},
    {Rule::kUri, "as `url`, if it has a scheme"},
    {Rule::kEmail, "`EMAIL`; of an internationalised host also as written"},
    {Rule::kSoftware, "`SOFTWARE`"},
    {Rule::kUserName, "`USER_NAME`, which only a site's own scripts look for"},
    {Rule::kFileName, "`FILE_NAME`, the last component of the path"},
    {Rule::kFileHash, "`FILE_HASH`"},
    {Rule::kFileHashOnly, "`FILE_HASH`"},
    {Rule::kFileNameHash, "`FILE_NAME` and `FILE_HASH`"},
    {Rule::kCertHash, "`CERT_HASH`"},
    {Rule::kPubkeyHash, "`PUBKEY_HASH`"},
    {Rule::kJa3, "`JA3`"},
    {Rule::kJa4, "`JA4`"},
    {Rule::kHassh, "`HASSH`"},
    {Rule::kNeverSeen, "refused as `never_seen`: no Zeek can see it"},
});

std::string types_of(Rule rule) {
  std::string types;
  for (const TypeRule& row : kTypeRules) {
    if (row.rule != rule) continue;
    std::string type(row.type);
    if (const auto bar = type.find('|'); bar != std::string::npos) type.insert(bar, "\\");
    types.append(types.empty() ? "`" : ", `").append(type).append("`");
  }
  return types.empty() ? "–" : types;
}

std::string name_of(Rule rule) {
  const auto* it = std::find_if(kRuleNames.begin(), kRuleNames.end(),
                                [&](const RuleName& row) { return row.rule == rule; });
  return it == kRuleNames.end() ? "" : std::string(it->name);
}

}  // namespace

std::span<const SeenPlace> seen_places() { return kPlaces; }

std::vector<SeenPlace> places_of(const IndicatorKey& key) {
  std::vector<SeenPlace> places;
  std::copy_if(kPlaces.begin(), kPlaces.end(), std::back_inserter(places), [&](const auto& place) {
    return place.type == key.type && (place.presents == nullptr || place.presents(key.indicator));
  });
  return places;
}

std::string shown_places(const IndicatorKey& key) {
  std::string shown;
  for (const SeenPlace& place : places_of(key)) {
    shown.append(shown.empty() ? "" : ", ").append(place.in);
    if (!place.needs.empty()) shown.append(" (needs ").append(place.needs).append(")");
  }
  return shown;
}

std::string blindness(const IndicatorKey& key, const std::set<std::string>& capabilities) {
  constexpr std::string_view kExtra = "extra/";
  for (const auto& [type, name] : kComputed) {
    if (type == key.type) {
      return capabilities.contains(std::string(name)) ? ""
                                                      : "this Zeek has no " + std::string(name);
    }
  }
  if (key.type == Type::kUserName) return "none of Zeek's scripts looks for user names";
  if (!capabilities.contains("seen")) return "frameworks/intel/seen is not loaded";
  if (key.type == Type::kFileHash) {
    return capabilities.contains("hashes")
               ? ""
               : "frameworks/files/hash-all-files is not loaded, so that Zeek hashes certificates "
                 "alone";
  }
  std::string needs;
  for (const SeenPlace& place : places_of(key)) {
    if (!place.needs.starts_with(kExtra)) return "";
    if (capabilities.contains(std::string(place.needs.substr(kExtra.size())))) return "";
    needs.append(needs.empty() ? "needs " : " or ").append(place.needs);
  }
  return needs;
}

std::string_view explanation_of(Reject reason) {
  switch (reason) {
    case Reject::kWildcard:
      return "it stands for many mail addresses, and Zeek compares whole ones";
    case Reject::kNoHost:
      return "Zeek compares a path together with its host";
    case Reject::kNeverSeen:
      return "no Zeek can see it, as JARM, which is made of answers to probes that a sensor does "
             "not send";
    case Reject::kBidiControls:
      return "it has characters that turn the direction of writing";
    case Reject::kBadFileName:
      return "it is a folder";
    case Reject::kBroadNetwork:
      return "it would match too many addresses: [mapping] min_prefix_v4 and min_prefix_v6";
    default:
      return "";
  }
}

std::string forms_tables() {
  std::string text = "| rule | MISP types | becomes |\n|---|---|---|\n";
  for (const auto& [rule, becomes] : kForms) {
    text.append("| `").append(name_of(rule)).append("` | ").append(types_of(rule));
    text.append(" | ").append(becomes).append(" |\n");
  }
  text += "\n| indicator type | seen in | `Intel::Where` | needs |\n|---|---|---|---|\n";
  for (const SeenPlace& place : kPlaces) {
    text.append("| `").append(to_string(place.type)).append("` | ").append(place.in);
    text.append(" | `").append(place.where).append("` | ").append(place.needs).append(" |\n");
  }
  return text;
}

}  // namespace misp_zeek::mapping
