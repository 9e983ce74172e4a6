// SPDX-License-Identifier: MIT
#include "backends/engine/gguf_text.h"

#include <fmt/format.h>

#include "backends/engine/format/mapped_file.h"
#include "harness/text/gguf_vocabulary.h"

namespace proctor {
namespace {

const std::string kPrefix = "tokenizer.ggml.";

// Reads the keys of a vocabulary. What is not there is left empty; the first of another kind than is wanted stays as the
// failure.
class Keys {
 public:
  explicit Keys(const Gguf& gguf) : gguf_(gguf) {}

  const Status& status() const { return status_; }
  bool has(const std::string& key) const { return gguf_.keys.contains(kPrefix + key); }
  std::string text(const std::string& key) { return std::string(read(key, &Gguf::text, "a text").value_or("")); }
  std::optional<int64_t> id(const std::string& key) { return read(key, &Gguf::integer, "a token id"); }
  std::optional<bool> flag(const std::string& key) { return read(key, &Gguf::boolean, "true or false"); }
  template <class T, class Found>
  std::vector<T> list(const std::string& key, std::optional<std::vector<Found>> (Gguf::*get)(std::string_view) const, const char* wanted) {
    std::vector<T> values;
    if (auto found = read(key, get, wanted))
      for (const Found& value : *found) values.push_back(static_cast<T>(value));
    return values;
  }
  void fail(const std::string& key, const std::string& why) {
    if (status_) status_ = usage_error(fmt::format("{}{}: {}", kPrefix, key, why));
  }

 private:
  template <class T>
  std::optional<T> read(const std::string& key, std::optional<T> (Gguf::*get)(std::string_view) const, const char* wanted) {
    auto value = (gguf_.*get)(kPrefix + key);
    if (!value && has(key)) fail(key, fmt::format("{} is wanted", wanted));
    return value;
  }

  const Gguf& gguf_;
  Status status_;
};

Result<GgufVocabulary> vocabulary_of(const Gguf& gguf) {
  Keys keys(gguf);
  GgufVocabulary v;
  v.model = keys.text("model");
  v.pre = keys.text("pre");
  v.tokens = keys.list<std::string>("tokens", &Gguf::texts, "a list of texts");
  if (v.model == "gpt2" && !keys.has("merges")) keys.fail("merges", "is missing");
  v.merges = keys.list<std::string>("merges", &Gguf::texts, "a list of texts");
  v.scores = keys.list<float>("scores", &Gguf::numbers, "a list of floats");
  v.token_types = keys.list<int32_t>("token_type", &Gguf::integers, "a list of whole numbers");
  v.bos_token_id = keys.id("bos_token_id");
  v.eos_token_id = keys.id("eos_token_id");
  v.unknown_token_id = keys.id("unknown_token_id");
  v.add_bos_token = keys.flag("add_bos_token");
  v.add_eos_token = keys.flag("add_eos_token");
  v.add_space_prefix = keys.flag("add_space_prefix");
  if (!keys.status()) return keys.status().error();
  return v;
}

Result<Tokenizer> tokenizer_of(const Gguf& gguf, const std::string& where) {
  auto vocabulary = vocabulary_of(gguf);
  if (!vocabulary) return in_context(where, vocabulary.error());
  return make_tokenizer(std::move(*vocabulary), where);
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
  auto tokenizer = tokenizer_of(gguf, where);
  if (!tokenizer) return tokenizer.error();
  std::optional<ChatTemplate> chat;
  constexpr const char* kTemplate = "tokenizer.chat_template";
  if (gguf.keys.contains(kTemplate)) {
    auto source = gguf.text(kTemplate);
    if (!source) return usage_error(fmt::format("{}: {}: a text is wanted", where, kTemplate));
    auto parsed = ChatTemplate::parse(std::string(*source), fmt::format("{}: {}", where, kTemplate),
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
  return with_gguf(path, [&](const Gguf& gguf) { return tokenizer_of(gguf, path); });
}

} // namespace proctor
