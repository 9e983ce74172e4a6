// SPDX-License-Identifier: MIT
// Recursive descent with Jinja's precedences, loosest first: if-else, or, and, not, comparisons, + -, ~, * / // %,
// **, unary signs, then postfix and filters.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/jinja_lexer.h"
#include "harness/text/jinja_syntax.h"
#include "harness/text/number.h"

namespace proctor::jinja {
namespace {

constexpr std::string_view kMacroNames[] = {"varargs", "kwargs", "caller"};
constexpr std::string_view kConstants[] = {"true", "True", "false", "False", "none", "None"};

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(tokenize(source)) {}

  Body run() { return statements({}); }

 private:
  // How deep the recursion is.
  struct Nested {
    explicit Nested(Parser& parser) : parser_(parser) {
      if (++parser_.nesting_ > kMaxNesting) parser_.wrong("the template is nested too deeply");
    }
    ~Nested() { --parser_.nesting_; }
    Parser& parser_;
  };

  [[noreturn]] void wrong(std::string message) const { throw JinjaError{std::move(message), now().line}; }

  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool is(Token::Kind kind) const { return now().kind == kind; }
  bool is_op(std::string_view text) const { return is(Token::op) && now().text == text; }
  bool is_name(std::string_view text) const { return is(Token::name) && now().text == text; }

  bool take_op(std::string_view text) {
    if (!is_op(text)) return false;
    ++at_;
    return true;
  }
  bool take_name(std::string_view text) {
    if (!is_name(text)) return false;
    ++at_;
    return true;
  }
  void expect_op(std::string_view text) {
    if (!take_op(text)) wrong(fmt::format("expected '{}', got {}", text, shown()));
  }
  std::string expect_name() {
    if (!is(Token::name)) wrong("expected a name, got " + shown());
    return tokens_[at_++].text;
  }
  void expect_word(std::string_view word) {
    if (!take_name(word)) wrong(fmt::format("expected '{}', got {}", word, shown()));
  }
  void expect(Token::Kind kind) {
    if (!is(kind)) wrong("unexpected " + shown());
    ++at_;
  }

  std::string shown() const {
    switch (now().kind) {
    case Token::end: return "the end of the template";
    case Token::block_end: return "the end of the statement";
    case Token::variable_end: return "the end of the print statement";
    case Token::string: return "a string";
    default: return fmt::format("'{}'", now().text);
    }
  }

  Expr node(Expression::Kind kind, std::vector<Expr> parts = {}, std::string text = "") const {
    auto made = std::make_unique<Expression>();
    made->kind = kind;
    made->line = now().line;
    made->text = std::move(text);
    made->parts = std::move(parts);
    for (const Expr& part : made->parts)
      if (part) made->height = std::max(made->height, part->height + 1);
    if (made->height > kMaxNesting) wrong("an expression is nested too deeply");
    return made;
  }

  template <class... Parts> static std::vector<Expr> list_of(Parts... parts) {
    std::vector<Expr> list;
    (list.push_back(std::move(parts)), ...);
    return list;
  }

  Expr expression() {
    Nested nested(*this);
    Expr value = either();
    while (take_name("if")) {
      Expr condition = either();
      Expr otherwise = take_name("else") ? expression() : nullptr;
      value = node(Expression::choice, list_of(std::move(condition), std::move(value), std::move(otherwise)));
    }
    return value;
  }

  Expr either() {
    Expr left = both();
    while (take_name("or")) left = node(Expression::either, list_of(std::move(left), both()));
    return left;
  }

  Expr both() {
    Expr left = negation();
    while (take_name("and")) left = node(Expression::both, list_of(std::move(left), negation()));
    return left;
  }

  Expr negation() {
    Nested nested(*this);
    if (take_name("not")) return node(Expression::unary, list_of(negation()), "not");
    return comparison();
  }

  std::string comparison_operator() {
    static constexpr std::string_view kOperators[] = {"==", "!=", "<", ">", "<=", ">="};
    for (std::string_view op : kOperators)
      if (take_op(op)) return std::string(op);
    if (take_name("in")) return "in";
    if (is_name("not") && ahead().kind == Token::name && ahead().text == "in") {
      at_ += 2;
      return "not in";
    }
    return "";
  }

  Expr comparison() {
    Expr first = sum();
    std::vector<Expr> parts;
    std::vector<std::string> operators;
    for (std::string op = comparison_operator(); !op.empty(); op = comparison_operator()) {
      operators.push_back(std::move(op));
      parts.push_back(sum());
    }
    if (operators.empty()) return first;
    parts.insert(parts.begin(), std::move(first));
    Expr made = node(Expression::comparison, std::move(parts));
    made->operators = std::move(operators);
    return made;
  }

  // Left-associative operators of one precedence.
  template <size_t N> Expr chain(const char* const (&operators)[N], Expr (Parser::*next)()) {
    Expr left = (this->*next)();
    for (;;) {
      auto op =
          std::find_if(std::begin(operators), std::end(operators), [&](const char* text) { return take_op(text); });
      if (op == std::end(operators)) return left;
      left = node(Expression::binary, list_of(std::move(left), (this->*next)()), *op);
    }
  }

  Expr sum() { return chain({"+", "-"}, &Parser::concatenation); }
  Expr concatenation() { return chain({"~"}, &Parser::product); }
  Expr product() { return chain({"*", "/", "//", "%"}, &Parser::power); }
  Expr power() { return chain({"**"}, &Parser::signed_value); }

  Expr signed_value() { return unary(true); }

  Expr unary(bool with_filters) {
    Nested nested(*this);
    for (const char* sign : {"-", "+"})
      if (take_op(sign)) {
        Expr made = node(Expression::unary, list_of(unary(false)), sign);
        return with_filters ? filters(postfix(std::move(made))) : postfix(std::move(made));
      }
    Expr value = postfix(primary());
    return with_filters ? filters(std::move(value)) : std::move(value);
  }

  Expr constant(Value value) {
    Expr made = node(Expression::literal);
    made->value = std::move(value);
    ++at_;
    return made;
  }

  Expr primary() {
    const Token& token = now();
    switch (token.kind) {
    case Token::name: return named();
    case Token::integer: {
      auto number = integer(token.text);
      if (!number) wrong("the integer " + token.text + " is beyond 64 bits");
      return constant(*number);
    }
    case Token::real: {
      auto number = parse_number<double>(token.text);
      if (!number) wrong("the number " + token.text + " is out of range");
      return constant(*number);
    }
    case Token::string: return strings();
    default: break;
    }
    if (take_op("(")) return parenthesis();
    if (take_op("[")) return sequence(Expression::list, "]");
    if (take_op("{")) return dict();
    wrong("unexpected " + shown());
  }

  static std::optional<int64_t> integer(std::string_view text) {
    bool prefixed = text.size() > 2 && is_letter(text[1]);
    int base = !prefixed ? 10 : to_lower(text[1]) == 'x' ? 16 : to_lower(text[1]) == 'o' ? 8 : 2;
    if (prefixed) text.remove_prefix(2);
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
  }

  Expr named() {
    const std::string& name = now().text;
    used_.varargs |= name == "varargs";
    used_.kwargs |= name == "kwargs";
    used_.caller |= name == "caller";
    if (name == "true" || name == "True") return constant(true);
    if (name == "false" || name == "False") return constant(false);
    if (name == "none" || name == "None") return constant({});
    Expr made = node(Expression::name, {}, name);
    ++at_;
    return made;
  }

  Expr strings() { // adjacent strings are one
    std::string text;
    Expr made = node(Expression::literal);
    while (is(Token::string)) text += tokens_[at_++].text;
    made->value = std::move(text);
    return made;
  }

  Expr parenthesis() {
    if (take_op(")")) return node(Expression::tuple);
    Expr first = expression();
    if (take_op(")")) return first;
    expect_op(",");
    Expr rest = sequence(Expression::tuple, ")");
    rest->parts.insert(rest->parts.begin(), std::move(first));
    rest->height = std::max(rest->height, rest->parts[0]->height + 1);
    return rest;
  }

  Expr sequence(Expression::Kind kind, std::string_view end) {
    std::vector<Expr> parts;
    while (!take_op(end)) {
      parts.push_back(expression());
      if (!is_op(end)) expect_op(",");
    }
    return node(kind, std::move(parts));
  }

  Expr dict() {
    std::vector<Expr> parts;
    while (!take_op("}")) {
      parts.push_back(expression());
      expect_op(":");
      parts.push_back(expression());
      if (!is_op("}")) expect_op(",");
    }
    return node(Expression::dict, std::move(parts));
  }

  Expr postfix(Expr value) {
    for (;;) {
      if (take_op(".")) {
        if (is(Token::integer)) {
          Expr index = primary();
          value = node(Expression::item, list_of(std::move(value), std::move(index)));
        } else {
          value = node(Expression::attribute, list_of(std::move(value)), expect_name());
        }
      } else if (take_op("[")) {
        value = subscript(std::move(value));
      } else if (take_op("(")) {
        value = node(Expression::call, list_of(std::move(value)));
        value->arguments = arguments(*value);
      } else {
        return value;
      }
    }
  }

  Expr subscript(Expr value) {
    std::vector<Expr> parts;
    parts.push_back(std::move(value));
    bool slice = false;
    for (int part = 0; part < 3; ++part) {
      parts.push_back(is_op(":") || is_op("]") ? nullptr : expression());
      if (!take_op(":")) break;
      slice = true;
    }
    expect_op("]");
    if (!slice && !parts[1]) wrong("expected a subscript");
    if (!slice) return node(Expression::item, std::move(parts));
    parts.resize(4);
    return node(Expression::slice, std::move(parts));
  }

  // After "(".
  Arguments arguments(Expression& owner) {
    Arguments result;
    while (!take_op(")")) {
      if (is_op("*") || is_op("**")) wrong("argument unpacking is not supported");
      bool named = is(Token::name) && ahead().kind == Token::op && ahead().text == "=";
      if (named) {
        std::string name = expect_name();
        expect_op("=");
        for (auto& [other, value] : result.named)
          if (other == name) wrong(fmt::format("the argument '{}' is given twice", name));
        result.named.emplace_back(std::move(name), expression());
        owner.height = std::max(owner.height, result.named.back().second->height + 1);
      } else {
        if (!result.named.empty()) wrong("a positional argument follows a named one");
        result.positional.push_back(expression());
        owner.height = std::max(owner.height, result.positional.back()->height + 1);
      }
      if (!is_op(")")) expect_op(",");
    }
    if (owner.height > kMaxNesting) wrong("an expression is nested too deeply");
    return result;
  }

  Expr filters(Expr value) {
    for (;;) {
      if (take_op("|")) {
        value = filter(std::move(value));
      } else if (take_name("is")) {
        value = test(std::move(value));
      } else if (take_op("(")) {
        value = node(Expression::call, list_of(std::move(value)));
        value->arguments = arguments(*value);
      } else {
        return value;
      }
    }
  }

  Expr filter(Expr value) {
    Expr made = node(Expression::filter, list_of(std::move(value)), expect_name());
    if (take_op("(")) made->arguments = arguments(*made);
    return made;
  }

  bool begins_argument() const {
    if (is(Token::name))
      return !is_name("else") && !is_name("or") && !is_name("and") && !is_name("is") && !is_name("if") &&
             !is_name("not") && !is_name("in");
    return is(Token::string) || is(Token::integer) || is(Token::real) || is_op("[") || is_op("{");
  }

  Expr test(Expr value) {
    bool negated = take_name("not");
    Expr made = node(Expression::test, list_of(std::move(value)), expect_name());
    if (take_op("("))
      made->arguments = arguments(*made);
    else if (begins_argument())
      made->arguments.positional.push_back(postfix(primary()));
    return negated ? node(Expression::unary, list_of(std::move(made)), "not") : std::move(made);
  }

  // "a, b" without parentheses is a tuple where Jinja allows one.
  Expr tuple_or_expression() {
    Expr first = expression();
    if (!is_op(",")) return first;
    std::vector<Expr> parts;
    parts.push_back(std::move(first));
    while (take_op(",") && !is(Token::block_end) && !is(Token::variable_end)) parts.push_back(expression());
    return node(Expression::tuple, std::move(parts));
  }

  std::unique_ptr<Statement> statement(Statement::Kind kind) const {
    auto made = std::make_unique<Statement>();
    made->kind = kind;
    made->line = now().line;
    return made;
  }

  // Until a block whose first word is one of `ends`, which is left with that word to come; to the end without `ends`.
  Body statements(std::initializer_list<std::string_view> ends) {
    Nested nested(*this);
    Body body;
    for (;;) {
      if (is(Token::end)) {
        if (ends.size() > 0) wrong(fmt::format("unexpected end of template, expected '{}'", *std::prev(ends.end())));
        return body;
      }
      if (is(Token::block_begin)) {
        if (std::find(ends.begin(), ends.end(), ahead().kind == Token::name ? ahead().text : "") != ends.end()) {
          ++at_;
          return body;
        }
        ++at_;
        body.push_back(block());
        expect(Token::block_end);
        continue;
      }
      body.push_back(is(Token::data) ? data() : output());
    }
  }

  Body body_until(std::initializer_list<std::string_view> ends) {
    expect(Token::block_end);
    return statements(ends);
  }

  std::unique_ptr<Statement> data() {
    auto made = statement(Statement::data);
    made->text = tokens_[at_++].text;
    return made;
  }

  std::unique_ptr<Statement> output() {
    auto made = statement(Statement::output);
    expect(Token::variable_begin);
    made->expression = tuple_or_expression();
    expect(Token::variable_end);
    return made;
  }

  std::unique_ptr<Statement> block() {
    std::string word = expect_name();
    if (word == "if") return branch();
    if (word == "for") return loop();
    if (word == "set") return set();
    if (word == "macro") return macro();
    if (word == "call") return call_block();
    if (word == "filter") return filter_block();
    if (word == "with") return with();
    if (word == "generation") return generation();
    if (word == "break" || word == "continue") return leave(word);
    wrong(fmt::format("the tag '{}' is not supported", word));
  }

  std::unique_ptr<Statement> branch() {
    auto made = statement(Statement::branch);
    Expr condition = tuple_or_expression();
    for (;;) {
      Body body = body_until({"elif", "else", "endif"});
      made->branches.emplace_back(std::move(condition), std::move(body));
      if (take_name("elif")) {
        condition = tuple_or_expression();
      } else if (take_name("else")) {
        made->branches.emplace_back(nullptr, body_until({"endif"}));
        break;
      } else {
        break;
      }
    }
    expect_word("endif");
    return made;
  }

  Target target(bool attributes) {
    Nested nested(*this);
    Target first = target_part();
    if (attributes && !first.name.empty() && take_op(".")) {
      first.attribute = expect_name();
      return first;
    }
    if (!is_op(",")) return first;
    Target tuple;
    tuple.parts.push_back(std::move(first));
    while (take_op(","))
      if (!is_op(")")) tuple.parts.push_back(target_part());
    return tuple;
  }

  Target target_part() {
    if (take_op("(")) {
      Target inner = target(false);
      expect_op(")");
      return inner;
    }
    if (is_name("in") || (is(Token::name) && is_one_of(now().text, kConstants))) wrong("cannot assign to " + shown());
    Target result;
    result.name = expect_name();
    return result;
  }

  std::unique_ptr<Statement> loop() {
    auto made = statement(Statement::loop);
    made->target = target(false);
    expect_word("in");
    made->expression = either_or_tuple();
    if (take_name("if")) made->condition = expression();
    made->recursive = take_name("recursive");
    if (made->recursive) wrong("recursive loops are not supported");
    ++loops_;
    made->body = body_until({"else", "endfor"});
    --loops_;
    if (take_name("else")) made->otherwise = body_until({"endfor"});
    expect_word("endfor");
    return made;
  }

  Expr either_or_tuple() { // what is looped over has no if-else of its own
    Expr first = either();
    if (!is_op(",")) return first;
    std::vector<Expr> parts;
    parts.push_back(std::move(first));
    while (take_op(",")) parts.push_back(either());
    return node(Expression::tuple, std::move(parts));
  }

  std::unique_ptr<Statement> set() {
    auto made = statement(Statement::set);
    made->target = target(true);
    if (take_op("=")) {
      made->expression = tuple_or_expression();
      return made;
    }
    made->kind = Statement::set_block;
    made->expression = filters(node(Expression::literal)); // filters of the body's text
    made->body = body_until({"endset"});
    expect_word("endset");
    return made;
  }

  void parameters(Statement& owner) {
    expect_op("(");
    while (!take_op(")")) {
      std::string name = expect_name();
      bool again =
          std::any_of(owner.parameters.begin(), owner.parameters.end(), [&](auto& p) { return p.name == name; });
      if (again || is_one_of(name, kMacroNames)) wrong(fmt::format("'{}' cannot be a parameter here", name));
      owner.parameters.push_back({std::move(name), nullptr});
      if (take_op("=")) owner.parameters.back().otherwise = expression();
      if (!is_op(")")) expect_op(",");
    }
  }

  void macro_body(Statement& macro, std::string_view end) {
    size_t loops = std::exchange(loops_, 0);
    Used outer = std::exchange(used_, {});
    macro.body = body_until({end});
    loops_ = loops;
    macro.varargs = used_.varargs;
    macro.kwargs = used_.kwargs;
    macro.caller = used_.caller;
    used_ = {used_.varargs || outer.varargs, used_.kwargs || outer.kwargs, used_.caller || outer.caller};
  }

  std::unique_ptr<Statement> macro() {
    auto made = statement(Statement::macro);
    made->text = expect_name();
    parameters(*made);
    macro_body(*made, "endmacro");
    expect_word("endmacro");
    if (is(Token::name)) ++at_;
    return made;
  }

  std::unique_ptr<Statement> call_block() {
    auto made = statement(Statement::call_block);
    if (is_op("(")) parameters(*made);
    made->expression = expression();
    if (made->expression->kind != Expression::call) wrong("a call is wanted");
    macro_body(*made, "endcall");
    expect_word("endcall");
    return made;
  }

  std::unique_ptr<Statement> filter_block() {
    auto made = statement(Statement::filter_block);
    made->expression = filters(filter(node(Expression::literal)));
    made->body = body_until({"endfilter"});
    expect_word("endfilter");
    return made;
  }

  std::unique_ptr<Statement> with() {
    auto made = statement(Statement::with);
    while (!is(Token::block_end)) {
      std::string name = expect_name();
      expect_op("=");
      made->bindings.emplace_back(std::move(name), expression());
      if (!is(Token::block_end)) expect_op(",");
    }
    made->body = body_until({"endwith"});
    expect_word("endwith");
    return made;
  }

  std::unique_ptr<Statement> generation() {
    auto made = statement(Statement::scope);
    made->body = body_until({"endgeneration"});
    expect_word("endgeneration");
    return made;
  }

  std::unique_ptr<Statement> leave(const std::string& word) {
    if (loops_ == 0) wrong(fmt::format("'{}' outside of a loop", word));
    return statement(word == "break" ? Statement::break_loop : Statement::continue_loop);
  }

  struct Used { // names in the macro at hand
    bool varargs = false, kwargs = false, caller = false;
  };

  std::vector<Token> tokens_;
  Used used_;
  size_t at_ = 0;
  size_t nesting_ = 0;
  size_t loops_ = 0;
};

} // namespace

Body parse_template(std::string_view source) { return Parser(source).run(); }

} // namespace proctor::jinja
