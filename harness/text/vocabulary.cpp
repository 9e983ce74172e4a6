// SPDX-License-Identifier: MIT
#include "harness/text/vocabulary.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "harness/say.h"
#include "harness/text/added_tokens.h"
#include "harness/text/byte_alphabet.h"
#include "harness/text/number.h"
#include "harness/text/unicode.h"

namespace proctor {
namespace {

constexpr size_t kMaxTokens = size_t{1} << 24;
constexpr size_t kMaxScoredPiece = 256; // bytes; SentencePiece's own limit is 16 characters

std::string shown(std::string_view piece) { return one_line_text(piece.substr(0, 60)); }

// What a piece stands for and whether text can become it.
struct PieceBytes {
  std::string bytes;
  std::optional<uint8_t> byte; // it is a byte token
  bool searchable = true;
};

PieceBytes bytes_of(VocabularyKind kind, const std::string& piece) {
  if (kind == VocabularyKind::byte_level) {
    auto bytes = alphabet_to_bytes(piece);
    if (!bytes) return {piece, std::nullopt, false};
    std::optional<uint8_t> byte;
    if (bytes->size() == 1) byte = static_cast<uint8_t>(bytes->front());
    return {std::move(*bytes), byte, true};
  }
  if (auto byte = byte_token(piece)) return {std::string(1, static_cast<char>(*byte)), byte, false};
  return {without_space_marks(piece), std::nullopt, true};
}

// Ids may have holes, but a file cannot make us allocate what it does not fill.
Status check_id(TokenId id, size_t count) {
  size_t limit = std::min(kMaxTokens, 2 * count + 65536);
  if (id >= 0 && static_cast<size_t>(id) < limit) return {};
  return usage_error(fmt::format("token id {} is out of range: {} tokens", id, count));
}

Result<size_t> table_size(const TokenizerSpec& spec) {
  size_t count = spec.pieces.size() + spec.added.size();
  if (count == 0) return usage_error("the vocabulary is empty");
  TokenId largest = 0;
  auto note = [&](TokenId id) {
    largest = std::max(largest, id);
    return check_id(id, count);
  };
  for (auto& [piece, id] : spec.pieces)
    if (Status fits = note(id); !fits) return in_context(fmt::format("token {:?}", shown(piece)), fits.error());
  for (const AddedToken& token : spec.added)
    if (Status fits = note(token.id); !fits)
      return in_context(fmt::format("added token {:?}", shown(token.content)), fits.error());
  return static_cast<size_t>(largest) + 1;
}

class Builder {
 public:
  Builder(const TokenizerSpec& spec, size_t size)
      : spec_(spec),
        vocabulary_{
            TokenTable(size, total_bytes(spec), spec.pieces.size()), MergeTable(spec.merges.size()), {}, {}, {}} {
    vocabulary_.byte_ids.fill(TokenTable::kNone);
  }

  Result<Vocabulary> build() {
    for (auto step : {&Builder::add_pieces, &Builder::add_added, &Builder::add_merges, &Builder::check_named})
      if (Status done = (this->*step)(); !done) return done.error();
    return std::move(vocabulary_);
  }

 private:
  static size_t total_bytes(const TokenizerSpec& spec) {
    size_t bytes = 0;
    for (auto& [piece, id] : spec.pieces) bytes += piece.size();
    for (const AddedToken& token : spec.added) bytes += token.content.size();
    return bytes;
  }

  Status add_pieces() {
    for (auto& [piece, id] : spec_.pieces) {
      PieceBytes piece_bytes = bytes_of(spec_.kind, piece);
      if (!vocabulary_.table.add(id, piece_bytes.bytes, piece_bytes.searchable))
        return usage_error(fmt::format("token id {} is given twice, the second time to {:?}", id, shown(piece)));
      if (piece_bytes.byte) vocabulary_.byte_ids[*piece_bytes.byte] = id;
    }
    return {};
  }

  Status add_added() {
    for (const AddedToken& token : spec_.added) {
      if (token.content.empty()) return usage_error(fmt::format("added token {} is empty", token.id));
      if (token.content.size() > AddedTokens::kMaxLength)
        return usage_error(fmt::format("added token {} is longer than {} bytes", token.id, AddedTokens::kMaxLength));
      vocabulary_.table.add(token.id, token.content, false); // it may be a piece of the vocabulary as well
    }
    return {};
  }

  Status add_merges() { return spec_.scores.empty() ? add_ranked_merges() : add_scored_merges(); }

  // Of "left right": their bytes are spelled out once, and put together for what they become.
  Status add_ranked_merges() {
    uint32_t rank = 0;
    for (auto& [left, right] : spec_.merges) {
      PieceBytes l = bytes_of(spec_.kind, left), r = bytes_of(spec_.kind, right);
      TokenId left_id = find(l), right_id = find(r);
      l.bytes += r.bytes;
      TokenId joined = vocabulary_.table.find(l.bytes);
      if (left_id == TokenTable::kNone || right_id == TokenTable::kNone || joined == TokenTable::kNone)
        return missing(rank + 1, left, right,
                       left_id == TokenTable::kNone    ? left
                       : right_id == TokenTable::kNone ? right
                                                       : left + right);
      vocabulary_.merges.add(left_id, right_id, {rank++, joined});
    }
    return {};
  }

  TokenId find(const PieceBytes& piece) const {
    return piece.searchable ? vocabulary_.table.find(piece.bytes) : TokenTable::kNone;
  }

  static Error missing(uint32_t number, const std::string& left, const std::string& right, const std::string& piece) {
    return usage_error(fmt::format("merge {} ({:?} {:?}): {:?} is not in the vocabulary", number, shown(left),
                                   shown(right), shown(piece)));
  }

  // The ranks that scores stand for: equal scores are equal ranks, so that the leftmost goes first.
  std::vector<uint32_t> ranks_of_scores() const {
    std::vector<size_t> order(spec_.pieces.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return spec_.scores[a] > spec_.scores[b]; });
    std::vector<uint32_t> ranks(order.size());
    uint32_t rank = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      if (i > 0 && spec_.scores[order[i]] != spec_.scores[order[i - 1]]) ++rank;
      ranks[order[i]] = rank;
    }
    return ranks;
  }

  // A character of a piece as a symbol, numbered if need be.
  TokenId symbol(std::string_view bytes) {
    TokenId id = vocabulary_.find_symbol(bytes);
    bool character = id == TokenTable::kNone && code_point_at(bytes, 0).length == bytes.size();
    if (!character) return id;
    id = static_cast<TokenId>(vocabulary_.table.size() + vocabulary_.inner.size());
    vocabulary_.inner.emplace_back(bytes);
    vocabulary_.inner_ids.emplace(bytes, id);
    return id;
  }

  // SentencePiece joins any two symbols whose text is a piece: every way to cut a piece in two is a merge.
  Status add_scored_merges() {
    struct Cut {
      TokenId left, right;
      Merge merge;
    };
    std::vector<Cut> cuts;
    std::vector<uint32_t> ranks = ranks_of_scores();
    for (size_t i = 0; i < spec_.pieces.size(); ++i) {
      TokenId id = spec_.pieces[i].second;
      std::string_view bytes = vocabulary_.table.bytes(id);
      if (vocabulary_.table.find(bytes) != id) continue; // a byte token, or spelled like an earlier piece
      if (bytes.size() > kMaxScoredPiece)
        return usage_error(fmt::format("token {} is longer than {} bytes", id, kMaxScoredPiece));
      for (size_t at = code_point_at(bytes, 0).length; at < bytes.size(); at += code_point_at(bytes, at).length) {
        TokenId left = symbol(bytes.substr(0, at)), right = symbol(bytes.substr(at));
        if (left != TokenTable::kNone && right != TokenTable::kNone) cuts.push_back({left, right, {ranks[i], id}});
      }
    }
    vocabulary_.merges = MergeTable(cuts.size());
    for (const Cut& cut : cuts) vocabulary_.merges.add(cut.left, cut.right, cut.merge);
    return {};
  }

  Status check_named() {
    std::vector<TokenId> named = spec_.prefix;
    named.insert(named.end(), spec_.suffix.begin(), spec_.suffix.end());
    for (auto& id : {spec_.bos, spec_.eos, spec_.unknown})
      if (id) named.push_back(*id);
    for (TokenId id : named)
      if (!vocabulary_.table.has(id)) return usage_error(fmt::format("special token id {} names no token", id));
    return {};
  }

  const TokenizerSpec& spec_;
  Vocabulary vocabulary_;
};

} // namespace

std::string without_space_marks(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    bool mark = text.substr(at).starts_with(kSentencePieceSpace);
    result += mark ? ' ' : text[at];
    at += mark ? kSentencePieceSpace.size() : 1;
  }
  return result;
}

std::optional<uint8_t> byte_token(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || !piece.ends_with('>')) return std::nullopt;
  uint8_t byte = 0;
  auto [end, error] = std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16);
  return error == std::errc() && end == piece.data() + 5 ? std::optional(byte) : std::nullopt;
}

TokenId Vocabulary::find_symbol(std::string_view character) const {
  if (TokenId id = table.find(character); id != TokenTable::kNone) return id;
  if (inner_ids.empty()) return TokenTable::kNone;
  auto it = inner_ids.find(std::string(character));
  return it == inner_ids.end() ? TokenTable::kNone : it->second;
}

std::string_view Vocabulary::inner_character(TokenId id) const {
  auto at = static_cast<size_t>(id);
  return at < table.size() ? std::string_view() : std::string_view(inner[at - table.size()]);
}

void Vocabulary::spell_in_bytes(std::string_view character, std::optional<TokenId> unknown,
                                std::vector<TokenId>& out) const {
  bool all = std::all_of(character.begin(), character.end(),
                         [&](char c) { return byte_ids[static_cast<uint8_t>(c)] != TokenTable::kNone; });
  if (all)
    for (char c : character) out.push_back(byte_ids[static_cast<uint8_t>(c)]);
  else if (unknown)
    out.push_back(*unknown);
}

TokenId Vocabulary::find_piece(VocabularyKind kind, std::string_view spelling) const {
  if (kind == VocabularyKind::sentencepiece) {
    if (auto byte = byte_token(spelling)) return byte_ids[*byte];
    return table.find(without_space_marks(spelling));
  }
  auto bytes = alphabet_to_bytes(spelling);
  return bytes ? table.find(*bytes) : TokenTable::kNone;
}

Result<Vocabulary> build_vocabulary(const TokenizerSpec& spec) {
  auto size = table_size(spec);
  if (!size) return size.error();
  if (!spec.scores.empty() && spec.scores.size() != spec.pieces.size())
    return usage_error(fmt::format("{} scores for {} tokens", spec.scores.size(), spec.pieces.size()));
  return Builder(spec, *size).build();
}

} // namespace proctor
