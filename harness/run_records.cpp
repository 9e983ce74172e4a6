// SPDX-License-Identifier: MIT
#include "harness/run_records.h"

#include <fmt/format.h>
#include <limits>
#include <simdjson.h>

#include "harness/text/json_text.h"

namespace proctor {
namespace {

namespace dom = simdjson::dom;

void write_key(ObjectWriter& out, const SampleKey& key) {
  out.text("task", key.task);
  out.text("doc_id", key.doc_id);
  out.number("sample_idx", int64_t{key.sample_idx});
}

std::string usage_json(const Usage& usage) {
  ObjectWriter out;
  out.number("prompt_tokens", usage.prompt_tokens);
  out.number("cached_tokens", usage.cached_tokens);
  out.number("completion_tokens", usage.completion_tokens);
  out.number("reasoning_tokens", usage.reasoning_tokens);
  out.number("reported_usd", usage.reported_usd);
  return std::move(out).finish();
}

Json messages_json(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages) list.push_back({{"role", message.role}, {"content", message.content}});
  return list;
}

Json json_of(dom::element element) {
  switch (element.type()) {
  case dom::element_type::OBJECT: {
    Json::object_t object;
    const dom::object members = element.get_object().value();
    object.reserve(members.size());
    for (auto [key, value] : members) object.emplace_back(std::string(key), json_of(value)); // keys differ in what we write
    return object;
  }
  case dom::element_type::ARRAY: {
    Json array = Json::array();
    const dom::array values = element.get_array().value();
    for (dom::element value : values) array.push_back(json_of(value));
    return array;
  }
  case dom::element_type::STRING: return std::string(element.get_string().value());
  case dom::element_type::INT64: {
    const int64_t number = element.get_int64().value();
    return number < 0 ? Json(number) : Json(static_cast<uint64_t>(number)); // as nlohmann's parser has them
  }
  case dom::element_type::UINT64: return element.get_uint64().value();
  case dom::element_type::DOUBLE: return element.get_double().value();
  case dom::element_type::BOOL: return element.get_bool().value();
  case dom::element_type::NULL_VALUE: break;
  }
  return nullptr;
}

// Reads members of one object; remembers the first thing that is wrong. Absent members leave defaults.
class Members {
 public:
  explicit Members(dom::object object) : object_(object) {}

  std::string text(std::string_view key) { return optional_text(key).value_or(""); }

  std::string required_text(std::string_view key) {
    auto value = optional_text(key);
    if (!value) fail(key, "is missing");
    return std::move(value).value_or("");
  }

  std::optional<std::string> optional_text(std::string_view key) {
    dom::element element;
    if (object_[key].get(element) != simdjson::SUCCESS) return std::nullopt;
    std::string_view value;
    if (element.get(value) == simdjson::SUCCESS) return std::string(value);
    fail(key, "is not a string");
    return std::nullopt;
  }

  // KEY, or KEY_base64 for bytes that are not UTF-8.
  std::string bytes(const std::string& key) {
    auto encoded = optional_text(key + "_base64");
    if (!encoded) return text(key);
    auto decoded = base64_decode(*encoded);
    if (!decoded) fail(key + "_base64", "is not base64");
    return decoded.value_or("");
  }

  template <class T> std::optional<T> number(std::string_view key) {
    dom::element element;
    if (object_[key].get(element) != simdjson::SUCCESS || element.is_null()) return std::nullopt;
    T value{};
    if (element.get(value) == simdjson::SUCCESS) return value;
    fail(key, "is not a number of its kind");
    return std::nullopt;
  }

  std::optional<bool> boolean(std::string_view key) {
    bool value = false;
    if (object_[key].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  std::string raw(std::string_view key) {
    dom::element element;
    if (object_[key].get(element) != simdjson::SUCCESS) return {};
    return simdjson::minify(element);
  }

  std::optional<Json> json(std::string_view key) {
    dom::element element;
    if (object_[key].get(element) != simdjson::SUCCESS) return std::nullopt;
    return json_of(element);
  }

  std::optional<dom::object> object(std::string_view key) {
    dom::object value;
    if (object_[key].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  // An enumerator by its name; fails on a name nobody knows.
  template <class Parse> auto name(std::string_view key, Parse parse) -> decltype(parse(std::string_view())) {
    auto value = optional_text(key);
    if (!value) return std::nullopt;
    auto parsed = parse(*value);
    if (!parsed) fail(key, fmt::format("is \"{}\", which is not one of its values", *value));
    return parsed;
  }

  void fail(std::string_view key, std::string_view why) {
    if (wrong_.empty()) wrong_ = fmt::format("\"{}\" {}", key, why);
  }

  const std::string& wrong() const { return wrong_; }

 private:
  dom::object object_;
  std::string wrong_;
};

SampleKey read_key(Members& members) {
  SampleKey key;
  key.task = members.required_text("task");
  key.doc_id = members.required_text("doc_id");
  auto index = members.number<int64_t>("sample_idx");
  if (!index || *index < 0 || *index > std::numeric_limits<int>::max())
    members.fail("sample_idx", "is missing or not an index");
  else
    key.sample_idx = static_cast<int>(*index);
  return key;
}

Usage read_usage(dom::object object) {
  Members members(object);
  Usage usage;
  usage.prompt_tokens = members.number<int64_t>("prompt_tokens");
  usage.cached_tokens = members.number<int64_t>("cached_tokens");
  usage.completion_tokens = members.number<int64_t>("completion_tokens");
  usage.reasoning_tokens = members.number<int64_t>("reasoning_tokens");
  usage.reported_usd = members.number<double>("reported_usd");
  return usage;
}

std::vector<Message> read_messages(const Json& list) {
  std::vector<Message> messages;
  for (const Json& message : list)
    messages.push_back({get_string(message, "role").value_or(""), get_string(message, "content").value_or("")});
  return messages;
}

} // namespace

std::string sample_line(const Completion& completion) {
  const size_t texts = completion.text.size() + completion.reasoning.size() + completion.answer_text.size();
  ObjectWriter out(texts + texts / 8 + 512); // escapes are a few percent
  write_key(out, completion.key);
  out.text("prompt_hash", completion.prompt_hash);
  out.bytes("text", completion.text);
  if (completion.text_kind != TextKind::answer) out.text("text_kind", to_string(completion.text_kind));
  if (!completion.reasoning.empty()) out.bytes("reasoning", completion.reasoning);
  out.bytes("answer_text", completion.answer_text);
  if (completion.finish_reason) out.text("finish_reason", to_string(*completion.finish_reason));
  out.text("status", to_string(completion.status));
  if (!completion.error.empty()) out.text("error", completion.error);
  if (std::string usage = usage_json(completion.usage); usage != "{}") out.raw("usage", usage);
  out.number("seconds", completion.seconds);
  out.number("ttft_s", completion.ttft_s);
  out.number("step_seconds", completion.step_seconds);
  out.number("seed", completion.seed);
  out.number("logprob_sum", completion.logprob_sum);
  if (!completion.extra.empty()) out.raw("extra", completion.extra);
  return std::move(out).finish();
}

std::string grade_line(const Grade& grade) {
  ObjectWriter out;
  write_key(out, grade.key);
  out.text("grader", grade.grader);
  out.text("verdict", to_string(grade.verdict));
  if (!grade.reason.empty()) out.text("reason", grade.reason);
  if (grade.answer) out.text("answer", *grade.answer);
  out.text("target", grade.target);
  if (!grade.fingerprint.empty()) out.text("fingerprint", grade.fingerprint);
  if (grade.vote_key) out.text("vote_key", *grade.vote_key);
  if (grade.format_ok) out.boolean("format_ok", *grade.format_ok);
  if (!grade.explanation.empty()) out.text("explanation", grade.explanation);
  if (!grade.stats.empty()) out.raw("stats", dump_json(grade.stats));
  return std::move(out).finish();
}

std::string question_line(const QuestionRecord& record) {
  const Question& question = record.question;
  ObjectWriter out;
  out.text("task", record.task);
  out.text("doc_id", question.doc_id);
  out.text("prompt_hash", record.prompt_hash);
  out.raw("messages", dump_json(messages_json(question.messages)));
  if (!question.assistant_prefix.empty()) out.text("assistant_prefix", question.assistant_prefix);
  out.text("target", question.target);
  if (question.form != AnswerForm::any) out.text("form", to_string(question.form));
  if (!question.metadata.empty()) out.raw("metadata", dump_json(question.metadata));
  if (!question.level.empty()) out.text("level", question.level);
  if (!question.cluster.empty()) out.text("cluster", question.cluster);
  if (record.revision > 0) out.number("revision", int64_t{record.revision});
  return std::move(out).finish();
}

struct RecordParser::Impl {
  dom::parser parser;

  Result<Members> members(std::string_view line) {
    dom::object object;
    if (auto error = parser.parse(line.data(), line.size()).get(object); error != simdjson::SUCCESS)
      return usage_error(fmt::format("not a record: {}", simdjson::error_message(error)));
    return Members(object);
  }
};

RecordParser::RecordParser() : impl_(std::make_unique<Impl>()) {}
RecordParser::~RecordParser() = default;
RecordParser::RecordParser(RecordParser&&) noexcept = default;
RecordParser& RecordParser::operator=(RecordParser&&) noexcept = default;

Result<Completion> RecordParser::sample(std::string_view line, Texts texts) {
  auto members = impl_->members(line);
  if (!members) return members.error();
  Completion completion;
  completion.key = read_key(*members);
  completion.prompt_hash = members->required_text("prompt_hash");
  if (texts == Texts::keep) {
    completion.text = members->bytes("text");
    completion.reasoning = members->bytes("reasoning");
    completion.answer_text = members->bytes("answer_text");
    completion.extra = members->raw("extra");
  }
  completion.text_kind = members->name("text_kind", parse_text_kind).value_or(TextKind::answer);
  completion.finish_reason = members->name("finish_reason", parse_finish_reason);
  auto status = members->name("status", parse_completion_status);
  if (!status) members->fail("status", "is missing");
  completion.status = status.value_or(CompletionStatus::error);
  completion.error = members->text("error");
  if (auto usage = members->object("usage")) completion.usage = read_usage(*usage);
  completion.seconds = members->number<double>("seconds");
  completion.ttft_s = members->number<double>("ttft_s");
  completion.step_seconds = members->number<double>("step_seconds");
  completion.seed = members->number<uint64_t>("seed");
  completion.logprob_sum = members->number<double>("logprob_sum");
  if (!members->wrong().empty()) return usage_error(members->wrong());
  return completion;
}

Result<Grade> RecordParser::grade(std::string_view line) {
  auto members = impl_->members(line);
  if (!members) return members.error();
  Grade grade;
  grade.key = read_key(*members);
  grade.grader = members->required_text("grader");
  auto verdict = members->name("verdict", parse_verdict);
  if (!verdict) members->fail("verdict", "is missing");
  grade.verdict = verdict.value_or(Verdict::not_graded);
  grade.reason = members->text("reason");
  grade.answer = members->optional_text("answer");
  grade.target = members->text("target");
  grade.fingerprint = members->text("fingerprint");
  grade.vote_key = members->optional_text("vote_key");
  grade.format_ok = members->boolean("format_ok");
  grade.explanation = members->text("explanation");
  if (auto stats = members->json("stats")) grade.stats = std::move(*stats);
  if (!members->wrong().empty()) return usage_error(members->wrong());
  return grade;
}

Result<QuestionRecord> RecordParser::question(std::string_view line) {
  auto members = impl_->members(line);
  if (!members) return members.error();
  QuestionRecord record;
  Question& question = record.question;
  record.task = members->required_text("task");
  record.prompt_hash = members->required_text("prompt_hash");
  question.doc_id = members->required_text("doc_id");
  question.assistant_prefix = members->text("assistant_prefix");
  question.target = members->text("target");
  question.form = members->name("form", parse_answer_form).value_or(AnswerForm::any);
  question.level = members->text("level");
  question.cluster = members->text("cluster");
  record.revision = static_cast<int>(members->number<int64_t>("revision").value_or(0));
  if (auto messages = members->json("messages"))
    question.messages = read_messages(*messages);
  else
    members->fail("messages", "is missing");
  if (auto metadata = members->json("metadata"); metadata && metadata->is_object())
    question.metadata = std::move(*metadata);
  if (!members->wrong().empty()) return usage_error(members->wrong());
  return record;
}

} // namespace proctor
