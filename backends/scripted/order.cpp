// SPDX-License-Identifier: MIT
// Orders: notes down each clue, then strikes out impossible orders clue by clue. A slip is a clue read the wrong way
// round, or the wrong seat looked up at the end.

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "backends/scripted/readers.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Order = std::vector<size_t>; // who, from the first place on

enum class Kind { earlier, next, gap, elsewhere };

struct Note {
  Kind kind = Kind::earlier;
  size_t first = 0;
  size_t second = 0;
  size_t place = 0;
};

struct Sheet {
  std::vector<std::string> names;
  std::vector<Note> notes;
  size_t asked = 0;
};

size_t place_of(const Order& order, size_t who) {
  return static_cast<size_t>(std::find(order.begin(), order.end(), who) - order.begin()) + 1;
}

bool fits(const Order& order, const Note& note) {
  const size_t first = place_of(order, note.first);
  const size_t second = place_of(order, note.second);
  switch (note.kind) {
  case Kind::earlier: return first < second;
  case Kind::next: return first + 1 == second;
  case Kind::gap: return first + 2 == second || second + 2 == first;
  case Kind::elsewhere: return first != note.place;
  }
  return false;
}

size_t digit_in(std::string_view text) {
  size_t at = text.find_first_of("123456789");
  return at == text.npos ? 0 : static_cast<size_t>(text[at] - '0');
}

std::vector<std::string> names_after_colon(std::string_view text) {
  std::vector<std::string> names;
  std::string name;
  for (char c : text.substr(std::min(text.find(':'), text.size()))) {
    if (is_letter(c)) {
      name += c;
      continue;
    }
    if (!name.empty() && name != "and") names.push_back(name);
    name.clear();
  }
  if (!name.empty()) names.push_back(name);
  return names;
}

// The people named in a sentence, in the order in which they stand there.
std::vector<size_t> people_in(std::string_view sentence, const std::vector<std::string>& names) {
  std::vector<std::pair<size_t, size_t>> found;
  for (size_t i = 0; i < names.size(); ++i)
    if (size_t at = sentence.find(names[i]); at != sentence.npos) found.push_back({at, i});
  std::sort(found.begin(), found.end());
  std::vector<size_t> people;
  for (const auto& [at, who] : found) people.push_back(who);
  return people;
}

bool says(std::string_view sentence, std::string_view words) { return sentence.find(words) != sentence.npos; }

std::optional<Note> read_note(std::string_view sentence, const std::vector<std::string>& names) {
  std::vector<size_t> people = people_in(sentence, names);
  if (people.size() == 1 && says(sentence, " not "))
    return Note{Kind::elsewhere, people[0], people[0], digit_in(sentence)};
  if (people.size() != 2) return std::nullopt;
  Note note{Kind::earlier, people[0], people[1], 0};
  if (says(sentence, "between"))
    note.kind = Kind::gap;
  else if (says(sentence, "directly") || says(sentence, "right before") || says(sentence, "immediately"))
    note.kind = Kind::next;
  return note;
}

std::optional<Sheet> read_sheet(std::string_view text) {
  size_t mark = text.find('?');
  if (mark == text.npos || !says(text.substr(0, mark), "Who ")) return std::nullopt;
  Sheet sheet;
  for (std::string_view sentence : split(text.substr(0, mark), '.')) {
    if (sheet.names.empty())
      sheet.names = names_after_colon(sentence);
    else if (trim(sentence).starts_with("Who "))
      sheet.asked = digit_in(sentence);
    else if (auto note = read_note(sentence, sheet.names))
      sheet.notes.push_back(*note);
    else
      return std::nullopt;
  }
  const size_t n = sheet.names.size();
  if (n < 2 || n > 7 || sheet.asked < 1 || sheet.asked > n) return std::nullopt;
  return sheet;
}

Note misread(Note note, Dice& dice, size_t n) {
  if (note.kind == Kind::elsewhere)
    note.place = 1 + note.place % n;
  else if (note.kind == Kind::gap)
    note.kind = Kind::next;
  else if (note.kind == Kind::earlier && dice.slip_way(2) == 0)
    note.kind = Kind::next;
  else
    std::swap(note.first, note.second);
  return note;
}

std::string written(const Note& note, const std::vector<std::string>& names) {
  const std::string& first = names[note.first];
  const std::string& second = names[note.second];
  switch (note.kind) {
  case Kind::earlier: return fmt::format("{} .. {}", first, second);
  case Kind::next: return fmt::format("{} then {}", first, second);
  case Kind::gap: return fmt::format("{} _ {} or {} _ {}", first, second, second, first);
  case Kind::elsewhere: return fmt::format("{} not {}", first, note.place);
  }
  return {};
}

// Writes each clue down, now and then wrongly.
std::vector<Note> take_notes(const Sheet& sheet, Dice& dice, Work& work) {
  constexpr double kHard = 0.55;
  constexpr double kMisreadingNoticed = 0.4;
  std::vector<Note> notes;
  for (const Note& right : sheet.notes) {
    const bool slips = dice.slip(kHard);
    Note note = slips ? misread(right, dice, sheet.names.size()) : right;
    work.lines.push_back("Clue: " + written(note, sheet.names));
    if (slips && dice.notices(kMisreadingNoticed)) {
      note = right;
      work.lines.push_back("Wait, I read that wrongly. It says: " + written(note, sheet.names));
    }
    notes.push_back(note);
  }
  return notes;
}

std::vector<Order> every_order(size_t n) {
  Order order(n);
  for (size_t i = 0; i < n; ++i) order[i] = i;
  std::vector<Order> orders;
  do orders.push_back(order);
  while (std::next_permutation(order.begin(), order.end()));
  return orders;
}

// Strikes out orders clue by clue; a clue that leaves none is doubted and set aside.
std::vector<Order> strike_out(const Sheet& sheet, const std::vector<Note>& notes, Work& work) {
  std::vector<Order> left = every_order(sheet.names.size());
  for (const Note& note : notes) {
    std::vector<Order> fitting;
    for (const Order& order : left)
      if (fits(order, note)) fitting.push_back(order);
    if (fitting.empty()) {
      work.lines.push_back(
          fmt::format("{} fits nothing any more; something is off, I leave it out.", written(note, sheet.names)));
      continue;
    }
    left = std::move(fitting);
    work.lines.push_back(fmt::format("With {}: {} left.", written(note, sheet.names), left.size()));
  }
  return left;
}

std::string spelled(const Order& order, const std::vector<std::string>& names) {
  std::string text;
  for (size_t who : order) text += (text.empty() ? "" : ", ") + names[who];
  return text;
}

} // namespace

std::optional<Work> work_order(std::string_view text, Dice& dice) {
  auto sheet = read_sheet(text);
  if (!sheet) return std::nullopt;
  Work work;
  std::vector<Order> left = strike_out(*sheet, take_notes(*sheet, dice, work), work);
  const Order& order = left[static_cast<size_t>(dice.between(0, static_cast<int64_t>(left.size()) - 1))];
  if (left.size() > 1) work.lines.push_back("That leaves more than one; I take one of them.");
  work.lines.push_back("The order is " + spelled(order, sheet->names) + ".");
  size_t place = sheet->asked;
  if (dice.slip(0.25)) place = place < order.size() ? place + 1 : place - 1;
  work.answer = sheet->names[order[place - 1]];
  return work;
}

} // namespace proctor
