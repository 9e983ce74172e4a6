// SPDX-License-Identifier: MIT
#include "reports/text.h"

#include <doctest/doctest.h>

using namespace proctor;

TEST_CASE("control characters become pictures, and what is not UTF-8 a replacement") {
  CHECK(visible_text("a\x1b[0m\r\nb\rc\td\x7F") == "a␛[0m\nb␍c\td␡");
  CHECK(visible_text("\xFF\xC0\x80\xED\xA0\x80z") == "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz");
  CHECK(visible_text("\xE2\x82") == "\uFFFD\uFFFD");
  CHECK(visible_text("naïve 数学 😀") == "naïve 数学 😀");
}

TEST_CASE("characters that turn the writing direction or hide are named") {
  CHECK(visible_text("a\u202Eb\u2066c\u200B") == "a[U+202E]b[U+2066]c[U+200B]");
  CHECK(visible_text("\u0085\uFEFF") == "[U+0085][U+FEFF]");
  CHECK(visible_line("a\nb\tc\u2028d") == "a b c[U+2028]d");
}

TEST_CASE("HTML and Markdown show text as it is") {
  CHECK(html_text("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  CHECK(markdown_text("a|b *c* <d> @e\n# f") == "a\\|b \\*c\\* &lt;d&gt; &#64;e \\# f");
}

TEST_CASE("width counts columns, not bytes") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("数学") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(fit_width("abcdef", 4) == "abc…");
  CHECK(fit_width("数学题", 4) == "数…");
  CHECK(fit_width("abcd", 4) == "abcd");
}

TEST_CASE("numbers read as people write them") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(-1234) == "-1,234");
  CHECK(percent(0.1554) == "15.5%");
  CHECK(plural(1, "question") == "1 question");
  CHECK(plural(1200, "sample") == "1,200 samples");
}

TEST_CASE("a share that is not all or nothing is not shown as all or nothing") {
  CHECK(percent(0) == "0.0%");
  CHECK(percent(1) == "100.0%");
  CHECK(percent(1 - 1e-15) == "100.0%"); // a mean of ones
  CHECK(percent(0.9994) == "99.9%");
  CHECK(percent(0.9998) == "99.98%");
  CHECK(percent(0.0003) == "0.03%");
  CHECK(percent(0.0005) == "0.1%");
  CHECK(percent(0.99999) == "over 99.99%");
  CHECK(percent(0.00001) == "under 0.01%");
  for (int share = 1; share < 100'000; ++share) {
    const std::string text = percent(share / 1e5);
    for (const char* end : {"0.0%", "0.00%", "100.0%", "100.00%"}) REQUIRE(text != end);
  }
}

TEST_CASE("a small price per something is not told in the unit of prices of tokens") {
  CHECK(usd_rate_text(2.273e-5) == "$2.27e-5");
  CHECK(usd_rate_text(9.999e-6) == "$1.00e-5");
  CHECK(usd_rate_text(0.0042) == "$0.00420");
  CHECK(usd_rate_text(0) == "$0");
  CHECK(usd_rate_interval_text({2.1e-5, 3e-4, 0.95, ""}) == "[$2.10e-5, $0.000300]");
  CHECK(usd_rate_words(2.273e-5, "correct answer") == "$22.73 per million correct answers");
}

TEST_CASE("a long text keeps its beginning and end") {
  const std::string text = std::string(500, 'a') + std::string(500, 'z');
  const std::string shown = shorten_middle(text, 90);
  CHECK(shown.starts_with("aaa"));
  CHECK(shown.ends_with("zzz"));
  CHECK(shown.find("910 bytes left out") != std::string::npos);
  CHECK(shorten_middle("short", 90) == "short");
}
