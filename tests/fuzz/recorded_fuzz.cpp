// SPDX-License-Identifier: MIT
// Any bytes as a recorded file: the shape finder and the span scanner in small blocks, then the whole as one record
// under each kind of rules, indexed, labelled and filled.
#include <cstddef>
#include <cstdint>

#include "backends/recorded/json_spans.h"
#include "backends/recorded/lenient_parser.h"
#include "backends/recorded/record.h"

using namespace proctor;

namespace {

constexpr size_t kBlock = 7;

void scan(std::string_view text) {
  ShapeFinder shape;
  ElementScanner scanner(0);
  Status status;
  auto visit = [&](const JsonElement& element) {
    PROCTOR_CHECK(element.value.length > 0);
    PROCTOR_CHECK(element.value.offset + element.value.length <= text.size());
    return Status();
  };
  for (size_t at = 0; at < text.size() && status; at += kBlock) {
    shape.feed(text.substr(at, kBlock));
    status = scanner.feed(text.substr(at, kBlock), visit);
  }
  (void)shape.finish();
  (void)scanner.finish().has_value();
}

void read(std::string text, const RecordRules& rules, std::optional<std::string_view> key) {
  LenientParser parser;
  auto value = parser.parse(text);
  if (!value) return;
  auto records = read_records(*value, key, rules);
  if (!records) return;
  for (const Record& record : *records) {
    (void)record_messages(record);
    (void)record_target(record);
    for (size_t i = 0; i < record.n_samples(); ++i) {
      (void)record_label(record, i, rules).has_value();
      Completion completion;
      fill_completion(record, i, false, completion);
      PROCTOR_CHECK(completion.extra.empty() || parse_json(completion.extra, "extra").has_value());
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  scan(text);
  auto map = KeyMap::make({{"completion", "a.0.b"}, {"doc_id", "c+d"}});
  RecordRules plain, inspect, mapped;
  inspect.is_inspect = true;
  mapped.expect = "e";
  mapped.map = std::move(*map);
  for (const RecordRules* rules : {&plain, &inspect, &mapped}) {
    read(text, *rules, std::nullopt);
    read(text, *rules, "key");
  }
  return 0;
}
