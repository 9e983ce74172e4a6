// SPDX-License-Identifier: MIT
#pragma once

// What the CUDA device verbs (cuda_ops.h) need of a GPU beside the kernels: memory, copies, matrix products, a clock.
// Everything happens in the order of the calls. Failures of the hardware or the driver throw DeviceError: there is
// nothing to do but end the run. One is the real one (nvidia_device.h), the tests have another that runs on the
// processor.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace proctor::cuda {

struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct DeviceFacts {
  std::string name;
  int multiprocessors = 1;
  size_t memory = 0;    // bytes
  double bandwidth = 0; // bytes per second that a copy within the device reads and writes; 0: not measured
};

// out (rows, n) = x (rows, padded(k)) * weights (n, padded(k))^T + bias (n, or null); BF16 in, F32 sums and out. A
// row's result may depend on that row alone, so the sum over k is neither split nor ordered by the number of rows.
struct Product {
  const uint16_t* weights = nullptr;
  const float* bias = nullptr;
  int64_t n = 0, k = 0;
  const uint16_t* x = nullptr;
  int64_t rows = 0;
  float* out = nullptr;
};

// Launches and products that were captured, to be done again with the same arguments.
class Graph {
 public:
  virtual ~Graph() = default;
  virtual void launch() = 0; // in the order of the device's other work
};

// How the host learns what a step drew, while the device goes on with the next, and how long it took; of no bytes, a
// stopwatch.
class Readback {
 public:
  virtual ~Readback() = default;
  virtual size_t capacity() const = 0; // bytes
  virtual void begin() = 0;                             // in the order of the device's other work
  virtual void end(const void* from, size_t bytes) = 0; // sets out to copy so many, and ends what began
  virtual double wait(void* to, size_t bytes) = 0;      // until they are in `to`; seconds of the device from begin to end
};

class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceFacts& facts() const = 0;
  virtual size_t free_memory() = 0;

  virtual void* allocate(size_t bytes) = 0; // aligned to 256
  virtual void release(void* memory) noexcept = 0;
  virtual void to_device(void* to, const void* from, size_t bytes) = 0; // `from` may change afterwards
  virtual void to_host(void* to, const void* from, size_t bytes) = 0;   // waits for it
  virtual void copy(void* to, const void* from, size_t bytes) = 0;      // within the device
  virtual void clear(void* memory, size_t bytes) = 0;                   // to zero bytes

  virtual void multiply(const Product& product) = 0;
  virtual void* stream() = 0; // for launches

  // Launches on the stream, copies within the device and products between the two are kept instead of done. Nothing else
  // may be asked of the device meanwhile, and every kernel must have run before: its first launch loads it.
  virtual void begin_capture() = 0;
  virtual std::unique_ptr<Graph> end_capture() = 0; // must not outlive the device

  virtual std::unique_ptr<Readback> make_readback(size_t capacity) = 0; // must not outlive the device
};

} // namespace proctor::cuda
