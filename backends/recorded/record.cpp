// SPDX-License-Identifier: MIT
#include "backends/recorded/record.h"

#include <algorithm>
#include <fmt/format.h>

#include "backends/recorded/choice.h"
#include "harness/text/ascii.h"
#include "harness/text/nearest.h"
#include "harness/text/think_split.h"

namespace proctor {
namespace {

std::string_view last_part(std::string_view path) {
  size_t dot = path.rfind('.');
  return dot == path.npos ? path : path.substr(dot + 1);
}

// A path's first key when the whole of that key is used: what is beside a nested value is not kept, it may hold
// the text itself.
std::string_view top_key(JsonValue record, std::string_view path) {
  return find_path(record, path) && record.at_key(path).error() == simdjson::SUCCESS ? path
                                                                                     : path.substr(0, path.find('.'));
}

// "a, b, c", "none"; of many the first ones and how many more.
std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 12;
  if (names.empty()) return "none";
  const size_t shown = std::min(kShown, names.size());
  const std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return shown == names.size() ? text : fmt::format("{} and {} more", text, names.size() - shown);
}

class RecordReader {
 public:
  RecordReader(JsonValue value, const RecordRules& rules) : rules_(rules) {
    record_.value = value;
    record_.format = rules.is_inspect ? &inspect_format() : &format_of(value);
  }

  Result<Record> run() {
    read_optional_values();
    read_error();
    for (auto step : {&RecordReader::read_doc_id, &RecordReader::read_sample_idx, &RecordReader::read_completions})
      if (Status status = (this->*step)(); !status) return status.error();
    return std::move(record_);
  }

 private:
  struct Found {
    JsonValue value;
    std::string_view path;
  };

  std::optional<Found> at(std::string_view path) const {
    auto value = find_path(record_.value, path);
    return value && !value->is_null() ? std::optional(Found{*value, path}) : std::nullopt;
  }

  // The value that plays a role, marked as used. null counts as absent.
  std::optional<Found> find(Role role) {
    std::optional<Found> found;
    if (const std::string* path = rules_.map.path(role)) {
      if (find_path(record_.value, *path)) record_.mapped |= 1U << static_cast<unsigned>(role);
      found = at(*path);
    } else {
      for (std::string_view candidate : record_.format->paths[static_cast<size_t>(role)])
        if ((found = at(candidate))) break;
    }
    if (found) record_.used.push_back(top_key(record_.value, found->path));
    return found;
  }

  std::optional<JsonValue> find_value(Role role) {
    auto found = find(role);
    return found ? std::optional(found->value) : std::nullopt;
  }

  void read_optional_values() {
    record_.target = find_value(Role::target);
    record_.prompt = find_value(Role::prompt);
    record_.finish_reason = find_value(Role::finish_reason);
    record_.usage = find_value(Role::usage);
    record_.reasoning = find_value(Role::reasoning);
    record_.prefilled_think = find_value(Role::prefilled_think);
    if (!rules_.expect.empty())
      if (auto label = at(rules_.expect)) record_.label = label->value;
  }

  // A failed request of a batch, a sample that Inspect could not run.
  void read_error() {
    auto text_of = [&](std::string_view path) {
      auto found = at(path);
      auto text = found ? as_text(found->value) : std::nullopt;
      return std::string(text.value_or(""));
    };
    if (record_.format->name == FormatName::inspect) {
      record_.error = text_of("error.message");
      if (record_.error.empty()) record_.error = text_of("output.error");
    }
    if (record_.format->name != FormatName::openai_batch) return;
    auto code = at("response.status_code");
    int status = code ? as_index(code->value).value_or(0) : 0;
    if (!at("error") && status < 400) return;
    for (std::string_view path : {"error.message", "response.body.error.message", "error.code"})
      if (record_.error.empty()) record_.error = text_of(path);
    if (record_.error.empty()) record_.error = status > 0 ? fmt::format("HTTP {}", status) : "the request failed";
  }

  Status read_doc_id() {
    const std::string* path = rules_.map.path(Role::doc_id);
    if (path != nullptr && path->find('+') != path->npos && !find_path(record_.value, *path)) return join_ids(*path);
    auto found = find(Role::doc_id);
    return found ? append_id(*found) : Status();
  }

  // --map doc_id=size+item: the id is "8/17".
  Status join_ids(std::string_view paths) {
    for (std::string_view path : split(paths, '+')) {
      auto found = at(path);
      if (!found) return missing_path("doc_id", path);
      if (Status appended = append_id(*found); !appended) return appended;
      record_.used.push_back(top_key(record_.value, path));
    }
    record_.mapped |= 1U << static_cast<unsigned>(Role::doc_id);
    return {};
  }

  Status append_id(const Found& found) {
    auto id = found.value.is_bool() ? std::nullopt : scalar_text(found.value);
    if (!id)
      return usage_error(fmt::format("{} is {}, a string or a number is wanted as the question's id", found.path,
                                     kind_name(found.value)));
    record_.doc_id = record_.doc_id ? *record_.doc_id + '/' + *id : *id;
    return {};
  }

  Status read_sample_idx() {
    auto found = find(Role::sample_idx);
    if (!found) return {};
    auto index = as_index(found->value);
    if (!index || *index < record_.format->first_sample)
      return usage_error(fmt::format("{} is {}, a whole number from {} is wanted", found->path,
                                     scalar_text(found->value).value_or(std::string(kind_name(found->value))),
                                     record_.format->first_sample));
    record_.sample_idx = *index - record_.format->first_sample;
    return {};
  }

  // Every key that could be the completion, with its path; null ones only when there is no other.
  std::vector<Found> candidates() const {
    std::vector<std::string_view> paths(record_.format->paths[static_cast<size_t>(Role::completion)].begin(),
                                        record_.format->paths[static_cast<size_t>(Role::completion)].end());
    bool generic = record_.format->name == FormatName::generic;
    // Elsewhere than in HumanEval's and EvalPlus' files a `solution` is the reference, not the model's.
    if (generic && find_path(record_.value, "task_id")) paths.push_back("solution");
    std::vector<Found> found, nulls;
    for (std::string_view path : paths)
      if (auto value = find_path(record_.value, path)) (value->is_null() ? nulls : found).push_back({*value, path});
    if (found.empty() && !nulls.empty()) return {nulls.front()};
    if (!generic && found.size() > 1) found.resize(1);
    return found;
  }

  Status read_completions() {
    if (!record_.error.empty()) return {};
    std::vector<Found> found;
    if (const std::string* path = rules_.map.path(Role::completion)) {
      auto value = find_path(record_.value, *path);
      if (!value) return missing_path("completion", *path);
      record_.mapped |= 1U << static_cast<unsigned>(Role::completion);
      found.push_back({*value, *path});
    } else {
      found = candidates();
    }
    if (has_no_output(found)) {
      record_.error = "no output was recorded";
      return {};
    }
    if (found.empty()) return no_completion();
    if (found.size() > 1) return ambiguous(found);
    record_.completion_key = last_part(found[0].path);
    record_.used.push_back(top_key(record_.value, found[0].path));
    return expand(found[0]);
  }

  // Logs of whole requests name failed ones in more ways than read_error() knows.
  bool has_no_output(const std::vector<Found>& found) const {
    FormatName name = record_.format->name;
    if (rules_.map.path(Role::completion) != nullptr) return false;
    if (name != FormatName::inspect && name != FormatName::openai_batch) return false;
    simdjson::dom::array list;
    return found.empty() || (found[0].value.get_array().get(list) == simdjson::SUCCESS && list.size() == 0);
  }

  Status missing_path(std::string_view role, std::string_view path) const {
    std::vector<std::string> known = known_paths(record_.value);
    return usage_error(fmt::format("no {} here (--map {}={}){}", path, role, path, did_you_mean(path, known)));
  }

  Status no_completion() const {
    std::vector<std::string> texts;
    for (const std::string& path : known_paths(record_.value))
      if (auto value = find_path(record_.value, path); value && is_choice(*value) && !value->is_null())
        texts.push_back(path);
    if (texts.empty()) return usage_error("no completion, and no text that could be one; keys: " + key_list());
    return usage_error(
        fmt::format("no completion among its keys; name it with --map completion=KEY, where KEY may be {}",
                    listed(texts)));
  }

  std::string key_list() const { return listed(known_paths(record_.value)); }

  Status ambiguous(const std::vector<Found>& found) const {
    std::vector<std::string_view> paths;
    for (const Found& each : found) paths.push_back(each.path);
    return usage_error(fmt::format("more than one key could be the completion: {}; choose with --map completion={}",
                                   fmt::join(paths, ", "), paths.front()));
  }

  Status wrong_kind(std::string_view path, JsonValue value) const {
    return usage_error(fmt::format("{} is {}, a text or a list of texts is wanted", path, kind_name(value)));
  }

  // One sample per text, flattening lm-eval's [["a", "b"]].
  Status expand(const Found& found) {
    simdjson::dom::array list;
    bool is_list = found.value.get_array().get(list) == simdjson::SUCCESS;
    bool is_one = !is_list || found.path == "response.body.output";
    if (is_one) {
      if (!is_choice(found.value)) return wrong_kind(found.path, found.value);
      record_.completions = {found.value};
      return {};
    }
    for (JsonValue item : list) {
      simdjson::dom::array inner;
      if (item.get_array().get(inner) != simdjson::SUCCESS)
        record_.completions.push_back(item);
      else
        for (JsonValue text : inner) record_.completions.push_back(text);
    }
    if (record_.completions.empty()) return usage_error(fmt::format("{} is an empty list", found.path));
    for (JsonValue item : record_.completions)
      if (item.is_array() || !is_choice(item)) return wrong_kind(fmt::format("an element of {}", found.path), item);
    return {};
  }

  const RecordRules& rules_;
  Record record_;
};

Result<std::vector<Record>> read_one(JsonValue value, std::optional<std::string_view> key, const RecordRules& rules) {
  auto record = RecordReader(value, rules).run();
  if (!record) return record.error();
  if (key && !record->doc_id) record->doc_id = *key;
  std::vector<Record> records;
  records.push_back(std::move(*record));
  return records;
}

Record bare_record(JsonValue value, std::string_view key) {
  Record record;
  record.value = value;
  record.format = &format_of(value);
  record.doc_id = key;
  return record;
}

// An id's texts, or its records.
Result<std::vector<Record>> read_list(simdjson::dom::array list, JsonValue value, std::string_view key,
                                      const RecordRules& rules) {
  std::vector<Record> records;
  Record texts = bare_record(value, key);
  for (JsonValue item : list) {
    if (is_text(item) || item.is_null()) {
      texts.completions.push_back(item);
    } else if (item.is_object() && looks_like_record(item, rules.map)) {
      auto inner = read_one(item, key, rules);
      if (!inner) return inner.error();
      records.push_back(std::move(inner->front()));
    } else {
      return usage_error(fmt::format("{} holds {} where a text is wanted", quoted_json(key), kind_name(item)));
    }
  }
  if (records.empty() && texts.completions.empty())
    return usage_error(fmt::format("{} holds an empty list", quoted_json(key)));
  if (!texts.completions.empty()) records.push_back(std::move(texts));
  return records;
}

// One sample's share of a value that may be a list with one entry per sample.
JsonValue share(JsonValue value, size_t sample, size_t n_samples) {
  simdjson::dom::array list;
  JsonValue own;
  bool has_own = value.get_array().get(list) == simdjson::SUCCESS && list.size() == n_samples &&
                 list.at(sample).get(own) == simdjson::SUCCESS;
  return has_own ? own : value;
}

TextKind text_kind(const Record& record) {
  if (record.completion_key == "solution" || record.completion_key == "code_list") return TextKind::program;
  if (record.completion_key != "completion" || record.format->name != FormatName::generic) return TextKind::answer;
  // HumanEval's samples are {task_id, completion}; beside a prompt, `completion` is what a chat model replied.
  bool human_eval = record.value.at_key("task_id").error() == simdjson::SUCCESS && !record.prompt;
  return human_eval ? TextKind::continuation : TextKind::answer;
}

bool is_dropped(const Record& record, std::string_view key) {
  auto holds = [&](auto& keys) { return std::find(keys.begin(), keys.end(), key) != keys.end(); };
  return holds(record.used) || holds(record.format->dropped);
}

std::string extra_of(const Record& record) {
  std::string extra;
  simdjson::dom::object object;
  if (record.value.get_object().get(object) != simdjson::SUCCESS) return extra;
  for (auto [key, value] : object)
    if (!is_dropped(record, key)) append_member(extra, key, simdjson::minify(value));
  return extra;
}

bool opens_thinking(const Record& record) {
  bool flag = false;
  if (record.prefilled_think && record.prefilled_think->get_bool().get(flag) == simdjson::SUCCESS) return flag;
  if (!record.prompt) return false;
  auto prompt = as_text(*record.prompt);
  return prompt && trim_right(*prompt).ends_with("<think>");
}

void fail(Completion& completion, std::string why) {
  completion.status = CompletionStatus::error;
  completion.finish_reason = FinishReason::error;
  completion.error = std::move(why);
}

void fill_finish(const Record& record, size_t sample, std::string word, Completion& completion) {
  if (record.finish_reason) {
    auto text = as_text(share(*record.finish_reason, sample, record.n_samples()));
    if (text) word = *text;
  }
  RecordedFinish finish = read_finish(word);
  completion.finish_reason = finish.reason;
  if (!finish.plain) append_member(completion.extra, "finish_reason", quoted_json(word));
}

void fill_text(const Record& record, size_t sample, Completion& completion) {
  RecordedChoice choice = read_choice(record.completions[sample]);
  completion.reasoning = std::move(choice.reasoning);
  if (record.reasoning)
    if (auto text = as_text(share(*record.reasoning, sample, record.n_samples()))) completion.reasoning = *text;
  fill_finish(record, sample, std::move(choice.finish), completion);
  bool missing = !choice.text && completion.reasoning.empty() && completion.finish_reason != FinishReason::length;
  completion.text = std::move(choice.text).value_or("");
  if (missing)
    fail(completion, "the recorded completion is null");
  else if (completion.finish_reason == FinishReason::error)
    fail(completion, "recorded as an error");
}

} // namespace

Result<std::vector<Record>> read_records(JsonValue value, std::optional<std::string_view> key,
                                         const RecordRules& rules) {
  if (value.is_object()) return read_one(value, key, rules);
  if (!key) return usage_error(fmt::format("this is {}, an object is wanted", kind_name(value)));
  simdjson::dom::array list;
  if (value.get_array().get(list) == simdjson::SUCCESS) return read_list(list, value, *key, rules);
  if (!is_text(value) && !value.is_null())
    return usage_error(
        fmt::format("{} is {}, a text or a list of texts is wanted", quoted_json(*key), kind_name(value)));
  std::vector<Record> records{bare_record(value, *key)};
  records[0].completions = {value};
  return records;
}

std::vector<Message> record_messages(const Record& record) {
  if (!record.prompt) return {};
  // lm-eval logs a chat as the JSON text of its messages.
  auto text = as_text(*record.prompt);
  if (record.format->name == FormatName::lm_eval && text && text->starts_with("[{")) {
    simdjson::dom::parser parser;
    JsonValue chat;
    if (parser.parse(simdjson::padded_string(*text)).get(chat) == simdjson::SUCCESS) return prompt_messages(chat);
  }
  return prompt_messages(*record.prompt);
}

std::optional<std::string> record_target(const Record& record) {
  return record.target ? target_text(*record.target) : std::nullopt;
}

Result<std::optional<bool>> record_label(const Record& record, size_t sample, const RecordRules& rules) {
  if (!record.label) return std::optional<bool>();
  JsonValue value = share(*record.label, sample, record.n_samples());
  if (value.is_null()) return std::optional<bool>();
  if (auto label = read_label(value)) return label;
  return usage_error(fmt::format("{} is {}, which says neither correct nor incorrect (--expect {})", rules.expect,
                                 scalar_text(value).value_or(std::string(kind_name(value))), rules.expect));
}

void fill_completion(const Record& record, size_t sample, bool prefilled, Completion& completion) {
  completion.extra = extra_of(record);
  completion.text_kind = text_kind(record);
  // The usage of a request with several choices is theirs together: it is counted once.
  if (record.usage && (record.usage->is_array() || sample == 0))
    completion.usage = read_usage(share(*record.usage, sample, record.n_samples()));
  if (!record.error.empty())
    fail(completion, record.error);
  else
    fill_text(record, sample, completion);
  close_object(completion.extra);
  apply_split(completion, record.prefilled_think ? opens_thinking(record) : prefilled || opens_thinking(record));
}

} // namespace proctor
