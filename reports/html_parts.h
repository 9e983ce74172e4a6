// SPDX-License-Identifier: MIT
#pragma once

// The pieces that every page is put together from: the shell with its style and its Content-Security-Policy, tables,
// tiles, blocks of text. Arguments called html are markup already; all others are escaped here.

#include <string>
#include <string_view>

namespace proctor {

std::string page(std::string_view title, std::string_view body_html); // the whole document

std::string head_cell(std::string_view html, bool left = false);
std::string row_head(std::string_view text);
std::string cell(std::string_view html, std::string_view css = "");

// A heading, and a cell, of a picture of numbers that stand beside it: paper, which is narrow, leaves it out.
std::string picture_head(std::string_view html);
std::string picture_cell(std::string_view html);

// What is worth knowing before the numbers are quoted: list items, or empty.
std::string warnings_html(std::string_view items_html);

// What scrolls in itself: reached by the keyboard, and named for who does not see it.
std::string scroll_box(std::string_view css, std::string_view name, std::string_view html);

std::string html_table(std::string_view caption_html, std::string_view head_html, std::string_view rows_html);

// A large number with its name above and what it means below; empty without a number.
std::string number_tile(std::string_view name, std::string_view html, std::string_view how_html);

std::string figure_html(std::string_view title, std::string_view chart_html, std::string_view caption_html);

// Text as it was written, formulas as mathematics (tex_mathml.h).
std::string text_block(std::string_view what, std::string_view text);
std::string folded_block(std::string_view what, std::string_view text);

} // namespace proctor
