// SPDX-License-Identifier: MIT
#pragma once

// What a grader found in one completion. A wrong answer, a truncated one, a timeout are data; our own failure is
// `not_graded` and is in no denominator.

#include <array>
#include <optional>
#include <string>

#include "harness/question.h"

namespace proctor {

enum class Verdict { correct, incorrect, no_answer, truncated, timed_out, forbidden, not_graded };

inline constexpr std::array kAllVerdicts = {Verdict::correct,   Verdict::incorrect, Verdict::no_answer,
                                            Verdict::truncated, Verdict::timed_out, Verdict::forbidden,
                                            Verdict::not_graded};

struct Grade {
  SampleKey key;
  std::string grader = "none"; // the slot in "pass@1,SLOT"
  Verdict verdict = Verdict::not_graded;
  std::string reason;                // refines the verdict: wrong_answer, undecided, backend_error, ...; may be empty
  std::optional<std::string> answer; // as extracted; absent when there is none
  std::string target;      // that it was graded against; a grade against another target is stale
  std::string fingerprint; // of the grader that made it ("aime@1"); a grade by another version is stale
  std::optional<std::string> vote_key; // canonical form of the answer, a function of this sample alone
  std::optional<bool> format_ok;       // absent when it does not apply (errors)
  std::string explanation;             // one line for a person
  Json stats = Json::object();         // token counts, seconds; taken once, so that reports need no texts
};

std::string_view to_string(Verdict verdict);
std::optional<Verdict> parse_verdict(std::string_view name);

// Everything but not_graded counts in n_i (run_log.md, "Denominators").
constexpr bool in_denominator(Verdict verdict) { return verdict != Verdict::not_graded; }

} // namespace proctor
