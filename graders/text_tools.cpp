// SPDX-License-Identifier: MIT
#include "graders/text_tools.h"

#include <algorithm>
#include <cstring>

#include "harness/hash.h"
#include "harness/text/ascii.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

constexpr size_t kLongestVoteKey = 256;

// Searches [begin, end) backwards for a word whose trigger byte is spelled `byte`.
size_t rfind_spelling(std::string_view text, std::string_view word, size_t trigger, char byte, size_t begin,
                      size_t end) {
  while (end > begin) {
    const void* hit = memrchr(text.data() + begin, byte, end - begin);
    if (hit == nullptr) return text.npos;
    end = static_cast<size_t>(static_cast<const char*>(hit) - text.data());
    if (end < trigger) return text.npos;
    size_t at = end - trigger;
    if (equal_ignoring_case(text.substr(at, word.size()), word)) return at;
  }
  return text.npos;
}

} // namespace

std::string fold_blanks(std::string_view text) {
  std::string result;
  for (char c : trim(text)) {
    if (!is_blank(c))
      result += c;
    else if (result.back() != ' ')
      result += ' ';
  }
  return result;
}

std::string one_line(std::string_view text, size_t limit) {
  constexpr size_t kLongestUtf8 = 4;
  std::string line = fold_blanks(text.substr(0, std::min(text.size(), 4 * limit)));
  if (line.size() <= limit && text.size() <= 4 * limit) return line;
  size_t cut = std::min(limit, line.size());
  for (size_t back = 0; back < kLongestUtf8 && cut > 0 && cut < line.size(); ++back, --cut)
    if (!is_utf8_continuation(line[cut])) break;
  return line.substr(0, cut) + "...";
}

std::string text_vote_key(std::string_view normalised, std::string_view original) {
  std::string key(trim(normalised));
  if (key.empty()) key = fold_blanks(original);
  if (key.size() <= kLongestVoteKey) return key;
  return one_line(key, kLongestVoteKey / 2) + hash_hex({key});
}

std::string strip_emphasis(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    bool doubled = i + 1 < text.size() && text[i] == text[i + 1] && (text[i] == '*' || text[i] == '_');
    if (doubled)
      ++i;
    else if (text[i] != '`')
      result += text[i];
  }
  std::string_view rest = trim(result);
  while (rest.size() >= 2 && rest.front() == rest.back() && (rest.front() == '*' || rest.front() == '_'))
    rest = trim(rest.substr(1, rest.size() - 2));
  return std::string(rest);
}

size_t rfind_ignoring_case(std::string_view text, std::string_view word, size_t trigger, size_t end) {
  size_t scan_end = std::min(text.size(), end > text.size() ? text.size() : end + trigger);
  char byte = word[trigger];
  size_t lower_at = rfind_spelling(text, word, trigger, byte, 0, scan_end);
  if (!is_lower(byte)) return lower_at;
  size_t begin = lower_at == text.npos ? 0 : lower_at + trigger;
  size_t upper_at = rfind_spelling(text, word, trigger, static_cast<char>(byte - 32), begin, scan_end);
  return upper_at == text.npos ? lower_at : upper_at;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

} // namespace proctor
