// SPDX-License-Identifier: MIT
#include "tests/backends/engine/cuda/simt.cuh"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/engine/format/quant.h"

// Of AddressSanitizer, where it is built in.
extern "C" __attribute__((weak)) void __asan_unpoison_memory_region(const volatile void* at, size_t size);

namespace proctor::simt {
namespace {

constexpr size_t kStack = 64 * 1024;
constexpr size_t kMostBytes = 64; // that a lane brings or takes

struct Copy {
  void* to;
  const void* from;
};

// Puts this thread of control aside on its own stack and goes on with another. What the System V ABI for x86-64 lets a
// function expect after a call: rbx, rbp, r12 to r15 and the stack; nothing here changes the rounding mode.
extern "C" void simt_switch_stack(void** from, void* to);
asm(R"(
.text
.globl simt_switch_stack
.type simt_switch_stack, @function
simt_switch_stack:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size simt_switch_stack, . - simt_switch_stack
)");

struct Fiber {
  void* top = nullptr; // of its stack, while it waits
  std::unique_ptr<unsigned char[]> stack = std::make_unique_for_overwrite<unsigned char[]>(kStack);
  bool finished = false;
  std::vector<Copy> copies;             // since the last commit
  std::deque<std::vector<Copy>> groups; // oldest first
};

// A place where a number of threads meet.
struct Meeting {
  int arrived = 0;
  uint64_t round = 0;
  std::string what;
  alignas(16) unsigned char in[kMostBytes * kWarp];
  alignas(16) unsigned char out[kMostBytes * kWarp];
};

struct Machine {
  Schedule schedule = Schedule::forward;
  std::deque<Fiber> fibers;
  std::vector<Meeting> warps;
  Meeting barrier;
  std::vector<unsigned char> shared;
  void* host = nullptr;
  const std::function<void()>* thread = nullptr;
  const char* kernel = "";
  int n_threads = 0, current = 0, block = 0, n_blocks = 0, n_finished = 0;
  int fruitless = 0; // turns since anybody got further

  [[noreturn]] void fail(const std::string& why) const {
    std::fprintf(stderr, "emulated kernel %s, block %d, thread %d: %s\n", kernel, block, current, why.c_str());
    std::abort();
  }

  Fiber& fiber() { return fibers[static_cast<size_t>(current)]; }

  // Lets the next unfinished thread go on; back to the host where there is none.
  void next() {
    Fiber& from = fiber();
    if (n_finished == n_threads) return simt_switch_stack(&from.top, host);
    int step = schedule == Schedule::forward ? 1 : n_threads - 1;
    do current = (current + step) % n_threads;
    while (fiber().finished);
    if (&fiber() == &from) return;
    simt_switch_stack(&from.top, fiber().top);
  }

  template <class Done> void wait(Done done, const char* what) {
    while (!done()) {
      if (++fruitless > 4 * n_threads) fail(std::string("waits for ever at ") + what);
      next();
    }
    fruitless = 0;
  }

  void meet(Meeting& meeting, int wanted, const char* what, WarpOperation operation) {
    if (meeting.arrived == 0)
      meeting.what = what;
    else if (meeting.what != what)
      fail(std::string("is at ") + what + " while others are at " + meeting.what);
    fruitless = 0;
    const uint64_t round = meeting.round;
    if (++meeting.arrived == wanted) {
      if (operation != nullptr) operation(meeting.in, meeting.out);
      meeting.arrived = 0;
      ++meeting.round;
    } else {
      wait([&] { return meeting.round != round; }, what);
    }
  }
};

Machine& machine() {
  static Machine it;
  return it;
}

void fiber_main() {
  Machine& m = machine();
  (*m.thread)();
  for (const auto& group : m.fiber().groups)
    if (!group.empty()) m.fail("ends with copies under way");
  if (!m.fiber().copies.empty()) m.fail("ends with copies under way");
  m.fiber().finished = true;
  ++m.n_finished;
  m.fruitless = 0;
  m.next();
}

void run_block() {
  Machine& m = machine();
  m.n_finished = m.fruitless = 0;
  m.barrier.arrived = 0;
  std::fill(m.shared.begin(), m.shared.end(), uint8_t{0xff});
  for (Fiber& fiber : m.fibers) {
    fiber.finished = false;
    fiber.copies.clear();
    fiber.groups.clear();
    // Six registers and where to return to; the stack is 16 bytes off alignment, as after a call.
    auto end = reinterpret_cast<uintptr_t>(fiber.stack.get() + kStack) / 16 * 16;
    auto* top = reinterpret_cast<void**>(end) - 8;
    std::fill_n(top, 6, nullptr);
    top[6] = reinterpret_cast<void*>(fiber_main);
    top[7] = nullptr;
    fiber.top = top;
    // The last block's fiber_main never returned: its frame is still marked.
    if (__asan_unpoison_memory_region != nullptr) __asan_unpoison_memory_region(reinterpret_cast<void*>(end - 4096), 4096);
  }
  m.current = m.schedule == Schedule::forward ? 0 : m.n_threads - 1;
  simt_switch_stack(&m.host, m.fiber().top);
}

void perform(const std::vector<Copy>& copies) {
  for (const Copy& copy : copies) std::memcpy(copy.to, copy.from, 16);
}

float half_of(uint32_t word, int i) { return from_bf16(static_cast<uint16_t>(i == 0 ? word : word >> 16)); }

struct Fragments {
  float d[4];
  uint32_t a[4], b[2];
};

// PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type".
void multiply(const unsigned char* in, unsigned char* out) {
  float a[16][16], b[16][8], d[16][8];
  Fragments lanes[kWarp];
  std::memcpy(lanes, in, sizeof lanes);
  for (int lane = 0; lane < kWarp; ++lane) {
    const Fragments& f = lanes[lane];
    const int group = lane / 4, pair = lane % 4 * 2;
    for (int i = 0; i < 2; ++i) {
      for (int part = 0; part < 4; ++part) a[group + part % 2 * 8][pair + i + part / 2 * 8] = half_of(f.a[part], i);
      for (int part = 0; part < 2; ++part) b[pair + i + part * 8][group] = half_of(f.b[part], i);
      for (int part = 0; part < 2; ++part) d[group + part * 8][pair + i] = f.d[part * 2 + i];
    }
  }
  for (int row = 0; row < 16; ++row)
    for (int col = 0; col < 8; ++col)
      for (int k = 0; k < 16; ++k) d[row][col] += a[row][k] * b[k][col];
  for (int lane = 0; lane < kWarp; ++lane)
    for (int i = 0; i < 4; ++i)
      std::memcpy(out + (lane * 4 + i) * 4, &d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2], 4);
}

// Element `col` of row `row` of matrix m, whose rows the lanes name.
uint16_t element(const unsigned char* in, int m, int row, int col) {
  const unsigned char* at;
  std::memcpy(&at, in + (m * 8 + row) * 8, 8);
  if (reinterpret_cast<uintptr_t>(at) % 16 != 0) machine().fail("loads a matrix row that is not aligned");
  uint16_t value;
  std::memcpy(&value, at + col * 2, 2);
  return value;
}

template <bool kTransposed> void load(const unsigned char* in, unsigned char* out) {
  for (int lane = 0; lane < kWarp; ++lane)
    for (int m = 0; m < 4; ++m)
      for (int i = 0; i < 2; ++i) {
        const int row = lane / 4, col = lane % 4 * 2 + i;
        const uint16_t value = kTransposed ? element(in, m, col, row) : element(in, m, row, col);
        std::memcpy(out + (lane * 4 + m) * 4 + i * 2, &value, 2);
      }
}

} // namespace

void set_schedule(Schedule schedule) { machine().schedule = schedule; }
int thread_index() { return machine().current; }
int block_index() { return machine().block; }
int grid_size() { return machine().n_blocks; }
void* shared_bytes() {
  auto at = reinterpret_cast<uintptr_t>(machine().shared.data());
  return reinterpret_cast<void*>((at + 127) / 128 * 128);
}

void run_blocks(const char* kernel, Shape shape, const std::function<void()>& thread) {
  Machine& m = machine();
  m.kernel = kernel;
  m.thread = &thread;
  m.n_threads = shape.threads;
  m.n_blocks = static_cast<int>(shape.blocks);
  if (shape.threads % kWarp != 0) m.fail("is launched with a part of a warp");
  m.fibers.resize(static_cast<size_t>(shape.threads));
  m.warps.assign(static_cast<size_t>(shape.threads / kWarp), {});
  m.shared.resize(shape.shared_bytes + 128);
  for (int i = 0; i < m.n_blocks; ++i) {
    m.block = m.schedule == Schedule::forward ? i : m.n_blocks - 1 - i;
    run_block();
  }
}

void block_barrier() {
  Machine& m = machine();
  m.meet(m.barrier, m.n_threads, "block_barrier", nullptr);
}

void together(const char* what, WarpOperation operation, const void* in, size_t in_size, void* out, size_t out_size) {
  Machine& m = machine();
  if (in_size > kMostBytes || out_size > kMostBytes) m.fail("brings too much");
  Meeting& warp = m.warps[static_cast<size_t>(m.current / kWarp)];
  const auto lane = static_cast<size_t>(m.current % kWarp);
  if (in_size > 0) std::memcpy(warp.in + lane * in_size, in, in_size);
  m.meet(warp, kWarp, what, operation);
  if (out_size > 0) std::memcpy(out, warp.out + lane * out_size, out_size);
}

void warp_barrier() {
  together("warp_barrier", [](const unsigned char*, unsigned char*) {}, nullptr, 0, nullptr, 0);
}

uint16_t to_bf16(float value) { return float_to_bf16(value); }

// 1 sign, 4 exponent bits (bias 7), 3 mantissa bits; no infinity; 0x7f is NaN (arXiv 2209.05433).
float from_e4m3(uint8_t bits) {
  const int exponent = bits >> 3 & 15, mantissa = bits & 7;
  float value = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                              : std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
  if ((bits & 0x7f) == 0x7f) value = NAN;
  return (bits & 0x80) != 0 ? -value : value;
}

uint8_t to_e4m3(float value) {
  const uint8_t sign = std::signbit(value) ? 0x80 : 0;
  if (std::isnan(value)) return 0x7f;
  const float size = std::min(std::fabs(value), 448.0f);
  const int exponent = std::max(size == 0 ? -6 : std::ilogb(size), -6);
  auto steps = static_cast<int>(std::nearbyint(std::ldexp(size, 3 - exponent))); // of 2^(exponent - 3); may be 16
  if (steps < 8) return static_cast<uint8_t>(sign | steps);                      // subnormal
  return static_cast<uint8_t>(sign | (((exponent + 7) << 3) + steps - 8));
}

void multiply_16x8x16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  Fragments f{{d[0], d[1], d[2], d[3]}, {a[0], a[1], a[2], a[3]}, {b0, b1}};
  together("multiply_16x8x16", multiply, &f, sizeof f, d, sizeof d);
}

void load_matrices(uint32_t (&r)[4], const void* row) {
  together("load_matrices", load<false>, &row, sizeof row, r, sizeof r);
}

void load_matrices_transposed(uint32_t (&r)[4], const void* row) {
  together("load_matrices_transposed", load<true>, &row, sizeof row, r, sizeof r);
}

void copy_async(void* shared, const void* global) {
  Machine& m = machine();
  if (reinterpret_cast<uintptr_t>(shared) % 16 != 0 || reinterpret_cast<uintptr_t>(global) % 16 != 0)
    m.fail("copies what is not aligned");
  std::memset(shared, 0xff, 16);
  m.fiber().copies.push_back({shared, global});
}

void commit_copies() {
  Fiber& fiber = machine().fiber();
  fiber.groups.push_back(std::exchange(fiber.copies, {}));
}

void wait_for_copies(int may_be_under_way) {
  auto& groups = machine().fiber().groups;
  while (static_cast<int>(groups.size()) > may_be_under_way) {
    perform(groups.front());
    groups.pop_front();
  }
}

} // namespace proctor::simt
