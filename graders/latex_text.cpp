// SPDX-License-Identifier: MIT
#include "graders/latex_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Fold = std::pair<std::string_view, std::string_view>;

constexpr Fold kUnicode[] = {
    {"\u2212", "-"},
    {"\u2013", "-"},
    {"\u2010", "-"},
    {"\u2011", "-"},
    {"\u00A0", " "},
    {"\u202F", ""},
    {"\u2009", ""},
    {"\u200B", ""},
    {"\u2061", ""},
    {"\u00D7", "\\times "},
    {"\u22C5", "\\cdot "},
    {"\u00B7", "\\cdot "},
    {"\u00F7", "\\div "},
    {"\u00B0", ""},
    {"\u03C0", "\\pi "},
    {"\u221E", "\\infty "},
    {"\u2248", "\\approx "},
    {"\u2261", "\\equiv "},
    {"\u00B2", "^{2}"},
    {"\u00B3", "^{3}"},
    {"\u20AC", ""},
    {"\u00A3", ""},
    {"\u00A5", ""},
    {"\u20B9", ""},
    {"\u00BD", "\\frac{1}{2}"},
    {"\u2044", "/"},
    {"\u3002", ""},
    {"\u2264", "\\le "},
    {"\u2265", "\\ge "},
    {"\u2260", "\\ne "},
};

// Commands (without their backslash) that are dropped, and what stands in their place.
constexpr Fold kCommands[] = {
    {"left", ""},    {"right", ""},  {"mleft", ""},       {"mright", ""},      {"displaystyle", ""},
    {"quad", " "},   {"qquad", " "}, {"dfrac", "\\frac"}, {"tfrac", "\\frac"}, {"cfrac", "\\frac"},
    {"circ", ""},    {"degree", ""}, {"leq", "\\le "},    {"geq", "\\ge "},    {"neq", "\\ne "},
    {"bigl", ""},    {"bigr", ""},   {"limits", ""},      {"euro", ""},        {"pounds", ""},
    {"dollars", ""},
};

// Commands whose argument is text or a letter shape: the braces go with them. A blank in their place keeps
// "204\text{minutes}" a number and a unit.
constexpr std::string_view kTextCommands[] = {
    "text", "textbf",       "textit",     "textrm", "mathrm", "mathbf", "mbox", "mathit", "boldsymbol",
    "bm",   "operatorname", "textnormal", "textsf", "mathsf", "emph",   "hbox", "fbox",   "boxed"};

class Normaliser {
 public:
  explicit Normaliser(std::string_view text) : rest_(text) {}

  std::string run() {
    while (!rest_.empty()) step();
    return std::move(out_);
  }

 private:
  void step() {
    char c = rest_.front();
    if (c == '\\') return command();
    if (c == '{') return open_brace();
    if (c == '}') return close_brace();
    if (static_cast<unsigned char>(c) >= 0x80) return unicode();
    rest_.remove_prefix(1);
    if (c == '$') return;
    if (c == '~' || is_blank(c)) c = ' ';
    out_ += c;
  }

  void command() {
    rest_.remove_prefix(1);
    size_t length = 0;
    while (length < rest_.size() && is_letter(rest_[length])) ++length;
    if (length == 0) return symbol();
    std::string_view name = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (is_one_of(name, kTextCommands) && trim_left(rest_).starts_with('{')) {
      rest_ = trim_left(rest_);
      out_ += ' ';
      return push_brace(false);
    }
    for (auto [from, to] : kCommands)
      if (name == from) return replaced(to);
    plain_command(name);
  }

  void replaced(std::string_view to) {
    if (to == "\\frac") return plain_command("frac");
    if (to.empty() && out_.ends_with('^')) out_.pop_back(); // 90^\circ
    out_ += to;
  }

  void plain_command(std::string_view name) {
    out_ += '\\';
    out_ += name;
    if (name == "frac") return argument(), argument();
    if (name == "sqrt" && !trim_left(rest_).starts_with('[')) return argument();
    if (!rest_.empty() && is_letter(trim_left(rest_).substr(0, 1).empty() ? ' ' : trim_left(rest_)[0])) out_ += ' ';
  }

  // \frac12: an argument without braces gets them. One with braces is left to the main loop, which then never sees
  // the second argument as such; so braces are put around bare digits only.
  void argument() {
    rest_ = trim_left(rest_);
    if (rest_.empty() || !(is_digit(rest_.front()) || is_letter(rest_.front()))) return braced_argument();
    out_ += '{';
    out_ += rest_.front();
    out_ += '}';
    rest_.remove_prefix(1);
  }

  void braced_argument() {
    constexpr size_t kLongest = 256; // longer ones are left as they are
    if (!rest_.starts_with('{')) return;
    size_t depth = 0;
    for (size_t i = 0; i < rest_.size() && i < kLongest; ++i) {
      if (rest_[i] == '{') ++depth;
      if (rest_[i] == '}' && --depth == 0) {
        std::string_view inside = rest_.substr(1, i - 1);
        bool simple = inside.find_first_of("\\{") == inside.npos;
        if (!simple) return;
        out_ += '{';
        for (char c : inside)
          if (!is_blank(c) && c != '$') out_ += c;
        out_ += '}';
        rest_.remove_prefix(i + 1);
        return;
      }
    }
  }

  void symbol() {
    if (rest_.empty()) return;
    char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
    case '!':
    case ',':
    case ';':
    case ':':
    case '(':
    case ')':
    case '[':
    case ']':
    case '$': return;
    case ' ':
    case '\\': out_ += ' '; return;
    case '%':
    case '#':
    case '&':
    case '_': out_ += c; return;
    default:
      out_ += '\\';
      out_ += c;
      return;
    }
  }

  void open_brace() {
    if (rest_.starts_with("{,}")) { // 1{,}234
      rest_.remove_prefix(3);
      out_ += ',';
      return;
    }
    constexpr std::string_view kCircles[] = {"{\\circ}", "{\\degree}", "{\xC2\xB0}"};
    for (std::string_view circle : kCircles)
      if (rest_.starts_with(circle) && out_.ends_with('^')) {
        out_.pop_back();
        rest_.remove_prefix(circle.size());
        return;
      }
    push_brace(true);
  }

  void push_brace(bool visible) {
    rest_.remove_prefix(1);
    braces_.push_back(visible);
    if (visible) out_ += '{';
  }

  void close_brace() {
    rest_.remove_prefix(1);
    bool visible = braces_.empty() || braces_.back();
    if (!braces_.empty()) braces_.pop_back();
    if (visible) out_ += '}';
  }

  void unicode() {
    for (auto [from, to] : kUnicode)
      if (rest_.starts_with(from)) {
        if (from == "\u00B0" && out_.ends_with('^')) out_.pop_back();
        out_ += to;
        rest_.remove_prefix(from.size());
        return;
      }
    if (full_width()) return;
    out_ += rest_.front();
    rest_.remove_prefix(1);
  }

  // U+FF01..U+FF5E are the ASCII characters '!'..'~' in full width.
  bool full_width() {
    if (rest_.size() < 3 || rest_[0] != '\xEF') return false;
    unsigned high = static_cast<unsigned char>(rest_[1]), low = static_cast<unsigned char>(rest_[2]);
    if (high != 0xBC && high != 0xBD) return false;
    unsigned code = (high - 0xBC) * 0x40 + (low - 0x80);
    if (low < 0x80 || low > 0xBF || code < 1 || code > 0x5E) return false;
    out_ += static_cast<char>(0x20 + code);
    rest_.remove_prefix(3);
    return true;
  }

  std::string_view rest_;
  std::string out_;
  std::vector<bool> braces_; // whether each open brace was written
};

// Outer braces that belong together: "{7}" but not "{1}{2}".
std::string_view strip_braces(std::string_view text) {
  while (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    size_t depth = 0, close = 0;
    for (size_t i = 0; i < text.size() && close == 0; ++i) {
      if (text[i] == '{') ++depth;
      if (text[i] == '}' && --depth == 0) close = i;
    }
    if (close + 1 != text.size()) break;
    text = trim(text.substr(1, text.size() - 2));
    if (text.size() > 4096) break; // deeply nested braces are nobody's answer; keeps this linear
  }
  return text;
}

bool is_words(std::string_view text) { return text.size() > 1 && std::all_of(text.begin(), text.end(), is_letter); }

} // namespace

std::string normalise_latex(std::string_view text) {
  std::string folded = fold_blanks(Normaliser(text).run());
  std::string_view rest = trim(folded);
  while (rest.size() > 1 && (rest.ends_with('.') || rest.ends_with(',') || rest.ends_with(';'))) {
    rest.remove_suffix(1);
    rest = trim(rest);
  }
  return std::string(strip_braces(rest));
}

std::string latex_text_key(std::string_view text) {
  std::string key = normalise_latex(text);
  std::string joined;
  for (size_t i = 0; i < key.size(); ++i) {
    bool one_character =
        key[i] == '{' && i > 0 && (key[i - 1] == '^' || key[i - 1] == '_') && i + 2 < key.size() && key[i + 2] == '}';
    if (one_character) { // x^{2} is x^2
      joined += key[i + 1];
      i += 2;
      continue;
    }
    bool between_digits = i > 0 && i + 1 < key.size() && is_digit(key[i - 1]) && is_digit(key[i + 1]);
    if (key[i] != ' ' || between_digits) joined += key[i];
  }
  std::string_view rest = strip_braces(joined);
  return is_words(rest) ? lower(rest) : std::string(rest);
}

} // namespace proctor
