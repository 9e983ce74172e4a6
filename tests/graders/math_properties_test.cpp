// SPDX-License-Identifier: MIT
// Generated answers of every shape: what may be done to the typesetting of one, and what may not be done to its value.
#include <algorithm>
#include <doctest/doctest.h>
#include <random>

#include "graders/math/math_equal.h"
#include "graders/math/math_extract.h"

using namespace proctor;
using namespace proctor::math;

namespace {

// Parts with one separator between them, and what encloses them: a sum, a tuple, a set, a list, a matrix row.
struct Spelling {
  std::vector<std::string> parts;
  std::string open, separator, close;
  bool ordered = true;

  std::string text() const {
    std::string all = open;
    for (size_t i = 0; i < parts.size(); ++i) all += (i == 0 ? "" : separator) + parts[i];
    return all + close;
  }
};

class Answers {
 public:
  explicit Answers(unsigned seed) : random_(seed) {}

  int below(int n) { return std::uniform_int_distribution(0, n - 1)(random_); }

  std::string number() {
    std::string n = std::to_string(2 + below(900));
    switch (below(5)) {
    case 0: return "\\frac{" + n + "}{" + std::to_string(2 + below(30)) + "}";
    case 1: return n + "." + std::to_string(1 + below(98)) + "1";
    case 2: return "\\sqrt{" + n + "}";
    default: return n;
    }
  }

  std::string term() {
    const char* kForms[] = {"x", "x^{3}", "xy", "\\sin x", "e^{x}", "\\sqrt{x^{2}+1}", "\\ln(x+9)", "\\pi"};
    return number() + kForms[below(8)];
  }

  Spelling next() {
    switch (below(7)) {
    case 0: return {{number()}, "", "", "", true};
    case 1: return {distinct(2 + below(3), &Answers::term), "", "+", "", false};
    case 2: return {distinct(2 + below(3), &Answers::number), "(", ",", ")", true};
    case 3: return {distinct(2 + below(3), &Answers::number), "\\{", ",", "\\}", false};
    case 4: return {distinct(2 + below(3), &Answers::number), "", ", ", "", false};
    case 5: return {distinct(4, &Answers::number), "\\begin{pmatrix}", "&", "\\end{pmatrix}", true};
    default: return {distinct(3, &Answers::term), "y=", "+", "", false};
    }
  }

  void shuffle(std::vector<std::string>& parts) { std::shuffle(parts.begin(), parts.end(), random_); }

 private:
  std::vector<std::string> distinct(int n, std::string (Answers::*make)()) {
    std::vector<std::string> parts;
    while (static_cast<int>(parts.size()) < n) {
      std::string part = (this->*make)();
      bool known = std::any_of(parts.begin(), parts.end(), [&](const std::string& other) { return equal(other, part); });
      if (!known) parts.push_back(part);
    }
    return parts;
  }

  static bool equal(const std::string& a, const std::string& b) {
    return math_equal(a, b, Policies()).equality == Equality::equal;
  }

  std::mt19937 random_;
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

void same(const std::string& gold, const std::string& pred) {
  MathVerdict there = math_equal(gold, pred, Policies()), back = math_equal(pred, gold, Policies());
  INFO(gold, " against ", pred, ": ", there.certificate, " and ", back.certificate);
  CHECK(there.equality == Equality::equal);
  CHECK(back.equality == Equality::equal);
}

void other(const std::string& gold, const std::string& pred) {
  MathVerdict there = math_equal(gold, pred, Policies()), back = math_equal(pred, gold, Policies());
  INFO(gold, " against ", pred, ": ", there.certificate, " and ", back.certificate);
  CHECK(there.equality == Equality::different);
  CHECK(back.equality == Equality::different);
}

// The first digit one higher; a leading 9 becomes 8.
std::string one_digit_changed(std::string text) {
  char& digit = text[text.find_first_of("0123456789")];
  digit = digit == '9' ? '8' : static_cast<char>(digit + 1);
  return text;
}

constexpr int kAnswers = 400;

} // namespace

TEST_CASE("properties: typesetting changes nothing, in either direction") {
  Answers answers(11);
  for (int i = 0; i < kAnswers; ++i) {
    std::string gold = answers.next().text();
    same(gold, gold);
    same(gold, "  " + replaced(gold, "+", " + ") + " ");
    same(gold, replaced(gold, "\\frac", "\\dfrac"));
    same(gold, replaced(replaced(gold, "(", "\\left("), ")", "\\right)"));
    same(gold, "$" + gold + "$");
    same(gold, replaced(gold, "pmatrix", "bmatrix"));
    auto boxed = extract_math("Hence \\boxed{" + gold + "}.", gold, AnswerForm::any, Policies());
    REQUIRE(boxed);
    same(gold, boxed->text);
  }
}

TEST_CASE("properties: what has no order may be written in any, and a value in any form") {
  Answers answers(12);
  for (int i = 0; i < kAnswers; ++i) {
    Spelling answer = answers.next();
    std::string gold = answer.text();
    if (!answer.ordered) answers.shuffle(answer.parts);
    std::string& part = answer.parts[static_cast<size_t>(answers.below(static_cast<int>(answer.parts.size())))];
    part = "\\frac{2\\cdot " + part + "}{2}";
    same(gold, answer.text());
  }
}

TEST_CASE("properties: one part changed, dropped, added or moved is another answer") {
  Answers answers(13);
  for (int i = 0; i < kAnswers; ++i) {
    Spelling answer = answers.next(), changed = answer;
    std::string gold = answer.text();
    std::string& part = changed.parts[static_cast<size_t>(answers.below(static_cast<int>(answer.parts.size())))];
    std::string before = part;
    for (const std::string& wrong : {before + "+1", "-" + before, one_digit_changed(before), before + "+10^{-30}"}) {
      part = wrong;
      other(gold, changed.text());
    }
    if (answer.parts.size() < 2 || answer.separator == "&") continue;
    changed = answer;
    changed.parts.pop_back();
    other(gold, changed.text());
    changed = answer;
    changed.parts.push_back("7919");
    other(gold, changed.text());
    changed = answer;
    std::rotate(changed.parts.begin(), changed.parts.begin() + 1, changed.parts.end());
    if (answer.ordered) other(gold, changed.text());
  }
}

TEST_CASE("properties: every end of an interval and its closedness count, and its inequality is the same set") {
  Answers answers(14);
  for (int i = 0; i < kAnswers; ++i) {
    std::string low = std::to_string(answers.below(500)), high = std::to_string(500 + answers.below(500));
    bool open = answers.below(2) == 0, shut = answers.below(2) == 0;
    auto interval = [&](bool from, bool to) { return (from ? "(" : "[") + low + "," + high + (to ? ")" : "]"); };
    std::string gold = interval(open, shut);
    same(gold, replaced(replaced(gold, "[", "\\left["), ")", "\\right)"));
    same(gold, low + (open ? " < " : " \\le ") + "x" + (shut ? " < " : " \\leq ") + high);
    same(gold + "\\cup[1000,1001]", "[1000,1001]\\cup " + gold);
    other(gold, interval(!open, shut));
    other(gold, interval(open, !shut));
    other(gold, replaced(gold, low + ",", low + ".5,"));
    other(gold, gold + "\\cup[1000,1001]");
  }
}
