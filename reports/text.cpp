// SPDX-License-Identifier: MIT
#include "reports/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <span>

#include "harness/text/ascii.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

constexpr char32_t kBadByte = 0xFFFFFFFF;

struct Decoded {
  char32_t code = kBadByte;
  size_t n_bytes = 1;
};

// The first character of a text that is not empty; kBadByte for what is not UTF-8 (overlong and surrogates too).
Decoded decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < n) return {};
  char32_t code = lead & (0xFFU >> (n + 1));
  for (size_t i = 1; i < n; ++i) {
    if (!is_utf8_continuation(text[i])) return {};
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  if (code < kSmallest[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, n};
}

template <class Visit> void for_each_character(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const Decoded one = decode(text);
    visit(one.code, text.substr(0, one.n_bytes));
    text.remove_prefix(one.n_bytes);
  }
}

struct CodeRange {
  char32_t first, last;
};

bool in_ranges(std::span<const CodeRange> ranges, char32_t code) {
  return std::ranges::any_of(ranges, [&](CodeRange r) { return code >= r.first && code <= r.last; });
}

// Direction marks and overrides, invisible operators, line and paragraph separators, tags, noncharacters.
constexpr CodeRange kNeutralised[] = {{0x80, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x180E, 0x180E},
                                      {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                                      {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE007F}};

constexpr CodeRange kZeroWidth[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},
                                    {0x64B, 0x65F},   {0x93C, 0x93C},   {0x941, 0x948},   {0xE31, 0xE31},
                                    {0xE34, 0xE3A},   {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
                                    {0x200C, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

constexpr CodeRange kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},  {0x3400, 0x4DBF},
                               {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
                               {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                               {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

int width_of(char32_t code) { return in_ranges(kZeroWidth, code) ? 0 : in_ranges(kWide, code) ? 2 : 1; }

// What stands for one character; empty: the character itself.
std::string visible_form(char32_t code) {
  if (code == kBadByte) return "\uFFFD";
  if (code == '\n' || code == '\t') return "";
  if (code < 0x20) return {'\xE2', '\x90', static_cast<char>(0x80 + code)}; // U+2400 + code
  if (code == 0x7F) return "\u2421";
  return in_ranges(kNeutralised, code) ? fmt::format("[U+{:04X}]", static_cast<uint32_t>(code)) : "";
}

std::string escaped_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += c;
  }
  return out;
}

// "$1.28e-6"
std::string usd_power_text(double usd) { return short_power(fmt::format("${:.2e}", usd)); }

size_t character_start(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && is_utf8_continuation(text[at])) --at;
  return at;
}

} // namespace

std::string visible_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text, [&](char32_t code, std::string_view bytes) {
    const bool ends_crlf = code == '\r' && bytes.data() + 1 < text.data() + text.size() && bytes.data()[1] == '\n';
    if (ends_crlf) return;
    const std::string form = visible_form(code);
    out += form.empty() ? bytes : std::string_view(form);
  });
  return out;
}

std::string visible_line(std::string_view text) {
  std::string out = visible_text(text);
  for (char& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return out;
}

std::string html_text(std::string_view text) { return escaped_html(visible_text(text)); }
std::string html_line(std::string_view text) { return escaped_html(visible_line(text)); }

std::string markdown_text(std::string_view text) {
  std::string out;
  for (char c : visible_line(text)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '@')
      out += "&#64;"; // a forge would notify whoever is called that
    else if (std::string_view("\\`*_{}[]()#+-.!|~$:").find(c) != std::string_view::npos)
      out += {'\\', c};
    else
      out += c;
  }
  return out;
}

int display_width(std::string_view text) {
  int width = 0;
  for_each_character(text, [&](char32_t code, std::string_view) { width += width_of(code); });
  return width;
}

std::string fit_width(std::string_view text, int columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string out;
  int used = 1; // the ellipsis
  bool full = false;
  for_each_character(text, [&](char32_t code, std::string_view bytes) {
    full = full || used + width_of(code) > columns;
    if (full) return;
    used += width_of(code);
    out += bytes;
  });
  return out + "…";
}

std::string shorten_middle(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const size_t head = character_start(text, limit * 2 / 3);
  const size_t tail = character_start(text, text.size() - limit / 3);
  return fmt::format("{}\n\n[… {} bytes left out …]\n\n{}", text.substr(0, head),
                     grouped(static_cast<int64_t>(tail - head)), text.substr(tail));
}

std::string percent(double share) {
  constexpr double kNoise = 1e-9; // of a mean of ones
  if (share <= kNoise || share >= 1 - kNoise) return fmt::format("{:.1f}%", share * 100);
  for (int digits : {1, 2}) {
    std::string text = fmt::format("{:.{}f}%", share * 100, digits);
    if (text != fmt::format("{:.{}f}%", 0.0, digits) && text != fmt::format("{:.{}f}%", 100.0, digits)) return text;
  }
  return share < 0.5 ? "under 0.01%" : "over 99.99%";
}

std::string interval_text(const Interval& interval) {
  return fmt::format("[{:.1f}, {:.1f}]", interval.lo * 100, interval.hi * 100);
}

std::string grouped(int64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool between_digits = i > 0 && is_digit(digits[i - 1]);
    if (between_digits && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string plural(int64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(n), noun, n == 1 ? "" : "s");
}

std::string short_power(std::string number) {
  if (const size_t power = number.find("e-0"); power != number.npos) number.erase(power + 2, 1);
  return number;
}

std::string usd_text(double usd) {
  if (usd == 0) return "$0";
  if (usd >= 1000) return "$" + grouped(std::llround(usd));
  if (usd >= 1) return fmt::format("${:.2f}", usd);
  if (usd > 0 && usd < 1e-5) return usd_power_text(usd);
  const int digits = std::clamp(2 - static_cast<int>(std::floor(std::log10(std::abs(usd)))), 2, 12); // three that count
  std::string text = fmt::format("${:.{}f}", usd, digits);
  return text;
}

constexpr double kLeastRate = 1e-4;

std::string usd_rate_text(double usd) {
  return usd > 0 && usd < kLeastRate ? usd_power_text(usd) : usd_text(usd);
}

std::string usd_rate_words(double usd, std::string_view per) {
  return usd > 0 && usd < kLeastRate ? fmt::format("{} per million {}s", usd_text(usd * 1e6), per) : fmt::format("{} per {}", usd_text(usd), per);
}

std::string usd_rate_interval_text(const Interval& interval) {
  return fmt::format("[{}, {}]", usd_rate_text(std::max(0.0, interval.lo)), usd_rate_text(interval.hi));
}

std::string count_text(double value) {
  if (value >= 1e9) return fmt::format("{:.3g}G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.3g}k", value / 1e3);
  return grouped(std::llround(value));
}

} // namespace proctor
