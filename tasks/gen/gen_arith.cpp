// SPDX-License-Identifier: MIT
// Nested exact arithmetic (integers, every division exact), told as an expression, a chain of instructions or named
// parts. The answer is uniform because the last addition or subtraction is chosen to make it so.
//
// Level = number of operations: 1 (answers to 199), 2, 4, 6, 9 (answers to 999), with larger operands as it grows.
#include <array>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "harness/text/ascii.h"
#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Knobs {
  int operations;
  int64_t largest_operand;
  int64_t largest_answer;
};

constexpr std::array<Knobs, 5> kLevels = {{{1, 99, 199}, {2, 20, 999}, {4, 40, 999}, {6, 60, 999}, {9, 99, 999}}};
constexpr int64_t kLargestStep = 2000; // no intermediate result is further from zero

bool is_sum(char op) { return op == '+' || op == '-'; }

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

char draw_operator(SplitMix64& random) {
  constexpr std::string_view kOperators = "++--**/";
  return kOperators[random.below(static_cast<uint32_t>(kOperators.size()))];
}

// The structure: a tree whose leaves are numbers (op 0). A divisor is always a leaf.
struct Node {
  char op = 0;
  std::vector<Node> sides;
};

Node draw_tree(SplitMix64& random, int operations) {
  Node node;
  if (operations == 0) return node;
  node.op = draw_operator(random);
  const auto most_left = static_cast<uint32_t>(operations);
  const int left = node.op == '/' ? operations - 1 : static_cast<int>(random.below(most_left));
  node.sides.push_back(draw_tree(random, left));
  node.sides.push_back(draw_tree(random, operations - 1 - left));
  return node;
}

// Numbers for it: printed, valued and worked out.
struct Expression {
  std::string text;
  int64_t value = 0;
  char op = 0;
  std::string working;
};

constexpr int kTrialDraws = 100;
constexpr int kDraws = 2000;

class Numbers {
 public:
  Numbers(SplitMix64& random, int64_t largest) : random_(random), largest_(largest) {}

  // Half of the operands are small, and all of them after many attempts, so that exact results in range are found.
  int64_t operand() {
    const bool small = random_.below(2) != 0 || attempts_ > 30;
    return random_.between(2, small ? (attempts_ > 60 ? 4 : 9) : largest_);
  }

  // Draws until `make` succeeds, `draws` times at most.
  template <class Make> auto first_of(int draws, Make make) {
    auto made = make(*this);
    for (attempts_ = 1; !made && attempts_ < draws; ++attempts_) made = make(*this);
    return made;
  }

 private:
  SplitMix64& random_;
  const int64_t largest_;
  int attempts_ = 0;
};

std::string bracketed(const Expression& part, bool needed) { return needed ? "(" + part.text + ")" : part.text; }

Expression joined(const Expression& left, char op, const Expression& right, int64_t value) {
  bool left_brackets = !is_sum(op) && is_sum(left.op);
  bool right_brackets = is_sum(op) ? is_sum(right.op) : right.op != 0;
  std::string text = fmt::format("{} {} {}", bracketed(left, left_brackets), op, bracketed(right, right_brackets));
  return {std::move(text), value, op, left.working + right.working + written_step(left.value, op, right.value) + "\n"};
}

Expression number(int64_t value) { return {std::to_string(value), value, 0, ""}; }

std::optional<Expression> numbered(const Node& node, Numbers& numbers) {
  if (node.op == 0) return number(numbers.operand());
  auto left = numbered(node.sides[0], numbers);
  auto right = left ? numbered(node.sides[1], numbers) : std::nullopt;
  auto value = right ? apply(left->value, node.op, right->value) : std::nullopt;
  if (!value) return std::nullopt;
  return joined(*left, node.op, *right, *value);
}

// A chain's steps: each works on the result so far, with a number or with the result before it.
struct Link {
  char op;
  bool with_before;
};

std::vector<Link> draw_links(SplitMix64& random, int operations, bool letters) {
  std::vector<Link> links;
  for (int i = 1; i < operations; ++i) {
    const char op = draw_operator(random);
    links.push_back({op, letters && i > 1 && op != '/' && random.below(2) == 0});
  }
  return links;
}

struct Chain {
  std::vector<int64_t> values;   // the first number, then every result
  std::vector<int64_t> operands; // of every link
};

std::optional<Chain> numbered(const std::vector<Link>& links, Numbers& numbers) {
  Chain chain{{numbers.operand()}, {}};
  for (const Link& link : links) {
    chain.operands.push_back(link.with_before ? chain.values[chain.values.size() - 2] : numbers.operand());
    auto value = apply(chain.values.back(), link.op, chain.operands.back());
    if (!value) return std::nullopt;
    chain.values.push_back(*value);
  }
  return chain;
}

// A structure that numbers exist for, and numbers for it. Whether they exist is tried with random numbers of the
// structure's own, so that a twin has the same structure; should a twin find none, it takes those of the trial.
template <class Structure, class DrawStructure> auto draw_numbered(Draw& draw, const Knobs& knobs, DrawStructure draw_structure, Structure& structure) {
  auto make = [&](Numbers& numbers) { return numbered(structure, numbers); };
  for (;;) {
    structure = draw_structure();
    auto trial = Numbers(draw.structure, knobs.largest_operand).first_of(kTrialDraws, make);
    if (!trial) continue;
    auto own = Numbers(draw.numbers, knobs.largest_operand).first_of(kDraws, make);
    return own ? *own : *trial;
  }
}

// The last step: which number to add or subtract so that `answer` comes out.
struct LastStep {
  char op;
  int64_t operand;
};

LastStep draw_last_step(SplitMix64& random, int64_t largest, int64_t value, int64_t& answer) {
  do answer = random.between(0, largest);
  while (answer == value);
  return answer > value ? LastStep{'+', answer - value} : LastStep{'-', value - answer};
}

struct Told {
  std::string text;
  int64_t answer = 0;
  std::string working;
};

Told tell_expression(Draw& draw, const Knobs& knobs, std::string_view before, std::string_view after) {
  Node structure;
  const Expression tree = draw_numbered(draw, knobs, [&] { return draw_tree(draw.structure, knobs.operations - 1); }, structure);
  Told told;
  LastStep last = draw_last_step(draw.numbers, knobs.largest_answer, tree.value, told.answer);
  Expression whole = joined(tree, last.op, number(last.operand), told.answer);
  told.text = fmt::format("{}{}{}", before, whole.text, after);
  told.working = std::move(whole.working);
  return told;
}

std::string instruction(char op, int64_t operand) {
  switch (op) {
  case '+': return fmt::format(" Add {}.", operand);
  case '-': return fmt::format(" Subtract {}.", operand);
  case '*': return fmt::format(" Multiply by {}.", operand);
  default: return fmt::format(" Divide by {}.", operand);
  }
}

std::string work(const std::vector<Link>& links, const Chain& chain, const LastStep& last) {
  std::string working;
  for (size_t i = 0; i < links.size(); ++i)
    working += written_step(chain.values[i], links[i].op, chain.operands[i]) + "\n";
  return working + written_step(chain.values.back(), last.op, last.operand) + "\n";
}

Told tell_chain(Draw& draw, const Knobs& knobs) {
  std::vector<Link> links;
  const Chain chain = draw_numbered(draw, knobs, [&] { return draw_links(draw.structure, knobs.operations, false); }, links);
  Told told{fmt::format("Write down the number {}.", chain.values[0]), 0, ""};
  for (size_t i = 0; i < links.size(); ++i) told.text += instruction(links[i].op, chain.operands[i]);
  LastStep last = draw_last_step(draw.numbers, knobs.largest_answer, chain.values.back(), told.answer);
  told.text += instruction(last.op, last.operand) + " What number do you end with?";
  told.working = work(links, chain, last);
  return told;
}

// Every operation defines a letter; each uses the one before and a number, or the two before.
Told tell_letters(Draw& draw, const Knobs& knobs) {
  std::vector<Link> links;
  const Chain chain = draw_numbered(draw, knobs, [&] { return draw_links(draw.structure, knobs.operations, true); }, links);
  auto letter = [](size_t i) { return static_cast<char>('a' + i); };
  Told told{fmt::format("Let a = {}", chain.values[0]), 0, ""};
  for (size_t i = 0; i < links.size(); ++i) {
    std::string right = links[i].with_before ? std::string(1, letter(i - 1)) : std::to_string(chain.operands[i]);
    told.text += fmt::format(", {} = {} {} {}", letter(i + 1), letter(i), links[i].op, right);
  }
  LastStep step = draw_last_step(draw.numbers, knobs.largest_answer, chain.values.back(), told.answer);
  told.text += fmt::format(". What is {} {} {}?", letter(links.size()), step.op, step.operand);
  told.working = work(links, chain, step);
  return told;
}

Told tell(Draw& draw, const Knobs& knobs, uint32_t skeleton) {
  switch (skeleton) {
  case 0: return tell_expression(draw, knobs, "Work out the exact value of ", ".");
  case 1: return tell_expression(draw, knobs, "A calculator that respects brackets is given ", ". What does it show?");
  case 2: return tell_chain(draw, knobs);
  default: return tell_letters(draw, knobs);
  }
}

constexpr std::array<std::string_view, 4> kSkeletons = {"value", "calculator", "chain", "letters"};

GeneratedQuestion generate_arith(int level, Draw& draw) {
  const Knobs& knobs = kLevels.at(static_cast<size_t>(level - 1));
  const uint32_t skeleton = draw.structure.below(kSkeletons.size());
  Told told = tell(draw, knobs, skeleton);
  return {told.text + std::string(kRange), std::to_string(told.answer), std::string(kSkeletons[skeleton]), knobs.operations,
          std::move(told.working)};
}

// The second method: from the printed words, with a stack machine and nothing of the above.
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

std::optional<std::string> solve_arith_text(std::string_view text) {
  auto value = solve(text);
  if (!value) return std::nullopt;
  return std::to_string(*value);
}

} // namespace

const Family kArith = {
    .name = "arith",
    .kind = "maths",
    .summary = "nested exact arithmetic",
    .version = 2,
    .levels = 5,
    .grader = "aime",
    .generate = generate_arith,
    .solve_text = solve_arith_text,
    .distractors = {"The sheet it is written on is number {}.", "A second calculator shows {} all day long."},
};

} // namespace proctor
