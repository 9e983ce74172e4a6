// SPDX-License-Identifier: MIT
#include "harness/hash.h"

#include <cstring>
#include <fmt/format.h>
#include <xxhash.h>

#include "harness/check.h"

namespace proctor {
namespace {

// Fixed byte order, so that hashes agree across machines.
void put_u64(XXH3_state_t* state, uint64_t value) {
  unsigned char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(value >> (8 * i));
  XXH3_128bits_update(state, bytes, sizeof bytes);
}

} // namespace

struct Hasher::State {
  XXH3_state_t* xxh = XXH3_createState();
  ~State() { XXH3_freeState(xxh); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  PROCTOR_CHECK(state_->xxh != nullptr);
  XXH3_128bits_reset(state_->xxh);
}

Hasher::~Hasher() = default;

Hasher& Hasher::field(std::string_view bytes) {
  put_u64(state_->xxh, bytes.size());
  return this->bytes(bytes);
}

Hasher& Hasher::bytes(std::string_view bytes) {
  XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
  return *this;
}

std::string Hasher::hex() const {
  XXH128_hash_t digest = XXH3_128bits_digest(state_->xxh);
  return fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
}

std::string hash_hex(std::initializer_list<std::string_view> fields) {
  Hasher hasher;
  for (std::string_view field : fields) hasher.field(field);
  return hasher.hex();
}

uint64_t hash_number(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t sample_seed(uint64_t run_seed, std::string_view task, std::string_view doc_id, int sample_idx) {
  std::string name = fmt::format("{}\x1f{}\x1f{}\x1f{}", run_seed, task, doc_id, sample_idx);
  return XXH3_64bits(name.data(), name.size()) & ((uint64_t{1} << 53) - 1);
}

} // namespace proctor
