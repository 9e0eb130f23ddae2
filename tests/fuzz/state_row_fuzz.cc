// SPDX-License-Identifier: BSD-3-Clause
// Columns of the state's file as another program, or a broken disk, may have left them.
#include <string>

#include "fuzz_target.h"
#include "storage/state_rows.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace misp_zeek;
  const auto text = fuzz::text_of(data, size);
  if (const auto supports = storage::decode_supports(text)) {
    const std::string again = storage::encode_supports(*supports);
    fuzz::require(storage::decode_supports(again) == supports, "what was read can be written");
  }
  (void)storage::reject_from(text);
  (void)storage::uuid_from(data, static_cast<int>(size));
  return 0;
}
