// SPDX-License-Identifier: MIT
#pragma once

// The few things of a GPU that the kernels use, for nvcc. The kernels include "simt.cuh" and the build says whose:
// this one, or the emulator in tests/backends/engine/cuda/, which runs the same kernels on the processor. Anything
// else of CUDA stays out of the kernels.

#include <cstddef>
#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp8.h>
#include <string>

#include "backends/engine/cuda/device.h"

namespace proctor::simt {

inline constexpr int kWarp = 32;

// ---- who am I; one dimension is enough

__device__ __forceinline__ int thread_index() { return static_cast<int>(threadIdx.x); }
__device__ __forceinline__ int block_index() { return static_cast<int>(blockIdx.x); }
__device__ __forceinline__ int grid_size() { return static_cast<int>(gridDim.x); }

// ---- together; every lane of a warp, or every thread of a block, must come

__device__ __forceinline__ void block_barrier() { __syncthreads(); }
__device__ __forceinline__ void warp_barrier() { __syncwarp(); }
template <class T> __device__ __forceinline__ T shuffle_xor(T value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}

// The block's shared memory, as many bytes as the launch asked for.
template <class T> __device__ __forceinline__ T& shared_memory() {
  extern __shared__ __align__(128) unsigned char bytes[];
  return *reinterpret_cast<T*>(bytes);
}

// ---- numbers; to nearest even

__device__ __forceinline__ uint16_t to_bf16(float value) { return __bfloat16_as_ushort(__float2bfloat16_rn(value)); }
__device__ __forceinline__ float from_bf16(uint16_t bits) {
  return __uint_as_float(static_cast<uint32_t>(bits) << 16);
}
__device__ __forceinline__ uint8_t to_e4m3(float value) { // beyond 448: 448
  return __nv_cvt_float_to_fp8(value, __NV_SATFINITE, __NV_E4M3);
}
__device__ __forceinline__ float from_e4m3(uint8_t bits) {
  return __half2float(__half(__nv_cvt_fp8_to_halfraw(bits, __NV_E4M3)));
}
__device__ __forceinline__ float as_float(uint32_t bits) { return __uint_as_float(bits); }
__device__ __forceinline__ uint32_t as_bits(float value) { return __float_as_uint(value); }

// ---- tensor cores (PTX ISA, "Matrix Fragments for mma.m16n8k16" and "ldmatrix")

// d += a * b: a (16, 16) and b (16, 8) BF16, d (16, 8) F32.
__device__ __forceinline__ void multiply_16x8x16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four matrices of 8 rows of 16 bytes in shared memory; lane 8 i + j names row j of matrix i.
__device__ __forceinline__ void load_matrices(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}
__device__ __forceinline__ void load_matrices_transposed(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}

// ---- copies into shared memory that run beside the computation; 16 bytes, aligned

__device__ __forceinline__ void copy_async(void* shared, const void* global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
               :
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(shared))), "l"(global)
               : "memory");
}
// Ends a group of copies of this thread.
__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Until at most N of this thread's groups are under way. Other threads see the copies after a barrier.
template <int N> __device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

// ---- from the host

struct Shape {
  int64_t blocks = 0;
  int threads = 0;
  size_t shared_bytes = 0;
};

inline void check(cudaError_t error, const char* what) {
  if (error != cudaSuccess)
    throw cuda::DeviceError(std::string("CUDA, ") + what + ": " + cudaGetErrorString(error));
}

// stream: a cudaStream_t.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const char* name, Shape shape, void* stream, Arguments... arguments) {
  if (shape.blocks == 0) return;
  if (shape.shared_bytes > 48 * 1024)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shape.shared_bytes)),
          name);
  kernel<<<static_cast<unsigned>(shape.blocks), static_cast<unsigned>(shape.threads), shape.shared_bytes,
           static_cast<cudaStream_t>(stream)>>>(arguments...);
  check(cudaGetLastError(), name);
}

} // namespace proctor::simt
