// SPDX-License-Identifier: MIT
#pragma once

// What has been published about models that users compare theirs with, and by what protocol it was measured:
// reports/published.json, a part of the program. The numbers of every model and benchmark of the DeepSeek-R1 report.
// Immutable; concurrent use is fine.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/result.h"

namespace proctor {

// How a protocol asks one task.
struct PublishedTask {
  std::string version;              // of proctor's task that asks so
  std::optional<int64_t> questions; // absent: which questions were asked is not published
  std::optional<int> samples;       // per question; absent: not published
};

// What --preset NAME asks for. Absent: as without a preset.
struct Protocol {
  std::string name, source;
  std::optional<double> temperature, top_p;
  std::optional<int> max_tokens;
  bool r1_zero_prompt = false;
  int samples = 1; // per question of a task that is not in `tasks`
  std::map<std::string, PublishedTask> tasks;
};

struct PublishedNumber {
  std::string benchmark, source; // as the source names the benchmark; "report v1, table 5"
  std::string task, metric;      // proctor's; empty: proctor has no such task
  double value = 0;              // as printed: percent, or a rating
};

struct PublishedModel {
  std::string name;
  std::vector<std::string> aliases;
  std::string protocol; // empty: not known how it was asked
  std::vector<PublishedNumber> numbers;
};

struct Published {
  std::vector<Protocol> protocols;
  std::vector<PublishedModel> models;
};

const Published& published();

// nullptr for an unknown name.
const Protocol* find_protocol(std::string_view name);

// A model by its published name or an alias, in any spelling. On failure: a usage error with the nearest names.
Result<const PublishedModel*> find_published_model(std::string_view name);

// The model that the name of a file, a repository or an endpoint means, when there is no doubt: the published name
// with nothing behind it but how its weights are stored ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf", not
// "DeepSeek-R1-0528"). nullptr: none.
const PublishedModel* guess_published_model(std::string_view name);

} // namespace proctor
