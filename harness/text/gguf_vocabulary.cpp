// SPDX-License-Identifier: MIT
#include "harness/text/gguf_vocabulary.h"

#include <cmath>
#include <fmt/format.h>

#include "harness/say.h"
#include "harness/text/nearest.h"
#include "harness/text/tokenizer_spec.h"
#include "harness/text/vocabulary.h"

namespace proctor {
namespace {

enum TokenType : int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };

// What tokenizer.ggml.pre stands for.
struct Pre {
  const char* name;
  std::vector<PreTokenizer> stages;
  bool nfc = false;
  bool ignore_merges = false;
  bool add_bos = false;
};

const std::vector<Pre>& known_pres() {
  using enum PreTokenizer;
  static const std::vector<Pre> kPres = {
      {"gpt-2", {gpt2}},
      {"qwen2", {qwen2}, true},
      {"deepseek-r1-qwen", {qwen2}, true},
      {"qwen35", {qwen35}, true},
      {"llama-bpe", {llama3}, false, true, true},
      {"llama3", {llama3}, false, true, true},
      {"llama-v3", {llama3}, false, true, true},
      {"smollm", {digits, gpt2}},
      {"deepseek-v3", {digits3, cjk, deepseek_words}, false, false, true},
  };
  return kPres;
}

Error wrong(const char* key, std::string_view what) {
  return usage_error(fmt::format("tokenizer.ggml.{}: {}", key, what));
}

Result<const Pre*> find_pre(const std::string& name) {
  std::vector<std::string> names;
  for (const Pre& pre : known_pres()) {
    if (pre.name == name) return &pre;
    names.push_back(pre.name);
  }
  return wrong("pre", fmt::format("the pre-tokenizer {:?} is not supported{}", one_line_text(name),
                                  did_you_mean(name, names)));
}

// Without types, SentencePiece's own three first tokens are known by their spelling.
int32_t type_of(const GgufVocabulary& vocabulary, size_t id) {
  if (!vocabulary.token_types.empty()) return vocabulary.token_types[id];
  if (vocabulary.model != "llama") return kNormal;
  const std::string& token = vocabulary.tokens[id];
  if (token == "<unk>") return kUnknown;
  if (token == "<s>" || token == "</s>") return kControl;
  return byte_token(token) ? kByte : kNormal;
}

// Control and user-defined tokens are matched in the text; the rest is what BPE makes.
void add_tokens(GgufVocabulary& vocabulary, TokenizerSpec& spec) {
  bool scored = vocabulary.model == "llama";
  for (size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    int32_t type = type_of(vocabulary, i);
    auto id = static_cast<TokenId>(i);
    bool control = type == kControl || type == kUnknown;
    if ((control || type == kUserDefined) && !vocabulary.tokens[i].empty()) {
      AddedToken token;
      token.id = id;
      token.content = std::move(vocabulary.tokens[i]);
      token.special = control;
      spec.added.push_back(std::move(token));
      continue;
    }
    spec.pieces.emplace_back(std::move(vocabulary.tokens[i]), id);
    if (scored) spec.scores.push_back(vocabulary.scores[i]);
  }
}

Status add_merges(const GgufVocabulary& vocabulary, TokenizerSpec& spec) {
  for (const std::string& merge : vocabulary.merges) {
    size_t space = merge.find(' ', 1);
    if (space == merge.npos || space + 1 == merge.size())
      return wrong("merges", fmt::format("entry {}: \"left right\" is wanted", spec.merges.size()));
    spec.merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
  return {};
}

Result<std::optional<TokenId>> id_of(const char* key, std::optional<int64_t> id, size_t count) {
  if (!id || *id == -1 || *id == UINT32_MAX) return std::optional<TokenId>();
  if (*id < 0 || static_cast<uint64_t>(*id) >= count)
    return wrong(key, fmt::format("{} is no token of {}", *id, count));
  return std::optional(static_cast<TokenId>(*id));
}

Status set_ids(const GgufVocabulary& vocabulary, size_t count, TokenizerSpec& spec) {
  auto bos = id_of("bos_token_id", vocabulary.bos_token_id, count);
  auto eos = id_of("eos_token_id", vocabulary.eos_token_id, count);
  auto unknown = id_of("unknown_token_id", vocabulary.unknown_token_id, count);
  for (auto* id : {&bos, &eos, &unknown})
    if (!*id) return id->error();
  spec.bos = *bos;
  spec.eos = *eos;
  spec.unknown = *unknown;
  return {};
}

Status set_model(const GgufVocabulary& vocabulary, TokenizerSpec& spec, bool& add_bos) {
  if (vocabulary.model == "llama") {
    spec.kind = VocabularyKind::sentencepiece;
    if (vocabulary.add_space_prefix.value_or(true)) spec.space_prefix = SpacePrefix::always;
    add_bos = true;
    return {};
  }
  if (vocabulary.model != "gpt2")
    return wrong("model",
                 fmt::format("{:?} is not supported; \"gpt2\" and \"llama\" are", one_line_text(vocabulary.model)));
  auto pre = find_pre(vocabulary.pre);
  if (!pre) return pre.error();
  spec.pre_tokenizers = (*pre)->stages;
  spec.nfc = (*pre)->nfc;
  spec.ignore_merges = (*pre)->ignore_merges;
  add_bos = (*pre)->add_bos;
  return {};
}

Status check_lengths(const GgufVocabulary& vocabulary) {
  size_t count = vocabulary.tokens.size();
  if (count == 0) return wrong("tokens", "is missing or empty");
  if (!vocabulary.token_types.empty() && vocabulary.token_types.size() != count)
    return wrong("token_type", fmt::format("{} types for {} tokens", vocabulary.token_types.size(), count));
  if (vocabulary.model == "llama" && vocabulary.scores.size() != count)
    return wrong("scores", fmt::format("{} scores for {} tokens", vocabulary.scores.size(), count));
  for (float score : vocabulary.scores)
    if (std::isnan(score)) return wrong("scores", "holds a NaN");
  return {};
}

Result<Tokenizer> make(GgufVocabulary& vocabulary) {
  TokenizerSpec spec;
  bool add_bos = false;
  size_t count = vocabulary.tokens.size();
  if (Status done = check_lengths(vocabulary); !done) return done.error();
  if (Status done = set_model(vocabulary, spec, add_bos); !done) return done.error();
  if (Status done = set_ids(vocabulary, count, spec); !done) return done.error();
  if (Status done = add_merges(vocabulary, spec); !done) return done.error();
  add_tokens(vocabulary, spec);
  if (vocabulary.add_bos_token.value_or(add_bos) && spec.bos) spec.prefix = {*spec.bos};
  if (vocabulary.add_eos_token.value_or(false) && spec.eos) spec.suffix = {*spec.eos};
  return Tokenizer::make(std::move(spec));
}

} // namespace

Result<Tokenizer> make_tokenizer(GgufVocabulary vocabulary, const std::string& where) {
  auto tokenizer = make(vocabulary);
  if (!tokenizer) return in_context(where, tokenizer.error());
  return tokenizer;
}

} // namespace proctor
