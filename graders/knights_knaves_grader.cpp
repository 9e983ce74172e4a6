// SPDX-License-Identifier: MIT
#include <algorithm>

#include "graders/extract.h"
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/roles.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Assignment = std::vector<std::optional<size_t>>; // a role per name

bool is_name_byte(char c) { return is_letter(c) || static_cast<unsigned char>(c) >= 0x80; }

std::string_view next_word(std::string_view& text) {
  while (!text.empty() && !is_letter(text.front())) text.remove_prefix(1);
  size_t length = 0;
  while (length < text.size() && is_name_byte(text[length])) ++length;
  std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

// Every "NAME is a ROLE" of a reference solution.
std::vector<std::pair<std::string, std::string>> solution_pairs(std::string_view target) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string_view before;
  for (std::string_view rest = target; !rest.empty();) {
    std::string_view word = next_word(rest);
    if (word == "is") {
      std::string_view role = next_word(rest);
      if (role == "a" || role == "an") role = next_word(rest);
      pairs.emplace_back(before, lower(role));
    }
    before = word;
  }
  return pairs;
}

void add_unique(std::vector<std::string>& list, const std::string& item) {
  if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

// Names from metadata.names, else from the solution. Roles from metadata.knight_knave, else knight and knave unless
// the solution uses other words.
RoleWords words_of(const Question& question) {
  RoleWords words;
  auto pairs = solution_pairs(question.target);
  if (const Json* names = find_member(question.metadata, "names"); names != nullptr && names->is_array())
    for (const Json& name : *names) add_unique(words.names, scalar_text(name).value_or(""));
  if (words.names.empty())
    for (const auto& [name, role] : pairs) add_unique(words.names, name);
  if (const Json* roles = find_member(question.metadata, "knight_knave"))
    for (std::string_view key : {"knight", "knave"})
      add_unique(words.roles, lower(get_string(*roles, key).value_or("")));
  bool usual = std::all_of(pairs.begin(), pairs.end(),
                           [](const auto& pair) { return pair.second == "knight" || pair.second == "knave"; });
  if (words.roles.empty() && usual) words.roles = {"knight", "knave"};
  if (words.roles.empty())
    for (const auto& [name, role] : pairs) add_unique(words.roles, role);
  if (words.roles.size() > 2) words.roles.resize(2);
  return words;
}

// nullopt when somebody has two roles or none.
std::optional<Assignment> complete(const std::vector<RoleStatement>& statements, const RoleWords& words) {
  Assignment roles(words.names.size());
  for (const RoleStatement& statement : statements) {
    auto& role = roles[statement.name];
    if (role && *role != statement.role) return std::nullopt;
    role = statement.role;
  }
  bool all = std::all_of(roles.begin(), roles.end(), [](const auto& role) { return role.has_value(); });
  return all && !roles.empty() ? std::optional(roles) : std::nullopt;
}

// The shortest end of the statements that names everybody: reasoning before it may have tried other roles.
std::vector<RoleStatement> final_statements(std::vector<RoleStatement> statements, size_t names) {
  std::vector<bool> seen(names);
  size_t missing = names, begin = statements.size();
  while (begin > 0 && missing > 0) {
    --begin;
    if (!seen[statements[begin].name]) seen[statements[begin].name] = true, --missing;
  }
  while (begin > 0 && begin < statements.size() && statements[begin].alternative) --begin;
  statements.erase(statements.begin(), statements.begin() + static_cast<ptrdiff_t>(begin));
  return statements;
}

std::string canonical(const Assignment& roles, const RoleWords& words) {
  std::string key;
  for (size_t i = 0; i < roles.size(); ++i)
    key += (i == 0 ? "" : ";") + words.names[i] + "=" + words.roles[*roles[i]];
  return key;
}

// After the last line that begins with "CONCLUSION", which the data set's own prompt asks for.
std::optional<std::string_view> conclusion(std::string_view text) {
  size_t at = rfind_ignoring_case(text, "conclusion:", 10, text.size());
  if (at == text.npos) return std::nullopt;
  return text.substr(at);
}

// Reads every person's role; the whole assignment must be right.
class KnightsKnavesGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "knights_knaves@1"; }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    RoleWords words = words_of(question);
    if (auto tag = last_answer_tag(answer_text)) {
      if (tag->content.empty()) return std::nullopt;
      return Extracted{tag->content, "answer_tag", true};
    }
    if (auto box = last_box(answer_text); box && complete(read_roles(box->content, words), words))
      return Extracted{box->content, "box", true};
    auto part = conclusion(answer_text);
    if (part && !read_roles(*part, words).empty()) return Extracted{std::string(*part), "conclusion", false};
    if (read_roles(answer_text, words).empty()) return std::nullopt;
    return Extracted{std::string(answer_text), "statements", false};
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    RoleWords words = words_of(question);
    auto solution = complete(read_roles(question.target, words), words);
    if (!solution) return unreadable_target(question.target, "everybody's role");
    auto statements = read_roles(extracted.text, words);
    if (!extracted.marked) statements = final_statements(std::move(statements), words.names.size());
    auto roles = complete(statements, words);
    std::string key =
        roles ? canonical(*roles, words) : text_vote_key(lower(fold_blanks(extracted.text)), extracted.text);
    Extracted shown = {key, extracted.method, extracted.marked};
    Judgement judgement = judged(roles == solution, shown, canonical(*solution, words), key);
    if (!roles) judgement.explanation = "somebody has no role, or two: " + judgement.explanation;
    return judgement;
  }
};

} // namespace

std::unique_ptr<Grader> make_knights_knaves_grader() { return std::make_unique<KnightsKnavesGrader>(); }

} // namespace proctor
