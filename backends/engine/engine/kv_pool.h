// SPDX-License-Identifier: MIT
#pragma once

// Who uses which page of keys and values. Pages are shared by reference counts; the memory itself is the device's.

#include <cstdint>
#include <optional>
#include <vector>

namespace proctor {

class KvPool {
 public:
  explicit KvPool(int32_t pages);

  std::optional<int32_t> take();             // a page with one user; nullopt: none is free
  void share(int32_t page);                  // one more user
  void release(int32_t page);                // one user less; the last one frees it
  void release(std::vector<int32_t>& pages); // all, and empties the list

  int32_t size() const { return static_cast<int32_t>(users_.size()); }
  int32_t n_free() const { return static_cast<int32_t>(free_.size()); }

 private:
  std::vector<int32_t> users_, free_;
};

} // namespace proctor
