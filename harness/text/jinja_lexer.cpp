// SPDX-License-Identifier: MIT
#include "harness/text/jinja_lexer.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/unicode.h"

namespace proctor::jinja {
namespace {

// "\r\n" and "\r" are newlines; one newline at the very end is not part of the template.
std::string normalised(std::string_view source) {
  std::string text;
  for (size_t i = 0; i < source.size(); ++i) {
    bool pair = source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n';
    if (pair) continue;
    text += source[i] == '\r' ? '\n' : source[i];
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

bool is_name_begin(char c) { return is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_name(char c) { return is_name_begin(c) || is_digit(c); }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalised(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) data();
    add(Token::end, "");
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return std::string_view(source_).substr(at_); }
  bool looking_at(std::string_view text) const { return rest().starts_with(text); }

  void add(Token::Kind kind, std::string text) { tokens_.push_back({kind, line_, std::move(text)}); }

  [[noreturn]] void wrong(std::string message) const { throw JinjaError{std::move(message), line_}; }

  void advance(size_t to) {
    line_ += static_cast<size_t>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                            source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    at_ = to;
  }

  void skip_blanks() {
    size_t to = at_;
    while (to < source_.size()) {
      CodePoint point = code_point_at(source_, to);
      if (!is_python_space(point.value)) break;
      to += point.length;
    }
    advance(to);
  }

  size_t next_tag() const {
    for (size_t at = source_.find('{', at_); at != source_.npos; at = source_.find('{', at + 1))
      if (at + 1 < source_.size() && std::string_view("{%#").find(source_[at + 1]) != std::string_view::npos)
        return at;
    return source_.npos;
  }

  // The text before a tag, as the tag's sign and lstrip_blocks leave it.
  std::string_view before_tag(std::string_view text, char tag, char sign) const {
    if (sign == '-') return strip(text, nullptr, false, true);
    if (sign == '+' || tag == '{') return text;
    size_t line_begin = text.rfind('\n') + 1;
    if (line_begin == 0 && !line_starting_) return text;
    bool blank = strip(text.substr(line_begin), nullptr, true, false).empty();
    return blank ? text.substr(0, line_begin) : text;
  }

  void data() {
    size_t tag = next_tag();
    if (tag == source_.npos) {
      add(Token::data, source_.substr(at_));
      at_ = source_.size();
      return;
    }
    char kind = source_[tag + 1];
    char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    if (sign != '-' && sign != '+') sign = '\0';
    std::string text(before_tag(std::string_view(source_).substr(at_, tag - at_), kind, sign));
    if (!text.empty()) add(Token::data, std::move(text));
    advance(tag + 2 + (sign ? 1 : 0));
    if (kind == '#') return comment();
    if (kind == '%' && raw()) return;
    add(kind == '{' ? Token::variable_begin : Token::block_begin, "");
    inside(kind == '{' ? "}}" : "%}", kind == '%');
  }

  // After the end of a tag: '-' takes the blanks that follow, trim_blocks the newline after a block or comment.
  void after_tag(char sign, bool trims) {
    size_t tag_end = at_;
    if (sign == '-')
      skip_blanks();
    else if (trims && sign != '+' && looking_at("\n"))
      advance(at_ + 1);
    line_starting_ = at_ > 0 && at_ >= tag_end && source_[at_ - 1] == '\n';
  }

  void comment() {
    size_t end = source_.find("#}", at_);
    if (end == source_.npos) wrong("Missing end of comment tag");
    char sign = end > at_ && (source_[end - 1] == '-' || source_[end - 1] == '+') ? source_[end - 1] : '\0';
    advance(end + 2);
    after_tag(sign, true);
  }

  // "raw %}...{% endraw %}" at the current place.
  bool raw() {
    size_t at = skip(at_);
    if (std::string_view(source_).substr(at, 3) != "raw") return false;
    at = skip(at + 3);
    bool minus = at < source_.size() && source_[at] == '-';
    if (std::string_view(source_).substr(at + (minus ? 1 : 0), 2) != "%}") return false;
    advance(at + (minus ? 3 : 2));
    if (minus) skip_blanks();
    line_starting_ = at_ > 0 && source_[at_ - 1] == '\n';
    for (size_t tag = source_.find("{%", at_); tag != source_.npos; tag = source_.find("{%", tag + 2))
      if (end_raw(tag)) return true;
    wrong("Missing end of raw directive");
  }

  bool end_raw(size_t tag) {
    size_t at = tag + 2;
    char sign = at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : '\0';
    at = skip(at + (sign ? 1 : 0));
    if (std::string_view(source_).substr(at, 6) != "endraw") return false;
    at = skip(at + 6);
    char end_sign = at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : '\0';
    at += end_sign ? 1 : 0;
    if (std::string_view(source_).substr(at, 2) != "%}") return false;
    std::string text(before_tag(std::string_view(source_).substr(at_, tag - at_), '%', sign));
    if (!text.empty()) add(Token::data, std::move(text));
    advance(at + 2);
    after_tag(end_sign, true);
    return true;
  }

  size_t skip(size_t at) const {
    while (at < source_.size() && is_blank(source_[at])) ++at;
    return at;
  }

  void inside(std::string_view end, bool block) {
    std::string open; // brackets
    for (;;) {
      skip_blanks();
      if (at_ >= source_.size()) wrong(fmt::format("unexpected end of template, expected '{}'", end));
      char sign = source_[at_] == '-' || (block && source_[at_] == '+') ? source_[at_] : '\0';
      if (open.empty() && rest().substr(sign ? 1 : 0).starts_with(end)) {
        add(block ? Token::block_end : Token::variable_end, "");
        advance(at_ + 2 + (sign ? 1 : 0));
        return after_tag(sign, block);
      }
      token(open);
    }
  }

  void token(std::string& open) {
    char c = source_[at_];
    if (is_digit(c)) return number();
    if (is_name_begin(c)) return name();
    if (c == '"' || c == '\'') return string();
    static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", "<=", ">="};
    for (std::string_view two : kTwo)
      if (looking_at(two)) {
        add(Token::op, std::string(two));
        return advance(at_ + 2);
      }
    if (std::string_view("+-*/%~[](){}<>=.:|,;").find(c) == std::string_view::npos)
      wrong(fmt::format("unexpected char '{}'", c));
    balance(c, open);
    add(Token::op, std::string(1, c));
    advance(at_ + 1);
  }

  void balance(char c, std::string& open) const {
    size_t opens = std::string_view("([{").find(c);
    if (opens != std::string_view::npos) open += ")]}"[opens];
    if (std::string_view(")]}").find(c) == std::string_view::npos) return;
    if (open.empty() || open.back() != c) wrong(fmt::format("unexpected '{}'", c));
    open.pop_back();
  }

  void name() {
    size_t end = at_;
    while (end < source_.size() && is_name(source_[end])) ++end;
    add(Token::name, source_.substr(at_, end - at_));
    advance(end);
  }

  size_t digits(size_t at) const {
    while (at < source_.size() &&
           (is_digit(source_[at]) || (source_[at] == '_' && at + 1 < source_.size() && is_digit(source_[at + 1]))))
      ++at;
    return at;
  }

  bool prefixed_number() { // 0x, 0o, 0b
    static constexpr std::pair<char, std::string_view> kDigits[] = {
        {'x', "0123456789abcdefABCDEF"}, {'o', "01234567"}, {'b', "01"}};
    for (auto [letter, digits_of_base] : kDigits) {
      if (source_[at_] != '0' || at_ + 1 >= source_.size() || to_lower(source_[at_ + 1]) != letter) continue;
      size_t end = std::min(source_.find_first_not_of(std::string(digits_of_base) + '_', at_ + 2), source_.size());
      std::string text = source_.substr(at_, end - at_);
      if (text.ends_with('_') || text.find("__") != text.npos || text.size() == 2 ||
          (end < source_.size() && is_name(source_[end])))
        wrong("a number ends in letters");
      std::erase(text, '_');
      add(Token::integer, std::move(text));
      advance(end);
      return true;
    }
    return false;
  }

  void number() {
    if (prefixed_number()) return;
    size_t end = digits(at_);
    bool real = false;
    if (end + 1 < source_.size() && source_[end] == '.' && is_digit(source_[end + 1])) {
      real = true;
      end = digits(end + 1);
    }
    if (end < source_.size() && (source_[end] | 32) == 'e') {
      size_t sign = end + 1 < source_.size() && (source_[end + 1] == '+' || source_[end + 1] == '-') ? 1 : 0;
      size_t exponent = digits(end + 1 + sign);
      if (exponent > end + 1 + sign) {
        real = true;
        end = exponent;
      }
    }
    std::string text = source_.substr(at_, end - at_);
    std::erase(text, '_');
    if (end < source_.size() && is_name(source_[end])) wrong("a number ends in letters");
    if (!real && text.size() > 1 && text[0] == '0' && text.find_first_not_of('0') != text.npos)
      wrong("a number begins with 0");
    add(real ? Token::real : Token::integer, std::move(text));
    advance(end);
  }

  void string() {
    char quote = source_[at_];
    size_t line = line_;
    size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) wrong("a string is not closed");
    std::string text = unescape(std::string_view(source_).substr(at_ + 1, end - at_ - 1));
    tokens_.push_back({Token::string, line, std::move(text)});
    advance(end + 1);
  }

  std::string unescape(std::string_view text) const {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        out += text[i];
        continue;
      }
      i = escape(text, i + 1, out);
    }
    return out;
  }

  // The escape whose letter is text[i]; returns where its last character is.
  size_t escape(std::string_view text, size_t i, std::string& out) const {
    static constexpr std::string_view kLetters = "\n\\'\"abfnrtv";
    size_t known = kLetters.find(text[i]);
    if (text[i] == '\n') return i;
    if (known != kLetters.npos) {
      out += std::string_view("\0\\'\"\a\b\f\n\r\t\v", 11)[known];
      return i;
    }
    if (text[i] >= '0' && text[i] <= '7') {
      size_t n = 1;
      while (n < 3 && i + n < text.size() && text[i + n] >= '0' && text[i + n] <= '7') ++n;
      append_utf8(out, static_cast<char32_t>(std::stoul(std::string(text.substr(i, n)), nullptr, 8)));
      return i + n - 1;
    }
    size_t length = text[i] == 'x' ? 2 : text[i] == 'u' ? 4 : text[i] == 'U' ? 8 : 0;
    if (text[i] == 'N') wrong("characters by name are not supported");
    if (length == 0) {
      (out += '\\') += text[i];
      return i;
    }
    std::string_view hex = text.substr(i + 1, length);
    bool good = hex.size() == length && std::all_of(hex.begin(), hex.end(), [](char c) {
                  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
                });
    unsigned long value = good ? std::stoul(std::string(hex), nullptr, 16) : 0;
    if (!good || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
      wrong("a string has an escape that is no character");
    append_utf8(out, static_cast<char32_t>(value));
    return i + length;
  }

  std::string source_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t line_ = 1;
  bool line_starting_ = true;
};

} // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

} // namespace proctor::jinja
