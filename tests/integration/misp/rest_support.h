// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "misp/rest_client.h"

namespace misp_zeek::misp {

inline constexpr const char* kTestKey = "q1w2e3r4t5z6u7i8o9p0q1w2e3r4t5z6u7i8o9p0";

inline RestOptions rest_options(const std::string& url) {
  RestOptions options;
  options.url = url;
  options.api_key = kTestKey;
  options.connect_timeout = std::chrono::seconds(5);
  options.request_timeout = std::chrono::seconds(20);
  options.mapped_types = {"domain", "ip-dst"};
  return options;
}

/// A client; throws when the options are refused.
inline std::unique_ptr<RestClient> make_client(RestOptions options) {
  return std::move(RestClient::create(std::move(options)).value());
}
inline std::unique_ptr<RestClient> make_client(const std::string& url) {
  return make_client(rest_options(url));
}

/// A reply of the call's kind. Throws when it is of another.
template <typename Body>
Result<Body> ask(MispRest& client, const RestCall& call) {
  auto reply = client.call(call);
  if (!reply) {
    return tl::unexpected<Error>(std::move(reply.error()));
  }
  return std::get<Body>(std::move(reply->body));
}
inline Result<AttributeReply> search(MispRest& client, std::uint32_t limit = 0,
                                     std::uint32_t page = 1) {
  return ask<AttributeReply>(client, SearchCall{{}, limit, page});
}

/// Row number `id` of a restSearch answer.
inline std::string test_row(int id) {
  std::string digits = std::to_string(id);
  digits.insert(0, 12 - digits.size(), '0');
  return R"({"id":")" + std::to_string(id) +
         R"(","event_id":"37","object_id":"0","type":"domain","to_ids":true,)"
         R"("uuid":"c365a85a-8f49-44e2-959b-)" +
         digits +
         R"(","timestamp":"1795488043","distribution":"5","deleted":false,"comment":"row",)"
         R"("value":"a.example","Event":{"org_id":"1","distribution":"1","id":"37",)"
         R"("publish_timestamp":"0","info":"rest one","orgc_id":"2",)"
         R"("uuid":"a4b0b467-9864-4c97-89d2-c5de44c144a1"}})";
}

/// An answer with the rows 1 to `count`.
inline std::string test_page(int count) {
  std::string body = R"({"response":{"Attribute":[)";
  for (int id = 1; id <= count; ++id) {
    body += (id > 1 ? "," : "") + test_row(id);
  }
  return body + "]}}";
}

}  // namespace misp_zeek::misp
