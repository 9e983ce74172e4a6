// SPDX-License-Identifier: MIT
#include "backends/recorded/lenient_parser.h"

#include "backends/recorded/python_json.h"

namespace proctor {
namespace {

std::string plain_message(simdjson::error_code code) {
  switch (code) {
  case simdjson::UNCLOSED_STRING: return "a string is not closed";
  case simdjson::STRING_ERROR: return "a string holds a bad escape or a raw control character";
  case simdjson::DEPTH_ERROR: return "it is nested too deeply";
  case simdjson::CAPACITY: return "it is larger than 4 GB";
  default: return "it is not JSON";
  }
}

} // namespace

Result<simdjson::dom::element> LenientParser::parse(std::string& text) {
  auto strict = [&](std::string& json) {
    size_t needed = json.size() + simdjson::SIMDJSON_PADDING;
    if (json.capacity() < needed) json.reserve(needed);
    return parser_.parse(json.data(), json.size(), false);
  };
  simdjson::dom::element element;
  if (strict(text).get(element) == simdjson::SUCCESS) return element;

  RepairedJson repaired = repair_json(text);
  repaired_ = std::move(repaired.text);
  if (auto code = strict(repaired_).get(element); code != simdjson::SUCCESS) return usage_error(plain_message(code));
  n_bad_bytes_ += repaired.n_bad_bytes;
  return element;
}

} // namespace proctor
