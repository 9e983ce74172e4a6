// SPDX-License-Identifier: MIT
#include "backends/engine/cuda/nvidia_device.h"

#include <algorithm>
#include <cstring>
#include <cuda_runtime.h>

#include "backends/engine/cuda/cublaslt.h"

namespace proctor::cuda {
namespace {

constexpr size_t kStagingBytes = size_t{8} << 20;

void check(cudaError_t error, const char* what) {
  if (error != cudaSuccess) throw DeviceError(std::string("CUDA, ") + what + ": " + cudaGetErrorString(error));
}

// Pinned memory through which everything passes between host and device: pageable memory would be copied by the
// driver in the same way, but at half the speed and waiting for the device.
struct Staging {
  void* memory = nullptr;
  cudaEvent_t free = nullptr; // when the last copy from it is done
  Staging() {
    check(cudaMallocHost(&memory, kStagingBytes), "pinned memory");
    check(cudaEventCreateWithFlags(&free, cudaEventDisableTiming), "event");
  }
  ~Staging() {
    cudaFreeHost(memory);
    cudaEventDestroy(free);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
};

class NvidiaGraph : public Graph {
 public:
  NvidiaGraph(cudaGraph_t captured, cudaStream_t stream) : stream_(stream) {
    const cudaError_t made = cudaGraphInstantiate(&graph_, captured, 0);
    cudaGraphDestroy(captured);
    check(made, "graph of a step");
  }
  ~NvidiaGraph() override {
    cudaStreamSynchronize(stream_); // its last launch may be under way
    cudaGraphExecDestroy(graph_);
  }
  NvidiaGraph(const NvidiaGraph&) = delete;
  NvidiaGraph& operator=(const NvidiaGraph&) = delete;
  void launch() override { check(cudaGraphLaunch(graph_, stream_), "launch of a step"); }

 private:
  cudaGraphExec_t graph_ = nullptr;
  const cudaStream_t stream_;
};

class NvidiaReadback : public Readback {
 public:
  NvidiaReadback(size_t capacity, cudaStream_t stream) : capacity_(capacity), stream_(stream) {
    check(cudaMallocHost(&memory_, std::max<size_t>(capacity, 1)), "pinned memory");
    check(cudaEventCreate(&begin_), "event");
    check(cudaEventCreateWithFlags(&end_, cudaEventBlockingSync), "event");
  }
  ~NvidiaReadback() override {
    cudaStreamSynchronize(stream_);
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
    cudaFreeHost(memory_);
  }
  NvidiaReadback(const NvidiaReadback&) = delete;
  NvidiaReadback& operator=(const NvidiaReadback&) = delete;

  size_t capacity() const override { return capacity_; }
  void begin() override { check(cudaEventRecord(begin_, stream_), "event"); }
  void end(const void* from, size_t bytes) override {
    if (bytes > 0) check(cudaMemcpyAsync(memory_, from, bytes, cudaMemcpyDeviceToHost, stream_), "copy from the device");
    check(cudaEventRecord(end_, stream_), "event");
  }
  double wait(void* to, size_t bytes) override {
    float milliseconds = 0;
    check(cudaEventSynchronize(end_), "step");
    check(cudaEventElapsedTime(&milliseconds, begin_, end_), "event");
    if (bytes > 0) std::memcpy(to, memory_, bytes);
    return 1e-3 * static_cast<double>(milliseconds);
  }

 private:
  const size_t capacity_;
  const cudaStream_t stream_;
  void* memory_ = nullptr;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

class NvidiaDevice : public Device {
 public:
  explicit NvidiaDevice(const DeviceFacts& facts) : facts_(facts) {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream");
    facts_.bandwidth = measure_bandwidth();
  }
  ~NvidiaDevice() override {
    cudaStreamSynchronize(stream_);
    cudaStreamDestroy(stream_);
  }
  NvidiaDevice(const NvidiaDevice&) = delete;
  NvidiaDevice& operator=(const NvidiaDevice&) = delete;

  const DeviceFacts& facts() const override { return facts_; }
  size_t free_memory() override {
    size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "free memory");
    return free;
  }

  void* allocate(size_t bytes) override {
    void* memory = nullptr;
    if (cudaMalloc(&memory, std::max<size_t>(bytes, 1)) != cudaSuccess) {
      cudaGetLastError();
      throw DeviceError("no " + std::to_string(bytes >> 20) + " MB of memory are free on " + facts_.name +
                        "; a smaller model, kv_megabytes=N or fewer sequences at once (-j) need less");
    }
    return memory;
  }
  void release(void* memory) noexcept override { cudaFree(memory); } // waits for what uses it

  void to_device(void* to, const void* from, size_t bytes) override {
    for (size_t at = 0; at < bytes; at += kStagingBytes) {
      const size_t n = std::min(kStagingBytes, bytes - at);
      Staging& staging = staging_[next_++ % 2];
      check(cudaEventSynchronize(staging.free), "copy to the device");
      std::memcpy(staging.memory, static_cast<const char*>(from) + at, n);
      check(cudaMemcpyAsync(static_cast<char*>(to) + at, staging.memory, n, cudaMemcpyHostToDevice, stream_),
            "copy to the device");
      check(cudaEventRecord(staging.free, stream_), "copy to the device");
    }
  }

  void to_host(void* to, const void* from, size_t bytes) override {
    for (size_t at = 0; at < bytes; at += kStagingBytes) {
      const size_t n = std::min(kStagingBytes, bytes - at);
      Staging& staging = staging_[next_++ % 2];
      check(cudaMemcpyAsync(staging.memory, static_cast<const char*>(from) + at, n, cudaMemcpyDeviceToHost, stream_),
            "copy from the device");
      check(cudaStreamSynchronize(stream_), "copy from the device");
      std::memcpy(static_cast<char*>(to) + at, staging.memory, n);
    }
  }

  void copy(void* to, const void* from, size_t bytes) override {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copy within the device");
  }
  void clear(void* memory, size_t bytes) override { check(cudaMemsetAsync(memory, 0, bytes, stream_), "memset"); }

  void multiply(const Product& product) override { cublas_.multiply(product, stream_); }
  void* stream() override { return stream_; }

  // Of this thread alone: what others ask of the driver meanwhile is no part of it and does not spoil it.
  void begin_capture() override { check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capture of a step"); }
  std::unique_ptr<Graph> end_capture() override {
    cudaGraph_t captured = nullptr;
    check(cudaStreamEndCapture(stream_, &captured), "capture of a step");
    return std::make_unique<NvidiaGraph>(captured, stream_);
  }

  std::unique_ptr<Readback> make_readback(size_t capacity) override {
    return std::make_unique<NvidiaReadback>(capacity, stream_);
  }

 private:
  // Takes milliseconds. 0 where there is not even that much memory.
  double measure_bandwidth() {
    constexpr size_t kBytes = size_t{256} << 20;
    if (free_memory() < 4 * kBytes) return 0;
    void *from = allocate(kBytes), *to = allocate(kBytes);
    NvidiaReadback clock(0, stream_);
    double best = 0;
    clear(from, kBytes);
    for (int i = 0; i < 4; ++i) {
      clock.begin();
      copy(to, from, kBytes);
      clock.end(nullptr, 0);
      best = std::max(best, 2 * static_cast<double>(kBytes) / clock.wait(nullptr, 0));
    }
    release(from);
    release(to);
    return best;
  }

  DeviceFacts facts_;
  CublasLt cublas_;
  cudaStream_t stream_ = nullptr;
  Staging staging_[2];
  size_t next_ = 0;
};

} // namespace

Result<std::unique_ptr<Device>> open_nvidia_device() {
  int n = 0, driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    return infrastructure_error("no NVIDIA driver: libcuda.so.1 does not load; install the driver, or use --device cpu");
  if (cudaError_t error = cudaGetDeviceCount(&n); error != cudaSuccess || n == 0)
    return infrastructure_error(std::string("no NVIDIA device: ") +
                                (error == cudaSuccess ? "the driver has none" : cudaGetErrorString(error)) +
                                "; check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu");
  try {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0), "properties of device 0");
    if (properties.major < 8)
      return infrastructure_error(std::string(properties.name) +
                                  " is too old: compute capability 8.0 (Ampere) or newer is wanted; use --device cpu");
    check(cudaSetDevice(0), "device 0");
    return std::unique_ptr<Device>(std::make_unique<NvidiaDevice>(
        DeviceFacts{properties.name, properties.multiProcessorCount, properties.totalGlobalMem, 0}));
  } catch (const DeviceError& error) {
    return infrastructure_error(error.what());
  }
}

} // namespace proctor::cuda
