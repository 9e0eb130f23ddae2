// SPDX-License-Identifier: BSD-3-Clause
#include "http/control.h"

#include <httplib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace misp_zeek::http {
namespace {

/// Takes the same time for any wrong token of the same length.
bool same(std::string_view given, std::string_view token) {
  return !token.empty() && given.size() == token.size() &&
         CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

/// Empty for what is not base64.
std::string decode_base64(const std::string& text) {
  if (text.empty() || text.size() % 4 != 0) {
    return "";
  }
  std::string decoded(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) {
    return "";
  }
  // The library counts the bytes that stand for padding.
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  decoded.resize(static_cast<std::size_t>(length) - padding);
  return decoded;
}

}  // namespace

std::string new_token() {
  std::array<unsigned char, 32> bytes{};
  if (getentropy(bytes.data(), bytes.size()) != 0) {
    throw std::runtime_error("the system gives no random bytes");
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : bytes) {
    token += kDigits[byte >> 4U];
    token += kDigits[byte & 15U];
  }
  return token;
}

bool bears_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.starts_with(kScheme) && same(authorization.substr(kScheme.size()), token);
}

bool has_password(const std::string& authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Basic ";
  // "any:" goes in front of the token, so the header of a long user name is not worth decoding.
  constexpr std::size_t kMaxCredentials = 1024;
  if (!authorization.starts_with(kScheme) || authorization.size() > kMaxCredentials) {
    return false;
  }
  const std::string credentials = decode_base64(authorization.substr(kScheme.size()));
  const auto colon = credentials.find(':');
  return colon != std::string::npos && same(std::string_view(credentials).substr(colon + 1), token);
}

std::string to_json(const ControlAccess& access) {
  return nlohmann::ordered_json{{"url", access.url}, {"token", access.token}}.dump() + "\n";
}

Result<ControlAccess> parse_control_access(const std::string& json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  const auto text = [&](const char* name) {
    return parsed.is_object() && parsed.contains(name) && parsed[name].is_string()
               ? parsed[name].get<std::string>()
               : std::string();
  };
  ControlAccess access{text("url"), text("token")};
  if (access.url.empty() || access.token.empty()) {
    return fail(ErrorCode::kMalformed, "is no control file of misp-zeek");
  }
  return access;
}

std::string control_url(const std::string& listen, std::uint16_t port, bool tls) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host == "0.0.0.0") {
    host = "127.0.0.1";
  } else if (host == "[::]" || host == "::") {
    host = "[::1]";
  }
  return (tls ? "https://" : "http://") + host + ":" +
         (port == 0 ? listen.substr(listen.rfind(':') + 1) : std::to_string(port));
}

Result<Response> send_command(const ControlAccess& access, const std::string& target,
                              std::chrono::seconds timeout) {
  httplib::Client client(access.url);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.enable_server_certificate_verification(false);
  client.set_bearer_token_auth(access.token);
  const auto answer = client.Post(target, "", "text/plain");
  if (!answer) {
    return fail(ErrorCode::kUnavailable, "no answer from the service at " + access.url + ": " +
                                             httplib::to_string(answer.error()));
  }
  return Response{answer->status, answer->get_header_value("Content-Type"), answer->body};
}

Result<Response> read_from_service(const ControlAccess& access, const std::string& target,
                                   std::chrono::seconds timeout) {
  httplib::Client client(access.url);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.enable_server_certificate_verification(false);
  if (!access.token.empty()) {
    client.set_bearer_token_auth(access.token);
  }
  const auto answer = client.Get(target);
  if (!answer) {
    return fail(ErrorCode::kUnavailable,
                "no service answers at " + access.url + ": " + httplib::to_string(answer.error()));
  }
  return Response{answer->status, answer->get_header_value("Content-Type"), answer->body};
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

}  // namespace misp_zeek::http
