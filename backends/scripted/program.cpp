// SPDX-License-Identifier: MIT
// Programs as printed: parses the lines into nested steps, then carries them out and writes down every assignment.
// Expressions are taken from left to right, which is how the programs of this kind are written; anything else is not
// read at all.

#include <fmt/format.h>
#include <map>

#include "backends/scripted/readers.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Tokens = std::vector<std::string>;

// A number or a word of letters is one token, every other character its own.
Tokens tokens_of(std::string_view text) {
  Tokens tokens;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == at)
      while (end < text.size() && is_letter(text[end])) ++end;
    if (end == at) ++end;
    if (!is_blank(text[at])) tokens.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

struct Step {
  enum class Kind { assign, repeat, choose, show } kind = Kind::assign;
  std::string variable;
  Tokens value;       // what is assigned, shown or tested
  int64_t number = 0; // rounds; what the test must give
  std::vector<Step> body;
  std::vector<Step> otherwise;
};

struct SourceLine {
  size_t indent = 0;
  Tokens tokens;
};

int64_t number_of(const Tokens& tokens, size_t at) {
  if (at >= tokens.size() || !is_digit(tokens[at][0]) || tokens[at].size() > 6) return -1;
  return std::stol(tokens[at]);
}

Tokens slice(const Tokens& tokens, size_t begin, size_t end) {
  if (begin >= end || end > tokens.size()) return {};
  return {tokens.begin() + static_cast<std::ptrdiff_t>(begin), tokens.begin() + static_cast<std::ptrdiff_t>(end)};
}

class ProgramReader {
 public:
  explicit ProgramReader(std::string_view text) {
    for (std::string_view line : split(text, '\n')) {
      Tokens tokens = tokens_of(line);
      if (!tokens.empty() && tokens[0] != "END") lines_.push_back({line.size() - trim_left(line).size(), tokens});
    }
  }

  // The steps from the current line on that stand at `indent` or deeper; nullopt: a line it cannot read, or one after
  // the block that asks for something (the request for a box) once a step has shown the result.
  std::optional<std::vector<Step>> block(size_t indent) {
    std::vector<Step> steps;
    while (at_ < lines_.size() && lines_[at_].indent >= indent) {
      auto step = next_step();
      if (!step) return std::nullopt;
      const bool last = step->kind == Step::Kind::show;
      steps.push_back(std::move(*step));
      if (last) return steps;
    }
    return steps;
  }

 private:
  std::optional<Step> next_step() {
    const SourceLine line = lines_[at_++];
    const std::string& head = line.tokens[0];
    if (head == "for" || head == "REPEAT") return repeat(line);
    if (head == "if" || head == "IF") return choose(line);
    if (head == "print") return show(slice(line.tokens, 2, line.tokens.size() - 1));
    if (head == "SHOW") return show(slice(line.tokens, 1, line.tokens.size()));
    return assign(line.tokens);
  }

  static std::optional<Step> show(Tokens value) {
    if (value.empty()) return std::nullopt;
    Step step;
    step.kind = Step::Kind::show;
    step.value = std::move(value);
    return step;
  }

  // x = ...   SET x TO ...
  static std::optional<Step> assign(const Tokens& tokens) {
    const size_t name = tokens[0] == "SET" ? 1 : 0;
    if (tokens.size() < name + 3) return std::nullopt;
    if (tokens[name + 1] != "=" && tokens[name + 1] != "TO") return std::nullopt;
    Step step;
    step.variable = tokens[name];
    step.value = slice(tokens, name + 2, tokens.size());
    return step;
  }

  // for i in range(1, N):   REPEAT N TIMES, COUNTING i FROM 1
  std::optional<Step> repeat(const SourceLine& line) {
    Step step;
    step.kind = Step::Kind::repeat;
    step.number = line.tokens[0] == "for" ? number_of(line.tokens, 7) - 1 : number_of(line.tokens, 1);
    auto body = block(line.indent + 1);
    if (!body || step.number < 0 || step.number > 1000) return std::nullopt;
    step.body = std::move(*body);
    return step;
  }

  // if x % D == R:   IF x MOD D IS R THEN
  std::optional<Step> choose(const SourceLine& line) {
    Step step;
    step.kind = Step::Kind::choose;
    step.value = slice(line.tokens, 1, 4);
    step.number = number_of(line.tokens, line.tokens[0] == "if" ? 6 : 5);
    auto body = block(line.indent + 1);
    if (!body || step.number < 0 || step.value.empty()) return std::nullopt;
    step.body = std::move(*body);
    if (at_ >= lines_.size() || (lines_[at_].tokens[0] != "else" && lines_[at_].tokens[0] != "ELSE")) return step;
    ++at_;
    auto otherwise = block(line.indent + 1);
    if (!otherwise) return std::nullopt;
    step.otherwise = std::move(*otherwise);
    return step;
  }

  std::vector<SourceLine> lines_;
  size_t at_ = 0;
};

class Runner {
 public:
  Runner(Dice& dice, Work& work) : dice_(dice), work_(work) {}

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (failed_) return;
      run(step);
    }
  }

  std::optional<int64_t> shown() const { return failed_ ? std::nullopt : shown_; }

 private:
  void run(const Step& step) {
    switch (step.kind) {
    case Step::Kind::assign: assign(step); break;
    case Step::Kind::repeat: repeat(step); break;
    case Step::Kind::choose: choose(step); break;
    case Step::Kind::show: shown_ = careful(step.value, "shown"); break;
    }
  }

  void assign(const Step& step) {
    if (step.value.size() == 1)
      values_[step.variable] = value(step.value);
    else
      values_[step.variable] = careful(step.value, step.variable);
    if (step.value.size() == 1) work_.lines.push_back(fmt::format("{} = {}", step.variable, values_[step.variable]));
  }

  // Written out, with the chance of a slip that its numbers deserve.
  int64_t careful(const Tokens& tokens, const std::string& name) {
    int64_t right = value(tokens);
    std::string filled;
    double weight = 0.1;
    for (const std::string& token : tokens) {
      auto known = values_.find(token);
      filled += known == values_.end() ? token : std::to_string(known->second);
      if (token == "*") weight += 0.2;
    }
    return write_step(dice_, weight, fmt::format("{}: {}", name, filled), right, work_);
  }

  void repeat(const Step& step) {
    for (int64_t round = 1; round <= step.number && !failed_; ++round) {
      values_["i"] = round;
      work_.lines.push_back(fmt::format("Round {}:", round));
      run(step.body);
    }
  }

  void choose(const Step& step) {
    bool yes = value(step.value) == step.number;
    if (dice_.slip(0.06)) yes = !yes;
    work_.lines.push_back(fmt::format("{} leaves {}: {}", step.value[0], step.number, yes ? "yes" : "no"));
    run(yes ? step.body : step.otherwise);
  }

  // From left to right: every operator acts on all that stands before it within its brackets.
  int64_t value(const Tokens& tokens) {
    int64_t result = 0;
    std::string op = "+";
    bool absolute = false;
    for (const std::string& token : tokens) {
      if (token == "(" || token == ")") continue;
      if (token == "abs" || token == "|")
        absolute = true;
      else if (token == "+" || token == "-" || token == "*" || token == "%" || token == "MOD")
        op = token;
      else
        result = apply(result, op, operand(token));
    }
    return absolute ? std::abs(result) : result;
  }

  int64_t operand(const std::string& token) {
    if (is_digit(token[0]) && token.size() < 10) return std::stol(token);
    auto known = values_.find(token);
    if (known == values_.end()) failed_ = true;
    return failed_ ? 0 : known->second;
  }

  int64_t apply(int64_t left, const std::string& op, int64_t right) {
    constexpr int64_t kTooLarge = 1'000'000'000;
    if (std::abs(left) > kTooLarge || std::abs(right) > kTooLarge) failed_ = true;
    if (op == "+") return left + right;
    if (op == "-") return left - right;
    if (op == "*") return failed_ ? 0 : left * right;
    if (right <= 0) failed_ = true;
    return failed_ ? 0 : ((left % right) + right) % right;
  }

  Dice& dice_;
  Work& work_;
  std::map<std::string, int64_t> values_;
  std::optional<int64_t> shown_;
  bool failed_ = false;
};

bool asks_for_output(std::string_view text) {
  for (std::string_view words : {"program print", "appears on the screen", "program show", "is shown at the end"})
    if (text.find(words) != text.npos) return true;
  return false;
}

} // namespace

std::optional<Work> work_program(std::string_view text, Dice& dice) {
  size_t code = text.find("\n\n");
  if (code == text.npos || !asks_for_output(text.substr(0, code))) return std::nullopt;
  auto steps = ProgramReader(text.substr(code + 2)).block(0);
  if (!steps) return std::nullopt;
  Work work;
  work.lines.push_back("I go through the program line by line.");
  Runner runner(dice, work);
  runner.run(*steps);
  if (!runner.shown()) return std::nullopt;
  work.answer = std::to_string(*runner.shown());
  return work;
}

} // namespace proctor
