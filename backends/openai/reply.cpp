// SPDX-License-Identifier: MIT
#include "backends/openai/reply.h"

#include <algorithm>
#include <fmt/format.h>

#include "backends/openai/raw_bytes.h"
#include "harness/say.h"
#include "harness/text/ascii.h"
#include "harness/text/json_text.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

constexpr size_t kMostBytes = size_t{512} << 20; // of one answer
constexpr size_t kErrorBytes = 64 << 10;         // of what a server says instead of one
constexpr size_t kWords = 400;

bool is_success(int status) { return status >= 200 && status < 300; }

std::string first_words(std::string_view text) {
  std::string line = one_line_text(trim(text));
  if (line.size() <= kWords) return line;
  size_t end = kWords;
  while (end > 0 && is_utf8_continuation(line[end])) --end;
  return line.substr(0, end) + "...";
}

std::string scalar_or_empty(const Json& object, std::string_view key) {
  const Json* member = find_member(object, key);
  return member == nullptr ? std::string() : scalar_text(*member).value_or("");
}

// Text of a content that is a string, or a list of parts (Mistral: {"type":"thinking","thinking":[parts]}).
void append_content(const Json& content, ReplyChoice& into) {
  if (content.is_string()) into.text += content.get_ref<const std::string&>();
  if (!content.is_array()) return;
  for (const Json& part : content) {
    into.text += get_string(part, "text").value_or("");
    const Json* thinking = find_member(part, "thinking");
    if (thinking == nullptr) continue;
    ReplyChoice inner;
    append_content(*thinking, inner);
    into.reasoning += inner.text;
  }
}

const Json* first_of(const Json& object, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys)
    if (const Json* member = find_member(object, key); member != nullptr && !member->is_null()) return member;
  return nullptr;
}

// Nobody spends less than nothing: such a number is not known.
template <class T> std::optional<T> from_zero(std::optional<T> number) { return number && *number >= 0 ? number : std::nullopt; }

std::optional<int64_t> count(const Json& usage, std::string_view key) { return from_zero(get_int(usage, key)); }

std::optional<int64_t> detail(const Json& usage, std::string_view details, std::string_view key) {
  const Json* inner = find_member(usage, details);
  return inner == nullptr ? std::nullopt : count(*inner, key);
}

Usage read_usage(const Json& json) {
  Usage usage;
  usage.prompt_tokens = count(json, "prompt_tokens");
  usage.completion_tokens = count(json, "completion_tokens");
  usage.cached_tokens = detail(json, "prompt_tokens_details", "cached_tokens");
  if (!usage.cached_tokens) usage.cached_tokens = count(json, "prompt_cache_hit_tokens"); // DeepSeek
  usage.reasoning_tokens = detail(json, "completion_tokens_details", "reasoning_tokens");
  if (!usage.reasoning_tokens) usage.reasoning_tokens = count(json, "reasoning_tokens"); // SGLang
  usage.reported_usd = from_zero(get_number(json, "cost"));                                    // OpenRouter
  if (!usage.reported_usd) usage.reported_usd = from_zero(get_number(json, "estimated_cost")); // DeepInfra
  count_thinking_beside(usage, get_int(json, "total_tokens"));
  return usage;
}

} // namespace

ServerError read_server_error(std::string_view body) {
  Json json = parse_json_quietly(shield_bytes(body));
  ServerError error;
  const Json* inside = find_member(json, "error");
  const Json& from = inside != nullptr && inside->is_object() ? *inside : json;
  error.message = scalar_or_empty(from, "message");
  if (error.message.empty() && inside != nullptr && inside->is_string()) error.message = inside->get<std::string>();
  if (const Json* more = first_of(from, {"detail"}); more != nullptr && error.message.empty())
    error.message = more->is_string() ? more->get<std::string>() : dump_json(*more);
  error.code = scalar_or_empty(from, "code");
  error.type = scalar_or_empty(from, "type");
  error.param = scalar_or_empty(from, "param");
  error.message = first_words(error.message.empty() ? body : std::string_view(error.message));
  return error;
}

bool ReplyReader::feed(int status, std::string_view bytes) {
  if (form_ == Form::unknown) find_kind(status, bytes);
  if (form_ == Form::stream) {
    if (body_.size() < kWords) body_ += bytes.substr(0, kWords);
    return events_.feed(bytes, [this](std::string_view data) { return take_event(data); });
  }
  if (body_.size() + bytes.size() > (is_success(status_) ? kMostBytes : kErrorBytes)) return false;
  body_ += bytes;
  return true;
}

// A stream begins with a field's name or a comment, a document with a bracket.
void ReplyReader::find_kind(int status, std::string_view bytes) {
  status_ = status;
  std::string_view start = trim_left(bytes);
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  if (start.empty() && is_success(status)) return;
  bool field = !start.empty() && std::string_view("d:eir").find(start.front()) != std::string_view::npos;
  form_ = is_success(status) && field ? Form::stream : Form::document;
}

bool ReplyReader::take_event(std::string_view data) {
  if (trim(data) == "[DONE]") {
    done_ = true;
    return true; // the end of the body follows, and the connection can be used again
  }
  if (done_ || parse_and_take(data)) return reply_.kind != Reply::Kind::error;
  reply_.why = fmt::format("an event is not JSON: {}", first_words(data));
  return false;
}

bool ReplyReader::parse_and_take(std::string_view json) {
  Json document = parse_json_quietly(json);
  if (document.is_discarded()) {
    shielded_ = true;
    document = parse_json_quietly(shield_bytes(json));
  }
  if (!document.is_object()) return false;
  take_document(document);
  return true;
}

void ReplyReader::take_document(const Json& document) {
  const Json* error = find_member(document, "error");
  bool is_error = (error != nullptr && !error->is_null()) || get_string(document, "object") == "error";
  if (is_error) {
    reply_.kind = Reply::Kind::error;
    reply_.error = read_server_error(dump_json(document));
    return;
  }
  if (auto model = get_string(document, "model")) reply_.model = *model;
  if (auto print = get_string(document, "system_fingerprint")) reply_.fingerprint = *print;
  const Json* choices = find_member(document, "choices");
  const bool some = choices != nullptr && choices->is_array() && !choices->empty();
  if (const Json* usage = find_member(document, "usage"); usage != nullptr && usage->is_object())
    take_usage(read_usage(*usage), !some);
  if (some) take_choices(*choices);
}

// An event of usage alone is about the whole request (OpenAI, vLLM: one at the end) or about the choice that has just
// ended (llama.cpp: one behind each choice).
void ReplyReader::take_usage(const Usage& usage, bool alone) {
  reply_.usage = usage;
  for (ReplyChoice& choice : reply_.choices)
    if (alone && choice.index == ended_last_) choice.usage = usage;
}

void ReplyReader::take_choices(const Json& choices) {
  std::vector<int> seen; // in this document: a server may send a choice twice
  int64_t place = 0;     // stands for an index that is not given
  for (const Json& choice : choices) {
    int index = static_cast<int>(std::clamp<int64_t>(get_int(choice, "index").value_or(place++), -1, 1 << 20));
    if (index < 0 || std::find(seen.begin(), seen.end(), index) != seen.end()) continue;
    seen.push_back(index);
    auto at =
        std::find_if(reply_.choices.begin(), reply_.choices.end(), [&](const ReplyChoice& c) { return c.index >= index; });
    if (at == reply_.choices.end() || at->index != index) at = reply_.choices.insert(at, ReplyChoice{index, "", "", ""});
    take_choice(choice, *at);
  }
}

void ReplyReader::take_choice(const Json& choice, ReplyChoice& into) {
  size_t before = into.text.size() + into.reasoning.size();
  // Perplexity's events have both: what is new, and all so far.
  const Json* message = form_ == Form::stream ? first_of(choice, {"delta", "message"}) : first_of(choice, {"message", "delta"});
  const Json& from = message == nullptr ? choice : *message;
  if (const Json* content = first_of(from, {"content", "text", "refusal"})) append_content(*content, into);
  // One of them, for some servers write both; at times one stays empty.
  const std::string thinking = get_string(from, "reasoning_content").value_or("");
  into.reasoning += thinking.empty() ? get_string(from, "reasoning").value_or("") : thinking;
  if (auto finish = get_string(choice, "finish_reason")) {
    into.finish_reason = *finish;
    ended_last_ = into.index;
  }
  began_ = began_ || into.text.size() + into.reasoning.size() > before;
}

void ReplyReader::read_stream_end(bool cut) {
  if (!reply_.why.empty() || reply_.kind == Reply::Kind::error) return;
  if (!cut) events_.finish([this](std::string_view data) { return take_event(data); });
  if (!reply_.why.empty() || reply_.kind == Reply::Kind::error) return;
  bool ended = done_ || std::all_of(reply_.choices.begin(), reply_.choices.end(),
                                    [](const ReplyChoice& c) { return !c.finish_reason.empty(); });
  if (reply_.choices.empty())
    reply_.why = cut ? "the stream was cut before its first choice"
                     : fmt::format("a stream without choices: {}", first_words(body_));
  else if (!ended)
    reply_.why = "the stream was cut before its end";
  else
    reply_.kind = Reply::Kind::answer;
}

void ReplyReader::read_document_end(bool cut) {
  if (!is_success(status_)) {
    reply_.kind = Reply::Kind::error;
    reply_.error = read_server_error(body_);
    return;
  }
  if (trim(body_).empty())
    reply_.why = "an empty body";
  else if (cut)
    reply_.why = "the answer was cut";
  else if (!parse_and_take(body_))
    reply_.why = fmt::format("the answer is not JSON: {}", first_words(body_));
  else if (reply_.kind != Reply::Kind::error && reply_.choices.empty())
    reply_.why = fmt::format("an answer without choices: {}", first_words(body_));
  else if (reply_.kind != Reply::Kind::error)
    reply_.kind = Reply::Kind::answer;
}

Reply ReplyReader::finish(bool cut) && {
  reply_.cut = cut;
  if (form_ == Form::stream)
    read_stream_end(cut);
  else
    read_document_end(cut);
  if (shielded_)
    for (ReplyChoice& choice : reply_.choices) {
      choice.text = unshield_bytes(choice.text);
      choice.reasoning = unshield_bytes(choice.reasoning);
    }
  return std::move(reply_);
}

} // namespace proctor
