// SPDX-License-Identifier: MIT
#pragma once

// Tokens of LaTeX, of Unicode mathematics (folded before) and of the plain dialects that programs print. What LaTeX
// adds for the eye is gone; numbers come whole, with their digit grouping resolved. Pure, any bytes, linear.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace proctor::math {

enum class Tok : uint8_t {
  end,
  number,
  symbol,
  function,
  word,
  unknown,
  plus,
  minus,
  times,
  divide,
  caret,
  underscore,
  bang,
  prime,
  percent,
  degree,
  currency,
  pm,
  mp,
  mod,
  comma,
  semicolon,
  colon,
  conj, // conj: "and", "or"
  newline,
  quad, // \\ or a line break; wide space
  amp,
  bar,
  norm,
  lparen,
  rparen,
  lbrack,
  rbrack,
  lbrace,
  rbrace,
  lset,
  rset,
  langle,
  rangle,
  lfloor,
  rfloor,
  lceil,
  rceil,
  relation, // text: one sign of Kind::relation
  cup,
  cap,
  setminus,
  dots,
  begin,
  end_env,
};

struct Token {
  Tok kind = Tok::end;
  std::string_view text; // number: digits and '.'; symbol, function, word: name; begin, end_env: environment
  bool space = false;    // white space stood before it
  bool roman = false;    // from \text, \mathrm and the like
  bool grouped = false;  // a number written with digit grouping
  int32_t exponent = 0;  // number: power of ten of its e-notation
};

// The ambiguous spellings; a comparison reads both sides under the same choice.
struct Reading {
  bool decimal_comma = false;  // 1,5 is 1.5
  bool list_commas = false;    // 1,234 is a list, never 1234
  bool loose_slash = false;    // a/bc is (a/b)c
  bool whole_exponent = false; // x^23 is x^{23}, not TeX's x^2 3
  bool call_products = false;  // f(x) is f times x
  bool wide_space = false;     // \quad is only space
  bool hexadecimal = false;    // AB_{16} is one numeral, in either case, not A times B_{16}
};

struct Lexed {
  std::vector<Token> tokens;   // the last one is `end`
  std::deque<std::string> own; // keeps what token texts view
  bool tex = false;            // a backslash or a brace somewhere: arguments follow TeX's rules
  bool saw_grouping = false;   // Reading::list_commas would read it otherwise
  bool saw_decimal_comma = false;
  bool saw_long_exponent = false;
  bool saw_quad = false;
  bool too_long = false; // beyond kMaxBytes, kMaxTokens or kMaxDigits: tokens are not usable
};

// `text` must outlive the result.
Lexed lex(std::string_view text, const Reading& reading);

// Names that the lexer knows as functions: "sin", "sqrt", "frac", ...
bool is_function_name(std::string_view name);

} // namespace proctor::math
