// SPDX-License-Identifier: MIT
// Reading code: what does a small deterministic program print? Told in Python or in pseudo-code. Programs halt by
// construction (counted loops only) and keep every value a non-negative integer, so that the languages agree on what
// a remainder is. Answers are the sum of two or three variables.
//
// Level = assignments executed: 1 (an addition or a distance), 4, 6 (a loop), 12 and 24 (three variables, a branch in
// the loop).
#include <array>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "harness/text/ascii.h"
#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Knobs {
  size_t variables;
  int statements; // before the loop, or in its body; with a branch, the branch is one of them
  int rounds;     // 0: no loop
  bool branch;
};

constexpr std::array<Knobs, 5> kLevels = {
    {{2, 1, 0, false}, {2, 4, 0, false}, {2, 2, 3, false}, {3, 3, 4, true}, {3, 4, 6, true}}};

enum class Step {
  add_number,   // x = x + k
  add_variable, // x = x + y
  add_round,    // x = x + i, in a loop
  scale,        // x = (x * k + c) % m
  distance,     // x = abs(x - y)
};

struct Assignment {
  Step step = Step::add_number;
  size_t target = 0;
  size_t other = 0;
  int64_t k = 0;
  int64_t c = 0;
  int64_t m = 1;
};

// if x % divisor == remainder: yes, else: no
struct Branch {
  size_t tested = 0;
  int64_t divisor = 2;
  int64_t remainder = 0;
  Assignment yes;
  Assignment no;
};

struct Program {
  std::string names; // one letter a variable
  std::vector<int64_t> start;
  std::vector<Assignment> statements;
  std::optional<Branch> branch; // last in the loop's body
  int rounds = 0;
};

Assignment draw_assignment(Draw& draw, size_t variables, bool in_loop, bool plain = false) {
  static constexpr std::array kPlain = {Step::add_number, Step::add_variable, Step::distance};
  Assignment drawn;
  drawn.step = plain ? pick(draw.structure, kPlain) : static_cast<Step>(draw.structure.below(5));
  if (drawn.step == Step::add_round && !in_loop) drawn.step = Step::scale;
  drawn.target = draw_index(draw.structure, variables);
  drawn.other = (drawn.target + 1 + draw_index(draw.structure, variables - 1)) % variables;
  const bool adds = drawn.step == Step::add_number;
  drawn.k = adds ? draw.numbers.between(3, 40) : draw.numbers.between(2, 9);
  drawn.c = draw.numbers.between(1, 30);
  drawn.m = draw.numbers.between(50, 199);
  return drawn;
}

Branch draw_branch(Draw& draw, size_t variables) {
  Branch branch;
  branch.tested = draw_index(draw.structure, variables);
  branch.divisor = draw.numbers.between(2, 4);
  branch.remainder = draw.numbers.between(0, branch.divisor - 1);
  branch.yes = draw_assignment(draw, variables, true);
  branch.no = draw_assignment(draw, variables, true);
  return branch;
}

Program draw_program(Draw& draw, const Knobs& knobs) {
  static constexpr std::array<std::string_view, 4> kNames = {"xyz", "abc", "pqr", "uvw"};
  Program program;
  program.names = pick(draw.structure, kNames).substr(0, knobs.variables);
  for (size_t i = 0; i < knobs.variables; ++i) program.start.push_back(draw.numbers.between(2, 60));
  for (int i = knobs.branch ? 1 : 0; i < knobs.statements; ++i)
    program.statements.push_back(draw_assignment(draw, knobs.variables, knobs.rounds > 0, knobs.statements == 1));
  if (knobs.branch) program.branch = draw_branch(draw, knobs.variables);
  program.rounds = knobs.rounds;
  return program;
}

// --- the first method: run the program as it was drawn ---

void execute(const Assignment& statement, int round, std::vector<int64_t>& values) {
  int64_t& target = values[statement.target];
  const int64_t other = values[statement.other];
  switch (statement.step) {
  case Step::add_number: target += statement.k; break;
  case Step::add_variable: target += other; break;
  case Step::add_round: target += round; break;
  case Step::scale: target = (target * statement.k + statement.c) % statement.m; break;
  case Step::distance: target = std::abs(target - other); break;
  }
}

// The working is what every variable holds after every statement of a program without a loop.
int64_t run(const Program& program, std::string& working) {
  std::vector<int64_t> values = program.start;
  auto note = [&](const Assignment& statement, const std::vector<int64_t>& before) {
    if (program.rounds > 0) return;
    const int64_t left = before[statement.target], right = before[statement.other];
    const char name = program.names[statement.target];
    switch (statement.step) {
    case Step::add_number: working += written_step(left, '+', statement.k); break;
    case Step::add_variable: working += written_step(left, '+', right); break;
    case Step::distance: working += written_step(std::max(left, right), '-', std::min(left, right)); break;
    default:
      working += fmt::format("{}\n{}\n{}", written_product(left, statement.k),
                             written_step(left * statement.k, '+', statement.c),
                             written_remainder(left * statement.k + statement.c, statement.m));
    }
    working += fmt::format("\n{}={}\n", name, values[statement.target]);
  };
  for (int round = 1; round <= std::max(program.rounds, 1); ++round) {
    for (const Assignment& statement : program.statements) {
      const std::vector<int64_t> before = values;
      execute(statement, round, values);
      note(statement, before);
    }
    if (!program.branch) continue;
    const Branch& branch = *program.branch;
    bool yes = values[branch.tested] % branch.divisor == branch.remainder;
    execute(yes ? branch.yes : branch.no, round, values);
  }
  int64_t sum = values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    if (program.rounds == 0) working += written_step(sum, '+', values[i]) + "\n";
    sum += values[i];
  }
  return sum;
}

// --- printing ---

class Printer {
 public:
  Printer(const Program& program, bool python) : program_(program), python_(python) {}

  std::string print() {
    for (size_t i = 0; i < program_.start.size(); ++i) line(0, set(i, std::to_string(program_.start[i])));
    const bool loops = program_.rounds > 0;
    if (loops) line(0, loop_head());
    const int depth = loops ? 1 : 0;
    for (const Assignment& statement : program_.statements) line(depth, assignment(statement));
    if (program_.branch) print_branch(*program_.branch, depth);
    if (loops && !python_) line(0, "END REPEAT");
    line(0, fmt::format(fmt::runtime(python_ ? "print({})" : "SHOW {}"), sum()));
    return std::move(text_);
  }

 private:
  void line(int depth, std::string_view words) {
    text_.append(static_cast<size_t>(depth) * (python_ ? 4 : 2), ' ').append(words).append("\n");
  }

  std::string set(size_t variable, std::string_view value) const {
    return fmt::format(fmt::runtime(python_ ? "{} = {}" : "SET {} TO {}"), name(variable), value);
  }

  std::string loop_head() const {
    if (python_) return fmt::format("for i in range(1, {}):", program_.rounds + 1);
    return fmt::format("REPEAT {} TIMES, COUNTING i FROM 1", program_.rounds);
  }

  std::string assignment(const Assignment& statement) const { return set(statement.target, value(statement)); }

  std::string value(const Assignment& statement) const {
    const char target = name(statement.target);
    const char other = name(statement.other);
    switch (statement.step) {
    case Step::add_number: return fmt::format("{} + {}", target, statement.k);
    case Step::add_variable: return fmt::format("{} + {}", target, other);
    case Step::add_round: return fmt::format("{} + i", target);
    case Step::scale:
      return fmt::format("({} * {} + {}) {} {}", target, statement.k, statement.c, python_ ? "%" : "MOD",
                         statement.m);
    case Step::distance: return fmt::format(fmt::runtime(python_ ? "abs({} - {})" : "|{} - {}|"), target, other);
    }
    return {};
  }

  void print_branch(const Branch& branch, int depth) {
    line(depth, fmt::format(fmt::runtime(python_ ? "if {} % {} == {}:" : "IF {} MOD {} IS {} THEN"),
                            name(branch.tested), branch.divisor, branch.remainder));
    line(depth + 1, assignment(branch.yes));
    line(depth, python_ ? "else:" : "ELSE");
    line(depth + 1, assignment(branch.no));
    if (!python_) line(depth, "END IF");
  }

  std::string sum() const {
    std::string text(1, name(0));
    for (size_t i = 1; i < program_.start.size(); ++i) text += fmt::format(" + {}", name(i));
    return text;
  }

  char name(size_t variable) const { return program_.names[variable]; }

  const Program& program_;
  bool python_;
  std::string text_;
};

struct Skeleton {
  std::string_view name;
  bool python;
  std::string_view question;
};

constexpr std::array<Skeleton, 4> kSkeletons = {{
    {"python-print", true, "What does this Python program print?"},
    {"python-read", true, "Follow the Python code below by hand. Which number appears on the screen?"},
    {"pseudo-show", false, "What number does this program show?"},
    {"pseudo-run", false, "Carry out these instructions line by line and give the number that is shown at the end."},
}};

GeneratedQuestion generate_trace(int level, Draw& draw) {
  const Knobs& knobs = kLevels.at(static_cast<size_t>(level - 1));
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  Program program = draw_program(draw, knobs);
  std::string text = fmt::format("{}\n\n{}", skeleton.question, Printer(program, skeleton.python).print());
  text.pop_back();
  std::string working;
  std::string answer = std::to_string(run(program, working));
  return {std::move(text), std::move(answer), std::string(skeleton.name), knobs.statements * std::max(knobs.rounds, 1),
          std::move(working)};
}

// The second method: an interpreter of printed lines.

using Variables = std::map<char, int64_t>;

// expression := term {(+|-) term}; term := factor {(*|%|MOD) factor}
class Evaluator {
 public:
  Evaluator(std::string_view text, const Variables& variables) : text_(text), variables_(variables) {}

  std::optional<int64_t> whole() {
    int64_t value = expression();
    skip_blanks();
    if (failed_ || at_ != text_.size()) return std::nullopt;
    return value;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  bool take(std::string_view word) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  int64_t expression() {
    int64_t value = term();
    for (;;) {
      if (take("+"))
        value += term();
      else if (take("-"))
        value -= term();
      else
        return value;
    }
  }

  int64_t term() {
    int64_t value = factor();
    for (;;) {
      if (take("*"))
        value *= factor();
      else if (take("%") || take("MOD"))
        value = remainder(value, factor());
      else
        return value;
    }
  }

  int64_t remainder(int64_t value, int64_t divisor) {
    if (divisor > 0 && value >= 0) return value % divisor;
    failed_ = true;
    return 0;
  }

  int64_t enclosed(std::string_view close) {
    int64_t value = expression();
    if (!take(close)) failed_ = true;
    return value;
  }

  int64_t factor() {
    if (take("abs(")) return std::abs(enclosed(")"));
    if (take("|")) return std::abs(enclosed("|"));
    if (take("(")) return enclosed(")");
    if (at_ < text_.size() && is_digit(text_[at_])) return digits();
    if (at_ < text_.size()) {
      auto found = variables_.find(text_[at_++]);
      if (found != variables_.end()) return found->second;
    }
    failed_ = true;
    return 0;
  }

  int64_t digits() {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) failed_ = true;
    at_ = static_cast<size_t>(end - text_.data());
    return value;
  }

  std::string_view text_;
  const Variables& variables_;
  size_t at_ = 0;
  bool failed_ = false;
};

struct Line {
  size_t indent;
  std::string_view words;
};

// Runs blocks of lines; a block is what is indented more than the line above it.
class LineInterpreter {
 public:
  explicit LineInterpreter(std::string_view text) {
    for (std::string_view line : split(text, '\n')) {
      std::string_view words = trim(line);
      if (!words.empty()) lines_.push_back({line.size() - trim_left(line).size(), words});
    }
  }

  std::optional<int64_t> run() {
    run_block(0, lines_.size());
    return failed_ ? std::nullopt : shown_;
  }

 private:
  size_t block_end(size_t head) const {
    size_t end = head + 1;
    while (end < lines_.size() && lines_[end].indent > lines_[head].indent) ++end;
    return end;
  }

  void run_block(size_t begin, size_t end) {
    for (size_t at = begin; at < end && !failed_;) at = run_line(at);
  }

  // The line to go on with.
  size_t run_line(size_t at) {
    std::string_view words = lines_[at].words;
    if (words.starts_with("for ") || words.starts_with("REPEAT ")) return run_loop(at);
    if (words.starts_with("if ") || words.starts_with("IF ")) return run_branch(at);
    if (words.starts_with("print("))
      shown_ = value(words.substr(6, words.size() - 7));
    else if (words.starts_with("SHOW "))
      shown_ = value(words.substr(5));
    else if (words.starts_with("SET "))
      assign(words.substr(4), " TO ");
    else if (!words.starts_with("END"))
      assign(words, " = ");
    return at + 1;
  }

  void assign(std::string_view words, std::string_view sign) {
    size_t at = words.find(sign);
    if (at != 1)
      failed_ = true;
    else
      variables_[words[0]] = value(words.substr(at + sign.size()));
  }

  size_t run_loop(size_t at) {
    std::string_view words = lines_[at].words;
    const size_t end = block_end(at);
    const bool python = words.starts_with("for ");
    const size_t number = python ? words.find(", ") + 2 : words.find(' ') + 1;
    const int64_t rounds = value(words.substr(number, words.find_first_not_of("0123456789", number) - number));
    for (int64_t round = 1; round < (python ? rounds : rounds + 1); ++round) {
      variables_['i'] = round;
      run_block(at + 1, end);
    }
    return end;
  }

  size_t run_branch(size_t at) {
    std::string_view words = lines_[at].words;
    const bool python = words.starts_with("if ");
    const std::string_view sign = python ? " == " : " IS ";
    const size_t middle = words.find(sign);
    const size_t close = python ? words.find(':') : words.find(" THEN");
    if (middle == words.npos || close == words.npos) failed_ = true;
    if (failed_) return at + 1;
    const size_t right = middle + sign.size();
    const bool yes = value(words.substr(3, middle - 3)) == value(words.substr(right, close - right));
    const size_t otherwise = block_end(at);
    if (yes)
      run_block(at + 1, otherwise);
    else
      run_block(otherwise + 1, block_end(otherwise));
    return block_end(otherwise);
  }

  int64_t value(std::string_view text) {
    auto result = Evaluator(text, variables_).whole();
    if (!result) failed_ = true;
    return result.value_or(0);
  }

  std::vector<Line> lines_;
  Variables variables_;
  std::optional<int64_t> shown_;
  bool failed_ = false;
};

std::optional<std::string> solve_trace_text(std::string_view text) {
  size_t program = text.find("\n\n");
  if (program == text.npos) return std::nullopt;
  auto shown = LineInterpreter(text.substr(program)).run();
  if (!shown) return std::nullopt;
  return std::to_string(*shown);
}

} // namespace

const Family kTrace = {
    .name = "trace",
    .kind = "code",
    .summary = "what a small program prints",
    .version = 2,
    .levels = 5,
    .grader = "number",
    .generate = generate_trace,
    .solve_text = solve_trace_text,
    .distractors = {"The file it stands in has {} other programs.", "It was written {} days ago."},
};

} // namespace proctor
