// SPDX-License-Identifier: BSD-3-Clause
#include "web/client.h"

#include <curl/curl.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace misp_zeek::web {
namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

std::size_t note_header(char* bytes, std::size_t size, std::size_t count, void* to) {
  const std::string line(bytes, size * count);
  const auto colon = line.find(':');
  if (colon != std::string::npos) {
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    const auto end = line.find_last_not_of(" \t\r\n");
    auto& headers = *static_cast<Headers*>(to);
    headers[name] =
        begin == std::string::npos || end < begin ? "" : line.substr(begin, end - begin + 1);
  }
  return size * count;
}

}  // namespace

struct Client::State {
  std::string origin;
  Headers headers;
  std::chrono::milliseconds timeout{20'000};
  std::string ca_file;
  std::string socket;
  std::string problem;
  CURL* easy = curl_easy_init();
};

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Client::Client(std::string origin) : state_(std::make_unique<State>()) {
  state_->origin = std::move(origin);
}

Client::Client(int port) : Client("http://127.0.0.1:" + std::to_string(port)) {}

Client::~Client() { curl_easy_cleanup(state_->easy); }

void Client::set_headers(Headers headers) { state_->headers = std::move(headers); }

void Client::set_timeout(std::chrono::milliseconds timeout) { state_->timeout = timeout; }

void Client::trust(const std::string& ca_file) { state_->ca_file = ca_file; }

void Client::use_socket(const std::string& path) { state_->socket = path; }

const std::string& Client::problem() const { return state_->problem; }

std::optional<Answer> Client::get(const std::string& target, const Headers& headers) {
  return send("GET", target, "", headers);
}

std::optional<Answer> Client::post(const std::string& target, const std::string& body,
                                   const std::string& type, const Headers& headers) {
  Headers all = headers;
  all.emplace("Content-Type", type);
  return send("POST", target, body, all);
}

std::optional<Answer> Client::send(const std::string& method, const std::string& target,
                                   const std::string& body, const Headers& headers) {
  CURL* easy = state_->easy;
  curl_easy_reset(easy);  // keeps the connection
  Headers all = headers;
  all.insert(state_->headers.begin(), state_->headers.end());
  all.emplace("Expect", "");
  curl_slist* list = nullptr;
  for (const auto& [name, value] : all) {
    list = curl_slist_append(list, (name + ":" + (value.empty() ? "" : " " + value)).c_str());
  }
  Answer answer;
  const std::string url = state_->origin + target;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(state_->timeout.count()));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &note_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer.headers);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, state_->ca_file.empty() ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, state_->ca_file.empty() ? 0L : 2L);
  if (!state_->ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, state_->ca_file.c_str());
  }
  if (!state_->socket.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, state_->socket.c_str());
  }
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (method != "GET" || !body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  const CURLcode code = curl_easy_perform(easy);
  curl_slist_free_all(list);
  if (code != CURLE_OK) {
    state_->problem = curl_easy_strerror(code);
    return std::nullopt;
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

std::string bearer(const std::string& token) { return "Bearer " + token; }

std::string basic(const std::string& user, const std::string& password) {
  const std::string text = user + ":" + password;
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

}  // namespace misp_zeek::web
