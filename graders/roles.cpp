// SPDX-License-Identifier: MIT
#include "graders/roles.h"

#include <algorithm>
#include <optional>

#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

// Words that may stand between a name and its role.
constexpr std::string_view kNeutral[] = {"is",     "are",       "a",      "an",   "the",      "and",   "both",
                                         "all",    "must",      "be",     "so",   "thus",     "then",  "hence",
                                         "also",   "therefore", "role",   "type", "identity", "boxed", "text",
                                         "textbf", "mathbf",    "mathrm", "has",  "to",       "quad"};
constexpr std::string_view kNegations[] = {"not", "isn't", "cannot", "can't", "never", "aren't"};
constexpr std::string_view kConditions[] = {"if", "whether", "suppose", "assume", "assuming", "unless", "were"};

class Reader {
 public:
  explicit Reader(const RoleWords& words) : words_(words) {}

  std::vector<RoleStatement> run(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
      size_t length = 0;
      while (i + length < text.size() && is_word_byte(text[i + length])) ++length;
      if (length == 0)
        mark(text[i++]);
      else
        word(text.substr(i, length), text.substr(i + length)), i += length;
    }
    return std::move(found_);
  }

 private:
  static bool is_word_byte(char c) {
    return is_letter(c) || is_digit(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
  }

  void mark(char c) {
    if (c == '/') alternative_ = true;
    if (c == '.' || c == ';' || c == '\n' || c == '?' || c == '!') end_sentence(c == '\n');
  }

  void end_sentence(bool keep_list) {
    pending_.clear();
    last_.clear();
    negated_ = conditional_ = alternative_ = false;
    if (!keep_list) list_role_.reset();
  }

  void word(std::string_view word, std::string_view after) {
    if (auto name = find_name(word)) return on_name(*name);
    if (std::none_of(word.begin(), word.end(), is_letter)) return; // numbers, arrows
    std::string small = lower(word);
    if (auto role = find_role(small)) return on_role(*role, after);
    if (small == "or")
      alternative_ = true;
    else if (is_one_of(small, kNegations))
      negated_ = true;
    else if (is_one_of(small, kConditions))
      conditional_ = true;
    else if (!is_one_of(small, kNeutral))
      on_other();
  }

  void on_name(size_t name) {
    if (list_role_)
      found_.push_back({name, *list_role_});
    else
      pending_.push_back(name);
  }

  void on_role(size_t role, std::string_view after) {
    list_role_.reset();
    if (negated_ && words_.roles.size() == 2) role = 1 - role;
    bool second = pending_.empty() && alternative_;
    const std::vector<size_t>& who = second ? last_ : pending_;
    if (who.empty() && opens_list(after)) list_role_ = role;
    bool one_of_them = alternative_ && pending_.size() > 1; // "Amelia or Bob is a knight"
    if (!conditional_ && !one_of_them)
      for (size_t name : who) found_.push_back({name, role, second});
    if (!pending_.empty()) last_ = std::move(pending_);
    pending_.clear();
    negated_ = alternative_ = false;
  }

  void on_other() {
    pending_.clear();
    last_.clear();
    list_role_.reset();
    negated_ = alternative_ = false;
  }

  // "Knights: Amelia, Bob"
  static bool opens_list(std::string_view after) {
    while (!after.empty() && (after.front() == '*' || after.front() == ' ')) after.remove_prefix(1);
    return after.starts_with(':') || after.starts_with("are");
  }

  std::optional<size_t> find_name(std::string_view word) const {
    for (size_t i = 0; i < words_.names.size(); ++i)
      if (equal_ignoring_case(word, words_.names[i])) return i;
    return std::nullopt;
  }

  std::optional<size_t> find_role(std::string_view word) const {
    for (size_t i = 0; i < words_.roles.size(); ++i) {
      const std::string& role = words_.roles[i];
      if (word == role || (word.size() == role.size() + 1 && word.starts_with(role) && word.back() == 's')) return i;
    }
    return std::nullopt;
  }

  const RoleWords& words_;
  std::vector<RoleStatement> found_;
  std::vector<size_t> pending_; // names that wait for their role
  std::vector<size_t> last_;    // names of the last statement, for "or a knave"
  std::optional<size_t> list_role_;
  bool negated_ = false;
  bool conditional_ = false;
  bool alternative_ = false;
};

} // namespace

std::vector<RoleStatement> read_roles(std::string_view text, const RoleWords& words) {
  return Reader(words).run(text);
}

} // namespace proctor
