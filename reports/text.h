// SPDX-License-Identifier: MIT
#pragma once

// Makes text of unknown origin (models, tasks, run.json) safe to show, and lays out numbers for people. Everything
// that a writer prints passes through here once.

#include <cstdint>
#include <string>
#include <string_view>

#include "reports/intervals.h"

namespace proctor {

// Valid UTF-8 without control characters: newline and tab stay, "\r\n" becomes "\n", other controls become their
// pictures (U+2400...), bytes that are not UTF-8 become U+FFFD, characters that turn the writing direction or are
// invisible by design become "[U+202E]".
std::string visible_text(std::string_view text);

// The same on one line: newlines and tabs become spaces.
std::string visible_line(std::string_view text);

// visible_text, escaped for HTML text and quoted attributes.
std::string html_text(std::string_view text);
std::string html_line(std::string_view text);

// visible_line, escaped so that Markdown shows it as it is, also in a table cell.
std::string markdown_text(std::string_view text);

// Columns that a terminal needs: 0 for combining marks, 2 for wide characters. `text` is visible_line's.
int display_width(std::string_view text);

// At most `columns` wide, the end replaced by "…" where it is longer.
std::string fit_width(std::string_view text, int columns);

// At most about `limit` bytes: the middle is replaced by a line that says how much is missing. Cuts between
// characters.
std::string shorten_middle(std::string_view text, size_t limit);

std::string percent(double share);                    // 0.1554 -> "15.5%"; only 1 is "100.0%": 0.9998 -> "99.98%", closer ones "over 99.99%"
std::string interval_text(const Interval& interval);  // "[15.1, 16.9]": percent
std::string short_power(std::string number);          // "5e-05", as it is formatted -> "5e-5"
std::string usd_text(double usd);                     // "$0.0042", "$12.30"
std::string usd_rate_text(double usd);                // the same of a price per something; below $0.0001 "$3.60e-7", for "/M" reads as per million tokens
std::string usd_rate_words(double usd, std::string_view per); // "$0.0042 per correct answer", "$0.36 per million correct answers"
std::string usd_rate_interval_text(const Interval& interval); // "[$0.0039, $0.0046]"
std::string count_text(double value);                 // 950, "12.4k", "3.4M"
std::string grouped(int64_t number);                  // 1234567 -> "1,234,567"
std::string plural(int64_t n, std::string_view noun); // "1 question", "1,200 questions"

} // namespace proctor
