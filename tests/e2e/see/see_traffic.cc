// SPDX-License-Identifier: BSD-3-Clause
#include "see_traffic.h"

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>

namespace misp_zeek::e2e {
namespace {

using traffic::Capture;

constexpr const char* kClient = "10.0.0.5";
constexpr const char* kClientV6 = "2001:db8:ffff::5";
constexpr const char* kNameServer = "10.0.0.53";
constexpr const char* kWebServer = "192.0.2.80";
constexpr const char* kMailServer = "192.0.2.25";
constexpr const char* kTlsServer = "192.0.2.44";
constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kProxy = 3128;

/// "host:port"; the port is behind the last colon.
Capture::Endpoint endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  return {text.substr(0, colon), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
}

const char* client_of(const Capture::Endpoint& server) {
  return server.address.find(':') == std::string::npos ? kClient : kClientV6;
}

std::uint16_t next_port() {
  static std::uint16_t port = 40'000;
  return ++port;
}

void get(Capture& capture, const std::string& text) {
  const auto blank = text.find(' ');
  const std::string host = text.substr(0, blank);
  const auto colon = host.ends_with(']') ? std::string::npos : host.rfind(':');
  const auto port = colon == std::string::npos
                        ? kHttp
                        : static_cast<std::uint16_t>(std::stoi(host.substr(colon + 1)));
  traffic::download(capture, kClient, {kWebServer, port},
                    {host, text.substr(blank + 1), "test/1.0", "x"});
}

void web(Capture& capture, traffic::Download what) {
  if (what.host.empty()) what.host = "www.example.org";
  if (what.path.empty()) what.path = "/";
  if (what.user_agent.empty()) what.user_agent = "test/1.0";
  traffic::download(capture, kClient, {kWebServer, kHttp}, what);
}

void mail(Capture& capture, traffic::Mail what) {
  if (what.sender.empty()) what.sender = "someone@example.org";
  traffic::send_mail(capture, kClient, kMailServer, what);
}

std::string attachment(const std::string& name, const std::string& content) {
  return "Content-Type: application/octet-stream; name=\"" + name +
         "\"\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n" + content +
         "\r\n";
}

void mail_with(Capture& capture, const std::string& name, const std::string& content) {
  mail(capture, {.headers = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
                 .body = "--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n--b\r\n" +
                         attachment(name, content) + "--b--\r\n"});
}

using Player = std::function<void(Capture&, const std::string&)>;

const std::map<std::string, Player>& players() {
  static const std::map<std::string, Player> all = {
      {"tcp",
       [](Capture& c, const std::string& a) {
         traffic::connect(c, client_of(endpoint_of(a)), endpoint_of(a));
       }},
      {"udp",
       [](Capture& c, const std::string& a) {
         c.send_udp({client_of(endpoint_of(a)), next_port()}, endpoint_of(a), "x");
       }},
      {"syn",
       [](Capture& c, const std::string& a) {
         c.knock({client_of(endpoint_of(a)), next_port()}, endpoint_of(a));
       }},
      {"dns",
       [](Capture& c, const std::string& a) { traffic::resolve(c, kClient, kNameServer, a); }},
      {"ssh", [](Capture& c, const std::string&) { traffic::greet_ssh(c, kClient, kTlsServer); }},
      {"get", get},
      {"proxy",
       [](Capture& c, const std::string& a) {
         traffic::download(c, kClient, {kWebServer, kProxy},
                           {"proxied.example.org", a, "test/1.0", "x"});
       }},
      {"referer",
       [](Capture& c, const std::string& a) {
         web(c, {.request_headers = "Referer: " + a + "\r\n"});
       }},
      {"agent", [](Capture& c, const std::string& a) { web(c, {.user_agent = a}); }},
      {"forwarded",
       [](Capture& c, const std::string& a) {
         web(c, {.request_headers = "X-Forwarded-For: " + a + "\r\n"});
       }},
      {"download",
       [](Capture& c, const std::string& a) {
         web(c,
             {.body = "a file",
              .response_headers = "Content-Disposition: attachment; filename=\"" + a + "\"\r\n"});
       }},
      {"file", [](Capture& c, const std::string& a) { web(c, {.body = a}); }},
      {"from", [](Capture& c, const std::string& a) { mail(c, {.sender = a}); }},
      {"to", [](Capture& c, const std::string& a) { mail(c, {.recipient = a}); }},
      {"header",
       [](Capture& c, const std::string& a) {
         if (a.starts_with("From: ")) return mail(c, {.from = a.substr(6)});
         if (a.starts_with("To: ")) return mail(c, {.to = a.substr(4)});
         mail(c, {.headers = a + "\r\n"});
       }},
      {"mail", [](Capture& c, const std::string& a) { mail(c, {.body = a + "\r\n"}); }},
      {"attach", [](Capture& c, const std::string& a) { mail_with(c, a, "attached"); }},
      {"mailfile", [](Capture& c, const std::string& a) { mail_with(c, "attached.bin", a); }},
  };
  return all;
}

}  // namespace

traffic::Fingerprints play(traffic::Capture& capture, const std::string& text) {
  const auto blank = std::min(text.find(' '), text.size());
  const std::string verb = text.substr(0, blank);
  const std::string argument = blank == text.size() ? "" : text.substr(blank + 1);
  if (verb == "sni") return traffic::shake_hands(capture, kClient, kTlsServer, argument);
  const auto player = players().find(verb);
  if (player == players().end()) throw std::runtime_error("no traffic: " + text);
  player->second(capture, argument);
  return {};
}

}  // namespace misp_zeek::e2e
