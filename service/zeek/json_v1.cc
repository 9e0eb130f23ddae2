// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/json_v1.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace misp_zeek::zeek {
namespace {

using Json = nlohmann::json;

/// As for Broker: deeper than a field of a record in a vector, or more values than any message of
/// the contract has.
constexpr int kMaxDepth = 4;
constexpr std::size_t kMaxValues = 100'000;
constexpr std::size_t kMaxExcerpt = 64;

/// Broker's message type of an event, and the version that Zeek sends with it.
constexpr std::uint64_t kEventType = 1;
constexpr std::uint64_t kEventVersion = 1;

void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xfU];
    } else {
      out += c;
    }
  }
  out += '"';
}

struct AppendValue {
  std::string& out;

  void operator()(bool flag) const {
    out += R"({"@data-type":"boolean","data":)";
    out += flag ? "true}" : "false}";
  }
  void operator()(std::uint64_t count) const {
    std::array<char, 20> digits{};
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), count).ptr;
    out += R"({"@data-type":"count","data":)";
    out.append(digits.data(), end);
    out += '}';
  }
  void operator()(const std::string& text) const {
    out += R"({"@data-type":"string","data":)";
    append_text(out, text);
    out += '}';
  }
  void operator()(std::monostate) const { out += R"({"@data-type":"none","data":{}})"; }
  void operator()(const WireValue::Set& values) const {
    out += R"({"@data-type":"set","data":[)";
    const char* separator = "";
    for (const auto& value : values) {
      out += separator;
      (*this)(value);
      separator = ",";
    }
    out += "]}";
  }
  void operator()(const WireValue::Table& values) const {
    out += R"({"@data-type":"table","data":[)";
    const char* separator = "";
    for (const auto& [key, value] : values) {
      out += separator;
      out += R"({"key":)";
      (*this)(key);
      out += R"(,"value":)";
      (*this)(value);
      out += '}';
      separator = ",";
    }
    out += "]}";
  }
  void operator()(const WireValue::Vector& values) const {
    out += R"({"@data-type":"vector","data":[)";
    const char* separator = "";
    for (const auto& value : values) {
      out += separator;
      std::visit(*this, value.value);
      separator = ",";
    }
    out += "]}";
  }
};

std::string excerpt(std::string_view text) {
  std::string shown(text.substr(0, kMaxExcerpt));
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    c = byte < 0x20 || byte > 0x7e ? '?' : c;
  }
  return "'" + shown + (text.size() > kMaxExcerpt ? "...'" : "'");
}

/// The member; nullptr if it is not there.
const Json* member_of(const Json& object, const char* name) {
  const auto it = object.is_object() ? object.find(name) : object.end();
  return it != object.end() ? &*it : nullptr;
}

/// The member if it is there and text; nullptr otherwise.
const std::string* text_of(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() ? it->get_ptr<const std::string*>() : nullptr;
}

/// The elements of {"@data-type":"vector","data":[...]}; nullptr for anything else.
const Json::array_t* vector_of(const Json& value) {
  const auto* type = value.is_object() ? text_of(value, "@data-type") : nullptr;
  const auto data = value.find("data");
  if (type == nullptr || *type != "vector" || data == value.end()) {
    return nullptr;
  }
  return data->get_ptr<const Json::array_t*>();
}

/// Reads values; the first problem stays.
class ValueReader {
 public:
  std::optional<WireValue> read(const Json& value, int depth = 0) {
    if (depth > kMaxDepth || budget_ == 0) {
      return give_up(ErrorCode::kTooLarge, "a value is nested too deep, or has too many values");
    }
    --budget_;
    const auto* type = value.is_object() ? text_of(value, "@data-type") : nullptr;
    const auto data = value.find("data");
    if (type == nullptr || data == value.end()) {
      return give_up(ErrorCode::kMalformed, R"(a value lacks "@data-type" or "data")");
    }
    if (*type == "vector" && data->is_array()) {
      return read_vector(*data, depth);
    }
    if (*type == "none") {
      return WireValue(std::monostate{});
    }
    if (*type == "set" && data->is_array()) {
      return read_set(*data);
    }
    if (*type == "table" && data->is_array()) {
      return read_table(*data);
    }
    if (*type == "string" && data->is_string()) {
      return WireValue(data->get<std::string>());
    }
    if (*type == "count" && data->is_number_unsigned()) {
      return WireValue(data->get<std::uint64_t>());
    }
    if (*type == "boolean" && data->is_boolean()) {
      return WireValue(data->get<bool>());
    }
    return give_up(ErrorCode::kMalformed,
                   "a value of type " + excerpt(*type) + " that no message of ours has");
  }

  Error take_error() { return std::move(error_); }

 private:
  /// Elements of sets and tables are texts.
  std::optional<std::string> read_text(const Json* value) {
    const auto* type =
        value != nullptr && value->is_object() ? text_of(*value, "@data-type") : nullptr;
    const auto* text = type != nullptr && *type == "string" ? text_of(*value, "data") : nullptr;
    if (text == nullptr || budget_ == 0) {
      give_up(ErrorCode::kMalformed, "a set or table of anything but strings, or too many of them");
      return std::nullopt;
    }
    --budget_;
    return *text;
  }

  std::optional<WireValue> read_set(const Json& data) {
    WireValue::Set out;
    for (const auto& element : data) {
      auto text = read_text(&element);
      if (!text) {
        return std::nullopt;
      }
      out.insert(std::move(*text));
    }
    return WireValue(std::move(out));
  }

  std::optional<WireValue> read_table(const Json& data) {
    WireValue::Table out;
    for (const auto& pair : data) {
      auto key = read_text(member_of(pair, "key"));
      auto value = key ? read_text(member_of(pair, "value")) : std::nullopt;
      if (!value) {
        return std::nullopt;
      }
      out.emplace(std::move(*key), std::move(*value));
    }
    return WireValue(std::move(out));
  }

  std::optional<WireValue> read_vector(const Json& data, int depth) {
    WireValue::Vector out;
    out.reserve(std::min(data.size(), budget_));
    for (const auto& element : data) {
      auto value = read(element, depth + 1);
      if (!value) {
        return std::nullopt;
      }
      out.push_back(std::move(*value));
    }
    return WireValue(std::move(out));
  }

  std::nullopt_t give_up(ErrorCode code, std::string what) {
    error_ = {code, std::move(what), 0};
    return std::nullopt;
  }

  std::size_t budget_ = kMaxValues;
  Error error_;
};

/// [version, message type, [name, arguments, metadata]], the same as over Broker.
Result<WireMessage> read_event(const Json& message) {
  const auto* topic = text_of(message, "topic");
  const auto* outer = vector_of(message);
  if (topic == nullptr || outer == nullptr || outer->size() < 3) {
    return fail(ErrorCode::kMalformed, "a data-message of another shape");
  }
  ValueReader reader;
  if (reader.read((*outer)[1]) != std::optional(WireValue(kEventType))) {
    return fail(ErrorCode::kMalformed, "a data-message that is no event");
  }
  const auto* event = vector_of((*outer)[2]);
  if (event == nullptr || event->size() < 2) {
    return fail(ErrorCode::kMalformed, "an event of another shape");
  }
  auto name = reader.read((*event)[0]);
  auto args = name ? reader.read((*event)[1]) : std::nullopt;
  if (!args) {
    return tl::unexpected(reader.take_error());
  }
  auto* name_text = std::get_if<std::string>(&name->value);
  auto* values = std::get_if<WireValue::Vector>(&args->value);
  if (name_text == nullptr || values == nullptr) {
    return fail(ErrorCode::kMalformed, "an event without a name or arguments");
  }
  return WireMessage{*topic, {std::move(*name_text), std::move(*values)}};
}

}  // namespace

std::string encode_subscriptions(const std::vector<std::string>& topics) {
  std::string out = "[";
  for (const auto& topic : topics) {
    out += out.size() > 1 ? "," : "";
    append_text(out, topic);
  }
  return out + "]";
}

std::string encode_event(std::string_view topic, const WireEvent& event) {
  std::string out = R"({"type":"data-message","topic":)";
  append_text(out, topic);
  out += R"(,"@data-type":"vector","data":[)";
  const AppendValue append{out};
  append(kEventVersion);
  out += ',';
  append(kEventType);
  out += R"(,{"@data-type":"vector","data":[)";
  append(event.name);
  out += ',';
  append(event.args);
  out += "]}]}";
  return out;
}

Result<ServerMessage> decode_server_message(std::string_view text) {
  const Json message = Json::parse(text, nullptr, false);
  const auto* type = message.is_object() ? text_of(message, "type") : nullptr;
  if (type == nullptr) {
    return fail(ErrorCode::kMalformed, "no JSON message with a type: " + excerpt(text));
  }
  if (*type == "data-message") {
    auto event = read_event(message);
    if (!event) {
      return tl::unexpected(std::move(event.error()));
    }
    return ServerMessage(std::move(*event));
  }
  if (*type == "ack") {
    const auto* endpoint = text_of(message, "endpoint");
    const auto* version = text_of(message, "version");
    if (endpoint != nullptr && version != nullptr) {
      return ServerMessage(ServerAck{*endpoint, *version});
    }
  } else if (*type == "error") {
    const auto* code = text_of(message, "code");
    const auto* context = text_of(message, "context");
    if (code != nullptr) {
      return ServerMessage(ServerError{*code, context != nullptr ? *context : ""});
    }
  }
  return fail(ErrorCode::kMalformed, "an unknown kind of message: " + excerpt(text));
}

Error explain(const ServerError& error) {
  const std::string said = excerpt(error.code + ": " + error.context);
  if (error.context == "failed to create Zeek event") {
    return {ErrorCode::kMalformed,
            "Zeek refused an event (" + said +
                "): the node that hosts the WebSocket does not declare it like this. Load this "
                "release's package MISP there; "
                "Zeek's standard error has the reason",
            0};
  }
  if (error.code == "invalid_uri") {
    return {ErrorCode::kIncompatible,
            "Zeek has no /v1/messages/json there (" + said +
                "): the port must be one of Cluster::listen_websocket, in Zeek 7.2 or later",
            0};
  }
  if (error.code == "deserialization_failed") {
    return {ErrorCode::kMalformed, "Zeek could not read a message (" + said + ")", 0};
  }
  return {ErrorCode::kIncompatible, "Zeek refused the connection (" + said + ")", 0};
}

}  // namespace misp_zeek::zeek
