// SPDX-License-Identifier: MIT
#include "graders/planning.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Words = std::vector<std::string>;

// The words of a text: lower case, without markdown and punctuation around them.
Words words_of(std::string_view text) {
  Words words;
  std::string word;
  auto end_word = [&] {
    while (!word.empty() && (word.back() == '-' || word.back() == '_')) word.pop_back();
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (char c : text) {
    bool inside = is_letter(c) || is_digit(c) || ((c == '_' || c == '-') && !word.empty());
    if (inside)
      word += to_lower(c);
    else
      end_word();
  }
  end_word();
  return words;
}

// --- objects ---

// The order in which PlanBench encodes colours as a, b, c, ...
constexpr std::array<std::string_view, 12> kColours = {"red",   "blue", "orange", "yellow", "white",  "magenta",
                                                       "black", "cyan", "green",  "violet", "silver", "gold"};

std::string colour_of_letter(std::string_view word) {
  size_t index = word.size() == 1 ? static_cast<size_t>(word[0] - 'a') : kColours.size();
  return index < kColours.size() ? std::string(kColours[index]) : std::string();
}

// "l0-1" -> "location_0_1", "p3" -> "package_3"
std::string long_name(std::string_view word) {
  constexpr std::array<std::pair<char, std::string_view>, 5> kKinds = {
      {{'p', "package"}, {'t', "truck"}, {'a', "airplane"}, {'l', "location"}, {'c', "city"}}};
  if (word.size() < 2 || !is_digit(word[1])) return "";
  for (auto [letter, kind] : kKinds) {
    if (word[0] != letter) continue;
    std::string name = fmt::format("{}_{}", kind, word.substr(1));
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  }
  return "";
}

// The object that a word names; empty for none. pddl: letters are names, too.
std::string object_of(const std::string& word, const PlanProblem& problem, bool pddl) {
  if (problem.domain == PlanDomain::logistics) {
    if (problem.objects.contains(word)) return word;
    std::string name = long_name(word);
    return problem.objects.contains(name) ? name : "";
  }
  if (problem.domain == PlanDomain::mystery) return pddl && word.size() == 1 ? word : "";
  if (std::find(kColours.begin(), kColours.end(), word) != kColours.end()) return word;
  return pddl ? colour_of_letter(word) : "";
}

// --- facts ---

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The objects of a fact or an action's words, in order. In the mystery domain those that follow "object", or single
// letters where a phrase has no such word.
Words objects_of(const Words& words, const PlanProblem& problem, bool pddl) {
  Words objects;
  bool named = problem.domain == PlanDomain::mystery && has(words, "object");
  for (size_t i = 0; i < words.size(); ++i) {
    std::string object;
    if (named)
      object = i > 0 && words[i - 1] == "object" && words[i].size() == 1 ? words[i] : "";
    else
      object = object_of(words[i], problem, pddl || problem.domain == PlanDomain::mystery);
    if (!object.empty()) objects.push_back(std::move(object));
  }
  return objects;
}

std::string atom(std::string_view name, const Words& objects) {
  return objects.empty() ? std::string(name) : fmt::format("{} {}", name, fmt::join(objects, " "));
}

std::optional<std::string> block_fact(const Words& words, const PlanProblem& problem) {
  Words objects = objects_of(words, problem, false);
  bool mystery = problem.domain == PlanDomain::mystery;
  if (has(words, mystery ? "harmony" : "hand")) return "handempty";
  if (objects.empty()) return std::nullopt;
  if (objects.size() == 2 && has(words, mystery ? "craves" : "top")) return atom("on", objects);
  objects.resize(1);
  if (has(words, mystery ? "province" : "clear")) return atom("clear", objects);
  if (has(words, mystery ? "planet" : "table")) return atom("ontable", objects);
  if (has(words, mystery ? "pain" : "holding")) return atom("holding", objects);
  return std::nullopt;
}

// "airplane_0 is at location_0_1", "location_0_1 is in the city city_0", "location_0_0 is an airport"
std::optional<std::string> logistics_fact(const Words& words, PlanProblem& problem) {
  Words objects;
  for (const std::string& word : words)
    if (word.find('_') != word.npos) objects.push_back(word);
  problem.objects.insert(objects.begin(), objects.end());
  if (objects.size() == 1 && has(words, "airport")) return atom("airport", objects);
  if (objects.size() != 2) return std::nullopt;
  return atom(has(words, "city") ? "in-city" : has(words, "in") ? "in" : "at", objects);
}

// "F1, F2 and F3." -> facts; false when one is not understood.
bool read_facts(std::string_view text, PlanProblem& problem, std::set<std::string>& facts) {
  std::string flat(text);
  for (size_t at; (at = flat.find(" and ")) != flat.npos;) flat.replace(at, 5, ",");
  for (std::string_view phrase : split(flat, ',')) {
    Words words = words_of(phrase);
    if (words.empty()) continue;
    auto fact = problem.domain == PlanDomain::logistics ? logistics_fact(words, problem) : block_fact(words, problem);
    if (!fact) return false;
    facts.insert(*fact);
  }
  return !facts.empty();
}

// --- actions ---

struct Action {
  std::string_view name;    // as in the plan's PDDL
  std::string_view mystery; // the same block action there; empty: of another domain
  size_t n_objects;
};

constexpr std::array<Action, 4> kBlockActions = {
    {{"pick-up", "attack", 1}, {"put-down", "succumb", 1}, {"stack", "overcome", 2}, {"unstack", "feast", 2}}};

// "pick_up", "pickup" and "pick-up" as "pickup".
std::string without_joints(std::string_view word) {
  std::string bare;
  for (char c : word)
    if (c != '-' && c != '_') bare += c;
  return bare;
}

// The block action that begins at words[i]; `length` says how many words name it ("pick up" takes two).
const Action* block_action(const Words& words, size_t i, PlanDomain domain, size_t& length) {
  length = 1;
  for (const Action& action : kBlockActions) {
    if (domain == PlanDomain::mystery) {
      if (words[i] == action.mystery) return &action;
      continue;
    }
    const std::string name = without_joints(action.name);
    if (without_joints(words[i]) == name) return &action;
    const bool two = i + 1 < words.size() && words[i] + words[i + 1] == name;
    length = two ? 2 : 1;
    if (two) return &action;
  }
  return nullptr;
}

// "put the red block down" -> "put down the red block"; likewise with pick and up.
void join_apart(Words& words) {
  for (auto [verb, particle] : {std::pair("pick", "up"), std::pair("put", "down")}) {
    auto at = std::find(words.begin(), words.end(), verb);
    auto to = std::find(at, words.end(), particle);
    if (at != words.end() && to != words.end() && to - at <= 4) std::rotate(at + 1, to, to + 1);
  }
}

std::vector<PlanStep> read_block_line(Words words, const PlanProblem& problem, bool pddl) {
  std::vector<PlanStep> plan;
  if (problem.domain == PlanDomain::blocks) join_apart(words);
  auto at = [&](size_t i) { return words.begin() + static_cast<std::ptrdiff_t>(i); };
  for (size_t i = 0, length = 1; i < words.size(); i += length) {
    const Action* action = block_action(words, i, problem.domain, length);
    if (action == nullptr) continue;
    size_t end = i + length, unused = 1;
    while (end < words.size() && block_action(words, end, problem.domain, unused) == nullptr) ++end;
    Words objects = objects_of(Words(at(i + length), at(end)), problem, pddl);
    if (objects.size() < action->n_objects) continue; // speaks of an action, does none
    objects.resize(action->n_objects);
    plan.push_back({std::string(action->name), std::move(objects)});
  }
  return plan;
}

std::string vehicle_action(std::string_view verb, std::string_view vehicle) {
  return fmt::format("{}-{}", verb, vehicle.starts_with("airplane") ? "airplane" : "truck");
}

// One action a line: "load package_0 into truck_0 at location_0_0", "(drive-truck t0 l0-1 l0-0 c0)".
std::vector<PlanStep> read_logistics_line(const Words& words, const PlanProblem& problem, bool pddl) {
  constexpr std::array<std::string_view, 4> kVerbs = {"load", "unload", "drive", "fly"};
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view verb = std::string_view(words[i]).substr(0, words[i].find_first_of("-_"));
    if (std::find(kVerbs.begin(), kVerbs.end(), verb) == kVerbs.end()) continue;
    Words objects = objects_of(Words(words.begin() + static_cast<std::ptrdiff_t>(i + 1), words.end()), problem, pddl);
    std::erase_if(objects, [](const std::string& object) { return object.starts_with("city"); });
    if (objects.size() < 3) continue;
    objects.resize(3);
    const bool loads = verb == "load" || verb == "unload";
    return {{vehicle_action(verb, objects[loads ? 1 : 0]), std::move(objects)}};
  }
  return {};
}

std::vector<PlanStep> read_line(std::string_view line, const PlanProblem& problem) {
  // f(x, y) and (f x y) name objects by the letters of the encoding, too.
  const bool pddl = trim_left(line).starts_with('(');
  return problem.domain == PlanDomain::logistics ? read_logistics_line(words_of(line), problem, pddl)
                                                 : read_block_line(words_of(line), problem, pddl);
}

// --- lists ---

// "3. ", "**3)** ", "Step 3: ", "- ", "* ", "(" at the beginning of a line.
enum class Mark { none, number, bullet };

Mark mark_of(std::string_view line, int& number) {
  auto skip = [&] { line = line.substr(std::min(line.find_first_not_of("*#> \t"), line.size())); };
  line = trim(line);
  const bool bullet =
      line.starts_with("- ") || line.starts_with("* ") || line.starts_with("\xe2\x80\xa2") || line.starts_with('(');
  skip();
  for (std::string_view word : {"step", "action"})
    if (line.size() > word.size() && lower(line.substr(0, word.size())) == word) {
      line.remove_prefix(word.size());
      skip();
    }
  size_t digits = 0;
  for (number = 0; digits < line.size() && digits < 4 && is_digit(line[digits]); ++digits)
    number = number * 10 + (line[digits] - '0');
  const bool numbered =
      digits > 0 && digits < line.size() && std::string_view(".):*").find(line[digits]) != std::string_view::npos;
  return numbered ? Mark::number : bullet ? Mark::bullet : Mark::none;
}

// A list of an answer: the actions that its items begin with.
struct PlanList {
  Mark mark = Mark::none;
  int last = 0;      // number
  bool clean = true; // every item holds one action
  std::vector<PlanStep> steps = {};
};

// Bullets below a numbered item explain it, where the item itself says what is done.
std::vector<PlanList> lists_of(std::string_view text, const PlanProblem& problem) {
  std::vector<PlanList> lists;
  bool explains = false, open = false;
  for (std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    int number = 0;
    const Mark mark = mark_of(line, number);
    const bool indented = is_blank(line.front());
    if (mark == Mark::none) {
      open = open && !lists.empty() && (indented || lists.back().mark == Mark::number);
      continue;
    }
    if (mark == Mark::bullet && indented && explains) continue;
    std::vector<PlanStep> steps = read_line(line, problem);
    const bool next = open && lists.back().mark == mark && (mark == Mark::bullet || number == lists.back().last + 1);
    if (!next) lists.push_back({mark});
    PlanList& list = lists.back();
    list.last = number;
    list.clean = list.clean && steps.size() == 1;
    explains = mark == Mark::number && !steps.empty();
    list.steps.insert(list.steps.end(), steps.begin(), steps.end());
    open = true;
  }
  std::erase_if(lists, [](const PlanList& list) { return list.steps.empty(); });
  return lists;
}

std::string_view plan_section(std::string_view text) {
  constexpr std::string_view kBegin = "[PLAN]", kEnd = "[PLAN END]";
  size_t begin = text.rfind(kBegin);
  if (begin != text.npos) text.remove_prefix(begin + kBegin.size());
  return text.substr(0, text.find(kEnd));
}

// --- execution ---

struct Change {
  std::vector<std::string> needs, adds, removes;
};

Change block_change(const PlanStep& step) {
  const std::string& x = step.objects[0];
  const std::string holding = "holding " + x, clear = "clear " + x, table = "ontable " + x;
  if (step.action == "pick-up") return {{clear, table, "handempty"}, {holding}, {clear, table, "handempty"}};
  if (step.action == "put-down") return {{holding}, {clear, table, "handempty"}, {holding}};
  const std::string on = fmt::format("on {} {}", x, step.objects[1]), under = "clear " + step.objects[1];
  if (step.action == "stack") return {{holding, under}, {on, clear, "handempty"}, {holding, under}};
  return {{on, clear, "handempty"}, {holding, under}, {on, clear, "handempty"}};
}

std::string city_of(const PlanProblem& problem, const std::string& place) {
  const std::string prefix = fmt::format("in-city {} ", place);
  auto fact = problem.state.lower_bound(prefix);
  return fact != problem.state.end() && fact->starts_with(prefix) ? fact->substr(prefix.size())
                                                                  : "(no city of " + place + ")";
}

Change logistics_change(const PlanProblem& problem, const PlanStep& step) {
  const std::string &a = step.objects[0], &b = step.objects[1], &c = step.objects[2];
  auto at = [](const std::string& what, const std::string& where) { return fmt::format("at {} {}", what, where); };
  const std::string in = fmt::format("in {} {}", a, b);
  if (step.action.starts_with("load")) return {{at(a, c), at(b, c)}, {in}, {at(a, c)}};
  if (step.action.starts_with("unload")) return {{in, at(b, c)}, {at(a, c)}, {in}};
  Change move = {{at(a, b)}, {at(a, c)}, {at(a, b)}};
  if (b == c) move.removes.clear();
  if (step.action.starts_with("fly"))
    move.needs.insert(move.needs.end(), {"airport " + b, "airport " + c});
  else
    move.needs.push_back(fmt::format("in-city {} {}", c, city_of(problem, b)));
  return move;
}

bool right_vehicle(const PlanStep& step) {
  bool flies = step.action.ends_with("airplane"),
       loads = step.action.starts_with("load") || step.action.starts_with("unload");
  const std::string& vehicle = step.objects[loads ? 1 : 0];
  return vehicle.starts_with(flies ? "airplane" : "truck") &&
         (step.action.starts_with("fly") ? flies : !step.action.starts_with("drive") || !flies);
}

Change change_of(const PlanProblem& problem, const PlanStep& step) {
  return problem.domain == PlanDomain::logistics ? logistics_change(problem, step) : block_change(step);
}

// Why a step is not possible in a state; empty: it is.
std::string step_flaw(const PlanProblem& problem, const std::set<std::string>& state, const PlanStep& step) {
  if (problem.domain == PlanDomain::logistics && !right_vehicle(step)) return "uses the wrong kind of vehicle";
  for (const std::string& need : change_of(problem, step).needs)
    if (!state.contains(need)) return fmt::format("needs \"{}\", which does not hold there", need);
  return "";
}

void apply_change(const Change& change, std::set<std::string>& state) {
  for (const std::string& gone : change.removes) state.erase(gone);
  state.insert(change.adds.begin(), change.adds.end());
}

} // namespace

std::optional<PlanProblem> read_plan_problem(std::string_view prompt) {
  constexpr std::string_view kInitial = "As initial conditions I have that", kGoal = "My goal is to have that";
  size_t begin = prompt.rfind(kInitial);
  if (begin == prompt.npos) return std::nullopt;
  size_t goal = prompt.find(kGoal, begin);
  if (goal == prompt.npos) return std::nullopt;
  std::string_view initial = prompt.substr(begin + kInitial.size(), goal - begin - kInitial.size());
  std::string_view wanted = prompt.substr(goal + kGoal.size());
  wanted = wanted.substr(0, wanted.find_first_of(".\n"));
  PlanProblem problem;
  if (initial.find("block") != initial.npos)
    problem.domain = PlanDomain::blocks;
  else if (initial.find("province") != initial.npos || initial.find("planet") != initial.npos)
    problem.domain = PlanDomain::mystery;
  else if (initial.find("airport") != initial.npos)
    problem.domain = PlanDomain::logistics;
  else
    return std::nullopt;
  if (!read_facts(initial, problem, problem.state) || !read_facts(wanted, problem, problem.goal)) return std::nullopt;
  return problem;
}

std::vector<PlanStep> read_plan(std::string_view answer, const PlanProblem& problem) {
  const std::string_view text = plan_section(answer);
  std::vector<PlanList> lists = lists_of(text, problem);
  const bool some_clean = std::ranges::any_of(lists, &PlanList::clean);
  const bool some_numbered =
      std::ranges::any_of(lists, [](const PlanList& list) { return list.mark == Mark::number; });
  if (some_clean)
    std::erase_if(lists, [](const PlanList& list) { return !list.clean; });
  else if (some_numbered)
    std::erase_if(lists, [](const PlanList& list) { return list.mark != Mark::number; });
  std::vector<PlanStep> plan;
  for (; !lists.empty(); lists.pop_back()) {
    plan.insert(plan.begin(), lists.back().steps.begin(), lists.back().steps.end());
    if (step_flaw(problem, problem.state, plan.front()).empty()) return plan;
  }
  if (!plan.empty()) return plan;
  for (std::string_view line : split(text, '\n')) {
    std::vector<PlanStep> steps = read_line(line, problem);
    plan.insert(plan.end(), steps.begin(), steps.end());
  }
  return plan;
}

std::string plan_text(const std::vector<PlanStep>& plan) {
  std::string text;
  for (const PlanStep& step : plan)
    text += fmt::format("{}{} {}", text.empty() ? "" : "\n", step.action, fmt::join(step.objects, " "));
  return text;
}

std::string plan_flaw(const PlanProblem& problem, const std::vector<PlanStep>& plan) {
  std::set<std::string> state = problem.state;
  for (size_t i = 0; i < plan.size(); ++i) {
    if (std::string flaw = step_flaw(problem, state, plan[i]); !flaw.empty())
      return fmt::format("step {} ({}) {}", i + 1, plan_text({plan[i]}), flaw);
    apply_change(change_of(problem, plan[i]), state);
  }
  for (const std::string& wanted : problem.goal)
    if (!state.contains(wanted)) return fmt::format("after {} steps \"{}\" does not hold", plan.size(), wanted);
  return "";
}

} // namespace proctor
