// SPDX-License-Identifier: MIT
#include "graders/math/parser.h"

#include <algorithm>

#include "graders/math/parser_state.h"
#include "graders/math/words.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

char bracket_sign(Tok token) {
  switch (token) {
  case Tok::lparen: return '(';
  case Tok::rparen: return ')';
  case Tok::lbrack: return '[';
  case Tok::rbrack: return ']';
  case Tok::langle: return '<';
  case Tok::rangle: return '>';
  default: return '?';
  }
}

bool closes(Tok token) { return token == Tok::rparen || token == Tok::rbrack || token == Tok::rangle; }

// Words that qualify an answer without changing it.
bool is_adverb(std::string_view word) {
  std::string small = lower(word);
  for (std::string_view adverb : {"approximately", "about", "approx", "exactly", "roughly", "only", "just", "is",
                                  "the", "are", "be", "either", "both"})
    if (small == adverb) return true;
  return false;
}

bool is_relational(const Token& token) { return token.kind == Tok::relation; }

// Environments that align: every other & of a row is only for the eye.
bool is_alignment(std::string_view env) {
  return env.starts_with("align") || env.starts_with("gather") || env == "split" || env.starts_with("equation");
}

bool is_one_row_per_answer(std::string_view env) { return env == "cases" || is_alignment(env); }

} // namespace

bool Parser::run(Expr& out) {
  if (lexed_.too_long) return false;
  out.root = answer();
  if (failed_ || !is(Tok::end) || tree_.too_deep()) return false;
  out.tree = std::move(tree_);
  return true;
}

Ref Parser::answer() {
  while (is(Tok::newline) || is(Tok::quad)) take();
  if (is(Tok::end)) return fail();
  return sequence(true);
}

// Whether a separator comes; consumes what only decorates it.
bool Parser::at_separator(bool top) {
  while (is(Tok::quad) && !is(Tok::end, 1) &&
         (is(Tok::comma, 1) || is(Tok::semicolon, 1) || is(Tok::conj, 1) || is(Tok::quad, 1)))
    take();
  if (is(Tok::comma) || is(Tok::semicolon) || is(Tok::conj)) return true;
  return top && (is(Tok::newline) || is(Tok::quad));
}

std::vector<Ref> Parser::items(bool top, std::string& gaps) {
  std::vector<Ref> list, groups;
  std::string between; // the groups
  list.push_back(item());
  while (!failed_ && at_separator(top)) {
    bool group_ends = false;
    char gap = ',';
    while (at_separator(top)) {
      const Token& token = take();
      if (token.kind == Tok::conj) gap = token.text == "or" ? 'o' : 'a';
      group_ends = token.kind == Tok::semicolon || group_ends;
    }
    if (is(Tok::end) || closes(look().kind) || is(Tok::rset) || is(Tok::rbrace)) break;
    if (group_ends) groups.push_back(listed(list, gaps)), list.clear(), gaps.clear();
    (group_ends ? between : gaps) += gap;
    list.push_back(item());
  }
  if (groups.empty()) return list;
  groups.push_back(listed(list, gaps));
  gaps = between;
  return groups;
}

Ref Parser::listed(const std::vector<Ref>& items, const std::string& gaps) {
  if (items.size() == 1) return items.front();
  if (excludes_values(items)) { // x \ne 1, 2
    std::vector<Ref> values{tree_.kid(items[0], 1)};
    values.insert(values.end(), items.begin() + 1, items.end());
    return tree_.add(Kind::relation, {tree_.kid(items[0], 0), tree_.add(Kind::set, values)}, "!");
  }
  bool commas = gaps.find_first_not_of(',') == gaps.npos;
  return tree_.add(Kind::sequence, items, commas ? "" : gaps);
}

bool Parser::excludes_values(const std::vector<Ref>& items) const {
  bool excludes = tree_.kind(items[0]) == Kind::relation && tree_.name(items[0]) == "!";
  return excludes && std::all_of(items.begin() + 1, items.end(), [&](Ref item) {
    return tree_.kind(item) < Kind::sequence && tree_.kind(item) != Kind::symbol;
  });
}

Ref Parser::sequence(bool top) {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  std::string gaps;
  std::vector<Ref> list = items(top, gaps);
  return listed(list, gaps);
}

void Parser::skip_lead() {
  while (is(Tok::word) && is_adverb(look().text)) take();
}

bool Parser::is_word(std::string_view word, size_t ahead) const {
  return is(Tok::word, ahead) && lower(look(ahead).text) == word;
}

// A remark in brackets behind an answer: "(approximately 4.15)", "(pounds)".
void Parser::skip_remark() {
  size_t ahead = is(Tok::quad) ? 1 : 0;
  if (!is(Tok::lparen, ahead) || !is(Tok::word, ahead + 1)) return;
  for (int depth = 0; !is(Tok::end, ahead); ++ahead) {
    depth += is(Tok::lparen, ahead) ? 1 : is(Tok::rparen, ahead) ? -1 : 0;
    if (depth != 0) continue;
    at_ += ahead + 1;
    return;
  }
}

// A number where a set must stand: \cup {1}, \setminus {0}.
Ref Parser::as_set(Ref node) {
  return tree_.kind(node) < Kind::sequence && tree_.kind(node) != Kind::symbol ? tree_.add(Kind::set, {node}) : node;
}

Ref Parser::item() {
  skip_lead();
  if (is(Tok::relation) && (look().text == "~" || look().text == "=" || look().text == "r"))
    take(); // "= 7", "\approx 7"
  Ref value = relation();
  skip_remark();
  if (is(Tok::lparen) && is(Tok::mod, 1)) { // (mod 7)
    take();
    take();
    Ref modulus = sum();
    return expect(Tok::rparen, tree_.add(Kind::call, {value, modulus}, "pmod"));
  }
  if (is(Tok::bar) && bars_ == 0) { // x | condition, inside set braces
    take();
    Ref condition = relation();
    return tree_.add(Kind::relation, {value, condition}, ":");
  }
  return value;
}

// {x \mid x > 3}: what stands before the sign, on the condition behind it.
Ref Parser::such_that(const std::vector<Ref>& members, const std::string& signs) {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  take();
  Ref value = members.size() == 1 ? members.front() : tree_.add(Kind::relation, members, signs);
  return tree_.add(Kind::relation, {value, relation()}, ":");
}

Ref Parser::relation() {
  std::vector<Ref> members{ratio()};
  std::string signs;
  while (!failed_ && is_relational(look())) {
    if (look().text == ":") return such_that(members, signs);
    signs += look().text;
    take();
    while (is(Tok::amp) || is(Tok::newline)) take();
    // "x=": an equation left open
    if (is(Tok::end)) return fail();
    members.push_back(ratio());
  }
  if (members.size() == 1) return members.front();
  return tree_.add(Kind::relation, members, signs);
}

Ref Parser::ratio() {
  size_t sign = is(Tok::minus) ? 1 : 0;
  std::string_view currency = is(Tok::currency, sign) ? look(sign).text : std::string_view();
  Ref first = compound(with_unit(set_operation()));
  if (!currency.empty()) first = priced(first, currency);
  bool domain = tree_.kind(first) == Kind::symbol && tree_.name(first).starts_with("\\mathbb");
  if (!is(Tok::colon) || domain) return first; // {x \in R : ...}
  std::vector<Ref> parts{first};
  bool two_digits = tree_.kind(first) == Kind::number;
  while (!failed_ && accept(Tok::colon)) {
    bool clock = is(Tok::number) && look().text.size() == 2 && look().text[0] <= '5';
    two_digits = two_digits && clock;
    parts.push_back(is(Tok::dots) ? atom() : sum());
  }
  Ref node = tree_.add(Kind::ratio, parts, two_digits && parts.size() <= 3 ? "clock" : "");
  Ref time = node;
  if (two_digits && time_suffix(node, time)) return time;
  return with_unit(node);
}

// (1,2) U (3,4)
bool Parser::is_letter_cup(Ref left) const {
  bool bracket = is(Tok::lparen, 1) || is(Tok::lbrack, 1);
  return tree_.kind(left) == Kind::tuple && is_symbol("U") && bracket;
}

Ref Parser::set_operation() {
  Ref left = sum();
  while (!failed_ && (is(Tok::cup) || is(Tok::cap) || is(Tok::setminus) || is_letter_cup(left))) {
    Tok op = take().kind;
    left = as_set(left);
    Ref right = as_set(sum());
    bool unites = op == Tok::cup || op == Tok::symbol;
    Kind kind = unites ? Kind::set_union : op == Tok::cap ? Kind::set_meet : Kind::set_minus;
    if (tree_.kind(left) == kind && kind != Kind::set_minus) {
      std::vector<Ref> all(tree_.kids(left).begin(), tree_.kids(left).end());
      all.push_back(right);
      left = tree_.add(kind, all);
    } else {
      left = tree_.add(kind, {left, right});
    }
  }
  return left;
}

// (a, b], [a], <a, b>: one value in brackets is that value.
Ref Parser::bracket(Tok open) {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  int bars = std::exchange(bars_, 0);
  bool integrand = std::exchange(integrand_, false);
  std::string gaps;
  if (is(Tok::rparen)) return fail();
  std::vector<Ref> list = items(false, gaps);
  bars_ = bars;
  integrand_ = integrand;
  if (open == Tok::lbrack && list.size() == 2 && ends_reversed()) return take(), tree_.add(Kind::tuple, list, "[)");
  if (!closes(look().kind)) return fail();
  std::string signs{bracket_sign(open), bracket_sign(take().kind)};
  if (list.size() > 1) return tree_.add(Kind::tuple, list, signs);
  if (signs == "()" || signs == "[]") return list.front();
  return signs == "<>" ? tree_.add(Kind::tuple, list, signs) : fail();
}

// The last bracket of [a, b[: nothing that it could open follows.
bool Parser::ends_reversed() const {
  if (!is(Tok::lbrack)) return false;
  switch (look(1).kind) {
  case Tok::end:
  case Tok::cup:
  case Tok::cap:
  case Tok::setminus:
  case Tok::comma:
  case Tok::semicolon:
  case Tok::conj:
  case Tok::newline:
  case Tok::quad:
  case Tok::rset:
  case Tok::rbrace:
  case Tok::rparen: return true;
  default: return false;
  }
}

// ]a, b[ as some countries write open intervals.
Ref Parser::reversed_bracket() {
  std::string gaps;
  std::vector<Ref> list = items(false, gaps);
  if (list.size() != 2 || (!is(Tok::lbrack) && !is(Tok::rbrack))) return fail();
  return tree_.add(Kind::tuple, list, take().kind == Tok::lbrack ? "()" : "(]");
}

bool Parser::relation_before(Tok close) const {
  for (size_t i = at_; i < lexed_.tokens.size() && lexed_.tokens[i].kind != close; ++i)
    if (lexed_.tokens[i].kind == Tok::relation) return true;
  return false;
}

Ref Parser::brace_set() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  if (is_system()) return matrix(true);
  int bars = std::exchange(bars_, 0);
  std::string gaps;
  if (accept(Tok::rset)) return tree_.add(Kind::set);
  bool builder = is(Tok::symbol) && is(Tok::colon, 1) && relation_before(Tok::rset); // no ratio in {x : x > 2}
  std::vector<Ref> list;
  if (builder)
    list.push_back(named_symbol(std::string(take().text), false));
  else
    list = items(false, gaps);
  if (list.size() == 1 && accept(Tok::colon)) {
    std::vector<Ref> conditions = items(false, gaps);
    list[0] = tree_.add(Kind::relation, {list[0], listed(conditions, gaps)}, ":");
  } else if (list.size() > 1 && tree_.kind(list[0]) == Kind::relation && tree_.name(list[0]) == ":") {
    std::vector<Ref> conditions(list); // {x | x > 1 and x < 2}
    conditions[0] = tree_.kid(list[0], 1);
    list = {tree_.add(Kind::relation, {tree_.kid(list[0], 0), listed(conditions, gaps)}, ":")};
  }
  bars_ = bars;
  return is(Tok::rset) || is(Tok::rbrace) ? (take(), tree_.add(Kind::set, list)) : fail();
}

Ref Parser::cell() {
  if (is(Tok::amp) || is(Tok::newline) || is(Tok::end_env)) return tree_.add(Kind::text);
  std::string gaps;
  std::vector<Ref> list = items(false, gaps);
  return listed(list, gaps);
}

// The environment's end, counted from `from`, inside of it.
size_t Parser::end_of_environment(size_t from) const {
  size_t depth = 0, i = from;
  for (; i + 1 < lexed_.tokens.size(); ++i) {
    Tok kind = lexed_.tokens[i].kind;
    if (kind == Tok::end_env && depth-- == 0) break;
    depth += kind == Tok::begin ? 1 : 0;
  }
  return i;
}

// Rows behind a brace that nothing closes: \left\{ \begin{array}{l} x=1 \\ y=2 \end{array} \right.
bool Parser::is_system() const {
  if (!is(Tok::begin) || !(look().text == "array" || is_one_row_per_answer(look().text))) return false;
  Tok next = lexed_.tokens[std::min(end_of_environment(at_ + 1) + 1, lexed_.tokens.size() - 1)].kind;
  return next != Tok::rset && next != Tok::comma && next != Tok::semicolon && next != Tok::conj;
}

// Takes the signs of alignment out of the environment that begins here, and the breaks inside a chain
// "x &= 1 \\ &= 2". In an alignment every other & is one; where columns have a meaning, one beside a relation or at a
// row's edge.
void Parser::drop_alignment(bool every_other) {
  size_t end = end_of_environment(at_), depth = 0, in_row = 0, kept = at_;
  std::vector<Token>& tokens = lexed_.tokens;
  auto follows = [&](size_t i, Tok kind) { return tokens[i + 1].kind == kind; };
  for (size_t i = at_; i < end; ++i) {
    Token token = tokens[i];
    depth += token.kind == Tok::begin ? 1 : 0;
    depth -= token.kind == Tok::end_env ? 1 : 0;
    bool amp = depth == 0 && token.kind == Tok::amp, row_end = depth == 0 && token.kind == Tok::newline;
    in_row = row_end ? 0 : in_row + (amp ? 1 : 0);
    bool first = kept == at_ || tokens[kept - 1].kind == Tok::newline;
    bool edge = first || follows(i, Tok::newline) || i + 1 == end;
    bool beside = follows(i, Tok::relation) || (!first && tokens[kept - 1].kind == Tok::relation);
    size_t next = i + 1;
    while (next < end && tokens[next].kind == Tok::amp) ++next;
    bool inside_chain = row_end && every_other && tokens[next].kind == Tok::relation;
    bool dropped = (amp && (every_other ? in_row % 2 == 1 : edge || beside)) || inside_chain;
    if (!dropped) tokens[kept++] = token;
  }
  tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(kept), tokens.begin() + static_cast<ptrdiff_t>(end));
}

Ref Parser::matrix(bool system) {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  int bars = std::exchange(bars_, 0);
  std::string env(take().text);
  system = system || is_one_row_per_answer(env);
  if (system) drop_alignment(is_alignment(env));
  std::vector<Ref> cells;
  size_t columns = 0, row = 0;
  while (!failed_ && !is(Tok::end_env)) {
    if (is(Tok::end)) return fail();
    if (accept(Tok::newline) || accept(Tok::quad)) continue;
    cells.push_back(cell());
    ++row;
    if (accept(Tok::amp)) {
      if (!is(Tok::newline) && !is(Tok::end_env)) continue;
      cells.push_back(tree_.add(Kind::text)), ++row;
    }
    if (!is(Tok::newline) && !is(Tok::end_env)) return fail();
    if (columns != 0 && row != columns) return fail();
    columns = row;
    row = 0;
  }
  take();
  bars_ = bars;
  if (cells.empty() || failed_ || cells.size() > 4096) return fail();
  if (system) return cells.size() == 1 ? cells[0] : tree_.add(Kind::sequence, cells);
  Ref node = tree_.add(Kind::matrix, cells, {}, static_cast<int32_t>(columns));
  return env == "vmatrix" ? tree_.add(Kind::call, {node}, "det") : node;
}

std::optional<Expr> parse(Lexed lexed, const Reading& reading) {
  Expr expr;
  if (!Parser(std::move(lexed), reading).run(expr)) return std::nullopt;
  return expr;
}

} // namespace proctor::math
