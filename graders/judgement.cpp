// SPDX-License-Identifier: MIT
#include "graders/judgement.h"

#include "graders/text_tools.h"

namespace proctor {
namespace {

// How a person would name the place that an extraction method looked at.
std::string place(std::string_view method) {
  if (method == "box") return "last box";
  if (method == "answer_tag") return "last answer tag";
  if (method == "open_answer_tag") return "answer tag that was left open";
  if (method == "hashes") return "line after ####";
  if (method == "a_line") return "last line A:";
  if (method == "answer_line" || method == "minerva") return "last sentence that states the answer";
  if (method == "option_line") return "option named in the last line";
  if (method == "letter_line") return "last line";
  if (method == "whole") return "whole answer";
  return std::string(method);
}

} // namespace

Judgement judged(bool correct, const Extracted& extracted, std::string_view target, std::string vote_key) {
  std::string answer = one_line(extracted.text), wanted = one_line(target);
  std::string from = " (from the " + place(extracted.method) + ")";
  if (correct) return {Verdict::correct, "", std::move(vote_key), answer + " equals " + wanted + from};
  std::string difference = "answer " + answer + ", expected " + wanted + from;
  return {Verdict::incorrect, "wrong_answer", std::move(vote_key), std::move(difference)};
}

Judgement unreadable_target(std::string_view target, std::string_view wanted) {
  return {Verdict::not_graded, "grader_error", "",
          "the reference \"" + one_line(target) + "\" is not " + std::string(wanted)};
}

} // namespace proctor
