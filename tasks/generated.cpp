// SPDX-License-Identifier: MIT
#include "tasks/generated.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "harness/text/nearest.h"
#include "tasks/prompt.h"
#include "tasks/select.h"

namespace proctor {
namespace {

constexpr size_t kMostQuestions = 10'000'000;
constexpr int kMostTwins = 1000;

// The i-th question of a task.
GeneratedId id_of(const Family& family, int level, const TaskOptions& options, size_t i) {
  const size_t levels = level == 0 ? static_cast<size_t>(family.levels) : 1;
  const int own_level = level == 0 ? 1 + static_cast<int>(i % levels) : level;
  return {std::string(family.name), family.version, own_level, kFirstEvaluationSeed + options.gen_seed, i / levels, 0, options.gen_noop};
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
        first.push_back(to_string(id_of(family, level, options, i)));
      return usage_error(fmt::format("gen/{}: no question {} (ids are {}@{}/LEVEL/SEED/INDEX){}", family.name, name,
                                     family.name, family.version, did_you_mean(name, first)));
    }
    if (std::find(done.begin(), done.end(), name) == done.end()) questions.push_back(generated_question(family, *id, options));
    done.push_back(name);
  }
  return questions;
}

} // namespace

Question generated_question(const Family& family, const GeneratedId& id, const TaskOptions& options) {
  GeneratedQuestion generated = generate(family, id);
  Question question;
  question.doc_id = to_string(id);
  question.target = std::move(generated.answer);
  question.level = std::to_string(id.level);
  question.cluster = fmt::format("{}/{}", family.name, generated.skeleton);
  question.metadata["effort"] = generated.effort;
  if (id.twin != 0) {
    GeneratedId original = id;
    original.twin = 0;
    question.metadata["twin_of"] = to_string(original);
  }
  if (!generated.code.is_null()) question.metadata["code"] = std::move(generated.code);
  put_prompt({std::move(generated.text), family.form, std::string(family.shape)}, options, question);
  return question;
}

Result<std::vector<Question>> generate_questions(const Family& family, int level, const TaskOptions& options) {
  if (!options.doc_ids.empty()) return build_named(family, level, options);
  if (options.gen_seed > std::numeric_limits<uint64_t>::max() - kFirstEvaluationSeed)
    return usage_error(fmt::format("--gen-seed {}: at most {}", options.gen_seed, std::numeric_limits<uint64_t>::max() - kFirstEvaluationSeed));
  if (options.gen_twins < 0 || options.gen_twins > kMostTwins)
    return usage_error(fmt::format("--gen-twins {}: expected 1 to {}", options.gen_twins, kMostTwins));
  const bool counted = options.limit && *options.limit >= 1;
  auto n = limited(options.limit, counted ? kMostQuestions : kDefaultGeneratedQuestions);
  if (!n) return n.error();
  std::vector<Question> questions;
  for (size_t i = 0; i < *n; ++i) {
    GeneratedId id = id_of(family, level, options, i);
    for (id.twin = 0; id.twin <= options.gen_twins; ++id.twin) questions.push_back(generated_question(family, id, options));
  }
  return questions;
}

} // namespace proctor
