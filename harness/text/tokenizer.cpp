// SPDX-License-Identifier: MIT
#include "harness/text/tokenizer.h"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <unordered_map>

#include "harness/say.h"
#include "harness/text/added_tokens.h"
#include "harness/text/bpe.h"
#include "harness/text/tokenizer_spec.h"
#include "harness/text/unicode.h"
#include "harness/text/vocabulary.h"

namespace proctor {

struct Tokenizer::Impl {
  explicit Impl(TokenizerSpec from, Vocabulary built);

  std::string normal_form(std::string_view text) const;
  void encode_stretch(std::string_view text, std::vector<TokenId>& ids) const;
  void encode_pieces(size_t stage, std::string_view text, std::vector<TokenId>& ids) const;
  void encode_word(std::string_view word, std::vector<TokenId>& ids) const;
  void encode_characters(std::string_view text, std::vector<TokenId>& ids) const;
  void merge_bytes(std::string_view word, std::vector<TokenId>& ids) const;
  bool merges_to_itself(TokenId id, std::string_view word) const;
  void encode_fragments(const std::vector<Fragment>& fragments, const EncodeOptions& options,
                        std::vector<TokenId>& ids) const;
  void encode_normalized(std::string_view text, const EncodeOptions& options, std::vector<TokenId>& ids) const;

  TokenizerSpec spec; // without its pieces and merges
  Vocabulary vocabulary;
  AddedTokens added, added_normalized;
  std::unordered_map<std::string_view, const AddedToken*> by_content;
  std::vector<bool> special; // by id
  std::optional<TokenId> think_open, think_close;

  // Whether BPE makes a piece of its own bytes, found out when it is first asked: of most words it does, and one
  // look-up replaces their merging.
  enum Whole : uint8_t { kUnknown, kYes, kNo };
  mutable std::vector<std::atomic<uint8_t>> whole;
};

Tokenizer::Impl::Impl(TokenizerSpec from, Vocabulary built)
    : spec(std::move(from)), vocabulary(std::move(built)), special(vocabulary.table.size()),
      whole(vocabulary.table.size()) {
  for (const AddedToken& token : spec.added) {
    if (token.normalized)
      added_normalized.add(normal_form(token.content), token);
    else
      added.add(token.content, token);
    by_content[token.content] = &token;
    special[static_cast<size_t>(token.id)] = token.special;
    if (token.content == "<think>") think_open = token.id;
    if (token.content == "</think>") think_close = token.id;
  }
}

void Tokenizer::Impl::merge_bytes(std::string_view word, std::vector<TokenId>& ids) const {
  size_t from = ids.size();
  for (char c : word) {
    TokenId id = vocabulary.byte_ids[static_cast<uint8_t>(c)];
    if (id == TokenTable::kNone) id = spec.unknown.value_or(TokenTable::kNone);
    if (id != TokenTable::kNone) ids.push_back(id);
  }
  merge_symbols(vocabulary.merges, ids, from);
}

bool Tokenizer::Impl::merges_to_itself(TokenId id, std::string_view word) const {
  std::atomic<uint8_t>& known = whole[static_cast<size_t>(id)];
  uint8_t state = known.load(std::memory_order_relaxed);
  if (state == kUnknown) {
    std::vector<TokenId> ids;
    merge_bytes(word, ids);
    state = ids.size() == 1 && ids[0] == id ? kYes : kNo;
    known.store(state, std::memory_order_relaxed);
  }
  return state == kYes;
}

void Tokenizer::Impl::encode_word(std::string_view word, std::vector<TokenId>& ids) const {
  if (word.size() <= vocabulary.table.longest())
    if (TokenId id = vocabulary.table.find(word);
        id != TokenTable::kNone && (spec.ignore_merges || merges_to_itself(id, word)))
      return ids.push_back(id);
  merge_bytes(word, ids);
}

void Tokenizer::Impl::encode_pieces(size_t stage, std::string_view text, std::vector<TokenId>& ids) const {
  if (stage == spec.pre_tokenizers.size()) return encode_word(text, ids);
  while (!text.empty()) {
    size_t length = first_piece(spec.pre_tokenizers[stage], text);
    encode_pieces(stage + 1, text.substr(0, length), ids);
    text.remove_prefix(length);
  }
}

// SentencePiece: the symbols are characters. One that is no piece is spelled in bytes, which merge with nothing; one
// that only occurs within pieces has a number beyond the vocabulary until the merging is done.
void Tokenizer::Impl::encode_characters(std::string_view text, std::vector<TokenId>& ids) const {
  std::vector<TokenId> symbols;
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    std::string_view character = text.substr(at, point.length);
    if (TokenId id = vocabulary.find_symbol(character); id != TokenTable::kNone)
      symbols.push_back(id);
    else
      vocabulary.spell_in_bytes(character, spec.unknown, symbols);
    at += point.length;
  }
  merge_symbols(vocabulary.merges, symbols, 0);
  for (TokenId id : symbols)
    if (auto inner = vocabulary.inner_character(id); !inner.empty())
      vocabulary.spell_in_bytes(inner, spec.unknown, ids);
    else
      ids.push_back(id);
}

void Tokenizer::Impl::encode_stretch(std::string_view text, std::vector<TokenId>& ids) const {
  std::string prefixed;
  if (spec.space_prefix == SpacePrefix::unless_blank && !text.starts_with(' '))
    text = prefixed = ' ' + std::string(text);
  return spec.kind == VocabularyKind::sentencepiece ? encode_characters(text, ids) : encode_pieces(0, text, ids);
}

// What the file calls normalisation, with plain spaces for marked ones.
std::string Tokenizer::Impl::normal_form(std::string_view text) const {
  std::string normal = spec.space_prefix == SpacePrefix::always ? " " : "";
  if (spec.kind == VocabularyKind::sentencepiece) return normal + without_space_marks(text);
  return normal + (spec.nfc ? to_nfc(text) : std::string(text));
}

void Tokenizer::Impl::encode_normalized(std::string_view text, const EncodeOptions& options,
                                        std::vector<TokenId>& ids) const {
  std::string normal;
  bool marked = spec.kind == VocabularyKind::sentencepiece && text.find(kSentencePieceSpace) != text.npos;
  if (spec.nfc || marked || spec.space_prefix == SpacePrefix::always) text = normal = normal_form(text);
  if (added_normalized.empty()) return encode_stretch(text, ids);
  std::vector<Fragment> fragments;
  added_normalized.split(text, !options.parse_special, fragments);
  for (const Fragment& fragment : fragments)
    if (fragment.token != nullptr)
      ids.push_back(fragment.token->id);
    else
      encode_stretch(fragment.text, ids);
}

void Tokenizer::Impl::encode_fragments(const std::vector<Fragment>& fragments, const EncodeOptions& options,
                                       std::vector<TokenId>& ids) const {
  for (const Fragment& fragment : fragments)
    if (fragment.token != nullptr)
      ids.push_back(fragment.token->id);
    else
      encode_normalized(fragment.text, options, ids);
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  const TokenizerSpec& spec = impl_->spec;
  std::vector<TokenId> ids;
  if (options.add_special) ids = spec.prefix;
  size_t begin = ids.size();
  std::vector<Fragment> fragments;
  impl_->added.split(text, !options.parse_special, fragments);
  impl_->encode_fragments(fragments, options, ids);
  bool twice = begin > 0 && ids.size() > begin && spec.bos && ids[begin - 1] == *spec.bos && ids[begin] == *spec.bos;
  if (twice) ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(begin));
  if (options.add_special) ids.insert(ids.end(), spec.suffix.begin(), spec.suffix.end());
  return ids;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  std::string text;
  for (TokenId id : ids) {
    if (skip_special && is_special(id)) continue;
    std::string_view piece = bytes(id);
    if (text.empty() && strips_leading_space() && piece.starts_with(' ')) piece.remove_prefix(1);
    text += piece;
  }
  return text;
}

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

namespace {

// Blanks beside a normalised token are spaces or, in SentencePiece, their marks, which are no blanks.
Status check_added(const TokenizerSpec& spec) {
  for (const AddedToken& token : spec.added)
    if (spec.kind == VocabularyKind::sentencepiece && token.normalized && (token.lstrip || token.rstrip))
      return usage_error(fmt::format("the added token {:?}: normalized with lstrip or rstrip is not supported",
                                     one_line_text(token.content)));
  return {};
}

} // namespace

Result<Tokenizer> Tokenizer::make(TokenizerSpec spec) {
  if (Status known = check_added(spec); !known) return known.error();
  auto vocabulary = build_vocabulary(spec);
  if (!vocabulary) return vocabulary.error();
  spec.pieces = {};
  spec.merges = {};
  spec.scores = {};
  return Tokenizer(std::make_unique<const Impl>(std::move(spec), std::move(*vocabulary)));
}

size_t Tokenizer::size() const { return impl_->vocabulary.table.size(); }
bool Tokenizer::has(TokenId id) const { return impl_->vocabulary.table.has(id); }
std::string_view Tokenizer::bytes(TokenId id) const { return impl_->vocabulary.table.bytes(id); }
bool Tokenizer::is_special(TokenId id) const { return has(id) && impl_->special[static_cast<size_t>(id)]; }

std::optional<TokenId> Tokenizer::find(std::string_view content) const {
  if (auto it = impl_->by_content.find(content); it != impl_->by_content.end()) return it->second->id;
  TokenId id = impl_->vocabulary.find_piece(impl_->spec.kind, content);
  return id == TokenTable::kNone ? std::nullopt : std::optional(id);
}

std::optional<TokenId> Tokenizer::bos() const { return impl_->spec.bos; }
std::optional<TokenId> Tokenizer::eos() const { return impl_->spec.eos; }

bool Tokenizer::adds_bos() const {
  const std::vector<TokenId>& prefix = impl_->spec.prefix;
  return bos() && std::find(prefix.begin(), prefix.end(), *bos()) != prefix.end();
}

std::optional<TokenId> Tokenizer::think_open() const { return impl_->think_open; }
std::optional<TokenId> Tokenizer::think_close() const { return impl_->think_close; }

bool Tokenizer::strips_leading_space() const {
  return impl_->spec.kind == VocabularyKind::sentencepiece && impl_->spec.space_prefix != SpacePrefix::none;
}

} // namespace proctor
