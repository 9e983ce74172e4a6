// SPDX-License-Identifier: MIT
#include "backends/openai/delivery.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/say.h"
#include "harness/text/ascii.h"
#include "harness/text/think_split.h"

namespace proctor {
namespace {

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Servers of other makers' models pass those makers' words on, at times in capitals.
std::optional<FinishReason> finish_of(std::string_view finish) {
  const std::string word = lower(finish);
  if (one_of(word, {"length", "max_tokens", "model_length", "max_output_tokens", "model_context_window_exceeded"}))
    return FinishReason::length;
  if (one_of(word, {"stop", "eos", "eos_token", "stop_sequence", "end_turn", "tool_calls", "function_call"}))
    return FinishReason::stop;
  return std::nullopt;
}

// Someone other than the model ended the text, and would end it again. "sensitive": GLM; the others: Gemini, also
// behind "content_filter: ".
bool filtered(std::string_view finish) {
  const std::string word = lower(finish);
  return word.starts_with("content_filter") ||
         one_of(word, {"sensitive", "safety", "recitation", "blocklist", "prohibited_content", "spii"});
}

bool opens_thinking(const WorkItem& item) { return trim(item.assistant_prefix).ends_with("<think>"); }

size_t length_of(const ReplyChoice& choice) { return choice.text.size() + choice.reasoning.size(); }

// The share of choice i of a total, so that the shares add up to it.
std::optional<int64_t> share(std::optional<int64_t> total, const std::vector<ReplyChoice>& choices, size_t i) {
  if (!total) return std::nullopt;
  double all = 0, before = 0;
  for (size_t j = 0; j < choices.size(); ++j) {
    if (j == i) before = all;
    all += static_cast<double>(length_of(choices[j])) + 1;
  }
  double own = static_cast<double>(length_of(choices[i])) + 1;
  auto upto = [&](double part) { return static_cast<int64_t>(static_cast<double>(*total) * part / all + 0.5); };
  return upto(before + own) - upto(before);
}

bool each_has_usage(const Reply& reply) {
  return std::all_of(reply.choices.begin(), reply.choices.end(), [](const ReplyChoice& c) { return c.usage.has_value(); });
}

Usage usage_of(const Reply& reply, size_t i) {
  if (reply.choices.size() == 1) return reply.usage;
  const bool own = each_has_usage(reply);
  Usage usage = own ? *reply.choices[i].usage : reply.usage;
  if (!own) {
    usage.completion_tokens = share(reply.usage.completion_tokens, reply.choices, i);
    usage.reasoning_tokens = share(reply.usage.reasoning_tokens, reply.choices, i);
  }
  if (i == 0) return usage;
  if (usage.prompt_tokens) usage.prompt_tokens = 0; // the prompt was read and paid once
  usage.cached_tokens.reset();
  if (!own) usage.reported_usd.reset();
  return usage;
}

std::string extra_of(const Answered& answered, const ReplyChoice& choice) {
  const Reply& reply = answered.exchange.reply;
  Json extra = Json::object();
  if (!answered.replica.empty()) extra["replica"] = answered.replica;
  if (!reply.model.empty() && reply.model != answered.request.model) extra["model"] = reply.model;
  if (!reply.fingerprint.empty()) extra["system_fingerprint"] = reply.fingerprint;
  if (answered.attempts > 1) extra["attempts"] = answered.attempts;
  if (!choice.finish_reason.empty() && !one_of(choice.finish_reason, {"stop", "length"}))
    extra["finish_reason"] = choice.finish_reason;
  if (reply.choices.size() > 1 && !each_has_usage(reply)) extra["usage"] = "shared out among the choices of one request";
  for (auto& [name, words] : answered.dialect.refused) extra["refused"].push_back(name);
  return extra.empty() ? std::string() : dump_json(extra);
}

void split_and_stop(Completion& completion, const WorkItem& item, const RequestOptions& request) {
  apply_split(completion, opens_thinking(item));
  if (server_applies_stop(request) || completion.status == CompletionStatus::truncated_thinking) return;
  if (cut_at_stop(completion.answer_text, item.sampling.stop)) completion.status = CompletionStatus::complete;
}

} // namespace

// insufficient_system_resource: DeepSeek; network_error: GLM.
bool is_aborted(std::string_view finish) {
  return one_of(lower(finish), {"abort", "aborted", "error", "cancelled", "timeout", "network_error", "insufficient_system_resource"});
}

bool is_known_finish(std::string_view finish) {
  return finish.empty() || finish_of(finish) || filtered(finish) || is_aborted(finish);
}

Completion failed_completion(const WorkItem& item, std::string why) {
  Completion completion;
  completion.key = item.key;
  completion.prompt_hash = item.prompt_hash;
  completion.status = CompletionStatus::error;
  completion.finish_reason = FinishReason::error;
  completion.error = std::move(why);
  return completion;
}

namespace {

// What was written and paid of an answer that is none.
Completion unfinished(const WorkItem& item, size_t i, const Answered& answered, std::string_view why) {
  const ReplyChoice& choice = answered.exchange.reply.choices[i];
  Completion completion = failed_completion(item, fmt::format("{} (finish_reason {})", why, one_line_text(choice.finish_reason)));
  completion.text = choice.text;
  completion.reasoning = choice.reasoning;
  completion.usage = usage_of(answered.exchange.reply, i);
  completion.seconds = answered.exchange.seconds;
  return completion;
}

} // namespace

Completion completion_of(const WorkItem& item, size_t i, const Answered& answered) {
  const ReplyChoice& choice = answered.exchange.reply.choices[i];
  if (is_aborted(choice.finish_reason)) return unfinished(item, i, answered, "the server aborted the answer");
  if (filtered(choice.finish_reason)) return unfinished(item, i, answered, "the server's content filter cut the answer");
  Completion completion;
  completion.key = item.key;
  completion.prompt_hash = item.prompt_hash;
  completion.text = choice.text;
  completion.reasoning = choice.reasoning;
  completion.finish_reason = finish_of(choice.finish_reason);
  split_and_stop(completion, item, answered.request);
  completion.usage = usage_of(answered.exchange.reply, i);
  completion.seconds = answered.exchange.seconds;
  completion.ttft_s = answered.exchange.ttft;
  if (answered.n == 1 && !answered.dialect.refused.contains("seed")) completion.seed = item.seed;
  completion.extra = extra_of(answered, choice);
  return completion;
}

} // namespace proctor
