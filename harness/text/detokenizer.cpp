// SPDX-License-Identifier: MIT
#include "harness/text/detokenizer.h"

#include "harness/text/unicode.h"

namespace proctor {

Detokenizer::Detokenizer(const Tokenizer& tokenizer, DetokenizeOptions options)
    : tokenizer_(tokenizer), options_(options) {}

std::string_view Detokenizer::put(TokenId id) {
  if (id == tokenizer_.think_open() || id == tokenizer_.think_close()) return put_think_tag(id);
  if (options_.skip_special && tokenizer_.is_special(id)) return {};
  held_ += tokenizer_.bytes(id);
  return release(whole_characters(held_));
}

// A tag is text of its own: what an unfinished character before it holds back is released with it.
std::string_view Detokenizer::put_think_tag(TokenId id) {
  size_t begin = text_.size() + held_.size();
  held_ += tokenizer_.bytes(id);
  tags_.push_back({begin, text_.size() + held_.size(), id == tokenizer_.think_close()});
  return release(held_.size());
}

std::string_view Detokenizer::finish() { return release(held_.size()); }

std::string_view Detokenizer::release(size_t bytes) {
  size_t begin = text_.size();
  text_.append(held_, 0, bytes);
  held_.erase(0, bytes);
  return std::string_view(text_).substr(begin);
}

std::vector<ThinkTag> Detokenizer::tags() const {
  bool has_tokens = tokenizer_.think_open() && tokenizer_.think_close();
  return has_tokens ? tags_ : find_think_tags(text_);
}

} // namespace proctor
