// SPDX-License-Identifier: MIT
#pragma once

// Finds added tokens in a text: leftmost first, the longest of those that begin at one place, as Hugging Face
// `tokenizers` does.

#include <array>
#include <string_view>
#include <vector>

#include "harness/text/tokenizer_spec.h"

namespace proctor {

// A stretch of text: one added token, or ordinary text (token == nullptr).
struct Fragment {
  std::string_view text;
  const AddedToken* token = nullptr;
};

class AddedTokens {
 public:
  static constexpr size_t kMaxLength = 1024; // bytes of one token

  // `content` is what is looked for. Keeps pointers to the tokens, which must stay where they are.
  void add(std::string_view content, const AddedToken& token);

  // The fragments of `text` in order; tokens for which skip_special holds are ordinary text.
  void split(std::string_view text, bool skip_special, std::vector<Fragment>& fragments) const;

  bool empty() const { return nodes_.size() == 1; }

 private:
  struct Edge {
    char byte;
    uint32_t node;
  };
  struct Node {
    std::vector<Edge> edges;
    const AddedToken* token = nullptr;
  };
  uint32_t child(uint32_t node, char byte) const;                      // 0: none
  Fragment longest_at(std::string_view rest, bool skip_special) const; // no token: none

  std::vector<Node> nodes_ = std::vector<Node>(1); // a trie, [0] is its root
  std::array<uint32_t, 256> first_{};              // the root's children by byte
};

} // namespace proctor
