// SPDX-License-Identifier: BSD-3-Clause
#include "misp/http_error.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/store/indicator_store.h"
#include "misp/json_stream.h"

namespace misp_zeek::misp {
namespace {

/// Seconds; MISP says at most 900. A longer time is a slip of whoever is between.
constexpr int kLongestWait = 3'600;

constexpr std::size_t kMaxMessage = 200;

/// MISP's own words: `message`, else `name`, else the body when it is short text.
std::string message_in(std::string_view body) {
  const auto json = read_json(body);
  if (json && json->is_object()) {
    for (const char* key : {"message", "name"}) {
      const auto it = json->find(key);
      if (it != json->end() && it->is_string()) {
        return text::short_line(it->get_ref<const std::string&>(), kMaxMessage);
      }
    }
    return "";
  }
  return body.find('<') == std::string_view::npos ? text::short_line(body, kMaxMessage) : "";
}

Error make(ErrorCode code, std::string text, const std::string& message) {
  if (!message.empty()) {
    text += ": " + message;
  }
  return {code, std::move(text), 0};
}

Error redirect_error(const HttpHead& head) {
  const std::string status = std::to_string(head.status);
  if (head.location.find("/users/login") != std::string::npos) {
    return {ErrorCode::kUnavailable,
            status +
                " to MISP's login page: MISP is not live (maintenance), or the key is not "
                "accepted",
            0};
  }
  return {ErrorCode::kInvalidConfig,
          status +
              " from MISP, redirects are not followed: set misp.url to the address that it "
              "names, " +
              text::short_line(head.location, kMaxMessage),
          0};
}

/// Reasons of MISP, which it does not translate, and what to do about them.
struct Refusal {
  const char* words;
  const char* remedy;
};
constexpr std::array kRefusals = {
    Refusal{"account has been disabled",
            "enable the key's user in MISP (Administration, List Users), or put the key of another "
            "user into misp.api_key_file"},
    Refusal{"Auth key is expired",
            "make a new key for the user in MISP, and put it into misp.api_key_file"},
    Refusal{"IP address",
            "add this machine's address to the key's allowed addresses in MISP (allowed_ips)"}};

Error forbidden_error(const std::string& status, const std::string& message) {
  if (message.empty() || message.starts_with("Authentication failed. Please")) {
    return {
        ErrorCode::kUnauthorized,
        status +
            " from MISP: the API key was refused: check that misp.api_key_file holds the key of "
            "an enabled user, and that the key has not ended and allows this address",
        0};
  }
  const auto* known = std::find_if(kRefusals.begin(), kRefusals.end(), [&](const auto& refusal) {
    return message.find(refusal.words) != std::string::npos;
  });
  return make(
      ErrorCode::kUnauthorized,
      status + " from MISP: refused: " +
          (known == kRefusals.end() ? "check in MISP that the key's user is enabled, and "
                                      "that its role has the right (perm_auth, perm_sighting)"
                                    : known->remedy),
      message);
}

/// What a web server says, as nginx or Apache, when it is spoken to without TLS at its TLS port.
bool wants_tls(std::string_view body) { return body.find("plain HTTP") != std::string_view::npos; }

std::string with_detail(std::string text, std::string_view detail) {
  if (!detail.empty()) {
    text += " (" + text::short_line(detail, kMaxMessage) + ")";
  }
  return text;
}

}  // namespace

Error status_error(const HttpHead& head, std::string_view body) {
  const std::string status = std::to_string(head.status);
  if (head.status >= 300 && head.status < 400) {
    return redirect_error(head);
  }
  const std::string message = message_in(body);
  switch (head.status) {
    case 400:
      if (wants_tls(body)) {
        return {ErrorCode::kInvalidConfig,
                "400: HTTPS is at misp.url's port: let misp.url begin with https://", 0};
      }
      return make(ErrorCode::kIncompatible,
                  "400 from MISP: is there a MISP at misp.url, and https:// where HTTPS is?",
                  message);
    case 407:
      return make(ErrorCode::kUnauthorized,
                  "407 from the proxy: it wants a user, which misp.proxy cannot give: let it pass "
                  "this machine without one",
                  "");
    case 401:
    case 403:
      return forbidden_error(status, message);
    case 404:
      return make(ErrorCode::kIncompatible,
                  "404 from MISP: is misp.url the address of a MISP, with its path if it has one?",
                  message);
    case 405:
      // A role whose rate limit is zero.
      if (message.starts_with("API searches are not allowed")) {
        return make(ErrorCode::kUnauthorized, "405 from MISP", message);
      }
      break;
    case 413:
      return make(ErrorCode::kTooLarge, "413 from MISP: the request is too large", message);
    case 408:
    case 425:
      return make(ErrorCode::kUnavailable, status + " from MISP", message);
    case 504:
      return make(ErrorCode::kTimeout,
                  status + " from the web server before MISP: MISP is too slow", message);
    case 500:
      return make(ErrorCode::kUnavailable, "500 from MISP: its error log has the cause", message);
    case 502:
    case 503:
      return make(ErrorCode::kUnavailable,
                  status + " from the web server before MISP: does MISP itself run (php-fpm)?",
                  message);
    case 429: {
      auto error =
          make(ErrorCode::kRateLimited, "429 from MISP: the key's rate limit is used up", message);
      error.retry_after_seconds = std::clamp(head.retry_after.value_or(0), 0, kLongestWait);
      return error;
    }
    default:
      break;
  }
  return make(head.status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kIncompatible,
              status + " from MISP", message);
}

bool negative_reply(const HttpHead& head, std::string_view body, std::string_view path) {
  if (head.status != 404 && head.status != 405) {
    return false;
  }
  const auto json = read_json(body);
  if (!json || !json->is_object()) {
    return false;
  }
  const auto text_of = [&json](const char* key) {
    const auto it = json->find(key);
    return it != json->end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  // With a base path in front, or without.
  return !text_of("name").empty() && !text_of("message").empty() && text_of("url").ends_with(path);
}

Error transfer_error(int curl_code, std::string_view detail) {
  const auto make_error = [&](ErrorCode code, std::string text) {
    return Error{code, with_detail(std::move(text), detail), 0};
  };
  const auto unreachable = [&](std::string text) {
    Error error = make_error(ErrorCode::kUnavailable, std::move(text));
    error.unreachable = true;
    return error;
  };
  switch (static_cast<CURLcode>(curl_code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return unreachable("the host name in misp.url cannot be resolved: check the name and DNS");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return make_error(ErrorCode::kUnavailable,
                        "the host name in misp.proxy cannot be resolved: check the name and DNS");
    case CURLE_COULDNT_CONNECT:
      return unreachable(
          "no connection to MISP: check that it runs and that misp.url's port, or with misp.proxy "
          "the proxy's, is reachable");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return make_error(ErrorCode::kUnavailable,
                        "MISP's TLS certificate is not trusted: name its CA in misp.ca_file, and "
                        "the host in misp.url as in the certificate");
    case CURLE_SSL_CACERT_BADFILE:
      return make_error(
          ErrorCode::kInvalidConfig,
          "misp.ca_file, or without one the system's CAs (Debian: ca-certificates), cannot be "
          "read as PEM certificates");
    case CURLE_SSL_CONNECT_ERROR:
      return make_error(ErrorCode::kUnavailable,
                        "the TLS handshake with MISP failed: is there HTTPS on misp.url's port?");
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(ErrorCode::kTimeout,
                        "MISP did not answer in time: is it overloaded, does a firewall drop the "
                        "connection, or is misp.request_timeout too short?");
    case CURLE_PARTIAL_FILE:
      return make_error(ErrorCode::kMalformed, "MISP's answer is truncated");
    case CURLE_BAD_CONTENT_ENCODING:
      return make_error(ErrorCode::kMalformed, "MISP's answer is compressed wrongly");
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return make_error(ErrorCode::kUnavailable,
                        "the connection to MISP broke: if it always does, check misp.url's port, "
                        "and https:// where HTTPS is");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return make_error(ErrorCode::kIncompatible,
                        "what listens at misp.url, or at misp.proxy if it is set, does not speak "
                        "HTTP: check the port, and https:// where HTTPS is");
    case CURLE_URL_MALFORMAT:
      return make_error(ErrorCode::kInvalidConfig, "misp.url is not an http or https address");
    default:
      return make_error(ErrorCode::kUnavailable, "the transfer from MISP failed");
  }
}

Error name_request(Error error, std::string_view path, std::string_view key) {
  for (auto at = error.message.find(key); !key.empty() && at != std::string::npos;
       at = error.message.find(key, at)) {
    error.message.replace(at, key.size(), "***");
  }
  error.message.insert(0, std::string(path) + ": ");
  return error;
}

Error web_page_error() {
  return {ErrorCode::kMalformed,
          "MISP answered 200 with a web page (HTML) instead of JSON: is misp.url the address of a "
          "MISP, and is no login page or proxy in between?",
          0};
}

}  // namespace misp_zeek::misp
