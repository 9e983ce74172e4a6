// SPDX-License-Identifier: MIT
// Any bytes as a server's answer. Beyond not crashing: it does not matter in which pieces they arrive.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/openai/reply.h"
#include "harness/check.h"

using namespace proctor;

namespace {

Reply read(int status, std::string_view bytes, size_t piece, bool cut) {
  ReplyReader reader;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    if (!reader.feed(status, bytes.substr(0, piece))) break;
  return std::move(reader).finish(cut);
}

bool same(const Choice& a, const Choice& b) {
  return a.index == b.index && a.text == b.text && a.reasoning == b.reasoning && a.finish_reason == b.finish_reason;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int status = (data[0] & 1) != 0 ? 400 : 200;
  const bool cut = (data[0] & 2) != 0;
  Reply whole = read(status, bytes, size, cut);
  Reply pieces = read(status, bytes, 1 + (data[0] >> 2), cut);
  PROCTOR_CHECK(whole.kind == pieces.kind && whole.error.message == pieces.error.message);
  PROCTOR_CHECK(
      std::equal(whole.choices.begin(), whole.choices.end(), pieces.choices.begin(), pieces.choices.end(), same));
  return 0;
}
