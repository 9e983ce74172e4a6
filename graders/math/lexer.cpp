// SPDX-License-Identifier: MIT
#include "graders/math/lexer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "graders/math/ast.h"
#include "graders/math/commands.h"
#include "graders/math/words.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

class Lexer {
 public:
  Lexer(std::string_view text, const Reading& reading) : text_(text), reading_(reading) {}

  Lexed run() {
    out_.tex = text_.find_first_of("\\{") != text_.npos;
    out_.too_long = text_.size() > kMaxBytes;
    while (at_ < text_.size() && !out_.too_long) step();
    push(Tok::end);
    return std::move(out_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::string_view rest() const { return text_.substr(at_); }
  bool in_text() const { return text_depth_ > 0; }

  Token& push(Tok kind, std::string_view text = {}) {
    if (std::exchange(negated_, false)) negate(kind, text);
    out_.tokens.push_back({kind, text, space_, in_text()});
    space_ = false;
    out_.too_long = out_.too_long || out_.tokens.size() > kMaxTokens;
    return out_.tokens.back();
  }

  // \not before a sign; before anything but = and \in it is not understood.
  static void negate(Tok& kind, std::string_view& text) {
    bool known = kind == Tok::relation && (text == "=" || text == "e");
    if (known)
      text = text == "=" ? "!" : "n";
    else
      kind = Tok::unknown;
  }

  std::string_view keep(std::string text) { return out_.own.emplace_back(std::move(text)); }

  void single(Tok kind, std::string_view text = {}, size_t length = 1) {
    push(kind, text);
    at_ += length;
  }

  void step() {
    char c = peek();
    if (is_blank(c)) return blank();
    if (reading_.hexadecimal && hexadecimal()) return;
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (is_letter(c)) return letters();
    if (c == '\\') return backslash();
    punctuation(c);
  }

  // Two line breaks in a row separate answers; a single one is white space.
  void blank() {
    size_t begin = at_;
    while (is_blank(peek())) ++at_;
    std::string_view gap = text_.substr(begin, at_ - begin);
    if (std::count(gap.begin(), gap.end(), '\n') > 1) push(Tok::newline);
    space_ = true;
  }

  void punctuation(char c) {
    switch (c) {
    case '+': return single(Tok::plus);
    case '-': return single(Tok::minus);
    case '*': return peek(1) == '*' ? single(Tok::caret, {}, 2) : single(Tok::times);
    case '/': return single(Tok::divide);
    case '^': return caret();
    case '_': return single(Tok::underscore);
    case '\'': return single(Tok::prime);
    case '%': return single(Tok::percent);
    case ',': return single(Tok::comma);
    case ';': return single(Tok::semicolon);
    case ':': return peek(1) == '=' ? single(Tok::relation, "=", 2) : single(Tok::colon);
    case '&': return single(Tok::amp);
    case '|': return single(Tok::bar);
    case '(': return open(Tok::lparen);
    case ')': return close(Tok::rparen);
    case '[': return open(Tok::lbrack);
    case ']': return close(Tok::rbrack);
    case '{': return open_brace();
    case '}': return close_brace();
    case '=': return single(Tok::relation, "=", peek(1) == '=' ? 2 : 1);
    case '<': return peek(1) == '=' ? single(Tok::relation, "l", 2) : single(Tok::relation, "<");
    case '>': return peek(1) == '=' ? single(Tok::relation, "g", 2) : single(Tok::relation, ">");
    case '!': return peek(1) == '=' ? single(Tok::relation, "!", 2) : single(Tok::bang);
    case '$':
    case '~':
      space_ = true;
      ++at_;
      return;
    case '.': return period();
    default: return single(Tok::unknown, text_.substr(at_, 1));
    }
  }

  void period() {
    if (rest().starts_with("...")) return single(Tok::dots, {}, 3);
    // A final period belongs to the sentence.
    if (!trim(rest().substr(1)).empty()) push(Tok::unknown, ".");
    ++at_;
  }

  // ^\circ and ^{\circ} are the degree sign.
  void caret() {
    size_t i = at_ + 1;
    auto skip = [&](std::string_view blanks) {
      while (i < text_.size() && blanks.find(text_[i]) != blanks.npos) ++i;
    };
    skip(" {");
    for (std::string_view sign : {"\\circ", "\\degree"}) {
      if (!text_.substr(i).starts_with(sign) ||
          is_letter(i + sign.size() < text_.size() ? text_[i + sign.size()] : ' '))
        continue;
      bool braced = text_.substr(at_, i - at_).find('{') != text_.npos;
      i += sign.size();
      skip(" ");
      if (braced && i < text_.size() && text_[i] == '}') ++i;
      push(Tok::degree);
      at_ = i;
      return;
    }
    single(Tok::caret);
  }

  void open(Tok kind) {
    bool of_function = !out_.tokens.empty() && out_.tokens.back().kind == Tok::function &&
                       out_.tokens.back().text != "gcd" && out_.tokens.back().text != "lcm" &&
                       out_.tokens.back().text != "max" && out_.tokens.back().text != "min";
    if (!of_function) ++brackets_;
    open_functions_.push_back(of_function);
    single(kind);
  }

  void close(Tok kind) {
    if (!open_functions_.empty()) {
      if (!open_functions_.back()) --brackets_;
      open_functions_.pop_back();
    }
    single(kind);
  }

  void open_brace() {
    if (text_next_) {
      text_next_ = false;
      ++text_depth_;
      braces_.push_back(true);
      space_ = true;
      ++at_;
      return;
    }
    braces_.push_back(false);
    single(Tok::lbrace);
  }

  void close_brace() {
    if (braces_.empty() &&
        rest().find_first_not_of("} \t\n$.") == std::string_view::npos) { // one too many at the end
      at_ = text_.size();
      return;
    }
    if (braces_.empty()) return single(Tok::rbrace);
    bool of_text = braces_.back();
    braces_.pop_back();
    if (!of_text) return single(Tok::rbrace);
    --text_depth_;
    space_ = true;
    ++at_;
  }

  // ---- numbers

  std::string_view digits(size_t from) const {
    size_t end = from;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    return text_.substr(from, end - from);
  }

  // The length of a digit-group separator at `i`, 0 when there is none.
  size_t separator(size_t i) const {
    std::string_view here = text_.substr(i);
    for (std::string_view mark : {"{,}", ",\\!\\!", ",\\!", ",\\,", "\\,", "\\ ", "\\;", "{\\,}", "~"})
      if (here.starts_with(mark)) {
        size_t length = mark.size();
        while (mark == ",\\!" && i + length < text_.size() && text_[i + length] == ' ') ++length;
        return length;
      }
    bool plain = brackets_ == 0 && !reading_.list_commas && !reading_.decimal_comma;
    if (plain && here.starts_with(',')) return 1;
    if (plain && here.starts_with(' ')) return 1;
    return 0;
  }

  // Reads "1,234,567" into `all`; nothing when the groups are not of three digits.
  size_t grouped(size_t begin, std::string& all) {
    std::string_view head = digits(begin);
    if (head.size() > 3 || head.empty() || (head.size() > 1 && head[0] == '0') || head == "0") return 0;
    all = head;
    size_t i = begin + head.size();
    std::string_view first;
    while (size_t length = separator(i)) {
      std::string_view mark = text_.substr(i, length);
      std::string_view group = digits(i + length);
      if (!first.empty() && mark.substr(0, 1) != first.substr(0, 1)) break;
      if (group.size() != 3) {
        if (group.empty() || mark == " " || mark.front() == '\\') break;
        return 0; // "1,23" and "1,000,2" are lists
      }
      if (mark == ",") out_.saw_grouping = true;
      first = mark;
      all += group;
      i += length + 3;
    }
    return first.empty() ? 0 : i - begin;
  }

  void number() {
    size_t begin = at_;
    std::string all;
    size_t length = peek() == '.' ? 0 : grouped(at_, all);
    bool is_grouped = length > 0;
    if (!is_grouped) {
      std::string_view head = digits(at_);
      length = head.size();
      all = head;
    }
    at_ += length;
    fraction_part(all, is_grouped);
    if (all.size() > kMaxDigits) out_.too_long = true;
    Token& token =
        push(Tok::number, all != text_.substr(begin, at_ - begin) ? keep(all) : text_.substr(begin, at_ - begin));
    token.grouped = is_grouped;
    token.exponent = e_notation(all.find('.') != all.npos);
    size_t n = out_.tokens.size();
    bool raised = n >= 2 && out_.tokens[n - 2].kind == Tok::caret;
    out_.saw_long_exponent = out_.saw_long_exponent || (raised && all.size() > 1);
  }

  // The digits of "1AF_{16}" as one number.
  bool hexadecimal() {
    size_t end = std::min(text_.find_first_not_of("0123456789abcdefABCDEF", at_), text_.size());
    std::string_view below = text_.substr(end);
    bool based = end > at_ && (below.starts_with("_{16}") || below.starts_with("_16"));
    if (!based || end - at_ > kMaxDigits) return false;
    push(Tok::number, keep(lower(text_.substr(at_, end - at_))));
    at_ = end;
    return true;
  }

  void fraction_part(std::string& all, bool is_grouped) {
    if (peek() == '.' && is_digit(peek(1))) {
      std::string_view part = digits(at_ + 1);
      all += '.';
      all += part;
      at_ += 1 + part.size();
    } else if (peek() == '.' && !rest().starts_with("..") && (is_blank(peek(1)) || starts_period(at_ + 1))) {
      if (trim(rest().substr(1)).empty()) return;
      if (starts_period(at_ + 1)) all += '.', ++at_;
    } else if (decimal_comma(is_grouped)) {
      std::string_view part = digits(at_ + 1);
      if (!reading_.decimal_comma) {
        out_.saw_decimal_comma = true;
        return;
      }
      all += '.';
      all += part;
      at_ += 1 + part.size();
    }
  }

  // "\overline{3}", "\dot{3}", "(3)" behind a decimal point.
  bool starts_period(size_t i) const {
    std::string_view here = text_.substr(i);
    for (std::string_view mark : {"\\overline", "\\bar", "\\dot"})
      if (here.starts_with(mark) && !is_letter(here.size() > mark.size() ? here[mark.size()] : ' ')) return true;
    size_t length = here.starts_with('(') ? digits(i + 1).size() : 0;
    return length > 0 && here.substr(length + 1).starts_with(')');
  }

  bool decimal_comma(bool is_grouped) const {
    if (peek() != ',' || !is_digit(peek(1)) || is_grouped || brackets_ > 0) return false;
    std::string_view part = digits(at_ + 1);
    size_t after = at_ + 1 + part.size();
    return after >= text_.size() || (text_[after] != ',' && text_[after] != '.' && !is_letter(text_[after]));
  }

  int32_t e_notation(bool has_point) {
    char e = peek();
    if (e != 'e' && e != 'E') return 0;
    size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    std::string_view power = digits(at_ + 1 + sign);
    bool alone = out_.tokens.size() == 1 && at_ + 1 + sign + power.size() == text_.size(); // 1e-5 and nothing else
    bool plausible =
        !power.empty() && power.size() <= 6 && (sign == 0 || e == 'E' || has_point || power.size() > 1 || alone);
    if (!plausible ||
        (at_ + 1 + sign + power.size() < text_.size() && is_letter(text_[at_ + 1 + sign + power.size()])))
      return 0;
    int32_t value = 0;
    std::from_chars(power.data(), power.data() + power.size(), value);
    if (peek(1) == '-') value = -value;
    at_ += 1 + sign + power.size();
    return value;
  }

  // ---- names

  void letters() {
    size_t end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    std::string_view run = text_.substr(at_, end - at_);
    if (meridiem()) return;
    if (in_text()) {
      if (run.size() == 1) return single(Tok::symbol, run);
      return word(run);
    }
    if (is_conjunction(run)) return single(Tok::conj, conjunction(run), run.size());
    if (run.size() == 1) return single(Tok::symbol, run);
    if (is_short_product(run, end)) return split_run(run);
    if (is_time(run, end)) return single(Tok::word, run, run.size());
    if (is_function_name(run)) return single(Tok::function, run, run.size());
    if (auto symbol = plain_constant(run); !symbol.empty()) return single(Tok::symbol, symbol, run.size());
    if (is_word(run)) return word(run);
    split_run(run);
  }

  // "5 min", "30 sec": nothing follows that a function could take.
  bool is_time(std::string_view run, size_t end) const {
    bool counted = !out_.tokens.empty() && out_.tokens.back().kind == Tok::number && (run == "min" || run == "sec");
    size_t after = text_.find_first_not_of(" .$", end);
    return counted && (after == text_.npos || text_[after] == ',');
  }

  // "at" in e^{-at} is a times t: a word has words or values beside it, not operators and brackets.
  bool is_short_product(std::string_view run, size_t end) const {
    if (!is_preposition(run)) return false;
    size_t before = text_.find_last_not_of(' ', at_ == 0 ? 0 : at_ - 1), after = text_.find_first_not_of(' ', end);
    if (end < text_.size() && (text_[end] == '^' || text_[end] == '_')) return true; // at^2
    bool open = at_ > 0 && before != text_.npos && std::string_view("+-*/^({[").find(text_[before]) != text_.npos;
    return open && (after == text_.npos || std::string_view("+-*/^)}]").find(text_[after]) != text_.npos);
  }

  // "p.m.", "a.m."
  bool meridiem() {
    if (!rest().substr(1).starts_with(".m") && !rest().substr(1).starts_with(".M")) return false;
    char c = to_lower(peek());
    if (c != 'a' && c != 'p') return false;
    push(Tok::word, c == 'a' ? "am" : "pm");
    at_ += peek(3) == '.' ? 4 : 3;
    return true;
  }

  void word(std::string_view run) {
    if (is_conjunction(run)) return single(Tok::conj, conjunction(run), run.size());
    if (is_function_name(run) && text_name_) return single(Tok::function, run, run.size());
    single(Tok::word, run, run.size());
  }

  // "sinx", "xy", "2pir": a function name in front, else one letter at a time.
  void split_run(std::string_view run) {
    size_t length = 1;
    for (size_t n = std::min<size_t>(run.size() - 1, 6); n >= 2 && length == 1; --n)
      if (is_function_name(run.substr(0, n)) && n >= 2 && run.size() - n <= 2 && n > 2) length = n;
    if (length > 1) return single(Tok::function, run.substr(0, length), length);
    if (run.starts_with("ln") && run.size() == 3) return single(Tok::function, "ln", 2);
    if (run.starts_with("pi") && run.size() <= 3) return single(Tok::symbol, "\\pi", 2);
    for (size_t i = 0; i < run.size(); ++i) single(Tok::symbol, run.substr(i, 1));
  }

  // ---- commands

  void backslash() {
    char next = peek(1);
    if (next == '\\') return double_backslash();
    if (is_letter(next)) return command();
    switch (next) {
    case '{':
      ++brackets_;
      open_functions_.push_back(false);
      return single(Tok::lset, {}, 2);
    case '}':
      if (!open_functions_.empty()) open_functions_.pop_back(), --brackets_;
      brackets_ = std::max(brackets_, 0);
      return single(Tok::rset, {}, 2);
    case '|': return single(Tok::norm, {}, 2);
    case '%': return single(Tok::percent, {}, 2);
    case '$': return single(Tok::currency, "dollar", 2);
    case '&': return single(Tok::conj, "and", 2);
    case '_':
    case '#': at_ += 2; return;
    default: // spaces and math delimiters; a lone backslash at the end
      at_ += next == '\0' ? 1 : 2;
      space_ = true;
    }
  }

  // A row break; outside environments, before a command, a backslash that was escaped once too often.
  void double_backslash() {
    size_t i = at_ + 2, end = i;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    bool escaped = environments_ == 0 && end > i && find_command(text_.substr(i, end - i));
    bool delimiter = environments_ == 0 && i < text_.size() &&
                     std::string_view("[](){}$%").find(text_[i]) != std::string_view::npos;
    if (escaped || delimiter) {
      ++at_;
      return;
    }
    single(Tok::newline, {}, 2);
  }

  void command() {
    size_t end = at_ + 1;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    if (name == "not") {
      negated_ = true;
      at_ = end;
      return;
    }
    auto command = find_command(name);
    if (!command) {
      size_t known = command_prefix(name);
      if (known > 0) {
        name = name.substr(0, known);
        command = find_command(name);
      }
    }
    at_ += 1 + name.size();
    if (!command) {
      push(Tok::symbol, text_.substr(at_ - name.size() - 1, name.size() + 1));
      return;
    }
    act(*command, name);
  }

  void act(const Command& command, std::string_view name) {
    switch (command.act) {
    case Act::token: return token(command, name);
    case Act::blank: space_ = true; return;
    case Act::drop:
      if ((name == "left" || name == "right") && peek() == '.') ++at_; // a delimiter that is not there
      return;
    case Act::drop_arg: braced_raw(); return;
    case Act::text: return text_command(name);
    case Act::accent: return accent(name);
    case Act::environment: return environment(name);
    }
  }

  void token(const Command& command, std::string_view name) {
    switch (command.tok) {
    case Tok::symbol:
      push(Tok::symbol, command.text.empty() ? text_.substr(at_ - name.size() - 1, name.size() + 1) : command.text);
      return;
    case Tok::lset:
    case Tok::lparen:
    case Tok::lbrack:
      ++brackets_;
      open_functions_.push_back(false);
      break;
    case Tok::rset:
    case Tok::rparen:
    case Tok::rbrack:
      if (!open_functions_.empty()) open_functions_.pop_back(), brackets_ = std::max(brackets_ - 1, 0);
      break;
    case Tok::quad:
      out_.saw_quad = true;
      space_ = true;
      if (reading_.wide_space) return;
      break;
    default: break;
    }
    push(command.tok, command.text);
  }

  // The content of the braces that come next, skipped; empty when there are none.
  std::string_view braced_raw() {
    size_t i = at_;
    while (i < text_.size() && is_blank(text_[i])) ++i;
    if (i >= text_.size() || text_[i] != '{') return {};
    size_t begin = i + 1;
    int depth = 0;
    for (; i < text_.size(); ++i) {
      if (text_[i] == '{') ++depth;
      if (text_[i] == '}' && --depth == 0) {
        at_ = i + 1;
        return text_.substr(begin, i - begin);
      }
    }
    return {};
  }

  // In \text, where "min" and "sec" are times.
  static bool is_upright_function(std::string_view content) {
    return content == "cis" || content == "sin" || content == "cos" || content == "tan" || content == "ln" ||
           content == "log" || content == "gcd" || content == "lcm" || content == "arcsin" ||
           content == "arccos" || content == "arctan";
  }

  void text_command(std::string_view name) {
    size_t before = at_;
    std::string_view content = trim(braced_raw());
    text_name_ = name == "operatorname" || name == "mathrm" || is_upright_function(content);
    if (text_name_ && is_function_name(content)) {
      push(Tok::function, content);
      return;
    }
    at_ = before;
    while (is_blank(peek())) ++at_;
    text_next_ = peek() == '{';
  }

  // The argument of an accent that stands without braces: one letter, one digit or one command.
  std::string_view bare_argument() {
    size_t i = at_;
    while (i < text_.size() && is_blank(text_[i])) ++i;
    size_t end = i + 1;
    if (i < text_.size() && text_[i] == '\\')
      while (end < text_.size() && is_letter(text_[end])) ++end;
    bool argument = i < text_.size() && (is_letter(text_[i]) || is_digit(text_[i]) || end > i + 1);
    if (!argument) return {};
    at_ = end;
    return text_.substr(i, end - i);
  }

  void accent(std::string_view name) {
    size_t before = at_;
    std::string_view content = trim(braced_raw());
    if (at_ == before && name != "mathbf") content = bare_argument();
    bool conjugate = (name == "overline" || name == "bar") && content.find_first_of("+-") != content.npos;
    if (conjugate) {
      at_ = before;
      push(Tok::function, "conj");
      return;
    }
    bool unit_vector =
        content == "i" || content == "j" || content == "k" || content == "\\imath" || content == "\\jmath";
    bool hat = name == "hat" || name == "vec" || name == "widehat";
    if ((name == "mathbf" || hat) && unit_vector) {
      char letter = content.back() == 'h' ? content[1] : content[0];
      push(Tok::symbol, letter == 'i' ? "\\vec{i}" : letter == 'j' ? "\\vec{j}" : "\\vec{k}");
    } else if (name == "mathbf" || content.empty() || content.size() > 64) {
      at_ = before; // bold only, or no braces: the argument itself
    } else {
      std::string_view shape = name == "overline" ? "bar" : name == "mathbb" ? "mathbb" : name;
      std::string symbol = "\\" + std::string(shape) + "{";
      for (char c : content)
        if (!is_blank(c)) symbol += c;
      push(Tok::symbol, keep(symbol + "}"));
    }
  }

  void environment(std::string_view name) {
    std::string_view env = braced_raw();
    if (env == "array" || env == "tabular" || env == "alignedat") braced_raw();
    environments_ += name == "begin" ? 1 : -1;
    environments_ = std::max(environments_, 0);
    push(name == "begin" ? Tok::begin : Tok::end_env, env);
  }

  std::string_view text_;
  Reading reading_;
  Lexed out_;
  size_t at_ = 0;
  bool space_ = false;
  bool negated_ = false;   // \not stood before the next token
  bool text_next_ = false; // the next brace opens text
  bool text_name_ = false; // that text may name a function
  int text_depth_ = 0;
  int brackets_ = 0; // structures open, where a comma separates
  int environments_ = 0;
  std::vector<bool> braces_;         // which open braces are text
  std::vector<bool> open_functions_; // which open brackets hold a function's argument
};

} // namespace

Lexed lex(std::string_view text, const Reading& reading) { return Lexer(text, reading).run(); }

} // namespace proctor::math
