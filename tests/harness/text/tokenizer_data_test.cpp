// SPDX-License-Identifier: MIT
// The published tokenizer vectors of llama.cpp (46 texts and their ids a vocabulary), where they are at hand.
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"
#include "harness/text/gguf_vocabulary.h"
#include "harness/text/number.h"
#include "harness/text/tokenizer_files.h"

using namespace proctor;

namespace {

std::string models() {
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  return data == nullptr ? "" : std::string(data) + "/models/";
}

// Ids, a line a text.
std::vector<std::string> vectors_in(const std::string& path) {
  auto text = read_text_file(path);
  REQUIRE(text);
  std::vector<std::string> texts;
  constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";
  for (size_t at = 0;;) {
    size_t end = text->find(kSeparator, at);
    if (end == text->npos) return texts;
    texts.push_back(text->substr(at, end - at));
    at = end + kSeparator.size();
  }
}

void check_vectors(const Tokenizer& tokenizer, const std::string& name) {
  std::string base = models() + "vocab/ggml-vocab-" + name + ".gguf";
  auto texts = vectors_in(base + ".inp");
  auto out = read_text_file(base + ".out");
  REQUIRE(out);
  auto lines = split(*out, '\n');
  REQUIRE(texts.size() >= 46);
  for (size_t i = 0; i < texts.size(); ++i) {
    INFO(name, " case ", i);
    CHECK(fmt::format("{}", fmt::join(tokenizer.encode(texts[i]), " ")) == trim(lines[i]));
  }
}

// As much of a GGUF file as its vocabulary needs; the file is known to be whole.
class GgufKeys {
 public:
  explicit GgufKeys(std::string bytes) : bytes_(std::move(bytes)), at_(16) {
    for (auto n = take<uint64_t>(); n > 0; --n) member();
  }
  GgufVocabulary vocabulary;

 private:
  template <class T> T take() {
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string text() {
    auto n = take<uint64_t>();
    at_ += n;
    return bytes_.substr(at_ - n, n);
  }
  void skip(uint32_t type) {
    if (type == 8) return (void)text();
    if (type == 9) {
      auto element = take<uint32_t>();
      for (auto n = take<uint64_t>(); n > 0; --n) skip(element);
      return;
    }
    static constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    at_ += kSizes[type];
  }
  template <class T, class Take> void list(std::vector<T>& out, Take take_one) {
    take<uint32_t>();
    for (auto n = take<uint64_t>(); n > 0; --n) out.push_back(take_one());
  }
  void member() {
    std::string key = text();
    auto type = take<uint32_t>();
    constexpr std::string_view kPrefix = "tokenizer.ggml.";
    std::string_view name = key.starts_with(kPrefix) ? std::string_view(key).substr(kPrefix.size()) : "";
    if (name == "model")
      vocabulary.model = text();
    else if (name == "pre")
      vocabulary.pre = text();
    else if (name == "tokens")
      list(vocabulary.tokens, [&] { return text(); });
    else if (name == "merges")
      list(vocabulary.merges, [&] { return text(); });
    else if (name == "scores")
      list(vocabulary.scores, [&] { return take<float>(); });
    else if (name == "token_type")
      list(vocabulary.token_types, [&] { return take<int32_t>(); });
    else if (name == "bos_token_id")
      vocabulary.bos_token_id = take<uint32_t>();
    else
      skip(type);
  }
  std::string bytes_;
  size_t at_;
};

void check_gguf(const std::string& name) {
  auto bytes = read_text_file(models() + "vocab/ggml-vocab-" + name + ".gguf");
  REQUIRE(bytes);
  auto tokenizer = make_tokenizer(GgufKeys(std::move(*bytes)).vocabulary, name);
  REQUIRE_MESSAGE(tokenizer, (tokenizer ? "" : tokenizer.error().message));
  check_vectors(*tokenizer, name);
}

void check_directory(const std::string& directory, std::initializer_list<const char*> names) {
  auto tokenizer = load_tokenizer(models() + directory);
  REQUIRE_MESSAGE(tokenizer, (tokenizer ? "" : tokenizer.error().message));
  for (const char* name : names) check_vectors(*tokenizer, name);
}

} // namespace

TEST_CASE("vectors of the vocabularies at hand") {
  if (models().empty()) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return;
  }
  check_directory("tokenizers/qwen2_5", {"qwen2", "deepseek-r1-qwen"});
  check_directory("qwen2_tokenizer", {"qwen2", "deepseek-r1-qwen"}); // vocab.json and merges.txt
  check_directory("tokenizers/llama3_1", {"llama-bpe"});
  for (const char* name : {"gpt-2", "llama-spm", "phi-3"}) check_gguf(name);
}
