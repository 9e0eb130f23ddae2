// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz_target.h"
#include "misp/decode.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace misp_zeek;
  // Bounds so low that mutations reach them.
  const misp::FrameLimits limits{.max_bytes = 100'000, .max_depth = 12, .max_values = 2'000};
  const auto frame = fuzz::text_of(data, size);
  const auto message = misp::decode_frame(frame, limits);
  if (!message) {
    fuzz::require_sound_text(message.error().message);
    return 0;
  }
  fuzz::require(frame.size() <= limits.max_bytes, "a frame beyond the bound is refused");
  if (const auto* publish = std::get_if<PublishMessage>(&*message)) {
    for (const Attribute& attribute : publish->attributes) {
      fuzz::require(attribute.event_id == publish->event.id,
                    "attributes of a publish message are of its event");
    }
  }
  return 0;
}
