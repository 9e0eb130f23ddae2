// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <thread>

namespace zmq {
class context_t;
}

namespace misp_zeek::misp_sim {

/// Answers ZAP requests (ZeroMQ RFC 27) of PLAIN sockets in one context, in a thread of its own,
/// until the context is shut down.
class PlainAuth {
 public:
  /// Throws zmq::error_t when the context has an authenticator already.
  PlainAuth(zmq::context_t& context, std::string username, std::string password);

 private:
  std::jthread thread_;
};

}  // namespace misp_zeek::misp_sim
