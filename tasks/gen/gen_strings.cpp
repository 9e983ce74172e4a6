// SPDX-License-Identifier: MIT
// Writing a function f(s) that transforms a text of small letters, digits and blanks; hidden tests call it. First method:
// evaluated here; second: a Python program.
//
// Level = transformations: 1 (plain), 1 with a state (runs, alternation), 2, 4.
#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "tasks/gen/families.h"
#include "tasks/gen/pipeline.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

enum class Change {
  // plain
  reverse, upper, repeat, first, last, replace, remove, append, prepend, every_second,
  // with a state
  runs, squeeze, alternate, shift, double_vowels, words,
};

struct Step {
  Change change = Change::reverse;
  int64_t k = 0;
  char a = 'a', b = 'b';
};

std::string phrase(const Step& step) {
  switch (step.change) {
  case Change::reverse: return "reverses it";
  case Change::upper: return "turns its small letters into capitals";
  case Change::repeat: return fmt::format("writes it {} times in a row", step.k);
  case Change::first: return fmt::format("keeps its first {} characters", step.k);
  case Change::last: return fmt::format("keeps its last {} characters", step.k);
  case Change::replace: return fmt::format("replaces every '{}' by '{}'", step.a, step.b);
  case Change::remove: return fmt::format("removes every '{}'", step.a);
  case Change::append: return fmt::format("puts '{}{}' behind it", step.a, step.b);
  case Change::prepend: return fmt::format("puts '{}{}' before it", step.a, step.b);
  case Change::every_second: return "keeps every second character, beginning with the first";
  case Change::runs: return "replaces every run of one character by the character and the length of the run";
  case Change::squeeze: return "shortens every run of one character to a single one";
  case Change::alternate: return fmt::format("replaces the first, third, fifth '{0}' and so on by '{1}', but not the second, fourth '{0}' and so on", step.a, step.b);
  case Change::shift: return fmt::format("moves every small letter {} places on in the alphabet, from z on to a", step.k);
  case Change::double_vowels: return "doubles every small vowel (a, e, i, o, u) that directly follows a character that is no small vowel";
  case Change::words: return "splits it at blanks into words, dropping empty ones, and joins the words in reverse order with single blanks";
  }
  return {};
}

std::string python_lines(const Step& step) {
  switch (step.change) {
  case Change::reverse: return "s = s[::-1]";
  case Change::upper: return "s = s.upper()";
  case Change::repeat: return fmt::format("s = s * {}", step.k);
  case Change::first: return fmt::format("s = s[:{}]", step.k);
  case Change::last: return fmt::format("s = s[-{}:]", step.k);
  case Change::replace: return fmt::format("s = s.replace('{}', '{}')", step.a, step.b);
  case Change::remove: return fmt::format("s = s.replace('{}', '')", step.a);
  case Change::append: return fmt::format("s = s + '{}{}'", step.a, step.b);
  case Change::prepend: return fmt::format("s = '{}{}' + s", step.a, step.b);
  case Change::every_second: return "s = s[::2]";
  case Change::runs:
    return "out, i = '', 0\n    while i < len(s):\n        j = i\n        while j < len(s) and s[j] == s[i]:\n            j += 1\n"
           "        out, i = out + s[i] + str(j - i), j\n    s = out";
  case Change::squeeze: return "s = ''.join(c for i, c in enumerate(s) if i == 0 or s[i - 1] != c)";
  case Change::alternate:
    return fmt::format("parts = s.split('{0}')\n    s = parts[0]\n    for i, part in enumerate(parts[1:]):\n"
                       "        s += ('{1}' if i % 2 == 0 else '{0}') + part", step.a, step.b);
  case Change::shift: return fmt::format("s = ''.join(chr((ord(c) - 97 + {}) % 26 + 97) if 'a' <= c <= 'z' else c for c in s)", step.k);
  case Change::double_vowels:
    return "s = ''.join(c * 2 if c in 'aeiou' and i > 0 and s[i - 1] not in 'aeiou' else c for i, c in enumerate(s))";
  case Change::words: return "s = ' '.join(s.split()[::-1])";
  }
  return {};
}

bool is_vowel(char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; }

std::string by_runs(const std::string& s, bool counted) {
  std::string out;
  for (size_t i = 0, j = 0; i < s.size(); i = j) {
    while (j < s.size() && s[j] == s[i]) ++j;
    out += s[i];
    if (counted) out += std::to_string(j - i);
  }
  return out;
}

std::string words_reversed(const std::string& s) {
  std::string out;
  for (std::string_view word : split(s, ' '))
    if (!word.empty()) out = std::string(word) + (out.empty() ? "" : " ") + out;
  return out;
}

std::string applied(const Step& step, const std::string& s) {
  std::string out;
  const auto k = static_cast<size_t>(step.k);
  bool odd = true;
  switch (step.change) {
  case Change::reverse: return {s.rbegin(), s.rend()};
  case Change::upper:
    for (char c : s) out += is_lower(c) ? static_cast<char>(c - 32) : c;
    return out;
  case Change::repeat:
    for (size_t i = 0; i < k; ++i) out += s;
    return out;
  case Change::first: return s.substr(0, k);
  case Change::last: return s.size() <= k ? s : s.substr(s.size() - k);
  case Change::replace:
    for (char c : s) out += c == step.a ? step.b : c;
    return out;
  case Change::remove:
    for (char c : s)
      if (c != step.a) out += c;
    return out;
  case Change::append: return s + step.a + step.b;
  case Change::prepend: return std::string{step.a, step.b} + s;
  case Change::every_second:
    for (size_t i = 0; i < s.size(); i += 2) out += s[i];
    return out;
  case Change::runs: return by_runs(s, true);
  case Change::squeeze: return by_runs(s, false);
  case Change::alternate:
    for (char c : s) {
      out += c == step.a && odd ? step.b : c;
      if (c == step.a) odd = !odd;
    }
    return out;
  case Change::shift:
    for (char c : s) out += is_lower(c) ? static_cast<char>('a' + (c - 'a' + step.k) % 26) : c;
    return out;
  case Change::double_vowels:
    for (size_t i = 0; i < s.size(); ++i) {
      out += s[i];
      if (is_vowel(s[i]) && i > 0 && !is_vowel(s[i - 1])) out += s[i];
    }
    return out;
  case Change::words: return words_reversed(s);
  }
  return out;
}

std::string applied(const std::vector<Step>& steps, std::string s) {
  for (const Step& step : steps) s = applied(step, s);
  return s;
}

std::string program_of(const std::vector<Step>& steps) {
  if (steps.size() == 1 && python_lines(steps[0]).find('\n') == std::string::npos)
    return fmt::format("def f(s):\n    return {}\n", python_lines(steps[0]).substr(4));
  std::string program = "def f(s):\n";
  for (const Step& step : steps) program += fmt::format("    {}\n", python_lines(step));
  return program + "    return s\n";
}

void number(Step& step, SplitMix64& random) {
  constexpr std::string_view kLetters = "abcdeilmnorst";
  step.k = step.change == Change::shift ? random.between(1, 25) : step.change == Change::repeat ? random.between(2, 4) : random.between(2, 9);
  step.a = kLetters[draw_index(random, kLetters.size())];
  do step.b = kLetters[draw_index(random, kLetters.size())];
  while (step.b == step.a);
}

std::vector<Step> draw_steps(int level, Draw& draw) {
  static constexpr std::array<size_t, 4> kSteps = {1, 1, 2, 4};
  std::vector<Step> steps;
  while (steps.size() < kSteps.at(static_cast<size_t>(level - 1))) {
    Step step;
    const int64_t low = level == 2 ? 10 : 0, high = level == 1 ? 9 : 15;
    step.change = static_cast<Change>(draw.structure.between(low, high));
    if (std::ranges::any_of(steps, [&](const Step& other) { return other.change == step.change; })) continue;
    number(step, draw.numbers);
    steps.push_back(step);
  }
  return steps;
}

std::string random_text(SplitMix64& random, int64_t n, std::string_view letters) {
  std::string text;
  for (int64_t i = 0; i < n; ++i) text += letters[draw_index(random, letters.size())];
  return text;
}

std::vector<Json> arguments_for(const std::vector<Step>& steps, SplitMix64& random) {
  std::vector<Json> arguments = {"", "a", " ", "zzzz", "aaabbbccc", "abcabcabc", "  two  words ", "0123456789", "xyz abc"};
  std::string letters = "aeiou bcdlmnrst ";
  for (const Step& step : steps) letters += {step.a, step.b};
  for (const Step& step : steps) arguments.push_back(random_text(random, step.k, letters));
  for (const Step& step : steps) arguments.push_back(std::string(5, step.a) + step.b + std::string(3, step.a));
  while (arguments.size() < 18) arguments.push_back(random_text(random, random.between(3, 12), letters));
  for (int i = 0; i < 5; ++i) arguments.push_back(random_text(random, random.between(15, 40), letters.substr(letters.size() - 6)));
  arguments.push_back(random_text(random, 300, letters));
  return arguments;
}

// A step forgotten or numbered differently, two steps exchanged, or (of a single step) a plain neighbour of it.
std::vector<Step> mistaken(const std::vector<Step>& steps, const std::vector<Json>& arguments, SplitMix64& random) {
  for (;;) {
    std::vector<Step> changed = steps;
    Step& step = changed[draw_index(random, changed.size())];
    const uint32_t way = random.below(3);
    if (way == 0) number(step, random);
    if (way == 1) step.change = static_cast<Change>(random.below(16));
    if (way == 2) std::swap(changed.front(), changed.back());
    for (const Json& argument : arguments) {
      const auto s = argument.get<std::string>();
      if (applied(changed, s) != applied(steps, s)) return changed;
    }
  }
}

struct Skeleton {
  std::string_view name;
  std::string_view text; // what it does
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"write", "Write a Python function f(s) for a text s that {}, and returns the result."},
    {"define", "Define f(s) in Python: it takes a text s, {}, and returns what comes out."},
    {"given", "Given a text s, a Python function f(s) {}, and returns the new text. Write it."},
}};

GeneratedQuestion generate_strings(int level, Draw& draw) {
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const std::vector<Step> steps = draw_steps(level, draw);
  const std::vector<Json> arguments = arguments_for(steps, draw.numbers);
  std::vector<Json> results;
  for (const Json& argument : arguments) results.push_back(applied(steps, argument.get<std::string>()));
  GeneratedQuestion question;
  std::string told;
  for (size_t i = 0; i < steps.size(); ++i) {
    told += (i == 0 ? "" : ", then ") + phrase(steps[i]);
    question.working += fmt::format("{}: {}\n", phrase(steps[i]), python_lines(steps[i]));
  }
  question.text = fill(skeleton.text, told);
  question.skeleton = skeleton.name;
  question.effort = 2 * level;
  question.code = function_code(arguments, results);
  question.program = program_of(steps);
  question.wrong = program_of(mistaken(steps, arguments, draw.numbers));
  return question;
}

} // namespace

const Family kStrings = {
    .name = "strings",
    .kind = "code",
    .summary = "write a function that transforms a text",
    .levels = 4,
    .grader = "livecodebench",
    .form = AnswerForm::code_block,
    .shape = "Give the whole program in one ```python block.",
    .generate = generate_strings,
    .distractors = {"The texts come from {} letters found in an attic.", "It was asked for {} days ago."},
};

} // namespace proctor
