// SPDX-License-Identifier: MIT
#include "harness/cmd_options.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

#include "graders/code/code_sandbox.h"
#include "harness/json.h"
#include "harness/text/ascii.h"
#include "harness/text/nearest.h"
#include "harness/text/number.h"
#include "reports/published.h"

namespace proctor {
namespace {

// Blanks around a number are no mistake.
template <class T> std::optional<T> parse_trimmed(std::string_view text) { return parse_number<T>(trim(text)); }

Result<std::optional<double>> parse_limit(const std::string& text) {
  if (text.empty()) return std::optional<double>();
  auto value = parse_trimmed<double>(text);
  bool whole = value && *value >= 1 && *value == static_cast<double>(static_cast<int64_t>(*value));
  bool fraction = value && *value > 0 && *value < 1;
  if (!whole && !fraction)
    return usage_error(fmt::format("--limit {}: a number of questions from 1, or a fraction between 0 and 1", text));
  return value;
}

// "a,b" or {"task":["a",0]}: the ids that concern `task`.
Result<std::vector<std::string>> selected_ids(const std::string& text, const std::string& task) {
  std::vector<std::string> ids;
  if (!text.starts_with('{')) {
    if (!text.empty())
      for (std::string_view id : split(text, ',')) ids.emplace_back(trim(id));
    return ids;
  }
  auto json = parse_json(text, "--samples");
  if (!json) return json.error();
  const Json* list = find_member(*json, task);
  if (list == nullptr) return ids;
  if (!list->is_array()) return usage_error(fmt::format("--samples: \"{}\" must be a list of ids", task));
  for (const Json& id : *list) {
    auto id_text = scalar_text(id);
    if (!id_text) return usage_error(fmt::format("--samples: \"{}\" must hold numbers and strings", task));
    ids.push_back(*id_text);
  }
  return ids;
}

Error bad_value(std::string_view key, std::string_view value, std::string_view wanted) {
  return usage_error(fmt::format("--gen_kwargs {}={}: {} is wanted", key, value, wanted));
}

// One key of --gen_kwargs, with the names that lm-evaluation-harness and vLLM use.
Status apply_gen_kwarg(Sampling& sampling, const std::string& key, const std::string& value) {
  auto set_double = [&](double& field) -> Status {
    auto number = parse_trimmed<double>(value);
    if (!number) return bad_value(key, value, "a number");
    field = *number;
    return {};
  };
  auto set_int = [&](int& field) -> Status {
    auto number = parse_trimmed<int>(value);
    if (!number) return bad_value(key, value, "a whole number");
    field = *number;
    return {};
  };
  if (key == "temperature") return set_double(sampling.temperature);
  if (key == "top_p") return set_double(sampling.top_p);
  if (key == "min_p") return set_double(sampling.min_p);
  if (key == "top_k") return set_int(sampling.top_k);
  if (key == "max_tokens" || key == "max_gen_toks" || key == "max_new_tokens") return set_int(sampling.max_tokens);
  if (key == "stop" || key == "until") {
    sampling.stop.push_back(value);
    return {};
  }
  if (key == "do_sample") {
    if (lower(value) == "false")
      sampling.temperature = 0;
    else if (lower(value) != "true")
      return bad_value(key, value, "true or false");
    return {};
  }
  const std::vector<std::string> keys = {"temperature",  "top_p", "min_p", "top_k",    "max_tokens",
                                         "max_gen_toks", "stop",  "until", "do_sample"};
  return usage_error(fmt::format("--gen_kwargs: unknown key {}{}", key, did_you_mean(key, keys)));
}

std::optional<int> environment_int(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : parse_trimmed<int>(value);
}

// srun gives every process its rank; a job array gives its index, which may start anywhere.
Result<Shard> shard_from_environment() {
  auto rank = environment_int("SLURM_PROCID"), ranks = environment_int("SLURM_NTASKS");
  if (rank && ranks && *ranks > 1) return Shard{*rank, *ranks};
  auto id = environment_int("SLURM_ARRAY_TASK_ID"), first = environment_int("SLURM_ARRAY_TASK_MIN"),
       count = environment_int("SLURM_ARRAY_TASK_COUNT");
  int step = std::max(1, environment_int("SLURM_ARRAY_TASK_STEP").value_or(1));
  if (id && first && count) {
    int index = (*id - *first) / step;
    if (*count > 0 && index >= 0 && index < *count && (*id - *first) % step == 0) return Shard{index, *count};
    return usage_error("--shard auto: the job array's indices are not evenly spaced; write --shard I/N");
  }
  if (rank && ranks) return Shard{};
  return usage_error(
      "--shard auto: neither SLURM_PROCID and SLURM_NTASKS nor SLURM_ARRAY_TASK_ID, _MIN and _COUNT are set; "
      "write --shard I/N");
}

std::vector<std::string> presets() {
  std::vector<std::string> names;
  for (const Protocol& protocol : published().protocols) names.push_back(protocol.name);
  return names;
}

} // namespace

void QuestionArgs::add_data_to(CommandLine& command) {
  command.option("--data", data,
                  "Where benchmark files are: a folder to search, or TASK=FILE (repeatable; default: $PROCTOR_DATA)").value_name("DIR|TASK=FILE").one_each();
}

void QuestionArgs::add_to(CommandLine& command) {
  add_data_to(command);
  command.option("--gen-seed", gen_seed, "Which generated questions (gen/...) and which order of options (gpqa_diamond): equal seeds, equal questions").value_name("S").show_default();
  command.option("--gen-twins", gen_twins, "After every generated question K more with its structure and new numbers").value_name("K").positive();
  command.flag("--gen-noop", gen_noop, "Put a sentence that changes nothing into every generated question");
  command.option("-L,--limit,--max-samples", limit,
                  "Only the first N questions of each task (of gen: of each family), or a fraction").value_name("N");
  command.option("--samples,--sample-id", samples,
                  "Only these questions: ids with commas between, or {\"task\":[ids]}").value_name("IDS");
  command.option("--num-fewshot,--num_fewshot", shots, "Worked examples before every question, from the benchmark's own file of them").value_name("N").show_default();
  command.option("--system,--system_instruction", system, "System text before every prompt (DeepSeek advises none)").value_name("TEXT");
  confinement.add_to(command);
}

void QuestionArgs::add_published_to(CommandLine& command, std::string_view preset_help) {
  command.option("--preset", preset, fmt::format("{}: {}", preset_help, preset_names())).value_name("NAME");
  add_reference(command, reference);
}

Status QuestionArgs::check_published() const {
  if (!preset.empty() && find_protocol(preset) == nullptr)
    return usage_error(fmt::format("unknown preset {}; there are {}{}", preset, fmt::join(presets(), ", "), did_you_mean(preset, presets())));
  return check_reference(reference);
}

void add_reference(CommandLine& command, std::string& reference) {
  command.option("--reference", reference, "Put the published numbers of this model beside the results (default: those of the model of that name)").value_name("MODEL");
}

Status check_reference(const std::string& reference) {
  if (reference.empty()) return {};
  auto model = find_published_model(reference);
  return model ? Status() : in_context("--reference", model.error());
}

Status QuestionArgs::check_samples(const std::vector<TaskSpec>& specs) const {
  if (!samples.starts_with('{')) return {};
  auto json = parse_json(samples, "--samples");
  if (!json) return json.error();
  std::vector<std::string> asked;
  for (const TaskSpec& spec : specs) asked.push_back(spec.name);
  for (auto& [task, ids] : json->items()) {
    if (std::find(asked.begin(), asked.end(), task) == asked.end())
      return usage_error(fmt::format("--samples: {} is not one of the tasks of -t{}", task, did_you_mean(task, asked)));
    if (!ids.is_array() || ids.empty()) return usage_error(fmt::format("--samples: {} wants a list of at least one id", task));
  }
  for (const std::string& task : asked)
    if (!json->contains(task)) return usage_error(fmt::format("--samples says nothing about {}; name its ids, or take it from -t", task));
  return {};
}

Status QuestionArgs::start_sandbox(const std::vector<TaskSpec>& specs) const {
  auto wanted = confinement.options();
  if (!wanted) return wanted.error();
  if (std::ranges::none_of(specs, [](const TaskSpec& spec) { return runs_code(spec.name); })) return {};
  sandbox->configure(*wanted);
  auto started = sandbox->start();
  return started ? Status() : Status(started.error());
}

Result<TaskOptions> QuestionArgs::task_options(const std::string& task) const {
  TaskOptions options;
  for (const std::string& entry : data) {
    size_t equals = entry.find('=');
    std::error_code error;
    bool is_folder = std::filesystem::is_directory(entry, error);
    if (equals == entry.npos && !is_folder) return usage_error(fmt::format("--data {}: no such folder", entry));
    if (is_folder && !options.data.dir.empty() && options.data.dir != entry)
      return usage_error(fmt::format("--data {}: one folder is searched, and {} is given already; name files with TASK=FILE", entry, options.data.dir));
    if (is_folder)
      options.data.dir = entry;
    else {
      auto names = resolve_task(entry.substr(0, equals));
      if (!names) return in_context("--data " + entry, names.error());
      for (const std::string& name : *names) options.data.files[name] = entry.substr(equals + 1);
    }
  }
  options.gen_seed = gen_seed;
  options.gen_twins = gen_twins;
  options.gen_noop = gen_noop;
  options.graders.sandbox = sandbox;
  auto parsed_limit = parse_limit(limit);
  if (!parsed_limit) return parsed_limit.error();
  options.limit = *parsed_limit;
  auto ids = selected_ids(samples, task);
  if (!ids) return ids.error();
  options.doc_ids = std::move(*ids);
  const Protocol* protocol = find_protocol(preset);
  options.prompt_style = protocol != nullptr && protocol->r1_zero_prompt ? PromptStyle::r1_zero : PromptStyle::standard;
  if (shots < 0) return usage_error("--num-fewshot: a number of examples from 0");
  options.shots = shots;
  options.system = system;
  return options;
}

void SamplingArgs::add_to(CommandLine& command) {
  command.option("--temperature", temperature, "Sampling temperature; 0 is greedy (default 0.6)").value_name("T");
  command.option("--top-p,--top_p", top_p, "Nucleus sampling; 1 is off (default 0.95)").value_name("P");
  command.option("--top-k,--top_k", top_k, "Only the K likeliest tokens; 0 is off (default)").value_name("K");
  command.option("--min-p,--min_p", min_p,
                  "Only tokens at least P times as likely as the likeliest; 0 is off (default)").value_name("P");
  command.option("--max-tokens,--max_tokens", max_tokens,
                  "Token limit of one answer, thinking included (default 32768)").value_name("N");
  command.option("--stop", stop, "Ends an answer, never the thinking (repeatable)").value_name("TEXT").one_each();
  command.option("--gen_kwargs", gen_kwargs,
                  "The same as key=value pairs: temperature=0.6,top_p=0.95,max_gen_toks=32768").value_name("K=V,...");
}

Result<Sampling> SamplingArgs::sampling(const std::string& preset, const Sampling& base) const {
  Sampling result = base;
  if (const Protocol* protocol = find_protocol(preset)) {
    result.temperature = protocol->temperature.value_or(result.temperature);
    result.top_p = protocol->top_p.value_or(result.top_p);
    result.max_tokens = protocol->max_tokens.value_or(result.max_tokens);
  }
  auto pairs = parse_pairs(gen_kwargs, "--gen_kwargs");
  if (!pairs) return pairs.error();
  for (auto& [key, value] : *pairs)
    if (Status applied = apply_gen_kwarg(result, key, value); !applied) return applied.error();
  if (temperature) result.temperature = *temperature;
  if (top_p) result.top_p = *top_p;
  if (min_p) result.min_p = *min_p;
  if (top_k) result.top_k = *top_k;
  if (max_tokens) result.max_tokens = *max_tokens;
  result.stop.insert(result.stop.end(), stop.begin(), stop.end());
  if (Status valid = validate(result); !valid) return valid.error();
  return result;
}

void OutputArgs::add_to(CommandLine& command) {
  command.option("-o,--output,--output_path,--output-dir,--log-dir", root, "Folder of all run directories").value_name("DIR").show_default();
  command.option("--k", k, "More values of k for pass@k, maj@k and pass^k: 5,10").value_name("LIST");
  command.flag("--json", json, "Print results.json on stdout and nothing else");
  command.flag("--no-progress", no_progress, "No progress lines on stderr");
  command.flag("-v,--verbose", verbose, "Say more on stderr: where data was found, what was reused");
}

void EvaluateArgs::add_to(CommandLine& command) {
  command.option("--max-error-rate", max_error_rate, "Exit 3 when more than this share could not be graded").value_name("X").show_default().share();
  command.option("--max-truncated", max_truncated, "Exit 1 when more than this share of a task's answers is truncated").value_name("X").share();
  command.flag("--fresh,--no-cache", fresh, "Start a new run directory although one could be resumed");
  command.flag("--dry-run", dry_run, "Say what would be done and stop");
  math.add_to(command);
  prices.add_to(command);
}

Result<std::vector<int>> OutputArgs::extra_k() const {
  std::vector<int> values;
  if (k.empty()) return values;
  for (std::string_view word : split(k, ',')) {
    auto value = parse_trimmed<int>(word);
    if (!value || *value < 1) return usage_error(fmt::format("--k {}: whole numbers from 1, with commas between", k));
    values.push_back(*value);
  }
  return values;
}

Result<std::vector<TaskSpec>> parse_task_specs(const std::vector<std::string>& words) {
  std::vector<TaskSpec> specs;
  for (const std::string& word : words)
    for (std::string_view item : split(word, ',')) {
      item = trim(item);
      if (item.empty()) continue;
      std::optional<int> count;
      if (size_t colon = item.rfind(':'); colon != item.npos && !item.ends_with(".json")) {
        count = parse_trimmed<int>(item.substr(colon + 1));
        if (!count || *count < 1)
          return usage_error(fmt::format("task {}: after ':' the number of samples per question is wanted", item));
        item = item.substr(0, colon);
      }
      auto names = resolve_task(item);
      if (!names) return names.error();
      for (std::string& name : *names) {
        auto same = [&](const TaskSpec& spec) { return spec.name == name; };
        auto known = std::find_if(specs.begin(), specs.end(), same);
        if (known == specs.end())
          specs.push_back({std::move(name), count});
        else if (count)
          known->count = count;
      }
    }
  if (specs.empty()) return usage_error("no task given; name one with -t (proctor ls tasks lists them)");
  return specs;
}

Result<std::map<std::string, std::string>> parse_pairs(const std::string& text, std::string_view option) {
  std::map<std::string, std::string> pairs;
  if (trim(text).empty()) return pairs;
  for (std::string_view item : split(text, ',')) {
    size_t equals = item.find('=');
    if (equals == item.npos || trim(item.substr(0, equals)).empty())
      return usage_error(fmt::format("{} {}: key=value pairs with commas between are wanted", option, text));
    pairs[std::string(trim(item.substr(0, equals)))] = std::string(trim(item.substr(equals + 1)));
  }
  return pairs;
}

Result<Shard> parse_shard(const std::string& text) {
  if (text.empty()) return Shard{};
  if (text == "auto") return shard_from_environment();
  size_t slash = std::min(text.find('/'), text.size());
  int index = parse_trimmed<int>(std::string_view(text).substr(0, slash)).value_or(0);
  int count = parse_trimmed<int>(std::string_view(text).substr(std::min(slash + 1, text.size()))).value_or(0);
  if (index < 1 || index > count)
    return usage_error(fmt::format("--shard {}: I/N with I from 1 to N, or auto", text));
  return Shard{index - 1, count};
}

std::string preset_names() {
  std::vector<std::string> names = presets();
  const std::string last = names.back();
  names.pop_back();
  return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

std::string published_note(const std::string& preset, const std::string& reference, const std::string& model) {
  const Protocol* protocol = find_protocol(preset);
  if (protocol == nullptr || protocol->tasks.empty() || !reference.empty() || guess_published_model(model) != nullptr) return "";
  return fmt::format("no published numbers are known for {}; --reference MODEL puts those of a model beside the run (DeepSeek-R1-Distill-Qwen-7B)", model);
}

std::optional<int> preset_samples(const std::string& preset, const std::string& task) {
  const Protocol* protocol = find_protocol(preset);
  if (protocol == nullptr) return std::nullopt;
  const auto known = protocol->tasks.find(task);
  return known == protocol->tasks.end() ? protocol->samples : known->second.samples.value_or(protocol->samples);
}

} // namespace proctor
