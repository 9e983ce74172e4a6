// SPDX-License-Identifier: MIT
// Any bytes as a tokenizer.json, then, split at the first zero byte, any text through it and through every
// pre-tokenizer. Pieces have to make up the text.
#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/check.h"
#include "harness/text/detokenizer.h"
#include "harness/text/pre_tokenizer.h"
#include "harness/text/tokenizer_json.h"
#include "harness/text/unicode.h"

using namespace proctor;

namespace {

void split_all(std::string_view text) {
  for (int stage = 0; stage <= static_cast<int>(PreTokenizer::deepseek_words); ++stage)
    for (std::string_view rest = text; !rest.empty();) {
      size_t length = first_piece(static_cast<PreTokenizer>(stage), rest);
      PROCTOR_CHECK(length > 0 && length <= rest.size());
      rest.remove_prefix(length);
    }
}

void round_trip(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<TokenId> ids = tokenizer.encode(text, {true, true});
  Detokenizer stream(tokenizer);
  std::string streamed;
  for (TokenId id : ids) {
    PROCTOR_CHECK(tokenizer.has(id));
    streamed += stream.put(id);
  }
  streamed += stream.finish();
  PROCTOR_CHECK(streamed == stream.text());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string all(reinterpret_cast<const char*>(data), size);
  std::string json = all.substr(0, all.find('\0'));
  std::string text = json.size() < all.size() ? all.substr(json.size() + 1) : all;
  split_all(text);
  PROCTOR_CHECK(to_nfc(to_nfc(text)) == to_nfc(text));
  auto spec = parse_tokenizer_json(json, "f");
  if (!spec) return 0;
  auto tokenizer = Tokenizer::make(std::move(*spec));
  if (tokenizer) round_trip(*tokenizer, text);
  return 0;
}
