// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/sightings/sighting.h"
#include "misp/rest_client.h"

namespace misp_zeek::misp {

/// MISP's /sightings/add, and searches for single attributes, over a connection of its own, so that
/// a long search does not hold sightings up. Errors as RestClient's.
class SightingsClient : public MispSightings {
 public:
  /// Takes the connection's settings from `options`. kInvalidConfig for a URL or key that cannot be
  /// used.
  static Result<std::unique_ptr<SightingsClient>> create(RestOptions options);
  ~SightingsClient() override;

  Result<PostOutcome> add(const SightingPost& post) override;
  Result<std::optional<AttributeValue>> value_of(const Uuid& attribute) override;
  void cancel() override;

 private:
  class Impl;
  explicit SightingsClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The JSON that adds a sighting of type 0 to the attribute in the path.
std::string sighting_body(const SightingPost& post);

/// An answer with status 200, which MISP also gives to what it does not take: a `Sighting` is
/// success, a `message` is none. kMalformed for anything else. Pure.
Result<PostOutcome> decode_sighting_answer(std::string_view body);

/// The answer of /attributes/restSearch for one uuid. kMalformed for anything else. Pure.
Result<std::optional<AttributeValue>> decode_value_answer(std::string_view body,
                                                          const Uuid& attribute);

}  // namespace misp_zeek::misp
