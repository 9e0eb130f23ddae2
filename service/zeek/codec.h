// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "core/base/error.h"
#include "core/session/messages.h"
#include "zeek/wire.h"

/// The contract's messages as Zeek events, for any transport. Specification: `proto/README.md`.
///
/// Decoding is strict. kMalformed: unknown event, wrong number or type of fields, text that is
/// not UTF-8, a decimal that is none; kTooLarge: beyond a bound below or one of the contract. The
/// error names the event, the field and what was expected. Pure; callable from any thread.
namespace misp_zeek::zeek {

/// Bytes of one string.
inline constexpr std::size_t kMaxTextBytes = 65'536;
/// Items and keys that decode_to_zeek() reads. More than the contract allows: what is beyond the
/// contract's own bound, the package must see and answer.
inline constexpr std::size_t kMaxRecordsRead = 10'000;

/// Moves the message's texts: whoever needs it no more should hand it over.
WireEvent encode(contract::ToZeek message);
WireEvent encode(contract::FromZeek message);

/// What the service receives.
Result<contract::FromZeek> decode_from_zeek(const WireEvent& event);
/// What Zeek receives; for stand-ins and tests. An indicator type that Zeek's base scripts lack is
/// kMalformed here, because contract::Item cannot hold it.
Result<contract::ToZeek> decode_to_zeek(const WireEvent& event);

}  // namespace misp_zeek::zeek
