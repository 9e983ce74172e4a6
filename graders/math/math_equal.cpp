// SPDX-License-Identifier: MIT
#include "graders/math/math_equal.h"

#include <algorithm>
#include <vector>

#include "graders/math/fold.h"
#include "graders/math/lexer.h"
#include "graders/math/option_text.h"
#include "graders/math/parser.h"
#include "graders/math/shape.h"
#include "graders/math/words.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

// A column with one token a row is a formula that was typeset token by token.
std::string without_token_rows(std::string_view text, bool always = false) {
  size_t begin = text.find("\\begin{matrix}"), end = text.rfind("\\end{matrix}");
  if (begin == text.npos || end == text.npos || end < begin || text.find('&') != text.npos) return std::string(text);
  std::string_view rows = text.substr(begin + 14, end - begin - 14);
  bool broken = false;
  std::string joined;
  for (size_t at = 0; at <= rows.size();) {
    size_t next = std::min(rows.find("\\\\", at), rows.size());
    std::string_view cell = trim(rows.substr(at, next - at));
    auto open = std::count(cell.begin(), cell.end(), '{'), close = std::count(cell.begin(), cell.end(), '}');
    bool operation = cell == "+" || cell == "-" || cell == "=" || cell == "/" || cell == "\\times" ||
                     cell == "\\ln" || cell == "_" || cell == "^";
    broken = broken || open != close || operation || (cell.empty() && next < rows.size());
    bool letters = !joined.empty() && is_letter(joined.back()) && !cell.empty() && is_letter(cell.front());
    if (letters) joined += ' ';
    joined += cell;
    at = next + 2;
  }
  std::string around = std::string(text.substr(0, begin)) + joined + std::string(text.substr(end + 12));
  return broken || always ? around : std::string(text);
}

std::string folded(std::string_view text) {
  std::string result = fold_unicode(trim(text));
  return result.find("{matrix}") == result.npos ? result : without_token_rows(result);
}

bool is_integer(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

struct Read {
  std::optional<Expr> expr;
  bool saw_grouping = false;
  bool saw_decimal_comma = false;
  bool saw_long_exponent = false;
  bool saw_quad = false;
};

Read read(std::string_view text, const Reading& reading) {
  Lexed lexed = lex(text, reading);
  Read result{std::nullopt, lexed.saw_grouping, lexed.saw_decimal_comma, lexed.saw_long_exponent, lexed.saw_quad};
  result.expr = parse(std::move(lexed), reading);
  return result;
}

MathVerdict verdict(Equality equality, std::string certificate) { return {equality, std::move(certificate), {}, {}}; }

bool is_wordy(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return is_letter(c) || static_cast<unsigned char>(c) >= 0x80; }) >= 3;
}

MathVerdict compare_unparsed(std::string_view gold, std::string_view pred, bool gold_parsed, bool pred_parsed) {
  if (same_text(gold, pred)) return verdict(Equality::equal, "text");
  if (gold_parsed != pred_parsed || is_wordy(gold) || is_wordy(pred)) return verdict(Equality::different, "text");
  return verdict(Equality::unknown, "not parsed");
}

bool has_base_16(std::string_view text) { return text.find("_{16}") != text.npos || text.find("_16") != text.npos; }

// The readings to try: the common one first, then those that the spellings leave open.
std::vector<Reading> readings(const Read& gold, const Read& pred, std::string_view a, std::string_view b) {
  std::vector<Reading> all;
  if (gold.saw_decimal_comma != pred.saw_decimal_comma) all.push_back({.decimal_comma = true});
  if (gold.saw_grouping || pred.saw_grouping) all.push_back({.list_commas = true});
  if (a.find('/') != a.npos || b.find('/') != b.npos) all.push_back({.loose_slash = true});
  if (gold.saw_long_exponent || pred.saw_long_exponent) all.push_back({.whole_exponent = true});
  if (gold.saw_quad || pred.saw_quad) all.push_back({.wide_space = true});
  if (has_base_16(a) && has_base_16(b)) all.push_back({.hexadecimal = true});
  if (a.find("(x") != a.npos || b.find("(x") != b.npos) all.push_back({.call_products = true});
  return all;
}

MathVerdict compare_readings(std::string_view gold, std::string_view pred, const Policies& policies,
                             const NumericKernel& kernel) {
  Deadline deadline(kTimeLimit);
  Read a = read(gold, {}), b = read(pred, {});
  if (!a.expr || !b.expr) return compare_unparsed(gold, pred, a.expr.has_value(), b.expr.has_value());
  std::vector<Reading> others = readings(a, b, gold, pred);
  MathVerdict first = compare_answers(std::move(*a.expr), std::move(*b.expr), policies, kernel, deadline);
  if (first.equality == Equality::equal) return first;
  for (const Reading& reading : others) {
    Read x = read(gold, reading), y = read(pred, reading);
    if (!x.expr || !y.expr) continue;
    MathVerdict again = compare_answers(std::move(*x.expr), std::move(*y.expr), policies, kernel, deadline);
    if (again.equality != Equality::equal) continue;
    again.policies.emplace_back("ambiguous_reading");
    return again;
  }
  if (first.certificate == "text" && same_text(gold, pred)) return verdict(Equality::equal, "text");
  return first;
}

MathVerdict compare_texts(const std::string& gold, const std::string& pred, const Policies& policies,
                          const NumericKernel& kernel) {
  if (gold.empty() || pred.empty()) return verdict(Equality::different, "empty");
  if (gold == pred) return verdict(Equality::equal, "structural");
  MathVerdict result = compare_readings(gold, pred, policies, kernel);
  if (result.equality == Equality::equal || !is_integer(gold) || pred.find("{matrix}") == pred.npos) return result;
  std::string column = without_token_rows(pred, true); // digits one below the other
  return is_integer(column) ? compare_readings(gold, column, policies, kernel) : result;
}

} // namespace

MathVerdict math_equal(std::string_view gold_text, std::string_view pred_text, const Policies& policies,
                       const NumericKernel& kernel) {
  if (gold_text.size() > kMaxBytes || pred_text.size() > kMaxBytes) return verdict(Equality::unknown, "too long");
  std::string gold = folded(gold_text), pred = folded(pred_text);
  MathVerdict result = compare_texts(gold, pred, policies, kernel);
  if (result.equality == Equality::equal) return result;
  if (same_choice(gold, pred)) return verdict(Equality::equal, "choice");
  auto gold_value = behind_label(gold), pred_value = behind_label(pred);
  if (gold_value.has_value() == pred_value.has_value()) return result;
  MathVerdict value = compare_texts(std::string(gold_value.value_or(gold)), std::string(pred_value.value_or(pred)),
                                    policies, kernel);
  return value.equality == Equality::equal ? value : result;
}

std::string join_token_rows(std::string_view text) {
  return text.find("{matrix}") == text.npos ? std::string(text) : without_token_rows(trim(text));
}

bool parses(std::string_view text) { return read(folded(text), {}).expr.has_value(); }

std::optional<std::string> rational_value(std::string_view text, int max_bits) {
  if (text.size() > kMaxBytes) return std::nullopt;
  Read answer = read(folded(text), {});
  if (!answer.expr) return std::nullopt;
  Term value{&answer.expr->tree, answer.expr->root};
  if (value.kind() == Kind::relation) {
    auto assignment = as_assignment(value);
    if (!assignment) return std::nullopt;
    value = assignment->value;
  }
  if (value.kind() >= Kind::quantity || value.kind() == Kind::degree) return std::nullopt;
  Tape tape = program(*value.tree, value.ref, {});
  if (tape.failed || !tape.closed()) return std::nullopt;
  return default_kernel().rational(tape, max_bits);
}

bool is_list_answer(std::string_view gold) {
  Read read_gold = read(folded(gold), {});
  if (!read_gold.expr) return false;
  Kind kind = read_gold.expr->tree.kind(read_gold.expr->root);
  return kind == Kind::sequence || kind == Kind::set || kind == Kind::plus_minus || kind == Kind::tuple;
}

std::string_view to_string(Equality equality) {
  switch (equality) {
  case Equality::equal: return "equal";
  case Equality::different: return "different";
  default: return "unknown";
  }
}

} // namespace proctor::math
