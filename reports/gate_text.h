// SPDX-License-Identifier: MIT
#pragma once

// A gate's decision for machines and for pull requests: JSON, JUnit XML, Markdown, GitHub annotations. No verdict is
// made here.

#include <string>

#include "harness/json.h"
#include "reports/gate.h"

namespace proctor {

Json gate_json(const GateDecision& decision);

// JUnit XML as Jenkins, GitLab and GitHub actions read it: a suite "gates" with one test case per gate (failure:
// regression; error: invalid or incomparable; skipped: inconclusive) and one suite per task with its numbers and one test
// case per question. A wrong answer is no failure; a question is one only where it got significantly worse than in the
// baseline, and an error where nothing of it is graded. decision and baseline may be null.
std::string write_junit(const Summary& summary, const GateDecision* decision, const Summary* baseline);

// For a pull request's comment: a hidden marker <!-- proctor:NAME --> that a bot can find again, the verdict, a table,
// the questions that flipped. Less than 65,536 characters. baseline may be null.
std::string gate_markdown(const GateDecision& decision, const Summary& run, const Summary* baseline, const std::string& name);

// Workflow commands for GitHub Actions, one line each; at most 10. file: what they point at, may be empty.
std::string github_annotations(const GateDecision& decision, const std::string& file);

// Text and attribute values of XML 1.0: escaped, and without the characters that it forbids.
std::string xml_text(std::string_view text);

} // namespace proctor
