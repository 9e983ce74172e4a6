// SPDX-License-Identifier: MIT
#pragma once

// The emulator: what backends/engine/cuda/device/simt.cuh gives the kernels on a GPU, on the processor. One block at a
// time; its threads are fibers that run in turn until they meet. It is strict where a GPU may be silent:
//
// * lanes of a warp that meet at different operations, or a barrier that not all threads reach, end the test;
// * copies arrive when they are waited for, and not before; until then their destination holds NaN;
// * shared memory begins as NaN;
// * threads take turns in order or in reverse (Schedule), so that a missing barrier shows as a changed result.
//
// Sums of products on tensor cores are made in one F32 chain over k; a GPU's chain may round otherwise.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>

#define __global__
#define __device__
#define __launch_bounds__(n)

namespace proctor::simt {


inline constexpr int kWarp = 32;

enum class Schedule { forward, backward };
void set_schedule(Schedule schedule); // of all launches from now on

struct Shape {
  int64_t blocks = 0;
  int threads = 0;
  size_t shared_bytes = 0;
};

int thread_index();
int block_index();
int grid_size();
void block_barrier();
void* shared_bytes();
void run_blocks(const char* kernel, Shape shape, const std::function<void()>& thread);

// One operation that all lanes of a warp do together: each brings `size` bytes, the last to come computes what each
// takes away, (32, size) both.
using WarpOperation = void (*)(const unsigned char* in, unsigned char* out);
void together(const char* what, WarpOperation operation, const void* in, size_t in_size, void* out, size_t out_size);

void warp_barrier();

template <class T> T shuffle_xor(T value, int mask) {
  struct In {
    T value;
    int mask;
  } in{value, mask};
  T out;
  together("shuffle_xor",
           [](const unsigned char* from, unsigned char* to) {
             for (int lane = 0; lane < kWarp; ++lane) {
               In mine, other;
               std::memcpy(&mine, from + static_cast<size_t>(lane) * sizeof(In), sizeof mine);
               std::memcpy(&other, from + static_cast<size_t>(lane ^ mine.mask) * sizeof(In), sizeof other);
               std::memcpy(to + static_cast<size_t>(lane) * sizeof(T), &other.value, sizeof(T));
             }
           },
           &in, sizeof in, &out, sizeof out);
  return out;
}

template <class T> T& shared_memory() { return *static_cast<T*>(shared_bytes()); }

inline uint32_t as_bits(float value) { return std::bit_cast<uint32_t>(value); }
inline float as_float(uint32_t bits) { return std::bit_cast<float>(bits); }
uint16_t to_bf16(float value);
inline float from_bf16(uint16_t bits) { return as_float(static_cast<uint32_t>(bits) << 16); }
uint8_t to_e4m3(float value);
float from_e4m3(uint8_t bits);

void multiply_16x8x16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);
void load_matrices(uint32_t (&r)[4], const void* row);
void load_matrices_transposed(uint32_t (&r)[4], const void* row);

void copy_async(void* shared, const void* global);
void commit_copies();
void wait_for_copies(int may_be_under_way);
template <int N> void wait_for_copies() { wait_for_copies(N); }

// What `stream` is of an emulated device; with none, launches run at once.
struct Stream {
  std::deque<std::function<void()>>* queue = nullptr; // where launches go; null: they run
  int* launches = nullptr;                            // counts those that ran; may be null
};

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const char* name, Shape shape, void* stream, Arguments... arguments) {
  auto* to = static_cast<Stream*>(stream);
  const auto run = [=] {
    if (to != nullptr && to->launches != nullptr) ++*to->launches;
    run_blocks(name, shape, [=] { kernel(arguments...); });
  };
  if (to != nullptr && to->queue != nullptr)
    to->queue->push_back(run);
  else
    run();
}

} // namespace proctor::simt
