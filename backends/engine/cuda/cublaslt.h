// SPDX-License-Identifier: MIT
#pragma once

// The part of cuBLASLt that multiplies BF16 matrices. The library (libcublasLt.so.13: of the CUDA toolkit, or of the
// PyPI wheel nvidia-cublas) is opened when the first device is made, not linked: it takes a second to load, and the
// module builds where the toolkit has no cuBLAS. What is used of its interface is declared in cublaslt.cpp.

#include <map>
#include <memory>
#include <tuple>

#include "backends/engine/cuda/device.h"

namespace proctor::cuda {

class CublasLt {
 public:
  // Throws DeviceError where the library is missing (it says where it was looked for) or will not start.
  CublasLt();
  ~CublasLt();

  // One algorithm for each (n, k), without workspace or split sums, whatever the number of rows: so a row's result
  // does not depend on the rows beside it. Throws where the library has none that takes one row and many.
  void multiply(const Product& product, void* stream);

 private:
  struct Library;
  struct Rows;
  struct Plan;
  Plan& plan_for(const Product& product);

  std::unique_ptr<Library> library_;
  std::map<std::tuple<int64_t, int64_t, bool>, std::unique_ptr<Plan>> plans_; // by n, k, whether there is a bias
};

} // namespace proctor::cuda
