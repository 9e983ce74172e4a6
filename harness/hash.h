// SPDX-License-Identifier: MIT
#pragma once

// Content hashes (XXH3, 128 bits) and the seed of a sample. Stable across machines, builds and runs; not for
// security.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace proctor {

// Hashes a sequence of fields; ("ab","c") and ("a","bc") differ.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hasher& field(std::string_view bytes); // length, then bytes
  Hasher& bytes(std::string_view bytes); // the bytes alone, for streams
  std::string hex() const;               // 32 lower-case hex digits of everything so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hash_hex(std::initializer_list<std::string_view> fields);

uint64_t hash_number(std::string_view bytes); // XXH3, 64 bits

// The seed of one sample, in [0, 2^53) so that every JSON reader keeps it exactly. A function of its arguments
// alone: order, batch, concurrency, sharding and resumption cannot change it.
uint64_t sample_seed(uint64_t run_seed, std::string_view task, std::string_view doc_id, int sample_idx);

} // namespace proctor
