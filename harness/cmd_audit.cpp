// SPDX-License-Identifier: MIT
#include "harness/cmd_audit.h"

#include <cstdio>
#include <fmt/format.h>
#include <map>

#include "graders/math/policy.h"
#include "harness/cmd_run_json.h"
#include "harness/journal.h"
#include "harness/run_reader.h"
#include "harness/say.h"
#include "reports/text.h"
#include "tasks/catalog.h"

namespace proctor {
namespace {

constexpr const char* kProfiles[] = {"proctor", "math-verify-like", "prm800k-like", "qwen-like", "hendrycks-like"};
constexpr size_t kProfileCount = std::size(kProfiles);

bool is_maths(const Grader& grader) { return grader.fingerprint().starts_with("math@"); }

// A task's grader under each profile; empty for tasks that are not maths.
Result<std::vector<std::unique_ptr<Grader>>> graders_by_profile(const Json& run, const std::string& task) {
  std::vector<std::unique_ptr<Grader>> all;
  for (const char* profile : kProfiles) {
    GraderOptions options;
    math::set_profile(options.math, profile);
    auto graders = graders_in_run(run, task, options);
    if (!graders) return graders.error();
    if (!is_maths(*graders->front())) return std::vector<std::unique_ptr<Grader>>();
    all.push_back(std::move(graders->front()));
  }
  return all;
}

class Audit {
 public:
  explicit Audit(Json run) : run_(std::move(run)) {}

  Status add(QuestionRecord&& record) {
    if (!graders_.contains(record.task)) {
      auto graders = graders_by_profile(run_, record.task);
      if (!graders) return graders.error();
      graders_.emplace(record.task, std::move(*graders));
    }
    std::pair key(record.task, record.question.doc_id);
    if (!graders_.at(record.task).empty()) questions_.insert_or_assign(std::move(key), std::move(record.question));
    return {};
  }

  void add(const Completion& completion) {
    auto question = questions_.find({completion.key.task, completion.key.doc_id});
    if (question == questions_.end() || completion.status == CompletionStatus::error) return;
    std::vector<Grade> grades;
    for (const auto& grader : graders_.at(completion.key.task))
      grades.push_back(grader->grade(question->second, completion));
    ++n_samples_;
    size_t n_correct = 0;
    for (size_t i = 0; i < kProfileCount; ++i) {
      bool correct = grades[i].verdict == Verdict::correct;
      correct_[i] += correct;
      n_correct += correct;
    }
    if (n_correct != 0 && n_correct != kProfileCount) note(completion.key, question->second, grades);
  }

  int64_t n_samples() const { return n_samples_; }
  const Json& disagreements() const { return disagreements_; }

  Json profiles() const {
    Json rows = Json::object();
    for (size_t i = 0; i < kProfileCount; ++i)
      rows[kProfiles[i]] = {{"correct", correct_[i]}, {"accuracy", double(correct_[i]) / double(n_samples_)}};
    return rows;
  }

 private:
  void note(const SampleKey& key, const Question& question, const std::vector<Grade>& grades) {
    Json row = {
        {"task", key.task}, {"doc_id", key.doc_id}, {"sample_idx", key.sample_idx}, {"target", question.target}};
    row["verdicts"] = Json::object();
    for (size_t i = 0; i < kProfileCount; ++i)
      row["verdicts"][kProfiles[i]] = {{"verdict", to_string(grades[i].verdict)}, {"why", grades[i].explanation}};
    disagreements_.push_back(std::move(row));
  }

  std::map<std::string, std::vector<std::unique_ptr<Grader>>> graders_; // by task
  const Json run_;
  std::map<std::pair<std::string, std::string>, Question> questions_;
  int64_t n_samples_ = 0;
  int64_t correct_[kProfileCount] = {};
  Json disagreements_ = Json::array();
};

void print_disagreement(const Json& row) {
  fmt::print("{} {}/{}: expected {}\n", row["task"].get<std::string>(),
             visible_line(row["doc_id"].get<std::string>()), row["sample_idx"].get<int>(),
             visible_line(row["target"].get<std::string>()));
  for (const char* profile : kProfiles) {
    const Json& verdict = row["verdicts"][profile];
    fmt::print("  {:<17} {:<10} {}\n", profile, verdict["verdict"].get<std::string>(),
               visible_line(verdict["why"].get<std::string>()));
  }
}

void print_audit(const Audit& audit) {
  for (const Json& row : audit.disagreements()) print_disagreement(row);
  const Json profiles = audit.profiles();
  fmt::print("{} of {} samples divide the profiles\n", audit.disagreements().size(), audit.n_samples());
  for (const char* profile : kProfiles)
    fmt::print("  {:<17} {:.4f}\n", profile, profiles[profile]["accuracy"].get<double>());
}

} // namespace

Status audit_run(const std::string& run_dir, bool quiet) {
  auto reader = RunReader::open(run_dir);
  if (!reader) return reader.error();
  Audit audit(reader->run_json());
  if (Status read = reader->questions([&](QuestionRecord&& record) { return audit.add(std::move(record)); }); !read)
    return read;
  Status read = reader->samples(RecordParser::Texts::keep, [&](Completion&& completion, const RecordPlace&) {
    audit.add(completion);
    return Status();
  });
  if (!read) return read;
  if (audit.n_samples() == 0) {
    say("audit: the run has no maths samples to compare");
    return {};
  }
  Json document = {{"schema", "proctor.audit/1"},
                   {"n_samples", audit.n_samples()},
                   {"profiles", audit.profiles()},
                   {"disagreements", audit.disagreements()}};
  if (!quiet) print_audit(audit);
  return write_file_atomically(reader->dir() + "/audit.json", dump_json_pretty(document));
}

} // namespace proctor
