// SPDX-License-Identifier: MIT
#include "backends/engine/text_sample.h"

#include <algorithm>

namespace proctor {
namespace {

constexpr size_t kLongestTag = 8; // "</think>"

} // namespace

TextSample::TextSample(const Tokenizer* tokenizer, TextSampleOptions options)
    : tokenizer_(tokenizer), options_(std::move(options)), thinking_(options_.thinking_opened) {
  if (tokenizer_ != nullptr) detokenizer_.emplace(*tokenizer_);
}

void TextSample::count(TokenId id, float logprob) {
  ++n_tokens_;
  logprob_sum_ += static_cast<double>(logprob);
  if (!options_.keep_tokens) return;
  ids_.push_back(id);
  logprobs_.push_back(logprob);
}

void TextSample::end_of_sequence(TokenId id, float logprob) { count(id, logprob); }

bool TextSample::put(TokenId id, float logprob) {
  count(id, logprob);
  const size_t before = text().size();
  if (tokenizer_ == nullptr)
    numbers_ += (numbers_.empty() ? "" : " ") + std::to_string(id);
  else
    detokenizer_->put(id);
  follow_thinking(id, before);
  n_reasoning_ += thinking_;
  return !thinking_ && find_stop(before);
}

// By token id where the vocabulary has think tokens; else by spelling, in what is new.
void TextSample::follow_thinking(TokenId id, size_t released_from) {
  if (tokenizer_ == nullptr) return;
  if (tokenizer_->think_open() && tokenizer_->think_close()) {
    if (id != tokenizer_->think_open() && id != tokenizer_->think_close()) return;
    thinking_ = id == tokenizer_->think_open();
    if (!thinking_) answer_begin_ = text().size();
    return;
  }
  size_t from = std::max(answer_begin_, released_from - std::min(released_from, kLongestTag - 1));
  for (const ThinkTag& tag : find_think_tags(std::string_view(text()).substr(from))) {
    if (from + tag.end <= released_from) continue; // seen before
    thinking_ = !tag.closes;
    if (tag.closes) answer_begin_ = from + tag.end;
  }
}

bool TextSample::find_stop(size_t released_from) {
  for (const std::string& stop : options_.stop) {
    size_t from = released_from - std::min(released_from, stop.size() - 1);
    size_t at = text().find(stop, std::max(from, answer_begin_));
    if (at != std::string::npos) stopped_at_ = std::min(at, stopped_at_.value_or(at));
  }
  return stopped_at_.has_value();
}

void TextSample::finish(FinishReason reason, Completion& completion) {
  if (detokenizer_) detokenizer_->finish();
  completion.text = text().substr(0, stopped_at_.value_or(text().size()));
  std::vector<ThinkTag> tags;
  if (detokenizer_) tags = detokenizer_->tags();
  std::erase_if(tags, [&](const ThinkTag& tag) { return tag.end > completion.text.size(); });
  ThinkSplit split = split_reasoning(completion.text, tags, options_.thinking_opened, reason);
  completion.reasoning = std::move(split.reasoning);
  completion.answer_text = std::move(split.answer);
  completion.status = split.status;
  completion.finish_reason = reason;
  completion.usage.completion_tokens = n_tokens_;
  completion.usage.reasoning_tokens = n_reasoning_;
  completion.logprob_sum = logprob_sum_;
  if (options_.keep_tokens) completion.extra = dump_json(Json{{"ids", ids_}, {"logprobs", logprobs_}});
}

} // namespace proctor
