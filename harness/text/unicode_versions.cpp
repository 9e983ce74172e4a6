// SPDX-License-Identifier: MIT
#include "harness/text/unicode_versions.h"

#include <algorithm>
#include <iterator>

#include "harness/text/unicode.h"

namespace proctor {
namespace {

struct Range {
  char32_t first, last;
  uint8_t char_class = 0;
};

// DerivedAge.txt 15.1 and 16.0 with DerivedGeneralCategory.txt.
constexpr Range kSince15[] = {{0x897, 0x897, kMark},
                              {0x1B4E, 0x1B4F, kPunctuation},
                              {0x1B7F, 0x1B7F, kPunctuation},
                              {0x1C89, 0x1C8A, kLetter},
                              {0x2427, 0x2429, kSymbol},
                              {0x2FFC, 0x2FFF, kSymbol},
                              {0x31E4, 0x31E5, kSymbol},
                              {0x31EF, 0x31EF, kSymbol},
                              {0xA7CB, 0xA7CD, kLetter},
                              {0xA7DA, 0xA7DC, kLetter},
                              {0x105C0, 0x105F3, kLetter},
                              {0x10D40, 0x10D49, kNumber},
                              {0x10D4A, 0x10D65, kLetter},
                              {0x10D69, 0x10D6D, kMark},
                              {0x10D6E, 0x10D6E, kPunctuation},
                              {0x10D6F, 0x10D85, kLetter},
                              {0x10D8E, 0x10D8F, kSymbol},
                              {0x10EC2, 0x10EC4, kLetter},
                              {0x10EFC, 0x10EFC, kMark},
                              {0x11380, 0x11389, kLetter},
                              {0x1138B, 0x1138B, kLetter},
                              {0x1138E, 0x1138E, kLetter},
                              {0x11390, 0x113B5, kLetter},
                              {0x113B7, 0x113B7, kLetter},
                              {0x113B8, 0x113C0, kMark},
                              {0x113C2, 0x113C2, kMark},
                              {0x113C5, 0x113C5, kMark},
                              {0x113C7, 0x113CA, kMark},
                              {0x113CC, 0x113D0, kMark},
                              {0x113D1, 0x113D1, kLetter},
                              {0x113D2, 0x113D2, kMark},
                              {0x113D3, 0x113D3, kLetter},
                              {0x113D4, 0x113D5, kPunctuation},
                              {0x113D7, 0x113D8, kPunctuation},
                              {0x113E1, 0x113E2, kMark},
                              {0x116D0, 0x116E3, kNumber},
                              {0x11BC0, 0x11BE0, kLetter},
                              {0x11BE1, 0x11BE1, kPunctuation},
                              {0x11BF0, 0x11BF9, kNumber},
                              {0x11F5A, 0x11F5A, kMark},
                              {0x13460, 0x143FA, kLetter},
                              {0x16100, 0x1611D, kLetter},
                              {0x1611E, 0x1612F, kMark},
                              {0x16130, 0x16139, kNumber},
                              {0x16D40, 0x16D6C, kLetter},
                              {0x16D6D, 0x16D6F, kPunctuation},
                              {0x16D70, 0x16D79, kNumber},
                              {0x18CFF, 0x18CFF, kLetter},
                              {0x1CC00, 0x1CCEF, kSymbol},
                              {0x1CCF0, 0x1CCF9, kNumber},
                              {0x1CD00, 0x1CEB3, kSymbol},
                              {0x1E5D0, 0x1E5ED, kLetter},
                              {0x1E5EE, 0x1E5EF, kMark},
                              {0x1E5F0, 0x1E5F0, kLetter},
                              {0x1E5F1, 0x1E5FA, kNumber},
                              {0x1E5FF, 0x1E5FF, kPunctuation},
                              {0x1F8B2, 0x1F8BB, kSymbol},
                              {0x1F8C0, 0x1F8C1, kSymbol},
                              {0x1FA89, 0x1FA89, kSymbol},
                              {0x1FA8F, 0x1FA8F, kSymbol},
                              {0x1FABE, 0x1FABE, kSymbol},
                              {0x1FAC6, 0x1FAC6, kSymbol},
                              {0x1FADC, 0x1FADC, kSymbol},
                              {0x1FADF, 0x1FADF, kSymbol},
                              {0x1FAE9, 0x1FAE9, kSymbol},
                              {0x1FBCB, 0x1FBEF, kSymbol},
                              {0x2EBF0, 0x2EE5D, kLetter}};

// DerivedAge.txt 10.0 and later with a canonical combining class other than 0; and U+11930, which since 13.0 composes
// with the vowel sign before it.
constexpr Range kMarksSince9[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},
    {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},
    {0xA82C, 0xA82C},   {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50},
    {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x11839, 0x1183A},
    {0x11930, 0x11930}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34},
    {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45}, {0x11D97, 0x11D97},
    {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE},
    {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}};

const Range* find(const Range* begin, const Range* end, char32_t value) {
  const Range* range = std::lower_bound(begin, end, value, [](const Range& r, char32_t v) { return r.last < v; });
  return range != end && range->first <= value ? range : nullptr;
}

} // namespace

uint8_t class_since_unicode_15(char32_t value) {
  const Range* range = find(std::begin(kSince15), std::end(kSince15), value);
  return range == nullptr ? 0 : range->char_class;
}

bool is_mark_since_unicode_9(char32_t value) {
  return find(std::begin(kMarksSince9), std::end(kMarksSince9), value) != nullptr;
}

} // namespace proctor
