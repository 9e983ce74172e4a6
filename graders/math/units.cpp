// SPDX-License-Identifier: MIT
#include "graders/math/units.h"

#include <algorithm>
#include <string>
#include <vector>

#include "graders/math/words.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

enum Base { length, mass, time, current, temperature, amount, light, money };

struct Entry {
  std::string_view name;
  int base;
  int64_t top, bottom;
  int power = 1;
};

constexpr Entry kUnits[] = {{"m", length, 1, 1},
                            {"meter", length, 1, 1},
                            {"metre", length, 1, 1},
                            {"cm", length, 1, 100},
                            {"centimeter", length, 1, 100},
                            {"centimetre", length, 1, 100},
                            {"mm", length, 1, 1000},
                            {"millimeter", length, 1, 1000},
                            {"dm", length, 1, 10},
                            {"km", length, 1000, 1},
                            {"kilometer", length, 1000, 1},
                            {"kilometre", length, 1000, 1},
                            {"inch", length, 254, 10000},
                            {"inches", length, 254, 10000},
                            {"in", length, 254, 10000},
                            {"ft", length, 3048, 10000},
                            {"foot", length, 3048, 10000},
                            {"feet", length, 3048, 10000},
                            {"yd", length, 9144, 10000},
                            {"yard", length, 9144, 10000},
                            {"mile", length, 1609344, 1000},
                            {"mi", length, 1609344, 1000},
                            {"g", mass, 1, 1000},
                            {"gram", mass, 1, 1000},
                            {"kg", mass, 1, 1},
                            {"kilogram", mass, 1, 1},
                            {"mg", mass, 1, 1000000},
                            {"milligram", mass, 1, 1000000},
                            {"lb", mass, 45359237, 100000000},
                            {"lbs", mass, 45359237, 100000000},
                            {"pound", mass, 45359237, 100000000},
                            {"oz", mass, 45359237, 1600000000},
                            {"ounce", mass, 45359237, 1600000000},
                            {"ton", mass, 1000, 1},
                            {"tonne", mass, 1000, 1},
                            {"s", time, 1, 1},
                            {"sec", time, 1, 1},
                            {"second", time, 1, 1},
                            {"min", time, 60, 1},
                            {"minute", time, 60, 1},
                            {"h", time, 3600, 1},
                            {"hr", time, 3600, 1},
                            {"hour", time, 3600, 1},
                            {"day", time, 86400, 1},
                            {"week", time, 604800, 1},
                            {"month", time, 2629800, 1},
                            {"year", time, 31557600, 1},
                            {"yr", time, 31557600, 1},
                            {"l", length, 1, 1000, 3},
                            {"liter", length, 1, 1000, 3},
                            {"litre", length, 1, 1000, 3},
                            {"ml", length, 1, 1000000, 3},
                            {"milliliter", length, 1, 1000000, 3},
                            {"hectare", length, 10000, 1, 2},
                            {"acre", length, 40468564224, 10000000, 2},
                            {"dollar", money, 100, 1},
                            {"usd", money, 100, 1},
                            {"cent", money, 1, 1},
                            {"buck", money, 100, 1},
                            {"hz", time, 1, 1, -1},
                            {"kelvin", temperature, 1, 1},
                            {"mole", amount, 1, 1},
                            {"mol", amount, 1, 1},
                            {"ampere", current, 1, 1},
                            {"amp", current, 1, 1}};

bool is_in_table(std::string_view name) {
  return std::any_of(std::begin(kUnits), std::end(kUnits), [&](const Entry& e) { return e.name == name; });
}

std::string singular(std::string_view word) {
  std::string small = lower(word);
  bool plural = small.ends_with("s") && !small.ends_with("ss") && !is_in_table(small);
  bool abbreviation = small.size() == 3 && is_in_table(std::string_view(small).substr(0, 2)); // hrs
  if (plural && (small.size() > 3 || abbreviation)) small.pop_back();
  return small;
}

bool multiply(int64_t& value, int64_t factor) {
  return !__builtin_mul_overflow(value, factor, &value) && value < (int64_t{1} << 60);
}

// Multiplies `unit` by the named unit to a power.
bool apply(Unit& unit, std::string_view word, int power) {
  std::string name = singular(word);
  auto hit = std::find_if(std::begin(kUnits), std::end(kUnits),
                          [&](const Entry& e) { return e.name == name || e.name == word; });
  if (hit == std::end(kUnits)) return false;
  unit.dimension[static_cast<size_t>(hit->base)] += hit->power * power;
  for (int i = 0; i < std::abs(power); ++i)
    if (!multiply(power > 0 ? unit.top : unit.bottom, hit->top) ||
        !multiply(power > 0 ? unit.bottom : unit.top, hit->bottom))
      return false;
  return true;
}

struct Word {
  std::string_view text;
  int power = 1;
};

// Splits "square ft / hr^2" into words with their powers.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  int sign = 1, next_power = 1;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == '/') {
      sign = -1, ++i;
    } else if (c == '^' && !words.empty()) {
      bool minus = i + 1 < text.size() && text[i + 1] == '-';
      size_t at = i + (minus ? 2 : 1);
      int power = at < text.size() && is_digit(text[at]) ? text[at] - '0' : 1;
      words.back().power *= minus ? -power : power;
      i = at + 1;
    } else if (is_letter(c) || c == '\\') {
      size_t end = i + 1;
      while (end < text.size() && is_letter(text[end])) ++end;
      std::string_view word = text.substr(i, end - i);
      std::string small = lower(word);
      i = end;
      if (small == "per")
        sign = -1;
      else if (small == "square" || small == "sq")
        next_power = 2;
      else if (small == "cubic" || small == "cu")
        next_power = 3;
      else
        words.push_back({word, sign * next_power}), next_power = 1;
      if (small == "squared" && words.size() > 1) words.pop_back(), words.back().power *= 2;
      if (small == "cubed" && words.size() > 1) words.pop_back(), words.back().power *= 3;
    } else {
      ++i;
    }
  }
  return words;
}

} // namespace

std::optional<Unit> read_unit(std::string_view text) {
  Unit unit;
  std::vector<Word> words = words_of(text);
  if (words.empty()) return std::nullopt;
  std::string speed = words.size() == 1 ? lower(words[0].text) : std::string();
  if (speed == "mph") words = {{"mile", 1}, {"hour", -1}};
  if (speed == "kph" || speed == "kmh" || speed == "kmph") words = {{"km", 1}, {"hour", -1}};
  for (const Word& word : words)
    if (!apply(unit, word.text, word.power)) return std::nullopt;
  return unit;
}

bool shares_unit_words(std::string_view a, std::string_view b) {
  std::vector<Word> fewer = words_of(a), more = words_of(b);
  if (fewer.size() > more.size()) std::swap(fewer, more);
  return std::all_of(fewer.begin(), fewer.end(), [&](const Word& word) {
    return std::any_of(more.begin(), more.end(), [&](const Word& other) {
      return singular(word.text) == singular(other.text) && word.power == other.power;
    });
  });
}

bool same_unit_word(std::string_view a, std::string_view b) { return singular(text_key(a)) == singular(text_key(b)); }

} // namespace proctor::math
