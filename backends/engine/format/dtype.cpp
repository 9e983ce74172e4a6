// SPDX-License-Identifier: MIT
#include "backends/engine/format/dtype.h"

#include <fmt/format.h>
#include <map>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr DTypeInfo kInfo[kDTypes] = {
    {"F32", 0, 1, 4, 0, 0, false},       {"F16", 1, 1, 2, 0, 0, false},       {"BF16", 30, 1, 2, 0, 0, false},
    {"Q4_0", 2, 32, 18, 32, 8, false},   {"Q4_1", 3, 32, 20, 32, 0, true},    {"Q5_0", 6, 32, 22, 32, 16, false},
    {"Q5_1", 7, 32, 24, 32, 0, true},    {"Q8_0", 8, 32, 34, 32, 128, false}, {"IQ4_NL", 20, 32, 18, 32, 128, false},
    {"Q4_K", 12, 256, 144, 32, 0, true}, {"Q5_K", 13, 256, 176, 32, 0, true}, {"Q6_K", 14, 256, 210, 16, 32, false}};

// Types of ggml that exist and are not read here; ids 31-33 and 36-38 were removed from the format.
const std::map<uint32_t, std::string_view>& other_types() {
  static const std::map<uint32_t, std::string_view> names = {{9, "Q8_1"},
                                                             {10, "Q2_K"},
                                                             {11, "Q3_K"},
                                                             {15, "Q8_K"},
                                                             {16, "IQ2_XXS"},
                                                             {17, "IQ2_XS"},
                                                             {18, "IQ3_XXS"},
                                                             {19, "IQ1_S"},
                                                             {21, "IQ3_S"},
                                                             {22, "IQ2_S"},
                                                             {23, "IQ4_XS"},
                                                             {24, "I8"},
                                                             {25, "I16"},
                                                             {26, "I32"},
                                                             {27, "I64"},
                                                             {28, "F64"},
                                                             {29, "IQ1_M"},
                                                             {31, "Q4_0_4_4 (removed)"},
                                                             {32, "Q4_0_4_8 (removed)"},
                                                             {33, "Q4_0_8_8 (removed)"},
                                                             {34, "TQ1_0"},
                                                             {35, "TQ2_0"},
                                                             {39, "MXFP4"}};
  return names;
}

} // namespace

const DTypeInfo& info(DType type) { return kInfo[static_cast<size_t>(type)]; }

std::optional<DType> dtype_from_ggml(uint32_t id) {
  for (int i = 0; i < kDTypes; ++i)
    if (kInfo[i].ggml_id == static_cast<int64_t>(id)) return static_cast<DType>(i);
  return std::nullopt;
}

std::string ggml_type_name(uint32_t id) {
  if (auto type = dtype_from_ggml(id)) return std::string(info(*type).name);
  auto other = other_types().find(id);
  return other == other_types().end() ? fmt::format("type {}", id) : std::string(other->second);
}

std::optional<DType> parse_dtype(std::string_view name) {
  for (int i = 0; i < kDTypes; ++i)
    if (lower(kInfo[i].name) == lower(name)) return static_cast<DType>(i);
  return std::nullopt;
}

std::string describe(const TensorView& tensor) {
  return fmt::format("{} [{}, {}] {}", tensor.name, tensor.rows, tensor.cols, info(tensor.type).name);
}

} // namespace proctor
