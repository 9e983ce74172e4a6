// SPDX-License-Identifier: MIT
#include "tasks/data_check.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <openssl/evp.h>

#include "harness/check.h"
#include "harness/json.h"
#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"
#include "tasks/sources.h"

namespace proctor {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;
constexpr std::string_view kOriginSuffix = ".origin.json";

// The published solution of a coding question; empty: there is none.
std::string gold_program(const Question& question) {
  const Json* code = find_member(question.metadata, "code");
  if (code == nullptr) return "";
  std::string program = get_string(*code, "reference").value_or(get_string(*code, "setup").value_or(""));
  return program == get_string(*code, "prompt") ? "" : program; // a prompt that nothing completes
}

// The reference as the prompt asked an answer to look; nullopt for tests without a solution.
std::optional<Completion> gold_completion(const Question& question) {
  Completion completion;
  completion.finish_reason = FinishReason::stop;
  if (question.form == AnswerForm::code_block) {
    completion.answer_text = gold_program(question);
    if (trim(completion.answer_text).empty()) return std::nullopt;
    completion.text_kind = TextKind::program;
    completion.text = completion.answer_text;
    return completion;
  }
  switch (question.form) {
  case AnswerForm::letter: completion.answer_text = "ANSWER: " + question.target; break;
  case AnswerForm::answer_tag: completion.answer_text = "<answer>" + question.target + "</answer>"; break;
  case AnswerForm::box: completion.answer_text = "\\boxed{" + question.target + "}"; break;
  default: completion.answer_text = question.target;
  }
  completion.text = completion.answer_text;
  return completion;
}

class Sha256 {
 public:
  Sha256() { PROCTOR_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1); }

  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

// What write_origin wrote; an empty object: the file was not pulled.
Json origin_of(const std::string& path) {
  std::ifstream file(path + std::string(kOriginSuffix), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto origin = parse_json(text, path);
  return origin ? std::move(*origin) : Json::object();
}

// Empty: it is what it was.
std::string changed_note(const std::string& path) {
  const Json origin = origin_of(path);
  const DataSource* pinned = pinned_source(std::filesystem::path(path).filename().string());
  if (auto from = get_string(origin, "origin"); from && pinned != nullptr && *from != pinned->origin)
    pinned = nullptr;
  const std::string pulled = get_string(origin, "sha256").value_or("");
  if (pinned == nullptr && pulled.empty()) return "";
  auto hash = sha256_of_content(path);
  if (!hash) return "";
  if (!pulled.empty() && *hash != pulled)
    return fmt::format("{} has changed since it was pulled (sha256 {} instead of {}); data pull --again fetches it",
                       path, hash->substr(0, 12), pulled.substr(0, 12));
  if (pinned != nullptr && *hash != pinned->sha256)
    return fmt::format("{} is not the file that was pinned (sha256 {} instead of {}, {})", path, hash->substr(0, 12),
                       pinned->sha256.substr(0, 12), pinned->origin);
  return "";
}

} // namespace

Result<std::string> sha256_of_content(const std::string& path) {
  auto file = FileBytes::open(path);
  if (!file) return file.error();
  Sha256 hash;
  std::string block;
  for (uint64_t at = 0; at < file->size(); at += block.size()) {
    if (Status read = file->read(at, kBlockBytes, block); !read) return read.error();
    hash.add(block);
  }
  return hash.hex();
}

Result<std::string> sha256_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256 hash;
  std::string block(kBlockBytes, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add(std::string_view(block).substr(0, static_cast<size_t>(file.gcount())));
  }
  if (!file.eof()) return usage_error("cannot read " + path);
  return hash.hex();
}

Status write_origin(const std::string& path, std::string_view origin, std::string_view licence,
                    std::string_view sha256) {
  std::ofstream out(path + std::string(kOriginSuffix));
  out << dump_json({{"origin", origin}, {"licence", licence}, {"sha256", sha256}}) << '\n';
  out.close();
  return out ? Status()
             : Status(infrastructure_error(fmt::format("cannot write {}{}: is the disk full?", path, kOriginSuffix)));
}

std::vector<std::string> changed_notes(const std::vector<std::string>& paths) {
  std::vector<std::string> notes;
  for (const std::string& path : paths)
    if (std::string note = changed_note(path); !note.empty()) notes.push_back(std::move(note));
  return notes;
}

std::vector<std::string> data_notes(const std::string& task, const TaskOptions& options) {
  auto files = task_data_files(task, options);
  std::vector<std::string> notes = files ? changed_notes(*files) : std::vector<std::string>();
  for (std::string& note : notes) note = task + ": " + note;
  return notes;
}

GoldCheck check_golds(const Task& task) {
  GoldCheck check;
  for (const Question& question : task.questions) {
    auto gold = gold_completion(question);
    if (!gold) {
      ++check.n_without;
      continue;
    }
    Grade grade = task.graders.front()->grade(question, *gold);
    ++check.n_checked;
    if (grade.verdict != Verdict::correct)
      check.flaws.push_back(
          {question.doc_id, question.target, std::string(to_string(grade.verdict)), grade.explanation});
  }
  return check;
}

} // namespace proctor
