// SPDX-License-Identifier: MIT
#include "harness/text/added_tokens.h"

#include <algorithm>

#include "harness/text/ascii.h"
#include "harness/text/unicode.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

bool is_word(char32_t c) { return c == '_' || (char_class(c) & (kLetter | kMark | kNumber)) != 0; }

// Where the last character of a text that is not empty begins.
size_t last_character(std::string_view text) {
  size_t at = text.size() - 1;
  for (int back = 0; back < 3 && at > 0 && is_utf8_continuation(text[at]); ++back) --at;
  return at + code_point_at(text, at).length == text.size() ? at : text.size() - 1;
}

bool ends_in_word(std::string_view text) {
  return !text.empty() && is_word(code_point_at(text, last_character(text)).value);
}

bool begins_with_word(std::string_view text) { return !text.empty() && is_word(code_point_at(text, 0).value); }

size_t blanks_at_end(std::string_view text) {
  size_t size = text.size();
  while (!text.empty() && is_white_space(code_point_at(text, last_character(text)).value))
    text = text.substr(0, last_character(text));
  return size - text.size();
}

size_t blanks_at_begin(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && is_white_space(code_point_at(text, at).value)) at += code_point_at(text, at).length;
  return at;
}

} // namespace

void AddedTokens::add(std::string_view content, const AddedToken& token) {
  uint32_t at = 0;
  for (char byte : content) {
    uint32_t next = child(at, byte);
    if (next == 0) {
      next = static_cast<uint32_t>(nodes_.size());
      nodes_.emplace_back();
      nodes_[at].edges.push_back({byte, next});
      if (at == 0) first_[static_cast<uint8_t>(byte)] = next;
    }
    at = next;
  }
  nodes_[at].token = &token;
}

uint32_t AddedTokens::child(uint32_t node, char byte) const {
  if (node == 0) return first_[static_cast<uint8_t>(byte)];
  for (const Edge& edge : nodes_[node].edges)
    if (edge.byte == byte) return edge.node;
  return 0;
}

Fragment AddedTokens::longest_at(std::string_view rest, bool skip_special) const {
  Fragment found;
  uint32_t at = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    at = child(at, rest[i]);
    if (at == 0) break;
    if (nodes_[at].token != nullptr) found = {rest.substr(0, i + 1), nodes_[at].token};
  }
  return found.token != nullptr && skip_special && found.token->special ? Fragment() : found;
}

void AddedTokens::split(std::string_view text, bool skip_special, std::vector<Fragment>& fragments) const {
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    auto [found, token] =
        first_[static_cast<uint8_t>(text[at])] == 0 ? Fragment() : longest_at(text.substr(at), skip_special);
    size_t end = token == nullptr ? at + 1 : at + found.size();
    if (token != nullptr && token->single_word &&
        (ends_in_word(text.substr(0, at)) || begins_with_word(text.substr(end)))) {
      at = end;
      continue;
    }
    if (token != nullptr) {
      size_t begin = token->lstrip ? std::max(done, at - blanks_at_end(text.substr(0, at))) : at;
      if (token->rstrip) end += blanks_at_begin(text.substr(end));
      if (begin > done) fragments.push_back({text.substr(done, begin - done)});
      fragments.push_back({text.substr(begin, end - begin), token});
      done = end;
    }
    at = end;
  }
  if (done < text.size()) fragments.push_back({text.substr(done)});
}

} // namespace proctor
