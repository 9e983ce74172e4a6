// SPDX-License-Identifier: MIT
#pragma once

// A queue between threads, bounded by the weight (bytes) of what it holds, so that memory stays flat whatever the
// size of an answer. One item is always admitted, however heavy.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace proctor {

template <class T> class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  // Waits while there is no room; an item of weight 0 never waits. An item pushed after close() is dropped.
  void push(T item, size_t weight) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return closed_ || has_room_for(weight); });
    add(std::move(item), weight);
  }

  bool has_room(size_t weight) {
    std::lock_guard lock(mutex_);
    return has_room_for(weight);
  }

  // Waits for an item; nullopt when the queue is closed and empty.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    has_items_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    auto [item, weight] = std::move(items_.front());
    items_.pop_front();
    weight_ -= weight;
    lock.unlock();
    has_room_.notify_all();
    return std::move(item);
  }

  // Waits for an item or the close, at most so long; false when neither came.
  bool wait(std::chrono::duration<double> longest) {
    std::unique_lock lock(mutex_);
    return has_items_.wait_for(lock, longest, [&] { return closed_ || !items_.empty(); });
  }

  // No more items will come; what is queued is still popped.
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    has_items_.notify_all();
    has_room_.notify_all();
  }

 private:
  bool has_room_for(size_t weight) const { return weight == 0 || items_.empty() || weight_ + weight <= capacity_; }

  void add(T item, size_t weight) {
    if (closed_) return;
    weight_ += weight;
    items_.emplace_back(std::move(item), weight);
    has_items_.notify_one();
  }

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable has_room_, has_items_;
  std::deque<std::pair<T, size_t>> items_;
  size_t weight_ = 0;
  bool closed_ = false;
};

} // namespace proctor
