// SPDX-License-Identifier: MIT
#include "tasks/gen/gen_arith.h"

#include <array>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "harness/text/ascii.h"
#include "tasks/gen/random.h"

namespace proctor {
namespace {

struct Knobs {
  int operations;
  int64_t largest_operand;
};

constexpr std::array<Knobs, 4> kLevels = {{{2, 20}, {4, 40}, {6, 60}, {9, 99}}};
constexpr int64_t kLargestStep = 2000; // no intermediate result is further from zero
constexpr std::string_view kRange = " The answer is an integer from 0 to 999.";

// A printed expression, its value and its outermost operator (0: a number).
struct Expression {
  std::string text;
  int64_t value = 0;
  char op = 0;
};

bool is_sum(char op) { return op == '+' || op == '-'; }

std::string bracketed(const Expression& part, bool needed) { return needed ? "(" + part.text + ")" : part.text; }

Expression joined(const Expression& left, char op, const Expression& right, int64_t value) {
  bool left_brackets = !is_sum(op) && is_sum(left.op);
  bool right_brackets = op == '+' ? is_sum(right.op) : op == '-' ? is_sum(right.op) : right.op != 0;
  return {fmt::format("{} {} {}", bracketed(left, left_brackets), op, bracketed(right, right_brackets)), value, op};
}

// nullopt where the result would not be exact or would leave the range.
std::optional<int64_t> apply(int64_t left, char op, int64_t right) {
  int64_t value = 0;
  switch (op) {
  case '+': value = left + right; break;
  case '-': value = left - right; break;
  case '*': value = left * right; break;
  default:
    if (right < 2 || left == 0 || left % right != 0) return std::nullopt;
    value = left / right;
  }
  if (value > kLargestStep || value < -kLargestStep) return std::nullopt;
  return value;
}

// An operator that is exact and in range here; of + and - one always is.
char draw_operator(SplitMix64& random, int64_t left, int64_t right) {
  constexpr std::string_view kOperators = "+-**//";
  for (int attempt = 0; attempt < 6; ++attempt) {
    char op = kOperators[random.below(static_cast<uint32_t>(kOperators.size()))];
    if (apply(left, op, right)) return op;
  }
  return apply(left, '+', right) ? '+' : '-';
}

// Half of the operands are small, so that products and quotients stay possible.
int64_t draw_operand(SplitMix64& random, int64_t largest) { return random.between(2, random.below(2) ? 9 : largest); }

Expression number(int64_t value) { return {std::to_string(value), value, 0}; }

Expression draw_tree(SplitMix64& random, int operations, int64_t largest) {
  if (operations == 0) return number(draw_operand(random, largest));
  int left_operations = static_cast<int>(random.below(static_cast<uint32_t>(operations)));
  Expression left = draw_tree(random, left_operations, largest);
  Expression right = draw_tree(random, operations - 1 - left_operations, largest);
  char op = draw_operator(random, left.value, right.value);
  return joined(left, op, right, *apply(left.value, op, right.value));
}

// The last step: which number to add or subtract so that `answer` comes out.
struct LastStep {
  char op;
  int64_t operand;
};

LastStep draw_last_step(SplitMix64& random, int64_t value, int64_t& answer) {
  do answer = random.between(0, 999);
  while (answer == value);
  return answer > value ? LastStep{'+', answer - value} : LastStep{'-', value - answer};
}

struct Told {
  std::string text;
  int64_t answer = 0;
};

Told tell_expression(SplitMix64& random, const Knobs& knobs, std::string_view before, std::string_view after) {
  Expression tree = draw_tree(random, knobs.operations - 1, knobs.largest_operand);
  Told told;
  LastStep last = draw_last_step(random, tree.value, told.answer);
  told.text = fmt::format("{}{}{}", before, joined(tree, last.op, number(last.operand), told.answer).text, after);
  return told;
}

std::string instruction(char op, int64_t operand) {
  switch (op) {
  case '+': return fmt::format("Add {}.", operand);
  case '-': return fmt::format("Subtract {}.", operand);
  case '*': return fmt::format("Multiply by {}.", operand);
  default: return fmt::format("Divide by {}.", operand);
  }
}

Told tell_chain(SplitMix64& random, const Knobs& knobs) {
  int64_t value = random.between(2, knobs.largest_operand);
  Told told{fmt::format("Write down the number {}.", value), 0};
  for (int i = 1; i < knobs.operations; ++i) {
    int64_t operand = draw_operand(random, knobs.largest_operand);
    char op = draw_operator(random, value, operand);
    value = *apply(value, op, operand);
    told.text += " " + instruction(op, operand);
  }
  LastStep last = draw_last_step(random, value, told.answer);
  told.text += " " + instruction(last.op, last.operand) + " What number do you end with?";
  return told;
}

// Every operation defines a letter; each uses the one before and a number, or the two before.
Told tell_letters(SplitMix64& random, const Knobs& knobs) {
  std::vector<int64_t> values = {random.between(2, knobs.largest_operand)};
  Told told{fmt::format("Let a = {}", values[0]), 0};
  auto letter = [](size_t i) { return static_cast<char>('a' + i); };
  for (int i = 1; i < knobs.operations; ++i) {
    const size_t last = values.size() - 1;
    const bool both = last > 0 && random.below(2) == 0;
    const int64_t right = both ? values[last - 1] : draw_operand(random, knobs.largest_operand);
    char op = draw_operator(random, values[last], right);
    std::string right_text = both ? std::string(1, letter(last - 1)) : std::to_string(right);
    told.text += fmt::format(", {} = {} {} {}", letter(last + 1), letter(last), op, right_text);
    values.push_back(*apply(values[last], op, right));
  }
  LastStep step = draw_last_step(random, values.back(), told.answer);
  told.text += fmt::format(". What is {} {} {}?", letter(values.size() - 1), step.op, step.operand);
  return told;
}

Told tell(SplitMix64& random, const Knobs& knobs, uint32_t skeleton) {
  switch (skeleton) {
  case 0: return tell_expression(random, knobs, "Work out the exact value of ", ".");
  case 1:
    return tell_expression(random, knobs, "A calculator that respects brackets is given ", ". What does it show?");
  case 2: return tell_chain(random, knobs);
  default: return tell_letters(random, knobs);
  }
}

constexpr std::array<std::string_view, 4> kSkeletons = {"value", "calculator", "chain", "letters"};

} // namespace

GeneratedQuestion generate_arith(int level, uint64_t seed, uint64_t index) {
  SplitMix64 random(question_seed("arith", 1, level, seed, index));
  const Knobs& knobs = kLevels.at(static_cast<size_t>(level - 1));
  uint32_t skeleton = random.below(kSkeletons.size());
  Told told = tell(random, knobs, skeleton);
  return {told.text + std::string(kRange), std::to_string(told.answer), fmt::format("arith/{}", kSkeletons[skeleton]),
          knobs.operations};
}

// The second method: from the printed words, with a stack machine and nothing of the above.
namespace {

using Letters = std::map<char, int64_t>;

struct StackMachine {
  std::vector<int64_t> values;
  std::vector<char> operators;
  bool failed = false;

  static int rank(char op) { return op == '(' ? 0 : op == '+' || op == '-' ? 1 : 2; }

  void reduce() {
    if (values.size() < 2) {
      failed = true;
      operators.pop_back();
      return;
    }
    int64_t right = values.back();
    values.pop_back();
    int64_t& left = values.back();
    char op = operators.back();
    operators.pop_back();
    if (op == '+')
      left += right;
    else if (op == '-')
      left -= right;
    else if (op == '*')
      left *= right;
    else if (op == '/' && right != 0 && left % right == 0)
      left /= right;
    else
      failed = true;
  }

  void close() {
    while (!operators.empty() && operators.back() != '(') reduce();
    if (operators.empty())
      failed = true;
    else
      operators.pop_back();
  }

  void push_operator(char op) {
    while (!operators.empty() && rank(operators.back()) >= rank(op)) reduce();
    operators.push_back(op);
  }

  std::optional<int64_t> finish() {
    while (!operators.empty()) reduce();
    if (failed || values.size() != 1) return std::nullopt;
    return values[0];
  }
};

int64_t read_digits(std::string_view text, size_t& at) {
  int64_t value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) value = value * 10 + (text[at] - '0');
  return value;
}

std::optional<int64_t> evaluate(std::string_view text, const Letters& letters) {
  StackMachine machine;
  for (size_t at = 0; at < text.size() && !machine.failed;) {
    char c = text[at];
    if (is_digit(c)) {
      machine.values.push_back(read_digits(text, at));
      continue;
    }
    ++at;
    if (is_lower(c)) {
      auto found = letters.find(c);
      if (found == letters.end()) return std::nullopt;
      machine.values.push_back(found->second);
    } else if (c == '(')
      machine.operators.push_back(c);
    else if (c == ')')
      machine.close();
    else if (!is_blank(c))
      machine.push_operator(c);
  }
  return machine.finish();
}

// The part of `text` between two phrases; nullopt without them.
std::optional<std::string_view> between(std::string_view text, std::string_view before, std::string_view after) {
  size_t begin = text.find(before);
  if (begin == text.npos) return std::nullopt;
  begin += before.size();
  size_t end = text.find(after, begin);
  if (end == text.npos) return std::nullopt;
  return text.substr(begin, end - begin);
}

std::optional<int64_t> follow_chain(std::string_view text) {
  std::string program;
  for (std::string_view sentence : split(text, '.')) {
    size_t digit = sentence.find_first_of("0123456789");
    if (digit == sentence.npos) continue;
    std::string_view operand = sentence.substr(digit);
    if (sentence.find("Write") != sentence.npos)
      program = operand;
    else if (sentence.find("Add") != sentence.npos)
      program = fmt::format("({}) + {}", program, operand);
    else if (sentence.find("Subtract") != sentence.npos)
      program = fmt::format("({}) - {}", program, operand);
    else if (sentence.find("Multiply") != sentence.npos)
      program = fmt::format("({}) * {}", program, operand);
    else if (sentence.find("Divide") != sentence.npos)
      program = fmt::format("({}) / {}", program, operand);
  }
  return evaluate(program, {});
}

std::optional<int64_t> follow_letters(std::string_view definitions, std::string_view question) {
  Letters letters;
  for (std::string_view definition : split(definitions, ',')) {
    definition = trim(definition);
    size_t equals = definition.find('=');
    if (equals == definition.npos) return std::nullopt;
    auto value = evaluate(definition.substr(equals + 1), letters);
    if (!value) return std::nullopt;
    letters[definition.front()] = *value;
  }
  return evaluate(question, letters);
}

std::optional<int64_t> solve(std::string_view text) {
  if (auto part = between(text, "exact value of ", ".")) return evaluate(*part, {});
  if (auto part = between(text, "brackets is given ", ".")) return evaluate(*part, {});
  if (auto part = between(text, "Let ", ".")) {
    auto question = between(text, "What is ", "?");
    return question ? follow_letters(*part, *question) : std::nullopt;
  }
  if (auto part = between(text, "", "What number")) return follow_chain(*part);
  return std::nullopt;
}

} // namespace

std::optional<std::string> solve_arith_text(std::string_view text) {
  auto value = solve(text);
  if (!value) return std::nullopt;
  return std::to_string(*value);
}

} // namespace proctor
