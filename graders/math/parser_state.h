// SPDX-License-Identifier: MIT
#pragma once

// The parser's class, shared by the files that implement it: parser.cpp (answers and structures),
// parse_scalar.cpp (sums, products, powers), parse_atom.cpp (what a value can begin with), parse_call.cpp
// (functions) and parse_unit.cpp (what may stand behind a value). Failure is a flag: every step returns some node
// and loops end when it is set.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graders/math/ast.h"
#include "graders/math/lexer.h"

namespace proctor::math {

class Parser {
 public:
  Parser(Lexed lexed, const Reading& reading) : lexed_(std::move(lexed)), reading_(reading) {}

  bool run(Expr& out);

 private:
  // ---- tokens
  const Token& look(size_t ahead = 0) const {
    size_t i = std::min(at_ + ahead, lexed_.tokens.size() - 1);
    return lexed_.tokens[i];
  }
  bool is(Tok kind, size_t ahead = 0) const { return look(ahead).kind == kind; }
  bool is_function(std::string_view name) const { return is(Tok::function) && look().text == name; }
  bool is_symbol(std::string_view name, size_t ahead = 0) const {
    return is(Tok::symbol, ahead) && look(ahead).text == name;
  }
  bool is_word(std::string_view word, size_t ahead = 0) const; // in lower case
  const Token& take() { return lexed_.tokens[std::min(at_++, lexed_.tokens.size() - 1)]; }
  bool accept(Tok kind) { return is(kind) ? (++at_, true) : false; }
  Ref fail() {
    failed_ = true;
    at_ = lexed_.tokens.size() - 1;
    return tree_.add(Kind::text);
  }
  Ref expect(Tok kind, Ref value) { return accept(kind) ? value : fail(); }

  // ---- answers and structures (parser.cpp)
  Ref answer();
  Ref sequence(bool top);
  // The items and what stands between them: ',' 'a' (and) 'o' (or) for each gap.
  std::vector<Ref> items(bool top, std::string& gaps);
  Ref listed(const std::vector<Ref>& items, const std::string& gaps);
  bool at_separator(bool top);
  Ref item();
  Ref relation();
  Ref such_that(const std::vector<Ref>& members, const std::string& signs);
  Ref ratio();
  Ref set_operation();
  Ref bracket(Tok open);
  bool ends_reversed() const;
  Ref reversed_bracket();
  bool is_letter_cup(Ref left) const;
  bool excludes_values(const std::vector<Ref>& items) const;
  bool relation_before(Tok close) const;
  Ref brace_set();
  Ref matrix(bool system = false);
  size_t end_of_environment(size_t from) const;
  bool is_system() const;
  void drop_alignment(bool every_other);
  Ref cell();
  void skip_lead();
  void skip_remark();
  Ref as_set(Ref node);

  // ---- scalars (parse_scalar.cpp)
  Ref sum();
  Ref product();
  Ref unary();
  bool accept_minus_word();
  Ref power();
  Ref postfix(Ref value);
  Ref exponent();
  Ref script_argument();
  bool starts_factor() const;
  Ref implicit(Ref left);
  Ref denominator();
  Ref slashed_differential(Ref above);
  Ref mixed_number(Ref whole);
  Ref slashed_number(Ref above);
  bool is_marked_fraction() const;
  bool is_mixed_number() const;
  Ref multiply(Ref a, Ref b);
  Ref unwrapped(Ref node);

  // ---- atoms (parse_atom.cpp)
  Ref atom();
  bool is_prescript() const;
  Ref prescript();
  Ref number();
  std::string period(const Token& token);
  std::string accented(std::string_view accent, size_t ahead = 0) const;
  bool is_digits(size_t ahead) const;
  int base_name();
  Ref recurring(const Token& token, const std::string& repeated);
  Ref based_number(const Token& token);
  bool is_bracketed_numeral() const;
  Ref bracketed_numeral();
  size_t words_before_base() const;
  Ref numeral_in_words(Ref digits);
  Ref symbol();
  Ref named_symbol(std::string name, bool callable);
  Ref absolute(Tok bar);
  Ref enclosed(std::string_view function, Tok close);
  Ref braced();
  std::string subscript();
  Ref bare_symbol();
  bool is_call_ahead(std::string_view name) const;
  bool is_inverse_call(std::string_view name) const;
  Ref call_arguments(std::string_view name);
  Ref value_in_words();
  Ref number_in_words();

  // ---- functions (parse_call.cpp)
  Ref function();
  Ref apply(std::string_view name);
  Ref argument();
  Ref bare_argument();
  std::vector<Ref> argument_list();
  Ref fraction();
  std::optional<Ref> derivative(Ref top, Ref bottom);
  std::optional<std::pair<int32_t, Ref>> differential(Ref node, std::string_view sign);
  Ref binomial();
  Ref root();
  Ref surd(std::string_view name);
  Ref logarithm(std::string_view name);
  Ref big_operator(std::string_view name);
  Ref integral();
  Ref limit();
  Ref tex_argument();
  bool starts_bracket() const;

  // ---- behind a value (parse_unit.cpp)
  Ref with_unit(Ref value);
  std::optional<Ref> with_value_word(Ref value);
  int fraction_part(Ref value, std::string_view word) const;
  Ref priced(Ref value, std::string_view currency);
  Ref compound(Ref first);
  Ref temperature(Ref value);
  std::string unit_text();
  bool starts_unit() const;
  bool time_suffix(Ref value, Ref& time);

  Lexed lexed_;
  Reading reading_;
  Tree tree_;
  size_t at_ = 0;
  int depth_ = 0;
  int bars_ = 0;           // open |...|
  bool integrand_ = false; // a product ends before "dx"
  bool failed_ = false;

  // Counts nesting; false beyond the limit.
  struct Nested {
    explicit Nested(Parser& p) : parser(p) { ++parser.depth_; }
    ~Nested() { --parser.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    bool too_deep() const { return parser.depth_ > kMaxDepth; }
    Parser& parser;
  };
};

} // namespace proctor::math
