// SPDX-License-Identifier: MIT
#include "backends/engine/engine/kv_pool.h"

#include "harness/check.h"

namespace proctor {

KvPool::KvPool(int32_t pages) : users_(static_cast<size_t>(pages), 0) {
  for (int32_t page = pages - 1; page >= 0; --page) free_.push_back(page);
}

std::optional<int32_t> KvPool::take() {
  if (free_.empty()) return std::nullopt;
  int32_t page = free_.back();
  free_.pop_back();
  users_[static_cast<size_t>(page)] = 1;
  return page;
}

void KvPool::share(int32_t page) {
  PROCTOR_CHECK(users_[static_cast<size_t>(page)] > 0);
  ++users_[static_cast<size_t>(page)];
}

void KvPool::release(int32_t page) {
  int32_t& users = users_[static_cast<size_t>(page)];
  PROCTOR_CHECK(users > 0);
  if (--users == 0) free_.push_back(page);
}

void KvPool::release(std::vector<int32_t>& pages) {
  for (int32_t page : pages) release(page);
  pages.clear();
}

} // namespace proctor
