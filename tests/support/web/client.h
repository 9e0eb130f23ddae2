// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

/// A small HTTP client and server for tests.
namespace misp_zeek::web {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// Empty when there is none; `name` in lower case.
  std::string header(const std::string& name) const;
};

using Headers = std::map<std::string, std::string>;

/// Keeps its connection from one request to the next. Used by one thread.
class Client {
 public:
  /// `origin` is "http://HOST:PORT" or with https, whose certificate is not verified.
  explicit Client(std::string origin);
  /// http://127.0.0.1:PORT
  explicit Client(int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends these with every request.
  void set_headers(Headers headers);
  void set_timeout(std::chrono::milliseconds timeout);  ///< of a whole request; 20 s
  void trust(const std::string& ca_file);               ///< verifies certificates from now on
  void use_socket(const std::string& path);             ///< a Unix socket in place of HOST:PORT

  /// nullopt: no answer, or not all of it; problem() says why.
  std::optional<Answer> get(const std::string& target, const Headers& headers = {});
  std::optional<Answer> post(const std::string& target, const std::string& body = "",
                             const std::string& type = "text/plain", const Headers& headers = {});
  std::optional<Answer> send(const std::string& method, const std::string& target,
                             const std::string& body, const Headers& headers);
  const std::string& problem() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Of an Authorization header.
std::string bearer(const std::string& token);
std::string basic(const std::string& user, const std::string& password);

}  // namespace misp_zeek::web
