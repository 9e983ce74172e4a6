// SPDX-License-Identifier: MIT
#include "backends/scripted/scripted.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <thread>

#include "backends/scripted/readers.h"
#include "harness/hash.h"
#include "harness/text/ascii.h"
#include "harness/text/think_split.h"

namespace proctor {
namespace {

constexpr std::string_view kVersion = "scripted@1"; // raised when its texts change

// --- tokens ---

// End of the token that begins at or after `at`; the blanks before it belong to it.
size_t token_end(std::string_view text, size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  if (at == text.size()) return at;
  auto run = [&](auto belongs, size_t most) {
    size_t end = at;
    while (end < text.size() && end - at < most && belongs(text[end])) ++end;
    return end;
  };
  if (is_letter(text[at])) return run(is_letter, 4);
  if (is_digit(text[at])) return run(is_digit, 3);
  return at + 1;
}

int64_t count_tokens(std::string_view text) {
  text = trim_right(text);
  int64_t count = 0;
  for (size_t at = 0; at < text.size(); at = token_end(text, at)) ++count;
  return count;
}

// The first `n` tokens.
std::string_view first_tokens(std::string_view text, int64_t n) {
  size_t at = 0;
  for (; n > 0 && at < text.size(); --n) at = token_end(text, at);
  return text.substr(0, at);
}

// --- reading the prompt ---

// The question inside the R1-Zero template, which ends it with a full stop, or the prompt as it is.
std::string_view question_in(std::string_view prompt) {
  size_t user = prompt.find("User: ");
  size_t assistant = prompt.rfind("Assistant:");
  if (user == prompt.npos || assistant == prompt.npos || assistant < user) return trim(prompt);
  std::string_view question = trim(prompt.substr(user + 6, assistant - user - 6));
  if (question.ends_with('.')) question.remove_suffix(1);
  return question;
}

// Each reader gets the same stream, so that a question is read the same whichever readers are tried before.
std::optional<Work> read_question(std::string_view question, const Dice& dice) {
  for (auto reader : {work_arithmetic, work_program, work_order}) {
    Dice own = dice;
    if (auto work = reader(question, own)) return work;
  }
  return std::nullopt;
}

// --- writing the reply ---

std::string thinking(const std::vector<std::string>& lines, bool opened) {
  return fmt::format("{}{}\n</think>\n\n", opened ? "" : "<think>\n", fmt::join(lines, "\n"));
}

std::string answer_part(std::string_view prompt, std::string_view answer, bool formatted) {
  if (!formatted) return fmt::format("So the answer is {}.", answer);
  if (prompt.find("<answer>") != prompt.npos) return fmt::format("<answer> {} </answer>", answer);
  return fmt::format("The final answer is \\boxed{{{}}}.", answer);
}

const Message* last_user(const WorkItem& item) {
  for (auto message = item.messages.rbegin(); message != item.messages.rend(); ++message)
    if (message->role == "user") return &*message;
  return nullptr;
}

int64_t prompt_tokens(const WorkItem& item) {
  int64_t count = count_tokens(item.assistant_prefix);
  for (const Message& message : item.messages) count += count_tokens(message.content);
  return count;
}

bool opens_thinking(const WorkItem& item) { return trim(item.assistant_prefix).ends_with("<think>"); }

class ScriptedBackend : public Backend {
 public:
  explicit ScriptedBackend(ScriptedOptions options) : options_(options) {}

  Description describe() const override {
    Json details = Json::object();
    details["slip"] = options_.slip;
    details["truncate"] = options_.truncate;
    details["no_format"] = options_.no_format;
    return {"scripted", hash_hex({kVersion, dump_json(details)}),
            "a scripted stand-in that reads the printed questions, not a neural model", details};
  }

  Status generate(WorkSource& source, CompletionSink& sink) override {
    std::vector<std::jthread> workers;
    for (int i = 1; i < options_.workers; ++i) workers.emplace_back([&] { work(source, sink); });
    work(source, sink);
    return {};
  }

 private:
  void work(WorkSource& source, CompletionSink& sink) const {
    while (auto item = source.next()) {
      Completion completion = answer(*item);
      if (pace(completion, source) && source.wanted(item->key)) sink.put(std::move(completion));
    }
  }

  Completion answer(const WorkItem& item) const {
    Completion completion;
    completion.key = item.key;
    completion.prompt_hash = item.prompt_hash;
    completion.seed = item.seed;
    const Message* user = last_user(item);
    ScriptedReply reply =
        scripted_reply(user == nullptr ? "" : user->content, opens_thinking(item), item.seed, options_);
    std::string_view kept = first_tokens(reply.text, item.sampling.max_tokens);
    const bool whole = trim_right(kept).size() == trim_right(reply.text).size();
    completion.text = whole ? reply.text : std::string(kept);
    completion.finish_reason = reply.cut || !whole ? FinishReason::length : FinishReason::stop;
    apply_split(completion, opens_thinking(item));
    completion.usage.prompt_tokens = prompt_tokens(item);
    completion.usage.completion_tokens = count_tokens(completion.text);
    completion.usage.reasoning_tokens = count_tokens(completion.reasoning);
    return completion;
  }

  // Takes the time that the tokens cost; false as soon as nobody wants the sample any more.
  bool pace(Completion& completion, const WorkSource& source) const {
    if (options_.tokens_per_second <= 0) return true;
    constexpr double kLookUp = 0.05; // seconds between two looks at whether the sample is still wanted
    const double seconds = static_cast<double>(*completion.usage.completion_tokens) / options_.tokens_per_second;
    for (double left = seconds; left > 0; left -= kLookUp) {
      if (!source.wanted(completion.key)) return false;
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, kLookUp)));
    }
    completion.seconds = seconds;
    return true;
  }

  ScriptedOptions options_;
};

} // namespace

Status validate(const ScriptedOptions& options) {
  const std::array<std::pair<std::string_view, double>, 3> shares = {
      {{"slip", options.slip}, {"truncate", options.truncate}, {"no_format", options.no_format}}};
  for (const auto& [name, value] : shares)
    if (!(value >= 0 && value <= 1))
      return usage_error(fmt::format("{} {}: expected a probability, 0 to 1", name, value));
  if (options.workers < 1 || options.workers > 1024)
    return usage_error(fmt::format("workers {}: expected 1 to 1024", options.workers));
  if (!(options.tokens_per_second >= 0 && options.tokens_per_second <= 1e9))
    return usage_error(fmt::format("tokens_per_second {}: expected 0 or more", options.tokens_per_second));
  return {};
}

ScriptedReply scripted_reply(std::string_view prompt, bool thinking_opened, uint64_t seed,
                             const ScriptedOptions& options) {
  Dice dice(sample_seed(seed, kVersion, prompt, 0), sample_seed(0, kVersion, prompt, 0), options.slip);
  const bool cut = dice.chance(options.truncate);
  const bool formatted = !dice.chance(options.no_format);
  const int64_t cut_percent = dice.between(10, 95);
  auto work = read_question(question_in(prompt), dice);
  if (!work)
    return {thinking({"I look for a calculation, a program or an order, and find none."}, thinking_opened) +
                "I cannot read this question.",
            false};
  std::string text = thinking(work->lines, thinking_opened) + answer_part(prompt, work->answer, formatted);
  if (!cut) return {std::move(text), false};
  return {std::string(first_tokens(text, count_tokens(text) * cut_percent / 100)), true};
}

std::unique_ptr<Backend> make_scripted_backend(ScriptedOptions options) {
  return std::make_unique<ScriptedBackend>(options);
}

} // namespace proctor
