// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/versions.h"

#include <curl/curl.h>
#include <zmq.h>

#include "app/process/version.h"
#include "zeek/broker_adapter.h"
#include "zeek/websocket_client.h"

namespace misp_zeek::app {

std::string describe_versions() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  zmq_version(&major, &minor, &patch);
  const std::string broker = zeek::broker_version();
  std::string text = "misp-zeek " + version() + "\n";
  text += "broker " + (broker.empty() ? "none" : broker);
  text += broker.empty() || broker.starts_with("1.")
              ? " (cannot talk to Zeek 7 or later; its WebSocket can)\n"
              : "\n";
  text += "websocket " + zeek::websocket_version() + "\n";
  text += "libzmq " + std::to_string(major) + "." + std::to_string(minor) + "." +
          std::to_string(patch) + "\n";
  return text + "libcurl " + curl_version_info(CURLVERSION_NOW)->version + "\n";
}

}  // namespace misp_zeek::app
