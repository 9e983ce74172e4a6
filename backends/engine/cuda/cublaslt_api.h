// SPDX-License-Identifier: MIT
#pragma once

// The few declarations of cublasLt.h and library_types.h (CUDA 13) that are used here. Where that header is at hand,
// tests/backends/engine/cuda/cublaslt_api_test.cpp compares every number with it.

#include <cstddef>
#include <cstdint>

namespace proctor::cuda::lt {

inline constexpr int kF32 = 0, kBf16 = 14;
inline constexpr int kCompute32F = 68, kTransposed = 1;
inline constexpr int kDescTransA = 3, kDescEpilogue = 7, kDescBiasPointer = 8;
inline constexpr uint32_t kEpilogueBias = 4;
inline constexpr int kPreferenceWorkspace = 1, kPreferenceReduction = 3;
inline constexpr uint32_t kReductionNone = 0;
inline constexpr int kConfigSplitK = 2;
inline constexpr int kNotSupported = 15;

struct Algorithm {
  uint64_t data[8];
};
struct Heuristic {
  Algorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

using Handle = void*;
using Desc = void*;
using Layout = void*;
using Preference = void*;

using CreateFn = int (*)(Handle*);
using DestroyFn = int (*)(Handle);
using StatusFn = const char* (*)(int);
using DescCreateFn = int (*)(Desc*, int compute, int scale_type);
using DescSetFn = int (*)(Desc, int attribute, const void*, size_t);
using LayoutCreateFn = int (*)(Layout*, int type, uint64_t rows, uint64_t cols, int64_t stride);
using PreferenceCreateFn = int (*)(Preference*);
using PreferenceSetFn = int (*)(Preference, int attribute, const void*, size_t);
using HeuristicFn = int (*)(Handle, Desc, Layout, Layout, Layout, Layout, Preference, int wanted, Heuristic*, int* found);
using ConfigGetFn = int (*)(const Algorithm*, int attribute, void*, size_t, size_t* written);
using AlgorithmCheckFn = int (*)(Handle, Desc, Layout, Layout, Layout, Layout, const Algorithm*, Heuristic*);
using MatmulFn = int (*)(Handle, Desc, const void* alpha, const void* a, Layout, const void* b, Layout, const void* beta,
                         const void* c, Layout, void* d, Layout, const Algorithm*, void* workspace, size_t, void* stream);

} // namespace proctor::cuda::lt
