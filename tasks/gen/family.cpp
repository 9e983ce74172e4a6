// SPDX-License-Identifier: MIT
#include "tasks/gen/family.h"

#include <charconv>
#include <fmt/format.h>

#include "harness/hash.h"
#include "harness/text/ascii.h"
#include "tasks/gen/families.h"

namespace proctor {
namespace {

constexpr std::array kFamilies = {
    &kArith, &kStory, &kRemainder, &kCrt,    &kRecur, &kPolygon, &kFloorsum, //
    &kTrace, &kFunc,  &kStrings,   &kStdio,  &kPairs, &kInvert,  &kFix,      //
    &kOrder, &kKnights, &kWalk,    &kSwap,   &kSurvey, &kBoxes,  &kKin,
};

template <class T> bool parse_number(std::string_view text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// The seed of one question's structure: a function of its id alone.
uint64_t question_seed(const GeneratedId& id) {
  uint64_t state = 0xCBF29CE484222325u; // FNV-1a of the name, then each number mixed in
  for (char c : id.family) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  for (uint64_t part : {static_cast<uint64_t>(id.version), static_cast<uint64_t>(id.level), id.seed, id.index})
    state = SplitMix64::mix((state ^ part) + 0x9E3779B97F4A7C15u);
  return state;
}

uint64_t salted(uint64_t seed, uint64_t salt) { return SplitMix64::mix(seed ^ (salt + 1) * 0x9E3779B97F4A7C15u); }

// Before the question at the end of the last paragraph where there is one, else in front.
std::string with_sentence(const std::string& text, const std::string& sentence) {
  const size_t stop = text.ends_with('?') ? text.rfind(". ") : text.npos;
  if (stop == text.npos || text.find('\n') != text.npos) return sentence + " " + text;
  return fmt::format("{} {}{}", text.substr(0, stop + 1), sentence, text.substr(stop + 1));
}

std::string distractor(const Family& family, uint64_t seed) {
  SplitMix64 random(salted(seed, 1'000'000));
  const std::string_view sentence = family.distractors[random.below(2)];
  return fmt::format(fmt::runtime(sentence), random.between(11, 89));
}

} // namespace

std::span<const Family* const> families() { return kFamilies; }

const Family* find_family(std::string_view name) {
  for (const Family* family : kFamilies)
    if (family->name == name) return family;
  return nullptr;
}

std::string to_string(const GeneratedId& id) {
  std::string text = fmt::format("{}@{}/{}/{}/{}", id.family, id.version, id.level, id.seed, id.index);
  if (id.twin != 0) text += fmt::format("/twin{}", id.twin);
  if (id.noop) text += "/noop";
  return text;
}

std::optional<GeneratedId> parse_generated_id(std::string_view text) {
  auto parts = split(text, '/');
  size_t at = text.find('@');
  if (parts.size() < 4 || parts.size() > 6 || at == text.npos || at >= parts[0].size()) return std::nullopt;
  GeneratedId id;
  id.family = text.substr(0, at);
  bool read = parse_number(parts[0].substr(at + 1), id.version) && parse_number(parts[1], id.level) &&
              parse_number(parts[2], id.seed) && parse_number(parts[3], id.index);
  for (size_t i = 4; i < parts.size(); ++i) {
    if (parts[i] == "noop")
      id.noop = true;
    else
      read = read && parts[i].starts_with("twin") && parse_number(parts[i].substr(4), id.twin);
  }
  if (!read || id.twin < 0 || to_string(id) != text) return std::nullopt;
  return id;
}

GeneratedQuestion generate(const Family& family, const GeneratedId& id) {
  const uint64_t seed = question_seed(id);
  Draw draw{SplitMix64(seed), SplitMix64(salted(seed, static_cast<uint64_t>(id.twin)))};
  GeneratedQuestion question = family.generate(id.level, draw);
  if (question.answer.empty()) question.answer = "tests " + hash_hex({dump_json(question.code)}).substr(0, 12);
  if (id.noop) question.text = with_sentence(question.text, distractor(family, seed));
  return question;
}

} // namespace proctor
