// SPDX-License-Identifier: MIT
#pragma once

// The GGUF container, versions 2 and 3 (ggml docs/gguf.md): typed keys and tensors. A pure, bounds-checked parser
// that knows nothing of models. Everything it returns is a view into the bytes it was given.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backends/engine/format/dtype.h"
#include "harness/result.h"

namespace proctor {

enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

// An array; its elements were checked to lie within the file.
struct GgufArray {
  GgufType type = GgufType::u8;
  uint64_t size = 0;
  const uint8_t* data = nullptr;
  size_t bytes = 0;
};

using GgufValue = std::variant<uint64_t, int64_t, double, bool, std::string_view, GgufArray>;

struct GgufTensor {
  std::string_view name;
  uint32_t ggml_type = 0;
  std::vector<uint64_t> dims; // innermost (row length) first, as stored
  uint64_t offset = 0;        // in the file
  uint64_t bytes = 0;         // 0 where the type is not one we read
};

struct Gguf {
  std::map<std::string_view, GgufValue> keys;
  std::map<std::string_view, GgufTensor> tensors;
  std::span<const uint8_t> file;

  // nullopt: absent or of another kind.
  std::optional<std::string_view> text(std::string_view key) const;
  std::optional<int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const; // integers too
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::vector<std::string_view>> texts(std::string_view key) const;
  std::optional<std::vector<double>> numbers(std::string_view key) const; // floats
  std::optional<std::vector<int64_t>> integers(std::string_view key) const;

  // A matrix or a vector. On failure: a usage error that names the tensor.
  Result<TensorView> tensor(std::string_view name) const;
};

// bytes: must outlive the result. On failure: a usage error that says which key or tensor is wrong (without the file
// name). Allocates in proportion to what is really there, whatever the header claims.
Result<Gguf> parse_gguf(std::span<const uint8_t> bytes);

} // namespace proctor
