// SPDX-License-Identifier: MIT
#include "backends/engine/gguf_text.h"

#include <fmt/format.h>

#include "backends/engine/format/mapped_file.h"
#include "harness/text/gguf_vocabulary.h"

namespace proctor {
namespace {

const std::string kPrefix = "tokenizer.ggml.";

std::string text_of(const Gguf& gguf, const std::string& key) {
  return std::string(gguf.text(kPrefix + key).value_or(""));
}

std::vector<std::string> texts_of(const Gguf& gguf, const std::string& key) {
  std::vector<std::string> texts;
  if (auto views = gguf.texts(kPrefix + key)) texts.assign(views->begin(), views->end());
  return texts;
}

GgufVocabulary vocabulary_of(const Gguf& gguf) {
  GgufVocabulary v;
  v.model = text_of(gguf, "model");
  v.pre = text_of(gguf, "pre");
  v.tokens = texts_of(gguf, "tokens");
  v.merges = texts_of(gguf, "merges");
  if (auto scores = gguf.numbers(kPrefix + "scores"))
    for (double score : *scores) v.scores.push_back(static_cast<float>(score));
  if (auto types = gguf.integers(kPrefix + "token_type"))
    for (int64_t type : *types) v.token_types.push_back(static_cast<int32_t>(type));
  v.bos_token_id = gguf.integer(kPrefix + "bos_token_id");
  v.eos_token_id = gguf.integer(kPrefix + "eos_token_id");
  v.unknown_token_id = gguf.integer(kPrefix + "unknown_token_id");
  v.add_bos_token = gguf.boolean(kPrefix + "add_bos_token");
  v.add_eos_token = gguf.boolean(kPrefix + "add_eos_token");
  v.add_space_prefix = gguf.boolean(kPrefix + "add_space_prefix");
  return v;
}

// bos_token and its kin, as templates know them.
Json template_tokens(const Gguf& gguf, const Tokenizer& tokenizer) {
  Json tokens = Json::object();
  for (auto& [name, key] : {std::pair("bos_token", "bos_token_id"), std::pair("eos_token", "eos_token_id"),
                            std::pair("unk_token", "unknown_token_id"), std::pair("pad_token", "padding_token_id")})
    if (auto id = gguf.integer(kPrefix + key); id && *id >= 0 && *id <= INT32_MAX)
      tokens[name] = std::string(tokenizer.bytes(static_cast<TokenId>(*id)));
  return tokens;
}

// fn(gguf) while the file is mapped.
template <class Fn> auto with_gguf(const std::string& path, Fn fn) -> decltype(fn(Gguf())) {
  auto file = MappedFile::open(path);
  if (!file) return file.error();
  auto gguf = parse_gguf(file->bytes());
  if (!gguf) return in_context(path, gguf.error());
  return fn(*gguf);
}

} // namespace

Result<ModelText> load_gguf_text(const Gguf& gguf, const std::string& where) {
  auto tokenizer = make_tokenizer(vocabulary_of(gguf), where);
  if (!tokenizer) return tokenizer.error();
  std::optional<ChatTemplate> chat;
  if (auto source = gguf.text("tokenizer.chat_template")) {
    auto parsed = ChatTemplate::parse(std::string(*source), where + ": tokenizer.chat_template",
                                      template_tokens(gguf, *tokenizer));
    if (!parsed) return parsed.error();
    chat = std::move(*parsed);
  }
  return ModelText{std::move(*tokenizer), std::move(chat)};
}

Result<ModelText> load_gguf_text(const std::string& path) {
  return with_gguf(path, [&](const Gguf& gguf) { return load_gguf_text(gguf, path); });
}

Result<Tokenizer> load_gguf_tokenizer(const std::string& path) {
  return with_gguf(path, [&](const Gguf& gguf) { return make_tokenizer(vocabulary_of(gguf), path); });
}

} // namespace proctor
