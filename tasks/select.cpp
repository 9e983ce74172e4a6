// SPDX-License-Identifier: MIT
#include "tasks/select.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <unordered_set>

#include "harness/text/nearest.h"

namespace proctor {

Result<size_t> limited(std::optional<double> limit, size_t n) {
  if (!limit) return n;
  const bool usable = *limit > 0 && *limit <= 1e9 && (*limit < 1 || *limit == std::floor(*limit));
  if (!usable)
    return usage_error(fmt::format("limit {}: expected a number of questions or a fraction below 1", *limit));
  const double wanted = *limit < 1 ? std::ceil(*limit * static_cast<double>(n)) : *limit;
  return std::min(n, std::max<size_t>(1, static_cast<size_t>(wanted)));
}

Status keep_doc_ids(const std::vector<std::string>& doc_ids, Task& task) {
  if (doc_ids.empty()) return {};
  std::vector<std::string> there;
  for (const Question& question : task.questions) there.push_back(question.doc_id);
  const std::unordered_set<std::string> known(there.begin(), there.end());
  for (const std::string& wanted : doc_ids)
    if (!known.contains(wanted))
      return usage_error(fmt::format("{}: no question {}{}", task.name, wanted, did_you_mean(wanted, there)));
  const std::unordered_set<std::string> kept(doc_ids.begin(), doc_ids.end());
  std::erase_if(task.questions, [&](const Question& question) { return !kept.contains(question.doc_id); });
  return {};
}

Status limit_questions(const TaskOptions& options, Task& task) {
  task.n_available = task.questions.size();
  if (!options.doc_ids.empty()) return keep_doc_ids(options.doc_ids, task);
  auto n = limited(options.limit, task.questions.size());
  if (!n) return n.error();
  task.questions.resize(*n);
  return {};
}

} // namespace proctor
