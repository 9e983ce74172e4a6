// SPDX-License-Identifier: MIT
#include "backends/engine/format/gguf.h"

#include <cstring>
#include <fmt/format.h>

namespace proctor {
namespace {

constexpr size_t kMaxName = 63; // GGML_MAX_NAME - 1
constexpr size_t kShownName = 80;

size_t scalar_bytes(GgufType type) {
  switch (type) {
  case GgufType::u8:
  case GgufType::i8:
  case GgufType::boolean: return 1;
  case GgufType::u16:
  case GgufType::i16: return 2;
  case GgufType::u32:
  case GgufType::i32:
  case GgufType::f32: return 4;
  default: return 8;
  }
}

template <class T> T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

GgufValue scalar(GgufType type, const uint8_t* at) {
  switch (type) {
  case GgufType::u8: return uint64_t{*at};
  case GgufType::i8: return int64_t{static_cast<int8_t>(*at)};
  case GgufType::u16: return uint64_t{load<uint16_t>(at)};
  case GgufType::i16: return int64_t{load<int16_t>(at)};
  case GgufType::u32: return uint64_t{load<uint32_t>(at)};
  case GgufType::i32: return int64_t{load<int32_t>(at)};
  case GgufType::u64: return load<uint64_t>(at);
  case GgufType::i64: return load<int64_t>(at);
  case GgufType::f32: return double{load<float>(at)};
  case GgufType::boolean: return *at != 0;
  default: return load<double>(at);
  }
}

std::string shown(std::string_view name) {
  std::string text;
  for (char c : name.substr(0, kShownName)) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

// Walks the bytes; every read is checked.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  const uint8_t* take(uint64_t n) {
    if (n > left()) return nullptr;
    const uint8_t* here = bytes_.data() + at_;
    at_ += static_cast<size_t>(n);
    return here;
  }

  template <class T> std::optional<T> number() {
    const uint8_t* here = take(sizeof(T));
    return here == nullptr ? std::nullopt : std::optional(load<T>(here));
  }

  std::optional<std::string_view> text() {
    auto length = number<uint64_t>();
    const uint8_t* here = length ? take(*length) : nullptr;
    if (here == nullptr) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(here), static_cast<size_t>(*length));
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

Error bad_gguf_key(std::string_view key, std::string_view why) {
  return usage_error(fmt::format("GGUF key {}: {}", shown(key), why));
}
Error bad_gguf_tensor(std::string_view name, std::string_view why) {
  return usage_error(fmt::format("GGUF tensor {}: {}", shown(name), why));
}

Result<GgufValue> read_array(Reader& reader, std::string_view key) {
  auto type = reader.number<uint32_t>();
  auto size = reader.number<uint64_t>();
  if (!type || !size) return bad_gguf_key(key, "cut off inside an array's header");
  if (*type > static_cast<uint32_t>(GgufType::f64))
    return bad_gguf_key(key, fmt::format("array of unknown type {}", *type));
  GgufArray array{static_cast<GgufType>(*type), *size, nullptr, 0};
  if (array.type == GgufType::array) return bad_gguf_key(key, "an array of arrays is not supported");
  const size_t begin = reader.at();
  array.data = reader.take(0);
  if (array.type == GgufType::string) {
    for (uint64_t i = 0; i < *size; ++i)
      if (!reader.text()) return bad_gguf_key(key, fmt::format("string {} of {} runs past the end of the file", i, *size));
  } else if (*size > reader.left() / scalar_bytes(array.type) ||
             reader.take(*size * scalar_bytes(array.type)) == nullptr) {
    return bad_gguf_key(key, fmt::format("an array of {} elements runs past the end of the file", *size));
  }
  array.bytes = reader.at() - begin;
  return GgufValue(array);
}

Result<GgufValue> read_value(Reader& reader, std::string_view key) {
  auto type = reader.number<uint32_t>();
  if (!type) return bad_gguf_key(key, "cut off before its type");
  if (*type > static_cast<uint32_t>(GgufType::f64)) return bad_gguf_key(key, fmt::format("unknown type {}", *type));
  auto known = static_cast<GgufType>(*type);
  if (known == GgufType::array) return read_array(reader, key);
  if (known == GgufType::string) {
    auto text = reader.text();
    if (!text) return bad_gguf_key(key, "its string runs past the end of the file");
    return GgufValue(*text);
  }
  const uint8_t* at = reader.take(scalar_bytes(known));
  if (at == nullptr) return bad_gguf_key(key, "cut off inside its value");
  return scalar(known, at);
}

Status read_keys(Reader& reader, uint64_t n, Gguf& gguf) {
  for (uint64_t i = 0; i < n; ++i) {
    auto key = reader.text();
    if (!key) return usage_error(fmt::format("GGUF: key {} of {} runs past the end of the file", i, n));
    if (key->empty()) return usage_error(fmt::format("GGUF: key {} has no name", i));
    auto value = read_value(reader, *key);
    if (!value) return value.error();
    if (!gguf.keys.emplace(*key, *value).second) return bad_gguf_key(*key, "is there twice");
  }
  return {};
}

// The bytes of a tensor whose type we read.
Result<uint64_t> tensor_bytes(const GgufTensor& tensor, DType type) {
  uint64_t elements = 1;
  for (uint64_t dim : tensor.dims) {
    if (dim == 0) return bad_gguf_tensor(tensor.name, "a dimension is 0");
    if (__builtin_mul_overflow(elements, dim, &elements) || elements > UINT64_MAX / 8)
      return bad_gguf_tensor(tensor.name, "its dimensions overflow");
  }
  const DTypeInfo& type_info = info(type);
  auto block = static_cast<uint64_t>(type_info.block);
  if (tensor.dims.empty() || tensor.dims[0] % block != 0)
    return bad_gguf_tensor(tensor.name,
                      fmt::format("its rows are no multiple of {}, the block of {}", block, type_info.name));
  uint64_t blocks = elements / block;
  if (blocks > UINT64_MAX / static_cast<uint64_t>(type_info.block_bytes))
    return bad_gguf_tensor(tensor.name, "its size overflows");
  return blocks * static_cast<uint64_t>(type_info.block_bytes);
}

Result<GgufTensor> read_tensor_info(Reader& reader, uint64_t index) {
  GgufTensor tensor;
  auto name = reader.text();
  auto n_dims = reader.number<uint32_t>();
  if (!name || !n_dims) return usage_error(fmt::format("GGUF: the description of tensor {} is cut off", index));
  tensor.name = *name;
  if (name->size() > kMaxName)
    return bad_gguf_tensor(*name, fmt::format("its name is longer than {} characters", kMaxName));
  if (*n_dims > 4) return bad_gguf_tensor(*name, fmt::format("{} dimensions, at most 4 are possible", *n_dims));
  for (uint32_t d = 0; d < *n_dims; ++d) tensor.dims.push_back(reader.number<uint64_t>().value_or(0));
  auto type = reader.number<uint32_t>();
  auto offset = reader.number<uint64_t>();
  if (!type || !offset) return bad_gguf_tensor(*name, "its description is cut off");
  tensor.ggml_type = *type;
  tensor.offset = *offset;
  if (auto known = dtype_from_ggml(*type)) {
    auto bytes = tensor_bytes(tensor, *known);
    if (!bytes) return bytes.error();
    tensor.bytes = *bytes;
  }
  return tensor;
}

Status read_tensors(Reader& reader, uint64_t n, Gguf& gguf) {
  for (uint64_t i = 0; i < n; ++i) {
    auto tensor = read_tensor_info(reader, i);
    if (!tensor) return tensor.error();
    if (!gguf.tensors.emplace(tensor->name, *tensor).second) return bad_gguf_tensor(tensor->name, "is there twice");
  }
  return {};
}

Result<uint64_t> alignment(const Gguf& gguf) {
  if (!gguf.keys.contains("general.alignment")) return uint64_t{32};
  auto value = gguf.integer("general.alignment");
  if (!value || *value <= 0 || *value > (1 << 20) || (*value & (*value - 1)) != 0)
    return bad_gguf_key("general.alignment", "is no power of two up to 1 MiB");
  return static_cast<uint64_t>(*value);
}

// Offsets become offsets in the file; each tensor must lie in it.
Status place_tensors(size_t header_end, Gguf& gguf) {
  auto align = alignment(gguf);
  if (!align) return align.error();
  uint64_t data = (header_end + *align - 1) / *align * *align;
  for (auto& [name, tensor] : gguf.tensors) {
    if (tensor.offset % *align != 0)
      return bad_gguf_tensor(name, fmt::format("offset {} is not aligned to {}", tensor.offset, *align));
    uint64_t begin = 0, end = 0;
    if (__builtin_add_overflow(data, tensor.offset, &begin) || __builtin_add_overflow(begin, tensor.bytes, &end) ||
        end > gguf.file.size())
      return bad_gguf_tensor(name, fmt::format("its {} bytes run past the end of the file ({} bytes); is it truncated?",
                                          tensor.bytes, gguf.file.size()));
    tensor.offset = begin;
  }
  return {};
}

Status check_header(Reader& reader) {
  const uint8_t* magic = reader.take(4);
  if (magic == nullptr || std::memcmp(magic, "GGUF", 4) != 0)
    return usage_error("not a GGUF file (it does not begin with GGUF)");
  auto version = reader.number<uint32_t>();
  if (!version) return usage_error("GGUF: cut off inside the header");
  if ((*version & 0xffff) == 0) return usage_error("GGUF: a big-endian file; convert it to little-endian");
  if (*version != 2 && *version != 3)
    return usage_error(fmt::format("GGUF version {} is not supported, only 2 and 3", *version));
  return {};
}

template <class T> const T* value_of(const Gguf& gguf, std::string_view key) {
  auto found = gguf.keys.find(key);
  return found == gguf.keys.end() ? nullptr : std::get_if<T>(&found->second);
}

} // namespace

std::optional<std::string_view> Gguf::text(std::string_view key) const {
  const auto* value = value_of<std::string_view>(*this, key);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<int64_t> Gguf::integer(std::string_view key) const {
  if (const auto* value = value_of<int64_t>(*this, key)) return *value;
  const auto* value = value_of<uint64_t>(*this, key);
  if (value == nullptr || *value > INT64_MAX) return std::nullopt;
  return static_cast<int64_t>(*value);
}

std::optional<double> Gguf::number(std::string_view key) const {
  if (const auto* value = value_of<double>(*this, key)) return *value;
  auto whole = integer(key);
  return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
}

std::optional<bool> Gguf::boolean(std::string_view key) const {
  const auto* value = value_of<bool>(*this, key);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::vector<std::string_view>> Gguf::texts(std::string_view key) const {
  const auto* array = value_of<GgufArray>(*this, key);
  if (array == nullptr || array->type != GgufType::string) return std::nullopt;
  std::vector<std::string_view> texts;
  Reader reader(std::span(array->data, array->bytes));
  for (uint64_t i = 0; i < array->size; ++i) texts.push_back(*reader.text());
  return texts;
}

std::optional<std::vector<double>> Gguf::numbers(std::string_view key) const {
  const auto* array = value_of<GgufArray>(*this, key);
  if (array == nullptr || (array->type != GgufType::f32 && array->type != GgufType::f64)) return std::nullopt;
  std::vector<double> numbers;
  size_t width = scalar_bytes(array->type);
  for (uint64_t i = 0; i < array->size; ++i)
    numbers.push_back(std::get<double>(scalar(array->type, array->data + i * width)));
  return numbers;
}

std::optional<std::vector<int64_t>> Gguf::integers(std::string_view key) const {
  const auto* array = value_of<GgufArray>(*this, key);
  if (array == nullptr) return std::nullopt;
  std::vector<int64_t> numbers;
  if (array->type == GgufType::string || array->type == GgufType::f32 || array->type == GgufType::f64)
    return std::nullopt;
  size_t width = scalar_bytes(array->type);
  for (uint64_t i = 0; i < array->size; ++i) {
    GgufValue value = scalar(array->type, array->data + i * width);
    if (const auto* whole = std::get_if<int64_t>(&value))
      numbers.push_back(*whole);
    else if (const auto* positive = std::get_if<uint64_t>(&value))
      numbers.push_back(static_cast<int64_t>(*positive));
    else
      numbers.push_back(std::get<bool>(value) ? 1 : 0);
  }
  return numbers;
}

Result<TensorView> Gguf::tensor(std::string_view name) const {
  auto found = tensors.find(name);
  if (found == tensors.end()) return bad_gguf_tensor(name, "is missing");
  const GgufTensor& tensor = found->second;
  auto type = dtype_from_ggml(tensor.ggml_type);
  if (!type)
    return bad_gguf_tensor(name, fmt::format("is stored as {}, which is not supported", ggml_type_name(tensor.ggml_type)));
  if (tensor.dims.size() > 2)
    return bad_gguf_tensor(name, fmt::format("has {} dimensions, 1 or 2 are wanted", tensor.dims.size()));
  int64_t rows = tensor.dims.size() == 2 ? static_cast<int64_t>(tensor.dims[1]) : 1;
  return TensorView{std::string(name), *type, rows, static_cast<int64_t>(tensor.dims[0]),
                    file.data() + tensor.offset};
}

Result<Gguf> parse_gguf(std::span<const uint8_t> bytes) {
  Gguf gguf;
  gguf.file = bytes;
  Reader reader(bytes);
  if (Status good = check_header(reader); !good) return good.error();
  auto n_tensors = reader.number<uint64_t>();
  auto n_keys = reader.number<uint64_t>();
  if (!n_tensors || !n_keys) return usage_error("GGUF: cut off inside the header");
  if (Status keys = read_keys(reader, *n_keys, gguf); !keys) return keys.error();
  if (Status tensors = read_tensors(reader, *n_tensors, gguf); !tensors) return tensors.error();
  if (Status placed = place_tensors(reader.at(), gguf); !placed) return placed.error();
  return gguf;
}

} // namespace proctor
