// SPDX-License-Identifier: MIT
#pragma once

// How numbers are stored in weight files: element types and ggml's block types, and what a block means.
// Source: ggml docs/gguf.md and src/ggml-common.h. A quantised block stands for
//     value[i] = scale * (code[i] - zero) + min
// with one scale (and min) for every `group` values. Everything else about a type is in this table.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proctor {

enum class DType { f32, f16, bf16, q4_0, q4_1, q5_0, q5_1, q8_0, iq4_nl, q4_k, q5_k, q6_k };
inline constexpr int kDTypes = 12;

struct DTypeInfo {
  std::string_view name; // as GGUF spells it: "Q4_K"
  int ggml_id;           // the number in a GGUF file
  int block;             // values per block; 1: not quantised
  int block_bytes;
  int group;    // values that share a scale; 0: not quantised
  int zero;     // the code that stands for `min`
  bool has_min; // false: min is always 0
};

const DTypeInfo& info(DType type);
inline bool is_quantised(DType type) { return info(type).block > 1; }

// nullopt: a type that this build does not read; ggml_type_name() names it for the message.
std::optional<DType> dtype_from_ggml(uint32_t id);
std::string ggml_type_name(uint32_t id);
std::optional<DType> parse_dtype(std::string_view name); // "q4_0", any case

// Bytes of one row. cols: a multiple of the block.
inline size_t row_bytes(DType type, int64_t cols) {
  return static_cast<size_t>(cols) / static_cast<size_t>(info(type).block) *
         static_cast<size_t>(info(type).block_bytes);
}

// A row-major matrix in a mapped file; a vector is one row. Borrowed; no alignment is promised.
struct TensorView {
  std::string name; // for messages
  DType type = DType::f32;
  int64_t rows = 0;
  int64_t cols = 0;
  const uint8_t* data = nullptr;

  const uint8_t* row(int64_t r) const { return data + static_cast<size_t>(r) * row_bytes(type, cols); }
};

// "blk.0.attn_q.weight [64, 64] Q8_0"
std::string describe(const TensorView& tensor);

} // namespace proctor
