// SPDX-License-Identifier: MIT
#include "harness/question.h"

#include "harness/hash.h"
#include "harness/task.h"

namespace proctor {

std::string prompt_hash(const Question& question) {
  Hasher hasher;
  for (const Message& message : question.messages) hasher.field(message.role).field(message.content);
  hasher.field("assistant_prefix").field(question.assistant_prefix);
  return hasher.hex();
}

bool prefills_thinking(const Question& question) {
  std::string_view prompt = question.assistant_prefix;
  if (prompt.empty() && !question.messages.empty()) prompt = question.messages.back().content;
  size_t end = prompt.find_last_not_of(" \t\r\n");
  return end != prompt.npos && prompt.substr(0, end + 1).ends_with("<think>");
}

std::string content_hash(const Task& task) {
  Hasher hasher;
  for (const Question& question : task.questions)
    hasher.field(question.doc_id).field(prompt_hash(question)).field(question.target);
  return hasher.hex();
}

} // namespace proctor
