// SPDX-License-Identifier: MIT
#include "reports/gate_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "reports/compare.h"
#include "reports/compare_text.h"
#include "reports/metrics.h"
#include "reports/text.h"

namespace proctor {
namespace {

template <class T> void set_known(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

Json result_json(const GateResult& result) {
  Json json = {{"task", result.task}, {"metric", result.gate.metric}, {"kind", to_string(result.gate.kind)}};
  if (!result.slot.empty() && result.slot != "none") json["grader"] = result.slot;
  set_known(json, "value", result.value);
  set_known(json, "baseline", result.baseline);
  set_known(json, "diff", result.difference);
  if (result.interval) json["lo"] = result.interval->lo, json["hi"] = result.interval->hi, json["level"] = result.interval->level;
  set_known(json, "p", result.p);
  if (!result.test.empty()) json["test"] = result.test;
  if (result.gate.kind == GateKind::non_inferior)
    json["margin"] = result.gate.margin, json["alpha"] = result.gate.alpha;
  else
    json["limit"] = result.gate.value;
  json["scope"] = result.scope == GateScope::fixed ? "fixed" : "generalise";
  json["verdict"] = to_string(result.verdict);
  json["why"] = result.why;
  return json;
}

std::string gate_name(const GateResult& result) {
  const Gate& gate = result.gate;
  const std::string slot = result.slot.empty() || result.slot == "none" ? "" : "," + result.slot;
  const std::string rule = gate.kind == GateKind::non_inferior ? fmt::format("margin {:g}", gate.margin)
                                                               : fmt::format("{} {:g}", to_string(gate.kind), gate.value);
  const std::string_view bound = gate.bound == GateBound::interval ? " by its interval" : "", scope = gate.scope == GateScope::generalise ? " in general" : "";
  return fmt::format("{}{} {} {}{}{}", result.task, slot, gate.metric, rule, bound, scope);
}

// Two cases of one name would be one to whoever keeps the history of a test.
std::string unlike(const std::string& name, std::map<std::string, int>& seen) {
  const int n = ++seen[name];
  return n == 1 ? name : fmt::format("{} #{}", name, n);
}

// --- JUnit

struct Suite {
  std::string name;
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  std::string properties, cases;
  double seconds = 0;

  void property(std::string_view key, const std::string& value) {
    properties += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml_text(key), xml_text(value));
  }
  // element: "", "failure", "error", "skipped"
  void add(const std::string& test, std::string_view element, const std::string& message) {
    ++tests;
    failures += element == "failure", errors += element == "error", skipped += element == "skipped";
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", xml_text(name), xml_text(test));
    if (element.empty())
      cases += message.empty() ? "/>\n" : fmt::format("><system-out>{}</system-out></testcase>\n", xml_text(message));
    else
      cases += fmt::format("><{} message=\"{}\"/></testcase>\n", element, xml_text(message));
  }
  std::string text() const {
    return fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n", xml_text(name), tests,
                       failures, errors, skipped, seconds) +
           (properties.empty() ? "" : "    <properties>\n" + properties + "    </properties>\n") + cases + "  </testsuite>\n";
  }
};

std::string_view element_of(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::pass: return "";
    case GateVerdict::regression: return "failure";
    case GateVerdict::inconclusive: return "skipped";
    case GateVerdict::invalid:
    case GateVerdict::incomparable: return "error";
  }
  return "error";
}

Suite gate_suite(const GateDecision& decision) {
  Suite suite;
  suite.name = "gates";
  suite.property("verdict", std::string(to_string(decision.report.verdict)));
  std::map<std::string, int> seen;
  for (const GateResult& result : decision.report.gates) suite.add(unlike(gate_name(result), seen), element_of(result.verdict), result.why);
  return suite;
}

constexpr size_t kMostCases = 5000; // a suite of a million questions is no test report

Suite task_suite(const TaskSummary& task, const SlotSummary& slot, const Summary* baseline, double seconds) {
  Suite suite;
  suite.name = slot.slot == "none" ? task.name : task.name + "," + slot.slot;
  suite.seconds = seconds;
  for (const Metric& metric : slot.metrics) {
    suite.property(metric.name, fmt::format("{:.6f}", metric.value));
    if (metric.rerun) suite.property(metric.name + " rerun", fmt::format("{:.6f} {:.6f}", metric.rerun->lo, metric.rerun->hi));
    if (metric.generalise) suite.property(metric.name + " generalise", fmt::format("{:.6f} {:.6f}", metric.generalise->lo, metric.generalise->hi));
  }
  std::vector<Flip> worse;
  if (const TaskSummary* base = baseline == nullptr ? nullptr : find_task(*baseline, task.name))
    if (const SlotSummary* base_slot = find_slot(*base, slot.slot)) worse = compare_slots(*base, *base_slot, task, slot, {}).lost;
  for (size_t i = 0; i < std::min(kMostCases, slot.questions.size()); ++i) {
    const QuestionRow& row = slot.questions[i];
    auto flip = std::ranges::find_if(worse, [&](const Flip& one) { return one.doc_id == row.doc_id && one.significant; });
    if (row.n == 0)
      suite.add(row.doc_id, "error", "no graded answer");
    else if (flip != worse.end())
      suite.add(row.doc_id, "failure", fmt::format("{} -> {} of its answers are right, {}", percent(flip->base), percent(flip->cand), p_is(flip->p)));
    else
      suite.add(row.doc_id, "", fmt::format("{} of {} answers are right", row.c, row.n));
  }
  return suite;
}

// A task that was to be asked is not left out: an empty file would look like a pass.
Suite empty_suite(const std::string& task) {
  Suite suite;
  suite.name = task;
  suite.add(task, "error", "nothing is graded");
  return suite;
}

// --- Markdown

constexpr size_t kMarkdownLimit = 65000; // GitHub refuses comments of 65,536 characters
constexpr size_t kFlipsShown = 50;

std::string_view sign_of(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::pass: return "✅";
    case GateVerdict::regression: return "❌";
    case GateVerdict::inconclusive: return "❔";
    case GateVerdict::invalid:
    case GateVerdict::incomparable: return "⚠️";
  }
  return "";
}

std::string value_cell(const GateResult& result, const std::optional<double>& value) {
  if (!value) return "";
  return parse_metric_name(result.gate.metric) ? percent(*value) : fmt::format("{:.4g}", *value);
}

std::string result_row(const GateResult& result) {
  const std::string task = result.slot.empty() || result.slot == "none" ? result.task : result.task + " (" + result.slot + ")";
  std::string change = result.difference ? points(*result.difference) : "";
  if (result.interval && result.difference) change += " " + points_interval(*result.interval);
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} {} |\n", markdown_text(task), markdown_text(result.gate.metric),
                     value_cell(result, result.baseline), value_cell(result, result.value), change,
                     result.scope == GateScope::fixed ? "fixed" : "generalise", sign_of(result.verdict), to_string(result.verdict));
}

std::string flips_text(const TaskSummary& task, const SlotSummary& slot, const Summary& baseline) {
  const TaskSummary* base = find_task(baseline, task.name);
  const SlotSummary* base_slot = base == nullptr ? nullptr : find_slot(*base, slot.slot);
  if (base_slot == nullptr) return "";
  const TaskComparison comparison = compare_slots(*base, *base_slot, task, slot, {});
  if (comparison.gained.empty() && comparison.lost.empty()) return "";
  std::string out = fmt::format("<details><summary>{}: {} lost, {} gained</summary>\n\n", html_line(task.name), comparison.lost.size(), comparison.gained.size());
  for (const auto* flips : {&comparison.lost, &comparison.gained})
    for (size_t i = 0; i < std::min(kFlipsShown, flips->size()); ++i) {
      const Flip& flip = (*flips)[i];
      out += fmt::format("- {} {} → {}{}\n", markdown_text(flip.doc_id), percent(flip.base), percent(flip.cand), flip.significant ? ", significant" : "");
    }
  return out + "\n</details>\n\n";
}

// --- GitHub

std::string command_data(std::string_view text, bool property) {
  std::string out;
  for (char c : visible_text(text)) {
    if (c == '%') out += "%25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else if (property && c == ':') out += "%3A";
    else if (property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

} // namespace

Json gate_json(const GateDecision& decision) {
  Json gates = Json::array();
  for (const GateResult& result : decision.report.gates) gates.push_back(result_json(result));
  Json json = {{"verdict", to_string(decision.report.verdict)}, {"exit_code", decision.exit_code}, {"gates", gates}};
  if (!decision.report.notes.empty()) json["notes"] = decision.report.notes;
  return json;
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (char c : visible_text(text)) { // no controls but newline and tab, valid UTF-8
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out += c;
    }
  }
  // U+FFFE and U+FFFF are valid UTF-8 but no XML characters.
  for (std::string_view bad : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (size_t at = out.find(bad); at != out.npos; at = out.find(bad, at)) out.replace(at, 3, "\xEF\xBF\xBD");
  return out;
}

std::string write_junit(const Summary& summary, const GateDecision* decision, const Summary* baseline) {
  std::vector<Suite> suites;
  if (decision != nullptr) suites.push_back(gate_suite(*decision));
  for (const TaskSummary& task : summary.tasks) {
    if (task.slots.empty()) suites.push_back(empty_suite(task.name));
    for (const SlotSummary& slot : task.slots) suites.push_back(task_suite(task, slot, baseline, 0));
  }
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  for (const Suite& suite : suites) tests += suite.tests, failures += suite.failures, errors += suite.errors, skipped += suite.skipped;
  std::string out = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"proctor\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
                                "skipped=\"{}\" time=\"{:.3f}\">\n",
                                tests, failures, errors, skipped, summary.seconds.value_or(0));
  for (const Suite& suite : suites) out += suite.text();
  return out + "</testsuites>\n";
}

std::string gate_markdown(const GateDecision& decision, const Summary& run, const Summary* baseline, const std::string& name) {
  const GateReport& report = decision.report;
  std::string out = fmt::format("<!-- proctor:{} -->\n## {} proctor: {}\n\n", visible_line(name), sign_of(report.verdict), to_string(report.verdict));
  out += "| task | metric | base | cand | diff [interval] | scope | verdict |\n|:--|:--|--:|--:|--:|:--|:--|\n";
  for (const GateResult& result : report.gates) out += result_row(result);
  out += "\n";
  for (const GateResult& result : report.gates) {
    std::string line = fmt::format("- {}: {}\n", markdown_text(result.task), markdown_text(result.why));
    if (out.size() + line.size() > kMarkdownLimit) break;
    out += line;
  }
  for (const std::string& note : report.notes) out += "\n> " + markdown_text(note) + "\n";
  out += fmt::format("\n`{}` against `{}`. fixed: these questions again; generalise: questions like these.\n\n", markdown_text(run.run_id),
                     baseline == nullptr ? "no baseline" : markdown_text(baseline->run_id));
  for (const TaskSummary& task : run.tasks)
    for (const SlotSummary& slot : task.slots) {
      if (baseline == nullptr) break;
      std::string flips = flips_text(task, slot, *baseline);
      if (out.size() + flips.size() <= kMarkdownLimit) out += flips;
    }
  return out;
}

std::string github_annotations(const GateDecision& decision, const std::string& file) {
  std::string out;
  size_t shown = 0;
  constexpr size_t kMostShown = 10; // GitHub shows no more of a kind per step
  for (const GateResult& result : decision.report.gates) {
    if (result.verdict == GateVerdict::pass || shown == kMostShown) continue;
    const char* level = result.verdict == GateVerdict::inconclusive ? "warning" : "error";
    const std::string place = file.empty() ? "" : fmt::format(",file={},line=1", command_data(file, true));
    out += fmt::format("::{} title={}{}::{}\n", level, command_data(fmt::format("proctor {}: {}", to_string(result.verdict), result.task), true), place,
                       command_data(result.why, false));
    ++shown;
  }
  return out;
}

} // namespace proctor
