// SPDX-License-Identifier: MIT
#include "backends/openai/exchange.h"

#include <ctime>
#include <fmt/format.h>

#include "harness/say.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

struct Meaning {
  Next next;
  Outcome outcome;
};

// Errors in a 200, and errors whose status says too little.
std::optional<Meaning> meaning_of_words(const ServerError& error) {
  std::string words = lower(error.code + " " + error.type);
  auto has = [&](std::string_view word) { return words.find(word) != words.npos; };
  if (lower(error.message).find("request too large") != std::string::npos) // OpenAI: a 429 that no waiting helps
    return Meaning{Next::give_up, Outcome::answered};
  if (has("insufficient_quota") || has("billing")) return Meaning{Next::stop_run, Outcome::failed};
  if (has("rate_limit") || has("overloaded")) return Meaning{Next::wait, Outcome::busy};
  return std::nullopt;
}

Meaning meaning_of_status(int status, bool asked_to_wait) {
  if (status == 429) return {Next::wait, Outcome::busy};
  if ((status == 503 || status == 529) && asked_to_wait) return {Next::wait, Outcome::busy};
  if (status >= 300 && status < 400) return {Next::stop_run, Outcome::failed};
  if (status == 401 || status == 402 || status == 403 || status == 404 || status == 407) return {Next::stop_run, Outcome::failed};
  if (status == 408 || status == 409 || status == 425) return {Next::retry, Outcome::failed};
  if (status >= 400 && status < 500) return {Next::give_up, Outcome::answered};
  return {Next::retry, Outcome::failed};
}

std::string_view why_stopped(Stopped stopped) {
  switch (stopped) {
  case Stopped::no_start: return "no answer began in time (--model_args first_token_timeout=SECONDS)";
  case Stopped::silent: return "the stream went silent (--model_args timeout=SECONDS)";
  case Stopped::too_long: return "the answer took longer than max_tokens allow for";
  case Stopped::no:
  case Stopped::unwanted: return "stopped";
  }
  return {};
}

std::string_view hint(int status, const Url& url) {
  return status == 404 && url.path.empty() ? " (does the URL lack /v1?)" : "";
}

std::string refusal_text(const HttpReply& http, const ServerError& error, const Url& url) {
  if (http.status >= 300 && http.status < 400)
    return fmt::format("redirects to {}; give that URL", one_line_text(http.location));
  if (http.status >= 200 && http.status < 300)
    return fmt::format("an error in place of an answer: {}", error.message);
  return fmt::format("HTTP {}: {}{}", http.status, error.message, hint(http.status, url));
}

// An error body in a 200 may carry the status as its code.
int status_of(const HttpReply& http, const ServerError& error) {
  if (http.status < 200 || http.status >= 300) return http.status;
  int code = parse_number<int>(error.code).value_or(0);
  return code >= 400 && code < 600 ? code : 500;
}

Exchange trouble(Next next, Outcome outcome, std::string why) {
  Exchange exchange;
  exchange.next = next;
  exchange.ending.outcome = outcome;
  exchange.ending.why = std::move(why);
  return exchange;
}

Exchange judge_error(const HttpReply& http, const ServerError& error, const Asked& asked, Dialect& dialect,
                     const Url& url) {
  auto wait = parse_retry_after(http.retry_after, http.retry_after_ms, std::time(nullptr));
  int status = status_of(http, error);
  Meaning meaning = meaning_of_words(error).value_or(meaning_of_status(status, wait.has_value()));
  if (meaning.next == Next::give_up && dialect.learn(asked.dialect, asked.body, error)) meaning.next = Next::adapt;
  Exchange exchange =
      trouble(meaning.next, meaning.outcome, fmt::format("{}: {}", url.text(), refusal_text(http, error, url)));
  if (meaning.outcome != Outcome::answered) exchange.ending.retry_after = wait;
  return exchange;
}

} // namespace

std::optional<double> parse_retry_after(std::string_view retry_after, std::string_view milliseconds,
                                        int64_t unix_now) {
  if (auto value = parse_number<double>(trim(milliseconds)); value && *value >= 0) return *value / 1000;
  if (auto value = parse_number<double>(trim(retry_after)); value && *value >= 0) return *value;
  std::tm date{};
  std::string text(trim(retry_after));
  if (text.empty() || strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return std::nullopt;
  return static_cast<double>(std::max<int64_t>(0, timegm(&date) - unix_now));
}

Exchange judge(const HttpReply& http, Reply reply, Stopped stopped, const Asked& asked, Dialect& dialect,
               const Url& url) {
  auto said = [&](std::string_view why) { return fmt::format("{}: {}", url.text(), why); };
  if (stopped == Stopped::unwanted) return trouble(Next::drop, Outcome::aborted, "");
  if (reply.kind == Reply::Kind::answer) {
    Exchange exchange = trouble(Next::deliver, Outcome::answered, "");
    exchange.reply = std::move(reply);
    return exchange;
  }
  if (stopped != Stopped::no) return trouble(Next::retry, Outcome::failed, said(why_stopped(stopped)));
  if (http.fault == HttpFault::unreachable) return trouble(Next::wait, Outcome::unreachable, said(http.why));
  if (http.status == 0) return trouble(Next::retry, Outcome::failed, said(http.why));
  if (reply.kind == Reply::Kind::error) return judge_error(http, reply.error, asked, dialect, url);
  return trouble(Next::retry, Outcome::failed, said(reply.why));
}

} // namespace proctor
