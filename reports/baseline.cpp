// SPDX-License-Identifier: MIT
#include "reports/baseline.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <unordered_map>
#include <utility>

#include "harness/text/number.h"
#include "reports/compare.h"
#include "reports/metrics.h"
#include "reports/text.h"

namespace proctor {
namespace {

// --- writing

// best@K needs the order of the scores alone: [samples, right ones] of each, the best first.
Json ranked_json(std::vector<ScoredSample> scored) {
  std::ranges::sort(scored, std::greater<>{}, &ScoredSample::score);
  std::vector<std::pair<int, int>> ranks;
  for (size_t i = 0; i < scored.size(); ++i) {
    if (i == 0 || scored[i].score != scored[i - 1].score) ranks.emplace_back(0, 0);
    ranks.back().first += 1;
    ranks.back().second += scored[i].correct > 0;
  }
  return ranks;
}

Json question_json(const QuestionRow& row) {
  Json json = {{"id", row.doc_id}, {"n", row.n}, {"c", row.c}};
  if (!row.cluster.empty()) json["cluster"] = row.cluster;
  if (row.prompt.known()) json["prompt"] = row.prompt.hex();
  if (row.target.known()) json["target"] = row.target.hex();
  if (row.n_truncated > 0) json["truncated"] = row.n_truncated;
  if (row.n_format > 0) json["format"] = {row.n_format_ok, row.n_format};
  if (row.n_traced > 0) json["traced"] = {row.n_loop, row.n_mixed, row.n_traced};
  if (row.silent > 0) json["silent"] = row.silent;
  Json votes = Json::array();
  for (const VoteClass& vote : row.classes) votes.push_back({fmt::format("{:016x}", vote.answer), vote.n, vote.correct ? 1 : 0});
  if (!votes.empty()) json["votes"] = std::move(votes);
  if (!row.scored.empty()) json["ranked"] = ranked_json(row.scored);
  if (row.settled) json["settled"] = {row.settled->k, row.settled->n, row.settled->credit};
  if (row.tokens.n > 0) json["tokens"] = {row.tokens.n, row.tokens.sum, row.tokens.squares};
  return json;
}

// A task's object with one line per question, so that a change of the file can be read in a diff.
std::string task_text(const TaskSummary& task) {
  Json head = {{"version", task.version}, {"hash", task.hash}, {"n_questions", task.n_questions}, {"n_samples", task.n_samples}};
  std::string out = dump_json(head);
  out.pop_back();
  out += ",\"graders\":{";
  for (size_t s = 0; s < task.slots.size(); ++s) {
    const SlotSummary& slot = task.slots[s];
    out += fmt::format("{}\n  {}:{{\"fingerprint\":{},\"n_short\":{},\"questions\":[", s > 0 ? "," : "", dump_json(slot.slot),
                       dump_json(slot.grader), slot.n_short);
    for (size_t i = 0; i < slot.questions.size(); ++i)
      out += (i > 0 ? ",\n" : "\n") + dump_json(question_json(slot.questions[i]));
    out += "]}";
  }
  return out + "}}";
}

// --- reading

Error bad(const std::string& where, const std::string& what) {
  return usage_error(fmt::format("{}: {}; not a baseline that proctor baseline write made", where, what));
}

// Counts must be whole and from 0.
std::optional<int> count_member(const Json& object, std::string_view key, int otherwise) {
  if (find_member(object, key) == nullptr) return otherwise;
  const auto value = get_int(object, key);
  if (!value || *value < 0 || *value > 1'000'000'000) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<VoteClass> parse_vote(const Json& json) {
  if (!json.is_array() || json.size() != 3 || !json[0].is_string() || !json[1].is_number_integer()) return std::nullopt;
  VoteClass vote;
  vote.answer = std::strtoull(json[0].get_ref<const std::string&>().c_str(), nullptr, 16);
  vote.n = static_cast<int>(json[1].get<int64_t>());
  vote.correct = json[2] == 1;
  return vote.n > 0 ? std::optional(vote) : std::nullopt;
}

Status parse_votes(const Json& json, QuestionRow& row, const std::string& where) {
  const Json* votes = find_member(json, "votes");
  if (votes == nullptr) return {};
  if (!votes->is_array()) return bad(where, "\"votes\" is not a list");
  for (const Json& one : *votes) {
    const auto vote = parse_vote(one);
    if (!vote) return bad(where, "a vote is not [hash, number, 0 or 1]");
    row.classes.push_back(*vote);
    row.n_votes += vote->n;
  }
  row.n_classes = static_cast<int>(row.classes.size());
  return {};
}

constexpr int64_t kMostSamples = 1 << 20; // of one question

bool is_list_of_counts(const Json& json, size_t size) {
  return json.is_array() && json.size() == size && std::ranges::all_of(json, [](const Json& count) {
           return count.is_number_unsigned() && std::cmp_less_equal(count.get<uint64_t>(), kMostSamples);
         });
}

Status parse_ranked(const Json& json, QuestionRow& row, const std::string& where) {
  const Json* ranked = find_member(json, "ranked");
  if (ranked == nullptr) return {};
  if (!ranked->is_array()) return bad(where, "\"ranked\" is not a list");
  int64_t n = 0, c = 0;
  for (const Json& rank : *ranked) {
    if (!is_list_of_counts(rank, 2) || rank[1] > rank[0]) return bad(where, "a rank is not [samples, right ones]");
    n += rank[0].get<int>(), c += rank[1].get<int>();
  }
  if (n != row.n || c != row.c || n > kMostSamples) return bad(where, "the ranks do not add up to n and c");
  double score = 0;
  for (const Json& rank : *ranked) {
    score -= 1;
    for (int i = 0; i < rank[0].get<int>(); ++i) row.scored.push_back({score, i < rank[1].get<int>() ? 1.0 : 0.0});
  }
  return {};
}

Status parse_settled(const Json& json, QuestionRow& row, const std::string& where) {
  const Json* settled = find_member(json, "settled");
  if (settled == nullptr) return {};
  const bool three = settled->is_array() && settled->size() == 3 && (*settled)[2].is_number();
  if (!three || !is_list_of_counts(Json{(*settled)[0], (*settled)[1]}, 2)) return bad(where, "\"settled\" is not [k, samples, credit]");
  row.settled = SettledVote{(*settled)[0].get<int>(), (*settled)[1].get<int>(), (*settled)[2].get<double>()};
  if (row.settled->credit < 0 || row.settled->credit > 1) return bad(where, "\"settled\" is not [k, samples, credit]");
  return {};
}

Result<QuestionRow> parse_question(const Json& json, const std::string& where) {
  QuestionRow row;
  const auto id = get_string(json, "id");
  const auto n = count_member(json, "n", -1), c = count_member(json, "c", -1);
  const auto truncated = count_member(json, "truncated", 0), silent = count_member(json, "silent", 0);
  if (!id || !n || !c || !truncated || !silent || *n < 0 || *c < 0 || *c > *n || *truncated > *n - *c)
    return bad(where, "a question needs \"id\" and counts 0 <= c <= n");
  row.doc_id = *id;
  row.n = *n, row.c = *c, row.n_truncated = *truncated, row.silent = *silent;
  row.cluster = get_string(json, "cluster").value_or("");
  row.prompt = ShortHash::of_hex(get_string(json, "prompt").value_or(""));
  row.target = ShortHash::of_hex(get_string(json, "target").value_or(""));
  row.pass_1 = pass_at_k(row.n, row.c, 1);
  const std::string place = where + ", question " + *id;
  if (const Json* format = find_member(json, "format")) {
    if (!format->is_array() || format->size() != 2 || !(*format)[0].is_number_integer() || !(*format)[1].is_number_integer())
      return bad(place, "\"format\" is not [ok, judged]");
    row.n_format_ok = static_cast<int>((*format)[0].get<int64_t>()), row.n_format = static_cast<int>((*format)[1].get<int64_t>());
    if (row.n_format_ok < 0 || row.n_format_ok > row.n_format) return bad(place, "\"format\" is not [ok, judged]");
  }
  if (const Json* traced = find_member(json, "traced")) {
    const bool counts = traced->is_array() && traced->size() == 3 &&
                        std::ranges::all_of(*traced, [](const Json& count) { return count.is_number_unsigned(); });
    if (!counts) return bad(place, "\"traced\" is not [loops, mixed, counted]");
    row.n_loop = (*traced)[0].get<int>(), row.n_mixed = (*traced)[1].get<int>(), row.n_traced = (*traced)[2].get<int>();
    if (std::max(row.n_loop, row.n_mixed) > row.n_traced) return bad(place, "\"traced\" is not [loops, mixed, counted]");
  }
  if (const Json* tokens = find_member(json, "tokens")) {
    if (!tokens->is_array() || tokens->size() != 3 || !std::ranges::all_of(*tokens, [](const Json& x) { return x.is_number(); }))
      return bad(place, "\"tokens\" is not [number, sum, sum of squares]");
    row.tokens = {(*tokens)[0].get<int64_t>(), (*tokens)[1].get<double>(), (*tokens)[2].get<double>()};
  }
  for (auto* parse : {parse_votes, parse_ranked, parse_settled})
    if (Status parsed = parse(json, row, place); !parsed) return parsed.error();
  if (row.n_votes + row.silent != row.n && !row.classes.empty()) return bad(place, "the votes do not add up to n");
  return row;
}

Result<SlotSummary> parse_slot(const std::string& name, const Json& json, int n_samples, const std::string& where) {
  SlotSummary slot;
  slot.slot = name;
  slot.grader = get_string(json, "fingerprint").value_or("");
  slot.n_short = get_int(json, "n_short").value_or(0);
  const Json* questions = find_member(json, "questions");
  if (questions == nullptr || !questions->is_array()) return bad(where, "\"questions\" is missing");
  std::vector<QuestionTally> tallies;
  bool votes = false;
  for (const Json& one : *questions) {
    auto row = parse_question(one, where);
    if (!row) return row.error();
    slot.n_graded += row->n;
    slot.verdicts[static_cast<size_t>(Verdict::correct)] += row->c;
    slot.verdicts[static_cast<size_t>(Verdict::truncated)] += row->n_truncated;
    slot.verdicts[static_cast<size_t>(Verdict::incorrect)] += row->n - row->c - row->n_truncated;
    votes = votes || !row->classes.empty();
    slot.n_empty_questions += row->n == 0;
    slot.questions.push_back(std::move(*row));
  }
  for (const QuestionRow& row : slot.questions) tallies.push_back(tally_of(row));
  slot.metrics = compute_metrics(tallies, {n_samples, slot.n_short, votes, {}});
  return slot;
}

Result<TaskSummary> parse_task(const std::string& name, const Json& json, const std::string& where) {
  TaskSummary task;
  task.name = name;
  task.version = get_string(json, "version").value_or("");
  task.hash = get_string(json, "hash").value_or("");
  task.n_questions = get_int(json, "n_questions").value_or(0);
  task.n_samples = static_cast<int>(std::clamp<int64_t>(get_int(json, "n_samples").value_or(0), 0, kMostSamples));
  const Json* graders = find_member(json, "graders");
  if (graders == nullptr || !graders->is_object()) return bad(where, "\"graders\" is missing");
  for (const auto& [slot_name, slot_json] : graders->items()) {
    auto slot = parse_slot(slot_name, slot_json, task.n_samples, where + ", " + name);
    if (!slot) return slot.error();
    task.slots.push_back(std::move(*slot));
  }
  return task;
}

// --- fingerprints

Json sampling_of(const Summary& summary) {
  const Json* sampling = find_member(summary.options, "sampling");
  return sampling == nullptr ? Json::object() : *sampling;
}

void compare_sampling(const Summary& baseline, const Summary& run, std::vector<Mismatch>& found) {
  Json before = sampling_of(baseline), now = sampling_of(run);
  if (std::string a = member_text(before, "max_tokens"), b = member_text(now, "max_tokens"); a != b)
    found.push_back({"max_tokens", "", fmt::format("max_tokens was {}, is {}", a, b)});
  before.erase("max_tokens"), now.erase("max_tokens");
  for (const Json* object : {&before, &now})
    for (const auto& [key, value] : object->items())
      if (std::string a = member_text(before, key), b = member_text(now, key); a != b) {
        found.push_back({"sampling", "", fmt::format("{} was {}, is {}", key, a, b)});
        return;
      }
}

void compare_questions(const TaskSummary& task, const SlotSummary& before, const SlotSummary& now, std::vector<Mismatch>& found) {
  std::unordered_map<std::string_view, const QuestionRow*> known;
  for (const QuestionRow& row : now.questions) known.emplace(row.doc_id, &row);
  int64_t missing = 0, targets = 0, prompts = 0;
  std::string first;
  for (const QuestionRow& row : before.questions) {
    auto match = known.find(row.doc_id);
    const bool absent = match == known.end();
    const bool target = !absent && row.target.differs(match->second->target);
    missing += absent, targets += target;
    prompts += !absent && row.prompt.differs(match->second->prompt);
    if ((absent || target) && first.empty()) first = row.doc_id;
  }
  const auto extra = static_cast<int64_t>(now.questions.size()) - (static_cast<int64_t>(before.questions.size()) - missing);
  if (missing + targets + extra > 0)
    found.push_back({"questions", task.name,
                     fmt::format("the questions differ: {} missing, {} new, {} with another reference answer{}", missing, extra,
                                 targets, first.empty() ? "" : " (first: " + first + ")")});
  if (prompts > 0)
    found.push_back({"prompt", task.name, fmt::format("the prompts of {} differ", plural(prompts, "question"))});
}

} // namespace

std::string write_baseline(const Summary& summary) {
  Json head = {{"schema", kBaselineSchema},
               {"created", summary.created},
               {"run", summary.run_id},
               {"proctor_version", summary.version},
               {"model", {{"name", summary.model}, {"digest", summary.model_digest}, {"details", summary.model_details}}},
               {"options", summary.options},
               {"host", summary.host}};
  std::string out = dump_json_pretty(head);
  out.resize(out.find_last_of('}'));
  while (out.ends_with('\n')) out.pop_back();
  out += ",\n \"tasks\":{";
  for (size_t i = 0; i < summary.tasks.size(); ++i)
    out += fmt::format("{}\n {}:{}", i > 0 ? "," : "", dump_json(summary.tasks[i].name), task_text(summary.tasks[i]));
  return out + "}}\n";
}

Result<Summary> parse_baseline(std::string_view text, const std::string& where) {
  auto json = parse_json(text, where);
  if (!json) return json.error();
  const auto schema = get_string(*json, "schema");
  if (!schema) return bad(where, "no \"schema\"");
  if (*schema != kBaselineSchema)
    return usage_error(fmt::format("{}: schema \"{}\" is not {}; write the baseline again with this version", where, *schema, kBaselineSchema));
  Summary summary;
  summary.run_id = get_string(*json, "run").value_or("");
  summary.created = get_string(*json, "created").value_or("");
  summary.version = get_string(*json, "proctor_version").value_or("");
  if (const Json* model = find_member(*json, "model")) {
    summary.model = get_string(*model, "name").value_or("");
    summary.model_digest = get_string(*model, "digest").value_or("");
    if (const Json* details = find_member(*model, "details")) summary.model_details = *details;
  }
  if (const Json* options = find_member(*json, "options")) summary.options = *options;
  const Json* tasks = find_member(*json, "tasks");
  if (tasks == nullptr || !tasks->is_object() || tasks->empty()) return bad(where, "no \"tasks\"");
  for (const auto& [name, task_json] : tasks->items()) {
    auto task = parse_task(name, task_json, where);
    if (!task) return task.error();
    summary.tasks.push_back(std::move(*task));
  }
  return summary;
}

std::vector<Mismatch> fingerprint_mismatches(const Summary& baseline, const Summary& run) {
  std::vector<Mismatch> found;
  compare_sampling(baseline, run, found);
  const std::string before = member_text(baseline.model_details, "chat_template_hash"), now = member_text(run.model_details, "chat_template_hash");
  if (before != now) found.push_back({"template", "", fmt::format("the chat template was {}, is {}", before, now)});
  for (std::string_view key : kAnsweringOptions)
    if (std::string a = member_text(baseline.model_details, key), b = member_text(run.model_details, key); a != b)
      found.push_back({std::string(key), "", fmt::format("{} was {}, is {}", key, a, b)});
  for (const TaskSummary& task : baseline.tasks) {
    const TaskSummary* other = find_task(run, task.name);
    if (other == nullptr) continue; // the gate that asks for it says so
    for (const SlotSummary& slot : task.slots) {
      const SlotSummary* other_slot = find_slot(*other, slot.slot);
      if (other_slot == nullptr) continue;
      if (!slot.grader.empty() && !other_slot->grader.empty() && slot.grader != other_slot->grader)
        found.push_back({"grader", task.name, fmt::format("the grader was {}, is {}", slot.grader, other_slot->grader)});
      compare_questions(task, slot, *other_slot, found);
    }
  }
  return found;
}

} // namespace proctor
