// SPDX-License-Identifier: MIT
// Writes generated questions with a worked answer, one JSON object a line: what the demonstration model is trained on,
// made by the code that later asks the questions.
//   export_demo_data FAMILY[/LEVEL][,...] SEED[:LAST] N [--all]
// N questions of every level and seed: {"id","cluster","prompt","trace","answer"}, where prompt is the user's message,
// trace the reasoning and answer the final text. Levels without a written trace are left out. --all keeps them and adds
// "target", "code", "program", "wrong" and "slow", for tests.
#include <cstdio>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/number.h"
#include "tasks/gen/pipeline.h"
#include "tasks/generated.h"

namespace proctor {
namespace {

struct Request {
  const Family* family = nullptr;
  int first_level = 1, last_level = 1;
  uint64_t first_seed = 0, last_seed = 0, n = 0;
  bool all = false;
};

std::string answer_text(const Family& family, const GeneratedQuestion& generated) {
  switch (family.form) {
  case AnswerForm::code_block: return python_block(generated.program);
  case AnswerForm::answer_tag: return fmt::format("<answer>{}</answer>", generated.answer);
  default: return fmt::format("\\boxed{{{}}}", generated.answer);
  }
}

void write_question(const Request& request, const GeneratedId& id) {
  GeneratedQuestion generated = generate(*request.family, id);
  if (generated.working.empty() && !request.all) return;
  Question question = generated_question(*request.family, id, {});
  Json row = {{"id", question.doc_id},
              {"cluster", question.cluster},
              {"prompt", question.messages.back().content},
              {"trace", generated.working},
              {"answer", answer_text(*request.family, generated)}};
  if (request.all) {
    row["target"] = generated.answer;
    row["code"] = std::move(generated.code);
    row["program"] = generated.program;
    row["wrong"] = generated.wrong;
    row["slow"] = generated.slow;
  }
  fmt::print("{}\n", dump_json(row));
}

void write_questions(const Request& request) {
  for (uint64_t seed = request.first_seed; seed <= request.last_seed; ++seed)
    for (int level = request.first_level; level <= request.last_level; ++level)
      for (uint64_t index = 0; index < request.n; ++index)
        write_question(request, {std::string(request.family->name), request.family->version, level, seed, index});
}

// "arith", "arith/2"
bool read_family(std::string_view text, Request& request) {
  const size_t slash = text.find('/');
  request.family = find_family(text.substr(0, slash));
  if (request.family == nullptr) return false;
  request.last_level = request.family->levels;
  if (slash == text.npos) return true;
  auto level = parse_number<int>(text.substr(slash + 1));
  if (!level || *level < 1 || *level > request.family->levels) return false;
  request.first_level = request.last_level = *level;
  return true;
}

bool read_numbers(std::string_view seeds, std::string_view n, Request& request) {
  const size_t colon = seeds.find(':');
  auto first = parse_number<uint64_t>(seeds.substr(0, colon));
  auto last = colon == seeds.npos ? first : parse_number<uint64_t>(seeds.substr(colon + 1));
  auto count = parse_number<uint64_t>(n);
  if (!first || !last || !count || *last < *first || *last == std::numeric_limits<uint64_t>::max()) return false;
  request.first_seed = *first, request.last_seed = *last, request.n = *count;
  return true;
}

int export_all(int argc, char** argv) {
  Request request;
  request.all = argc == 5 && std::string_view(argv[4]) == "--all";
  if ((argc != 4 && !request.all) || !read_numbers(argv[2], argv[3], request)) {
    fmt::print(stderr, "usage: export_demo_data FAMILY[/LEVEL][,...] SEED[:LAST] N [--all]\n");
    return 2;
  }
  for (std::string_view name : split(argv[1], ',')) {
    if (!read_family(name, request)) {
      fmt::print(stderr, "export_demo_data: no family or level {}\n", name);
      return 2;
    }
    request.first_level = name.find('/') == name.npos ? 1 : request.first_level;
    write_questions(request);
  }
  return std::fflush(stdout) == 0 ? 0 : 3;
}

} // namespace
} // namespace proctor

int main(int argc, char** argv) { return proctor::export_all(argc, argv); }
