// SPDX-License-Identifier: BSD-3-Clause
#include "plain_auth.h"

#include <array>
#include <utility>
#include <vector>
#include <zmq.hpp>

namespace misp_zeek::misp_sim {
namespace {

// Frames of a PLAIN request: version, request id, domain, address, identity, mechanism, user,
// password.
constexpr std::size_t kRequestId = 1;
constexpr std::size_t kMechanism = 5;
constexpr std::size_t kUser = 6;
constexpr std::size_t kPassword = 7;

std::vector<std::string> receive(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  zmq::message_t frame;
  do {
    if (!socket.recv(frame, zmq::recv_flags::none)) break;
    frames.push_back(frame.to_string());
  } while (frame.more());
  return frames;
}

void serve(zmq::socket_t& socket, const std::string& username, const std::string& password) {
  while (true) {
    const auto request = receive(socket);
    const bool ok = request.size() > kPassword && request[kMechanism] == "PLAIN" &&
                    request[kUser] == username && request[kPassword] == password;
    const std::array<std::string, 6> reply = {
        "1.0",
        request.size() > kRequestId ? request[kRequestId] : "",
        ok ? "200" : "400",
        ok ? "OK" : "wrong user or password",
        ok ? username : "",
        ""};
    for (std::size_t i = 0; i < reply.size(); ++i) {
      socket.send(zmq::buffer(reply.at(i)),
                  i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }
}

}  // namespace

PlainAuth::PlainAuth(zmq::context_t& context, std::string username, std::string password) {
  // Bound here, so that the first subscriber finds it.
  zmq::socket_t socket(context, zmq::socket_type::rep);
  socket.set(zmq::sockopt::linger, 0);
  socket.bind("inproc://zeromq.zap.01");
  thread_ = std::jthread([socket = std::move(socket), username = std::move(username),
                          password = std::move(password)]() mutable {
    try {
      serve(socket, username, password);
    } catch (const zmq::error_t&) {
      socket.close();  // the context is going away
    }
  });
}

}  // namespace misp_zeek::misp_sim
