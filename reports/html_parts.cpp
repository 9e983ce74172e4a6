// SPDX-License-Identifier: MIT
#include "reports/html_parts.h"

#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "reports/html_style.h"
#include "reports/tex_mathml.h"
#include "reports/text.h"

namespace proctor {

std::string page(std::string_view title, std::string_view body_html) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"referrer\" "
         "content=\"no-referrer\"><title>" +
         html_line(title) + "</title>\n<style>" + kHtmlStyle + "</style></head>\n<body><div class=\"page\">\n" + std::string(body_html) +
         "\n</div></body></html>\n";
}

std::string head_cell(std::string_view html, bool left) {
  return fmt::format(R"(<th scope="col"{}>{}</th>)", left ? R"( class="l")" : "", html);
}

std::string row_head(std::string_view text) {
  return fmt::format(R"(<th scope="row" class="l">{}</th>)", html_line(text));
}

std::string cell(std::string_view html, std::string_view css) {
  return css.empty() ? fmt::format("<td>{}</td>", html) : fmt::format(R"(<td class="{}">{}</td>)", css, html);
}

std::string picture_head(std::string_view html) { return fmt::format(R"(<th scope="col" class="picture">{}</th>)", html); }

std::string picture_cell(std::string_view html) { return cell(html, "l cell picture"); }

std::string warnings_html(std::string_view items_html) {
  if (items_html.empty()) return "";
  return fmt::format(R"(<section class="warnings"><h2>Worth knowing before quoting these numbers</h2><ul>{}</ul></section>)", items_html);
}

std::string scroll_box(std::string_view css, std::string_view name, std::string_view html) {
  return fmt::format(R"(<div class="{}" tabindex="0" role="region" aria-label="{}">{}</div>)", css, name, html);
}

std::string html_table(std::string_view caption_html, std::string_view head_html, std::string_view rows_html) {
  return scroll_box("scroll", caption_html, fmt::format("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", caption_html, head_html, rows_html));
}

std::string number_tile(std::string_view name, std::string_view html, std::string_view how_html) {
  if (html.empty()) return "";
  return fmt::format(R"(<div><dt>{}</dt><dd>{}<span class="how">{}</span></dd></div>)", name, html, how_html);
}

std::string figure_html(std::string_view title, std::string_view chart_html, std::string_view caption_html) {
  if (chart_html.empty()) return "";
  return fmt::format("<figure><h3>{}</h3>{}<figcaption>{}</figcaption></figure>", title, chart_html, caption_html);
}

std::string text_block(std::string_view what, std::string_view text) {
  if (text.empty()) return "";
  return fmt::format(R"(<p class="what">{}</p>)", what) + scroll_box("text", what, math_html(trim(text)));
}

std::string folded_block(std::string_view what, std::string_view text) {
  if (text.empty()) return "";
  return fmt::format("<details><summary>{}</summary>{}</details>", what, scroll_box("text", what, math_html(trim(text))));
}

} // namespace proctor
