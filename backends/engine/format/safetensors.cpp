// SPDX-License-Identifier: MIT
#include "backends/engine/format/safetensors.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <set>

#include "harness/json.h"

namespace proctor {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000; // safetensors/src/tensor.rs, MAX_HEADER_SIZE

Error bad_entry(std::string_view name, std::string_view why) {
  return usage_error(fmt::format("safetensors tensor {}: {}", name.substr(0, 120), why));
}

// Bytes per element; 0: unknown.
uint64_t element_bytes(std::string_view dtype) {
  const std::pair<std::string_view, uint64_t> kSizes[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
      {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},     {"I32", 4},
      {"F32", 4},  {"U64", 8}, {"I64", 8}, {"F64", 8},     {"C64", 8}};
  for (auto& [name, bytes] : kSizes)
    if (name == dtype) return bytes;
  return 0;
}

std::optional<uint64_t> whole(const Json& value) {
  return value.is_number_unsigned() ? std::optional(value.get<uint64_t>()) : std::nullopt;
}

Result<std::vector<uint64_t>> read_list(const std::string& name, const Json& entry, const char* key) {
  const Json* list = find_member(entry, key);
  if (list == nullptr || !list->is_array()) return bad_entry(name, fmt::format("has no list \"{}\"", key));
  std::vector<uint64_t> numbers;
  for (const Json& item : *list) {
    auto number = whole(item);
    if (!number) return bad_entry(name, fmt::format("\"{}\" must hold whole numbers from 0", key));
    numbers.push_back(*number);
  }
  return numbers;
}

Result<uint64_t> expected_bytes(const std::string& name, const SafeTensor& tensor) {
  uint64_t bytes = element_bytes(tensor.dtype);
  if (bytes == 0) return bad_entry(name, fmt::format("unknown dtype {}", tensor.dtype.substr(0, 20)));
  for (uint64_t dim : tensor.shape)
    if (__builtin_mul_overflow(bytes, dim, &bytes)) return bad_entry(name, "its shape overflows");
  return bytes;
}

Result<SafeTensor> read_tensor(const std::string& name, const Json& entry, std::span<const uint8_t> buffer) {
  auto dtype = get_string(entry, "dtype");
  if (!dtype) return bad_entry(name, "has no \"dtype\"");
  auto shape = read_list(name, entry, "shape");
  if (!shape) return shape.error();
  auto offsets = read_list(name, entry, "data_offsets");
  if (!offsets) return offsets.error();
  if (offsets->size() != 2 || (*offsets)[0] > (*offsets)[1])
    return bad_entry(name, "\"data_offsets\" must be [begin, end]");
  if ((*offsets)[1] > buffer.size())
    return bad_entry(
        name, fmt::format("ends at byte {} of a buffer of {}; is the file truncated?", (*offsets)[1], buffer.size()));
  SafeTensor tensor{*dtype, std::move(*shape), buffer.subspan((*offsets)[0], (*offsets)[1] - (*offsets)[0])};
  auto bytes = expected_bytes(name, tensor);
  if (!bytes) return bytes.error();
  if (*bytes != tensor.data.size())
    return bad_entry(name, fmt::format("its shape wants {} bytes, its offsets give {}", *bytes, tensor.data.size()));
  return tensor;
}

// No holes and no overlaps, from the first byte of the buffer to the last.
Status check_cover(const SafeTensors& parsed, std::span<const uint8_t> buffer) {
  std::vector<std::pair<const uint8_t*, const std::string*>> order;
  for (auto& [name, tensor] : parsed.tensors) order.emplace_back(tensor.data.data(), &name);
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    auto size = [&](const auto& item) { return parsed.tensors.at(*item.second).data.size(); };
    return std::pair(a.first, size(a)) < std::pair(b.first, size(b));
  });
  const uint8_t* at = buffer.data();
  for (auto& [begin, name] : order) {
    if (begin != at) return bad_entry(*name, begin < at ? "overlaps another tensor" : "there is a hole before it");
    at += parsed.tensors.at(*name).data.size();
  }
  if (at != buffer.data() + buffer.size()) return usage_error("safetensors: bytes after the last tensor");
  return {};
}

// nlohmann keeps the last of two equal keys; a callback sees both.
Result<Json> parse_header(std::string_view text) {
  std::set<std::string> seen;
  std::string twice;
  auto callback = [&](int depth, nlohmann::detail::parse_event_t event, Json& value) {
    if (depth == 1 && event == nlohmann::detail::parse_event_t::key && !seen.insert(value.get<std::string>()).second)
      twice = value.get<std::string>();
    return true;
  };
  if (nests_too_deep(text)) return usage_error("safetensors: the header nests too deep");
  Json json = Json::parse(text, callback, false);
  if (json.is_discarded() || !json.is_object()) return usage_error("safetensors: the header is not a JSON object");
  if (!twice.empty()) return bad_entry(twice, "is there twice");
  return json;
}

} // namespace

Result<TensorView> SafeTensors::tensor(const std::string& name) const {
  auto found = tensors.find(name);
  if (found == tensors.end()) return bad_entry(name, "is missing");
  const SafeTensor& tensor = found->second;
  auto type = parse_dtype(tensor.dtype);
  if (!type || is_quantised(*type))
    return bad_entry(name, fmt::format("is stored as {}; F32, F16 and BF16 are supported", tensor.dtype));
  if (tensor.shape.empty() || tensor.shape.size() > 2 || tensor.data.empty())
    return bad_entry(
        name, fmt::format("has {} dimensions, 1 or 2 of at least one element are wanted", tensor.shape.size()));
  int64_t rows = tensor.shape.size() == 2 ? static_cast<int64_t>(tensor.shape[0]) : 1;
  return TensorView{name, *type, rows, static_cast<int64_t>(tensor.shape.back()), tensor.data.data()};
}

Result<SafeTensors> parse_safetensors(std::span<const uint8_t> bytes) {
  uint64_t length = 0;
  if (bytes.size() < sizeof length) return usage_error("safetensors: the file is shorter than its header length");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > kMaxHeader || length > bytes.size() - sizeof length)
    return usage_error(
        fmt::format("safetensors: a header of {} bytes in a file of {}; is it truncated?", length, bytes.size()));
  std::string_view text(reinterpret_cast<const char*>(bytes.data()) + sizeof length, length);
  if (!text.starts_with('{')) return usage_error("safetensors: the header does not begin with {");
  auto header = parse_header(text);
  if (!header) return header.error();
  std::span<const uint8_t> buffer = bytes.subspan(sizeof length + length);
  SafeTensors parsed;
  for (auto& [name, entry] : header->items()) {
    if (name == "__metadata__") continue;
    auto tensor = read_tensor(name, entry, buffer);
    if (!tensor) return tensor.error();
    parsed.tensors.emplace(name, std::move(*tensor));
  }
  if (Status covered = check_cover(parsed, buffer); !covered) return covered.error();
  return parsed;
}

} // namespace proctor
