// SPDX-License-Identifier: MIT
#include "tasks/generated.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/text/nearest.h"
#include "tasks/prompt.h"
#include "tasks/select.h"

namespace proctor {
namespace {

constexpr size_t kMostQuestions = 10'000'000;

Question build(const Family& family, const GeneratedId& id, const TaskOptions& options) {
  GeneratedQuestion generated = family.generate(id.level, id.seed, id.index);
  Question question;
  question.doc_id = to_string(id);
  question.target = std::move(generated.answer);
  question.level = std::to_string(id.level);
  question.cluster = std::move(generated.cluster);
  question.metadata["effort"] = generated.effort;
  put_prompt({std::move(generated.text), AnswerForm::box, ""}, options, question);
  return question;
}

// The i-th question of a task.
GeneratedId id_of(const Family& family, int level, uint64_t seed, size_t i) {
  const size_t levels = level == 0 ? static_cast<size_t>(family.levels) : 1;
  const int own_level = level == 0 ? 1 + static_cast<int>(i % levels) : level;
  return {std::string(family.name), family.version, own_level, seed, i / levels};
}

bool belongs(const GeneratedId& id, const Family& family, int level) {
  return id.family == family.name && id.version == family.version && id.level >= 1 && id.level <= family.levels &&
         (level == 0 || level == id.level);
}

Result<std::vector<Question>> build_named(const Family& family, int level, const TaskOptions& options) {
  std::vector<Question> questions;
  std::vector<std::string> done;
  for (const std::string& name : options.doc_ids) {
    auto id = parse_generated_id(name);
    if (!id || !belongs(*id, family, level)) {
      std::vector<std::string> first;
      for (size_t i = 0; i < kDefaultGeneratedQuestions; ++i)
        first.push_back(to_string(id_of(family, level, options.gen_seed, i)));
      return usage_error(fmt::format("gen/{}: no question {} (ids are {}@{}/LEVEL/SEED/INDEX){}", family.name, name,
                                     family.name, family.version, did_you_mean(name, first)));
    }
    if (std::find(done.begin(), done.end(), name) == done.end()) questions.push_back(build(family, *id, options));
    done.push_back(name);
  }
  return questions;
}

} // namespace

Result<std::vector<Question>> generate_questions(const Family& family, int level, const TaskOptions& options) {
  if (!options.doc_ids.empty()) return build_named(family, level, options);
  const bool counted = options.limit && *options.limit >= 1;
  auto n = limited(options.limit, counted ? kMostQuestions : kDefaultGeneratedQuestions);
  if (!n) return n.error();
  std::vector<Question> questions;
  for (size_t i = 0; i < *n; ++i)
    questions.push_back(build(family, id_of(family, level, options.gen_seed, i), options));
  return questions;
}

} // namespace proctor
