// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "fuzz_target.h"
#include "zeek/json_v1.h"

/// A text message of Zeek's WebSocket server.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace misp_zeek;
  const auto message = zeek::decode_server_message(fuzz::text_of(data, size));
  if (!message) {
    fuzz::require_sound_text(message.error().message);
  } else if (const auto* refusal = std::get_if<zeek::ServerError>(&*message)) {
    fuzz::require_sound_text(zeek::explain(*refusal).message);
  } else if (const auto* event = std::get_if<zeek::WireMessage>(&*message)) {
    const auto again = zeek::decode_server_message(zeek::encode_event(event->topic, event->event));
    fuzz::require(again.has_value() && *again == zeek::ServerMessage(*event),
                  "an event survives encoding");
  }
  return 0;
}
