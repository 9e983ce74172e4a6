// SPDX-License-Identifier: MIT
// proctor show: what was asked, what came, what was made of it.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <memory>

#include "harness/cmd.h"
#include "harness/json.h"
#include "harness/run_reader.h"
#include "harness/text/nearest.h"
#include "reports/text.h"

namespace proctor {
namespace {

struct ShowArgs {
  std::string run;
  std::string task;
  std::optional<std::string> doc;
  std::optional<int> sample;
  bool json = false;
};

struct ShownSample {
  Completion completion;
  int n_finished = 0;        // records of it that are no errors
  std::vector<Grade> grades; // by grader
};

// What the run directory says about the wanted questions.
struct Shown {
  std::vector<QuestionRecord> questions;                                             // in order, each once
  std::map<std::pair<std::string, std::string>, std::map<int, ShownSample>> samples; // by (task, doc_id)
};

char verdict_letter(Verdict verdict) {
  switch (verdict) {
  case Verdict::correct: return '+';
  case Verdict::incorrect: return '-';
  case Verdict::no_answer: return '?';
  case Verdict::truncated: return '/';
  case Verdict::timed_out: return 'T';
  case Verdict::forbidden: return '!';
  case Verdict::not_graded: return '.';
  }
  return '.';
}

// Task names match as given; a document by its id, else by its position in the task.
Result<Shown> collect(const RunReader& reader, const ShowArgs& args) {
  std::vector<QuestionRecord> of_task;
  std::vector<std::string> tasks, docs;
  Status status = reader.questions([&](QuestionRecord&& record) {
    if (std::find(tasks.begin(), tasks.end(), record.task) == tasks.end()) tasks.push_back(record.task);
    if (args.task.empty() || record.task == args.task) of_task.push_back(std::move(record));
    return Status();
  });
  if (!status) return status.error();
  if (!args.task.empty() && of_task.empty())
    return usage_error(fmt::format("{} has no task {}{}; it has {}", reader.dir(), args.task, did_you_mean(args.task, tasks), fmt::join(tasks, ", ")));

  Shown shown;
  std::map<std::string, size_t> positions;
  auto by_id = [&](const QuestionRecord& record) { return !args.doc || record.question.doc_id == *args.doc; };
  auto by_position = [&](const QuestionRecord& record) { return std::to_string(positions[record.task]++) == *args.doc; };
  std::copy_if(of_task.begin(), of_task.end(), std::back_inserter(shown.questions), by_id);
  if (shown.questions.empty()) std::copy_if(of_task.begin(), of_task.end(), std::back_inserter(shown.questions), by_position);
  if (shown.questions.empty()) {
    for (const QuestionRecord& record : of_task) docs.push_back(record.question.doc_id);
    return usage_error(fmt::format("{} has no question {}{}", reader.dir(), args.doc.value_or(""), did_you_mean(args.doc.value_or(""), docs)));
  }
  for (const QuestionRecord& record : shown.questions) shown.samples[{record.task, record.question.doc_id}];
  return shown;
}

// A verdict is about a text that is there. Of several the last counts: earlier ones are of another reference, or of a
// text that was lost; but of a sample that is finished twice the first is shown, and the first verdict is its own.
void add_grade(Grade&& grade, ShownSample& sample) {
  const bool judges = grade.verdict != Verdict::not_graded;
  if (judges && sample.n_finished == 0) return;
  auto same = std::find_if(sample.grades.begin(), sample.grades.end(), [&](const Grade& old) { return old.grader == grade.grader; });
  if (same == sample.grades.end()) sample.grades.push_back(std::move(grade));
  else if (same->verdict == Verdict::not_graded || same->target != grade.target || (judges && sample.n_finished == 1)) *same = std::move(grade);
}

Status collect_samples(const RunReader& reader, Shown& shown, RecordParser::Texts texts) {
  Status samples = reader.samples(texts, [&](Completion&& completion, const RecordPlace&) {
    auto wanted = shown.samples.find({completion.key.task, completion.key.doc_id});
    if (wanted == shown.samples.end()) return Status();
    auto [sample, is_new] = wanted->second.try_emplace(completion.key.sample_idx);
    sample->second.n_finished += completion.status != CompletionStatus::error;
    if (is_new || sample->second.completion.status == CompletionStatus::error)
      sample->second.completion = std::move(completion);
    return Status();
  });
  if (!samples) return samples;
  return reader.grades([&](Grade&& grade, const RecordPlace&) {
    auto wanted = shown.samples.find({grade.key.task, grade.key.doc_id});
    if (wanted == shown.samples.end()) return Status();
    auto sample = wanted->second.find(grade.key.sample_idx);
    if (sample != wanted->second.end()) add_grade(std::move(grade), sample->second);
    return Status();
  });
}

void print_overview(const Shown& shown) {
  fmt::print("+ correct  - incorrect  ? no answer  / truncated  T timed out  ! forbidden  . not graded\n");
  for (const QuestionRecord& record : shown.questions) {
    std::string strip;
    for (auto& [index, sample] : shown.samples.at({record.task, record.question.doc_id}))
      strip += sample.grades.empty() ? '.' : verdict_letter(sample.grades.front().verdict);
    fmt::print("{}  {}  {}\n", record.task, visible_text(record.question.doc_id), strip);
  }
}

void print_sample(const SampleKey& key, const ShownSample& sample) {
  const Completion& completion = sample.completion;
  fmt::print("=== sample {}  {}", key.sample_idx, to_string(completion.status));
  if (completion.usage.completion_tokens) fmt::print("  {} tokens", *completion.usage.completion_tokens);
  fmt::print("\n");
  if (!completion.error.empty()) fmt::print("--- error\n{}\n", visible_text(completion.error));
  if (!completion.reasoning.empty()) fmt::print("--- thinking\n{}\n", visible_text(completion.reasoning));
  if (!completion.answer_text.empty()) fmt::print("--- answer\n{}\n", visible_text(completion.answer_text));
  for (const Grade& grade : sample.grades) {
    fmt::print("--- verdict{}: {}{}\n", grade.grader == "none" ? "" : " of " + grade.grader, to_string(grade.verdict),
               grade.reason.empty() ? "" : " (" + grade.reason + ")");
    if (grade.answer) fmt::print("extracted: {}\n", visible_text(*grade.answer));
    if (!grade.explanation.empty()) fmt::print("why: {}\n", visible_text(grade.explanation));
    if (grade.format_ok) fmt::print("format: {}\n", *grade.format_ok ? "as asked" : "not as asked");
  }
}

void print_question(const QuestionRecord& record, const std::map<int, ShownSample>& samples,
                    std::optional<int> only) {
  fmt::print("{} {}\n", record.task, visible_text(record.question.doc_id));
  for (const Message& message : record.question.messages)
    fmt::print("--- {}\n{}\n", message.role, visible_text(message.content));
  if (!record.question.assistant_prefix.empty())
    fmt::print("--- assistant begins with\n{}\n", record.question.assistant_prefix);
  fmt::print("--- expected answer\n{}\n", visible_text(record.question.target));
  for (auto& [index, sample] : samples)
    if (!only || index == *only) print_sample({record.task, record.question.doc_id, index}, sample);
}

void print_json(const QuestionRecord& record, const std::map<int, ShownSample>& samples, std::optional<int> only) {
  fmt::print("{}\n", question_line(record));
  for (auto& [index, sample] : samples) {
    if (only && index != *only) continue;
    fmt::print("{}\n", sample_line(sample.completion));
    for (const Grade& grade : sample.grades) fmt::print("{}\n", grade_line(grade));
  }
}

Result<ExitCode> show_command(const ShowArgs& args) {
  auto reader = RunReader::open(args.run);
  if (!reader) return reader.error();
  auto shown = collect(*reader, args);
  if (!shown) return shown.error();
  bool overview = !args.doc && shown->questions.size() > 1 && !args.json;
  if (overview && args.sample)
    return usage_error(fmt::format("--sample {} is of one question, and {} has {}; name it with --doc", *args.sample, args.run, shown->questions.size()));
  if (Status read =
          collect_samples(*reader, *shown, overview ? RecordParser::Texts::skip : RecordParser::Texts::keep);
      !read)
    return read.error();
  if (overview) {
    print_overview(*shown);
    return ExitCode::ok;
  }
  for (const QuestionRecord& record : shown->questions) {
    const auto& samples = shown->samples.at({record.task, record.question.doc_id});
    if (args.sample && samples.find(*args.sample) == samples.end())
      return usage_error(fmt::format("{} {} has no sample {}; it has {}", record.task, record.question.doc_id,
                                     *args.sample, samples.size()));
    if (args.json)
      print_json(record, samples, args.sample);
    else
      print_question(record, samples, args.sample);
  }
  return ExitCode::ok;
}

} // namespace

CommandBody add_show_command(CommandLine& command) {
  auto args = std::make_shared<ShowArgs>();
  command.option("run", args->run, "A run directory").required().value_name("RUN");
  command.option("-t,--task", args->task, "Only this task").value_name("T");
  command.option("-d,--doc", args->doc, "The question: its id, or its position from 0; without it, an overview").value_name("D");
  command.option("-s,--sample", args->sample, "Only this sample").value_name("S");
  command.flag("--json", args->json, "The records themselves, one a line");
  command.examples(
      "Examples:\n  proctor show runs/latest\n  proctor show runs/latest --task gen/order --doc 3 --sample 0");
  return [args] { return show_command(*args); };
}

} // namespace proctor
