// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/packed.h"

#include <cstring>

#include "backends/engine/format/quant.h"

namespace proctor {
namespace {

Codes codes_of(DType type) {
  switch (type) {
  case DType::f32: return Codes::f32;
  case DType::f16: return Codes::f16;
  case DType::bf16: return Codes::bf16;
  case DType::q4_0:
  case DType::q4_1:
  case DType::q4_k: return Codes::four_bit;
  default: return Codes::eight_bit;
  }
}

// K-quants' scales are products of two numbers, which F16 cannot hold exactly.
bool has_half_scales(DType type) { return is_quantised(type) && info(type).block == 32; }

struct BlockLayout {
  size_t code_bytes, scale_bytes;
  int groups; // of scales, per block of 32
  size_t bytes;
};

BlockLayout layout_of(DType type) {
  BlockLayout layout;
  layout.code_bytes = codes_of(type) == Codes::four_bit ? 256 : 512;
  layout.scale_bytes = has_half_scales(type) ? 32 : 64;
  layout.groups = 32 / info(type).group;
  layout.bytes =
      layout.code_bytes + layout.scale_bytes * static_cast<size_t>(layout.groups * (info(type).has_min ? 2 : 1));
  return layout;
}

size_t group_bytes(DType type, int64_t cols) {
  auto k = static_cast<size_t>(cols);
  if (is_quantised(type)) return k / 32 * layout_of(type).bytes;
  if (type == DType::bf16) return (k + 1) / 2 * kLanes * 4;
  return k * kLanes * (type == DType::f32 ? 4 : 2);
}

// Lane i's 32 codes into the block's chunks.
void put_codes(const uint8_t* codes, bool four_bit, int lane, uint8_t* block) {
  if (four_bit) {
    for (int j = 0; j < 4; ++j) {
      uint32_t low, high;
      std::memcpy(&low, codes + 4 * j, 4);
      std::memcpy(&high, codes + 16 + 4 * j, 4);
      low |= high << 4;
      std::memcpy(block + 64 * j + 4 * lane, &low, 4);
    }
    return;
  }
  for (int j = 0; j < 8; ++j) std::memcpy(block + 64 * j + 4 * lane, codes + 4 * j, 4);
}

void put_scale(float value, bool half, int lane, uint8_t* scales) {
  if (half) {
    uint16_t bits = float_to_half(value);
    std::memcpy(scales + 2 * lane, &bits, 2);
  } else {
    std::memcpy(scales + 4 * lane, &value, 4);
  }
}

void put_bf16(const uint8_t* stored, uint8_t* out) {
  uint16_t bits;
  std::memcpy(&bits, stored, 2);
  if ((bits & 0x7f80) == 0) bits = 0; // subnormal
  std::memcpy(out, &bits, 2);
}

struct UnpackedRow {
  explicit UnpackedRow(int64_t cols)
      : codes(static_cast<size_t>(cols)), scales(static_cast<size_t>(cols / 16)),
        mins(static_cast<size_t>(cols / 16)) {}
  std::vector<uint8_t> codes;
  std::vector<float> scales, mins;
};

void put_row(DType type, const UnpackedRow& row, int64_t cols, int lane, uint8_t* group) {
  const BlockLayout layout = layout_of(type);
  const bool four_bit = codes_of(type) == Codes::four_bit, half = has_half_scales(type);
  const auto groups = static_cast<size_t>(layout.groups);
  for (size_t b = 0; b < static_cast<size_t>(cols / 32); ++b, group += layout.bytes) {
    put_codes(row.codes.data() + 32 * b, four_bit, lane, group);
    uint8_t* scales = group + layout.code_bytes;
    for (size_t g = 0; g < groups; ++g) {
      put_scale(row.scales[b * groups + g], half, lane, scales + g * layout.scale_bytes);
      if (info(type).has_min)
        put_scale(row.mins[b * groups + g], half, lane, scales + (groups + g) * layout.scale_bytes);
    }
  }
}

} // namespace

PackedMatrix::PackedMatrix(const MatrixPart& part, std::vector<float> bias, WeightMemory& memory, ThreadPool& pool)
    : type_(part.tensor.type), codes_(codes_of(type_)), half_scales_(has_half_scales(type_)), rows_(part.tensor.rows),
      cols_(part.tensor.cols), n_groups_((rows_ + kLanes - 1) / kLanes), group_bytes_(group_bytes(type_, cols_)),
      data_(memory.take(static_cast<size_t>(n_groups_) * group_bytes_)), bias_(std::move(bias)) {
  if (!bias_.empty()) bias_.resize(static_cast<size_t>(n_groups_) * kLanes);
  pool.for_ranges(n_groups_, [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) pack_group(part, g);
  });
}

void PackedMatrix::pack_group(const MatrixPart& part, int64_t group) {
  uint8_t* out = data_.get() + static_cast<size_t>(group) * group_bytes_;
  if (rows_ - group * kLanes < kLanes || cols_ % 2 != 0) std::memset(out, 0, group_bytes_);
  if (is_quantised(type_))
    pack_quantised(part, group, out);
  else
    pack_floats(part, group, out);
}

void PackedMatrix::pack_floats(const MatrixPart& part, int64_t group, uint8_t* out) const {
  const size_t width = type_ == DType::f32 ? 4 : 2;
  for (int lane = 0; lane < kLanes && group * kLanes + lane < rows_; ++lane) {
    const uint8_t* row = part.tensor.row(part.stored_row(group * kLanes + lane));
    const auto at = static_cast<size_t>(lane);
    if (type_ == DType::bf16) {
      for (size_t k = 0; k < static_cast<size_t>(cols_); ++k) put_bf16(row + 2 * k, out + k / 2 * 64 + at * 4 + k % 2 * 2);
      continue;
    }
    for (size_t k = 0; k < static_cast<size_t>(cols_); ++k)
      std::memcpy(out + (k * kLanes + at) * width, row + k * width, width);
  }
}

void PackedMatrix::pack_quantised(const MatrixPart& part, int64_t group, uint8_t* out) const {
  UnpackedRow row(cols_);
  for (int lane = 0; lane < kLanes && group * kLanes + lane < rows_; ++lane) {
    const uint8_t* stored = part.tensor.row(part.stored_row(group * kLanes + lane));
    unpack_row(type_, stored, cols_, row.codes.data(), row.scales.data(), row.mins.data());
    put_row(type_, row, cols_, lane, out);
  }
}

PackedView PackedMatrix::view() const {
  const DTypeInfo& type = info(type_);
  return {codes_, half_scales_, type.has_min, type.group,  type.zero,
          rows_,  cols_,        group_bytes_, data_.get(), bias_.empty() ? nullptr : bias_.data()};
}

} // namespace proctor
