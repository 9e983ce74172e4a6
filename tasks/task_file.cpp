// SPDX-License-Identifier: MIT
#include "tasks/task_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <unordered_map>

#include "graders/code/code_graders.h"
#include "graders/code/code_sandbox.h"
#include "graders/code/command_grader.h"
#include "harness/hash.h"
#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"
#include "harness/text/jinja.h"
#include "harness/text/nearest.h"
#include "harness/text/number.h"
#include "tasks/catalog.h"
#include "tasks/dataset.h"
#include "tasks/prompt.h"
#include "tasks/select.h"

namespace proctor {
namespace {

using Names = std::vector<std::string>;

// The graders that need nothing of a question but its target, and options where it has any.
const Names kGraders = {"aime", "choice", "exact", "math", "math_rounded", "number", "tag"};

// A place in the file, as errors name it: FILE: /grader/name.
struct Place {
  std::string path, pointer;
  Place operator/(std::string_view key) const { return {path, fmt::format("{}/{}", pointer, key)}; }
  Error error(std::string_view what) const { return usage_error(fmt::format("{}: {}: {}", path, pointer.empty() ? "/" : pointer, what)); }
};

Status check_keys(const Json& object, const Place& place, const Names& known) {
  if (!object.is_object()) return place.error(fmt::format("an object is wanted, here is {}", object.type_name()));
  for (auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return (place / key).error(fmt::format("no such key{}", did_you_mean(key, known)));
  return {};
}

// Leaves `text` as it is where the key is missing.
Status take_text(const Json& object, const Place& place, std::string_view key, std::string& text) {
  const Json* value = find_member(object, key);
  if (value == nullptr) return {};
  if (!value->is_string() || trim(value->get_ref<const std::string&>()).empty()) return (place / key).error("a text is wanted");
  text = value->get<std::string>();
  return {};
}

Status take_count(const Json& object, const Place& place, std::string_view key, int& count) {
  if (find_member(object, key) == nullptr) return {};
  auto value = get_int(object, key);
  if (!value || *value < 1 || *value > 1'000'000) return (place / key).error("a whole number from 1 is wanted");
  count = static_cast<int>(*value);
  return {};
}

// A text, or a list of them.
Status take_texts(const Json& object, const Place& place, std::string_view key, Names& texts) {
  const Json* value = find_member(object, key);
  if (value == nullptr) return {};
  const Json list = value->is_array() ? *value : Json::array({*value});
  for (const Json& item : list) {
    if (!item.is_string() || item.get_ref<const std::string&>().empty()) return (place / key).error("a text or a list of texts is wanted");
    texts.push_back(item.get<std::string>());
  }
  if (texts.empty()) return (place / key).error("the list is empty");
  return {};
}

// "test" for {"field": "split", "value": "test"}.
Status take_split(const Json& object, const Place& place, RowSplit& split) {
  const Json* value = find_member(object, "split");
  if (value == nullptr) return {};
  const Place here = place / "split";
  split.field = "split";
  if (value->is_string()) return take_text(object, place, "split", split.value);
  if (Status known = check_keys(*value, here, {"field", "value"}); !known) return known;
  if (Status taken = take_text(*value, here, "field", split.field); !taken) return taken;
  if (Status taken = take_text(*value, here, "value", split.value); !taken) return taken;
  return split.value.empty() ? here.error("\"value\" is missing") : Status();
}

Status check_template(const std::string& source, const Place& place) {
  auto parsed = JinjaTemplate::parse(source, place.pointer);
  return parsed ? Status() : Status(usage_error(fmt::format("{}: {}", place.path, parsed.error().message)));
}

std::string beside(const std::string& task_file, const std::string& name) {
  std::filesystem::path path(name);
  return path.is_absolute() ? name : (std::filesystem::path(task_file).parent_path() / path).string();
}

// --- graders

Status check_policies(const Json& grader, const Place& place, math::Policies& policies) {
  if (auto profile = get_string(grader, "profile"); profile && !math::set_profile(policies, *profile)) {
    Names known(math::profile_names().begin(), math::profile_names().end());
    return (place / "profile").error(fmt::format("unknown profile {}{}", *profile, did_you_mean(*profile, known)));
  }
  const Json* given = find_member(grader, "policies");
  if (given == nullptr) return {};
  const Place here = place / "policies";
  Names known(math::policy_names().begin(), math::policy_names().end());
  if (Status keys = check_keys(*given, here, known); !keys) return keys;
  for (auto& [name, value] : given->items())
    if (!math::set_policy(policies, name, value.is_boolean() ? (value.get<bool>() ? "on" : "off") : scalar_text(value).value_or("")))
      return (here / name).error("\"on\" or \"off\" is wanted (pred_rounded also takes digits)");
  return {};
}

Status take_named_grader(const Json& given, const Place& place, TaskFile& file) {
  if (Status known = check_keys(given, place, {"name", "profile", "policies"}); !known) return known;
  const std::string name = get_string(given, "name").value_or("");
  if (std::find(kGraders.begin(), kGraders.end(), name) == kGraders.end())
    return (place / "name").error(fmt::format("unknown grader \"{}\"{}; there are {}, or {{\"command\": [...]}}", name,
                                              did_you_mean(name, kGraders), fmt::join(kGraders, ", ")));
  if (given.size() > 1 && !name.starts_with("math")) return place.error("\"profile\" and \"policies\" are of the grader math");
  math::Policies policies;
  if (Status checked = check_policies(given, place, policies); !checked) return checked;
  file.grader = given;
  return {};
}

// The files a command needs are kept with the definition, so that a run can be graded again without them.
Status take_command(const Json& given, const Place& place, TaskFile& file) {
  if (Status known = check_keys(given, place, {"command", "files", "cpu_s", "memory_mb"}); !known) return known;
  Names command, names;
  if (Status taken = take_texts(given, place, "command", command); !taken) return taken;
  if (Status taken = take_texts(given, place, "files", names); !taken) return taken;
  file.grader = {{"command", command}, {"files", Json::object()}};
  for (size_t i = 0; i < names.size(); ++i) {
    auto content = read_text_file(beside(file.path, names[i]));
    if (!content) return (place / "files" / std::to_string(i)).error(content.error().message);
    file.grader["files"][std::filesystem::path(names[i]).filename().string()] = *content;
  }
  for (const char* limit : {"cpu_s", "memory_mb"}) {
    if (find_member(given, limit) == nullptr) continue;
    auto value = get_number(given, limit);
    if (!value || !(*value > 0) || *value > 1e6) return (place / limit).error("a number above 0 is wanted");
    file.grader[limit] = *value;
  }
  return {};
}

Status take_grader(const Json& document, const Place& place, TaskFile& file) {
  const Json* given = find_member(document, "grader");
  if (given == nullptr) return place.error("\"grader\" is missing");
  const Place here = place / "grader";
  if (given->is_string()) return take_named_grader({{"name", *given}}, here, file);
  if (given->is_object() && given->contains("command")) return take_command(*given, here, file);
  return take_named_grader(*given, here, file);
}

CommandSpec command_of(const Json& grader) {
  CommandSpec spec;
  for (const Json& word : grader["command"]) spec.command.push_back(scalar_text(word).value_or(""));
  if (const Json* files = find_member(grader, "files"))
    for (auto& [name, content] : files->items()) spec.files.push_back({name, scalar_text(content).value_or(""), true});
  spec.cpu_s = get_number(grader, "cpu_s").value_or(spec.cpu_s);
  if (auto megabytes = get_number(grader, "memory_mb")) spec.memory_bytes = static_cast<uint64_t>(*megabytes * (1 << 20));
  return spec;
}

// --- the other sections

AnswerForm usual_form(const Json& grader) {
  const std::string name = get_string(grader, "name").value_or("");
  if (name == "choice") return AnswerForm::letter;
  if (name == "tag") return AnswerForm::answer_tag;
  return name.empty() || name == "exact" ? AnswerForm::any : AnswerForm::box;
}

Status take_form(const Json& document, const Place& place, TaskFile& file) {
  std::string name;
  file.prompt.form = usual_form(file.grader);
  if (Status taken = take_text(document, place, "form", name); !taken || name.empty()) return taken;
  auto form = parse_answer_form(name);
  const Names known = {"any", "box", "letter", "answer_tag"};
  if (!form || std::find(known.begin(), known.end(), name) == known.end())
    return (place / "form").error(fmt::format("unknown form {}{}; there are {}", name, did_you_mean(name, known), fmt::join(known, ", ")));
  file.prompt.form = *form;
  return {};
}

Status take_sampling(const Json& document, const Place& place, TaskFile& file) {
  const Json* given = find_member(document, "sampling");
  if (given == nullptr) return {};
  const Place here = place / "sampling";
  if (Status known = check_keys(*given, here, {"temperature", "top_p", "top_k", "min_p", "max_tokens", "stop"}); !known) return known;
  for (auto& [key, value] : given->items()) {
    const bool right = key == "stop" ? value.is_array() : key == "top_k" || key == "max_tokens" ? value.is_number_integer() : value.is_number();
    if (!right) return (here / key).error(key == "stop" ? "a list of texts is wanted" : "a number is wanted");
  }
  file.sampling = *given;
  Sampling sampling;
  apply_sampling(file.sampling, sampling);
  Status valid = validate(sampling);
  return valid ? valid : Status(here.error(valid.error().message));
}

// The samples that a metric needs: 8 for "maj@8".
Status take_metric(const Json& document, const Place& place, TaskFile& file) {
  std::string metric;
  if (Status taken = take_text(document, place, "metric", metric); !taken || metric.empty()) return taken;
  const size_t at = metric.find('@');
  const std::string kind = metric.substr(0, at);
  const int k = at == metric.npos ? 0 : parse_number<int>(std::string_view(metric).substr(at + 1)).value_or(0);
  if (k < 1 || (kind != "pass" && kind != "maj" && kind != "cons"))
    return (place / "metric").error(fmt::format("{}: pass@K or maj@K is wanted", metric));
  const bool counted = find_member(document, "samples") != nullptr;
  if (counted && k > file.samples) return (place / "metric").error(fmt::format("{} needs {} samples, \"samples\" is {}", metric, k, file.samples));
  if (!counted) file.samples = k;
  return {};
}

Status take_shots(const Json& document, const Place& place, TaskFile& file) {
  const Json* given = find_member(document, "fewshot");
  if (given == nullptr) return {};
  const Place here = place / "fewshot";
  if (Status known = check_keys(*given, here, {"data", "split", "n", "answer"}); !known) return known;
  file.shots.answer = file.prompt.target;
  file.shots.count = 1;
  if (Status taken = take_text(*given, here, "data", file.shots.data); !taken) return taken;
  if (file.shots.data.empty()) return here.error("\"data\" is missing");
  file.shots.data = beside(file.path, file.shots.data);
  if (Status taken = take_split(*given, here, file.shots.split); !taken) return taken;
  if (Status taken = take_count(*given, here, "n", file.shots.count); !taken) return taken;
  if (Status taken = take_text(*given, here, "answer", file.shots.answer); !taken) return taken;
  return check_template(file.shots.answer, here / "answer");
}

Status take_name(const Json& document, const Place& place, TaskFile& file) {
  file.name = std::filesystem::path(file.path).stem().string();
  if (Status taken = take_text(document, place, "name", file.name); !taken) return taken;
  const bool plain = std::all_of(file.name.begin(), file.name.end(), [](char c) { return is_letter(c) || is_digit(c) || std::string_view("_-./").find(c) != std::string_view::npos; });
  if (!plain || is_task_file(file.name)) return (place / "name").error("letters, digits, '_', '-', '.' and '/' are wanted, and no .json at the end");
  if (resolve_task(file.name)) return (place / "name").error(fmt::format("{} is a task of proctor's own; give it another name", file.name));
  return {};
}

Status take_all(const Json& document, TaskFile& file) {
  const Place place{file.path, ""};
  const Names keys = {"name", "version", "summary", "data", "split", "id", "level", "options", "prompt", "system", "target",
                      "form", "grader", "sampling", "samples", "metric", "fewshot"};
  if (Status known = check_keys(document, place, keys); !known) return known;
  for (const char* key : {"data", "prompt", "target"})
    if (find_member(document, key) == nullptr) return place.error(fmt::format("\"{}\" is missing", key));
  if (Status taken = take_texts(document, place, "data", file.rows.data); !taken) return taken;
  for (std::string& data : file.rows.data) data = beside(file.path, data);
  const std::pair<const char*, std::string*> texts[] = {{"version", &file.version}, {"summary", &file.summary}, {"id", &file.rows.id},
                                                        {"level", &file.rows.level},     {"options", &file.rows.options}, {"prompt", &file.prompt.text},
                                                        {"system", &file.prompt.system},   {"target", &file.prompt.target}};
  for (auto& [key, text] : texts)
    if (Status taken = take_text(document, place, key, *text); !taken) return taken;
  if (Status parsed = check_template(file.prompt.text, place / "prompt"); !parsed) return parsed;
  if (Status parsed = check_template(file.prompt.target, place / "target"); !parsed) return parsed;
  if (Status taken = take_count(document, place, "samples", file.samples); !taken) return taken;
  for (auto take : {take_grader, take_form, take_sampling, take_metric, take_shots, take_name})
    if (Status taken = take(document, place, file); !taken) return taken;
  return take_split(document, place, file.rows.split);
}

// --- rows

Names field_names(const DataRow& row) {
  Names names;
  for (auto& [name, value] : row.fields.items()) names.push_back(name);
  return names;
}

Error no_field(const DataRow& row, std::string_view field) {
  const Names names = field_names(row);
  return row_error(row, fmt::format("no field \"{}\"{}", field, did_you_mean(field, names)));
}

// A name that the row does not have, or has as null, is an error here: an empty space in a prompt, or "None" for an
// answer, would go unnoticed.
Result<std::string> rendered(const JinjaTemplate& text, const DataRow& row) {
  JinjaLimits limits;
  limits.absent_is_error = true;
  auto result = text.render(row.fields, limits);
  if (result) return result;
  const std::string& message = result.error().message;
  const size_t open = message.find('\''), close = open == message.npos ? open : message.find('\'', open + 1);
  std::string hint;
  if (message.ends_with("is undefined") && close != message.npos) hint = did_you_mean(message.substr(open + 1, close - open - 1), field_names(row));
  return row_error(row, message + hint);
}

Result<std::string> scalar_field(const DataRow& row, const std::string& field) {
  const Json* value = find_member(row.fields, field);
  if (value == nullptr) return no_field(row, field);
  auto text = scalar_text(*value);
  if (!text) return row_error(row, fmt::format("\"{}\" should be text or a number, is {}", field, value->type_name()));
  return *text;
}

Result<bool> in_split(const DataRow& row, const RowSplit& split) {
  if (split.field.empty()) return true;
  auto value = scalar_field(row, split.field);
  if (!value) return value.error();
  return *value == split.value;
}

// Rows of one split, in order.
Result<std::vector<DataRow>> rows_of(const std::vector<std::string>& paths, const RowSplit& split) {
  std::vector<DataRow> kept;
  size_t total = 0;
  for (const std::string& path : paths) {
    auto rows = read_rows(path);
    if (!rows) return rows.error();
    total += rows->size();
    for (DataRow& row : *rows) {
      auto ours = in_split(row, split);
      if (!ours) return ours.error();
      if (*ours) kept.push_back(std::move(row));
    }
  }
  if (kept.empty())
    return usage_error(fmt::format("{}:1: none of its {} rows has \"{}\": \"{}\"", paths.front(), total, split.field, split.value));
  return kept;
}

struct Templates {
  JinjaTemplate prompt, target;
};

Result<Templates> parse_templates(const TaskFile& file) {
  auto prompt = JinjaTemplate::parse(file.prompt.text, "/prompt"), target = JinjaTemplate::parse(file.prompt.target, "/target");
  if (!prompt) return prompt.error();
  if (!target) return target.error();
  return Templates{std::move(*prompt), std::move(*target)};
}

Status put_options_of(const TaskFile& file, const DataRow& row, Question& question) {
  if (file.rows.options.empty()) return {};
  const Json* options = find_member(row.fields, file.rows.options);
  if (options == nullptr) return no_field(row, file.rows.options);
  if (!options->is_array() || options->empty()) return row_error(row, fmt::format("\"{}\" should be a list of options", file.rows.options));
  question.metadata["options"] = *options;
  return {};
}

// What put_prompt is told, and the question but for its prompt.
Result<Ask> read_row(const TaskFile& file, const Templates& templates, const DataRow& row, Question& question) {
  auto prompt = rendered(templates.prompt, row);
  if (!prompt) return prompt.error();
  auto target = rendered(templates.target, row);
  if (!target) return target.error();
  question.target = trim(*target);
  if (question.target.empty()) return row_error(row, "/target comes out empty");
  if (trim(*prompt).empty()) return row_error(row, "/prompt comes out empty");
  for (auto [field, text] : {std::pair{&file.rows.id, &question.doc_id}, std::pair{&file.rows.level, &question.level}}) {
    if (field->empty()) continue;
    auto value = scalar_field(row, *field);
    if (!value) return value.error();
    *text = std::move(*value);
  }
  if (Status put = put_options_of(file, row, question); !put) return put.error();
  if (definition_runs_code({{"grader", file.grader}})) question.metadata["row"] = row.fields;
  return Ask{std::move(*prompt), file.prompt.form, "", true};
}

Result<std::vector<Shot>> shots_of(const TaskFile& file, const Templates& templates, const TaskOptions& options) {
  std::vector<Shot> shots;
  const size_t count = static_cast<size_t>(options.shots > 0 ? options.shots : file.shots.count);
  if (file.shots.data.empty() && options.shots > 0) return usage_error(fmt::format("{}: has no \"fewshot\"; ask it without --num-fewshot", file.path));
  if (file.shots.data.empty()) return shots;
  auto rows = rows_of({file.shots.data}, file.shots.split);
  if (!rows) return rows.error();
  if (rows->size() < count) return usage_error(fmt::format("{}: holds {} examples, {} are wanted", file.shots.data, rows->size(), count));
  auto answer = JinjaTemplate::parse(file.shots.answer, "/fewshot/answer");
  if (!answer) return answer.error();
  for (size_t i = 0; i < count; ++i) {
    auto asked = rendered(templates.prompt, (*rows)[i]), answered = rendered(*answer, (*rows)[i]);
    if (!asked) return asked.error();
    if (!answered) return answered.error();
    shots.push_back({std::move(*asked), std::move(*answered)});
  }
  return shots;
}

Status load_rows(const TaskFile& file, const TaskOptions& given, Task& task) {
  auto templates = parse_templates(file);
  if (!templates) return templates.error();
  auto shots = shots_of(file, *templates, given);
  if (!shots) return shots.error();
  task.shots = static_cast<int>(shots->size());
  auto rows = rows_of(file.rows.data, file.rows.split);
  if (!rows) return rows.error();
  TaskOptions options = given;
  if (options.system.empty()) options.system = file.prompt.system;
  std::unordered_map<std::string, std::string> seen; // doc id -> where
  for (const DataRow& row : *rows) {
    Question question;
    question.doc_id = std::to_string(task.questions.size());
    auto ask = read_row(file, *templates, row, question);
    if (!ask) return ask.error();
    auto [first, added] = seen.try_emplace(question.doc_id, row.where);
    if (!added) return row_error(row, fmt::format("the id {} is already that of {}", question.doc_id, first->second));
    put_prompt(*ask, *shots, options, question);
    task.questions.push_back(std::move(question));
  }
  return {};
}

} // namespace

static Json definition_of(const TaskFile& file) { return {{"path", file.path}, {"hash", file.hash}, {"grader", file.grader}}; }

bool is_task_file(std::string_view name) { return name.ends_with(".json"); }

void apply_sampling(const Json& named, Sampling& sampling) {
  sampling.temperature = get_number(named, "temperature").value_or(sampling.temperature);
  sampling.top_p = get_number(named, "top_p").value_or(sampling.top_p);
  sampling.min_p = get_number(named, "min_p").value_or(sampling.min_p);
  sampling.top_k = static_cast<int>(get_int(named, "top_k").value_or(sampling.top_k));
  sampling.max_tokens = static_cast<int>(get_int(named, "max_tokens").value_or(sampling.max_tokens));
  if (const Json* stop = find_member(named, "stop"))
    for (const Json& text : *stop) sampling.stop.push_back(scalar_text(text).value_or(""));
}

Result<TaskFile> read_task_file(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return text.error();
  auto document = parse_json_document(*text, path);
  if (!document) return document.error();
  TaskFile file;
  file.path = path;
  file.hash = hash_hex({*text});
  if (Status taken = take_all(*document, file); !taken) return taken.error();
  return file;
}

Result<Json> task_definition(const std::string& name) {
  if (!is_task_file(name)) return Json();
  auto file = read_task_file(name);
  if (!file) return file.error();
  return definition_of(*file);
}

bool definition_runs_code(const Json& definition) {
  const Json* grader = find_member(definition, "grader");
  return grader != nullptr && find_member(*grader, "command") != nullptr;
}

Result<Graders> graders_of_definition(const Json& definition, const GraderOptions& given) {
  const Json* grader = find_member(definition, "grader");
  if (grader == nullptr) return usage_error("the task's definition has no grader");
  GraderOptions options = given;
  Graders graders;
  if (definition_runs_code(definition)) {
    graders.push_back(make_command_grader(command_of(*grader), options.sandbox ? options.sandbox : make_code_sandbox()));
    return graders;
  }
  if (Status checked = check_policies(*grader, {"the task's definition", "/grader"}, options.math); !checked) return checked.error();
  const std::string name = get_string(*grader, "name").value_or("");
  graders.push_back(make_grader(name, options));
  if (graders.back() == nullptr) return usage_error(fmt::format("this build has no grader {}", name));
  return graders;
}

Result<Task> load_task_file(const TaskFile& file, const TaskOptions& options) {
  Task task;
  task.name = file.name;
  task.version = file.version;
  task.default_samples = file.samples;
  task.source = fmt::format("{}", fmt::join(file.rows.data, ", "));
  auto graders = graders_of_definition(definition_of(file), options.graders);
  if (!graders) return graders.error();
  task.graders = std::move(*graders);
  if (Status loaded = load_rows(file, options, task); !loaded) return in_context("loading " + file.path, loaded.error());
  if (Status kept = limit_questions(options, task); !kept) return kept.error();
  return task;
}

} // namespace proctor
