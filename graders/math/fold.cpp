// SPDX-License-Identifier: MIT
#include "graders/math/fold.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "harness/text/unicode.h"

namespace proctor::math {
namespace {

struct Fold {
  char32_t from;
  std::string_view to;
};

// Sorted by code point.
constexpr Fold kFolds[] = {
    {0x00A0, " "},
    {0x00A2, "\\cent "},
    {0x00A3, "\\pounds "},
    {0x00A5, "\\yen "},
    {0x00B0, "^{\\circ}"},
    {0x00B1, "\\pm "},
    {0x00B7, "\\cdot "},
    {0x00BC, "\\frac{1}{4}"},
    {0x00BD, "\\frac{1}{2}"},
    {0x00BE, "\\frac{3}{4}"},
    {0x00D7, "\\times "},
    {0x00F7, "\\div "},
    {0x0391, "A"},
    {0x0393, "\\Gamma "},
    {0x0394, "\\Delta "},
    {0x0398, "\\Theta "},
    {0x039B, "\\Lambda "},
    {0x039E, "\\Xi "},
    {0x03A0, "\\Pi "},
    {0x03A3, "\\Sigma "},
    {0x03A6, "\\Phi "},
    {0x03A8, "\\Psi "},
    {0x03A9, "\\Omega "},
    {0x03B1, "\\alpha "},
    {0x03B2, "\\beta "},
    {0x03B3, "\\gamma "},
    {0x03B4, "\\delta "},
    {0x03B5, "\\epsilon "},
    {0x03B6, "\\zeta "},
    {0x03B7, "\\eta "},
    {0x03B8, "\\theta "},
    {0x03B9, "\\iota "},
    {0x03BA, "\\kappa "},
    {0x03BB, "\\lambda "},
    {0x03BC, "\\mu "},
    {0x03BD, "\\nu "},
    {0x03BE, "\\xi "},
    {0x03C0, "\\pi "},
    {0x03C1, "\\rho "},
    {0x03C3, "\\sigma "},
    {0x03C4, "\\tau "},
    {0x03C5, "\\upsilon "},
    {0x03C6, "\\phi "},
    {0x03C7, "\\chi "},
    {0x03C8, "\\psi "},
    {0x03C9, "\\omega "},
    {0x03D5, "\\phi "},
    {0x2009, "\\,"},
    {0x200A, "\\,"},
    {0x200B, ""},
    {0x2010, "-"},
    {0x2011, "-"},
    {0x2012, "-"},
    {0x2013, "-"},
    {0x2014, " - "},
    {0x2016, "\\|"},
    {0x2018, "'"},
    {0x2019, "'"},
    {0x201C, ""},
    {0x201D, ""},
    {0x2026, "\\dots "},
    {0x202F, "\\,"},
    {0x2032, "'"},
    {0x2033, "''"},
    {0x2044, "/"},
    {0x205F, " "},
    {0x2061, ""},
    {0x20AC, "\\euro "},
    {0x2102, "\\mathbb{C}"},
    {0x2115, "\\mathbb{N}"},
    {0x211A, "\\mathbb{Q}"},
    {0x211D, "\\mathbb{R}"},
    {0x2124, "\\mathbb{Z}"},
    {0x2153, "\\frac{1}{3}"},
    {0x2154, "\\frac{2}{3}"},
    {0x2155, "\\frac{1}{5}"},
    {0x2156, "\\frac{2}{5}"},
    {0x2157, "\\frac{3}{5}"},
    {0x2158, "\\frac{4}{5}"},
    {0x2159, "\\frac{1}{6}"},
    {0x215A, "\\frac{5}{6}"},
    {0x215B, "\\frac{1}{8}"},
    {0x215C, "\\frac{3}{8}"},
    {0x215D, "\\frac{5}{8}"},
    {0x215E, "\\frac{7}{8}"},
    {0x2190, "\\leftarrow "},
    {0x2192, "\\to "},
    {0x21D2, "\\Rightarrow "},
    {0x21D4, "\\iff "},
    {0x2200, "\\forall "},
    {0x2203, "\\exists "},
    {0x2205, "\\emptyset "},
    {0x2208, "\\in "},
    {0x220F, "\\prod "},
    {0x2211, "\\sum "},
    {0x2212, "-"},
    {0x2213, "\\mp "},
    {0x2215, "/"},
    {0x2216, "\\setminus "},
    {0x2217, "*"},
    {0x2219, "\\cdot "},
    {0x221A, "\\surd "},
    {0x221B, "\\cuberoot "},
    {0x221E, "\\infty "},
    {0x2220, "\\angle "},
    {0x2223, "|"},
    {0x2227, "\\land "},
    {0x2228, "\\lor "},
    {0x2229, "\\cap "},
    {0x222A, "\\cup "},
    {0x222B, "\\int "},
    {0x2234, "\\therefore "},
    {0x2236, ":"},
    {0x223C, "\\sim "},
    {0x2245, "\\cong "},
    {0x2248, "\\approx "},
    {0x2260, "\\ne "},
    {0x2261, "\\equiv "},
    {0x2264, "\\le "},
    {0x2265, "\\ge "},
    {0x226A, "\\ll "},
    {0x226B, "\\gg "},
    {0x2282, "\\subset "},
    {0x2295, "\\oplus "},
    {0x22C5, "\\cdot "},
    {0x22EF, "\\dots "},
    {0x2308, "\\lceil "},
    {0x2309, "\\rceil "},
    {0x230A, "\\lfloor "},
    {0x230B, "\\rfloor "},
    {0x2329, "\\langle "},
    {0x232A, "\\rangle "},
    {0x2713, ""},
    {0x2A7D, "\\le "},
    {0x2A7E, "\\ge "},
    {0x27E8, "\\langle "},
    {0x27E9, "\\rangle "},
    {0x3001, ","},
    {0x3002, "."},
    {0xFE63, "-"},
};

constexpr Fold kScripts[] = {
    {0x00B2, "2"}, {0x00B3, "3"}, {0x00B9, "1"}, {0x2070, "0"}, {0x2071, "i"}, {0x207A, "+"},
    {0x207B, "-"}, {0x207D, "("}, {0x207E, ")"}, {0x207F, "n"}, {0x02E3, "x"},
};

std::string_view superscript(char32_t c) {
  static constexpr std::string_view kDigits = "456789";
  if (c >= 0x2074 && c <= 0x2079) return kDigits.substr(c - 0x2074, 1);
  for (const Fold& fold : kScripts)
    if (fold.from == c) return fold.to;
  return {};
}

std::string_view subscript(char32_t c) {
  static constexpr std::string_view kDigits = "0123456789";
  if (c >= 0x2080 && c <= 0x2089) return kDigits.substr(c - 0x2080, 1);
  return c == 0x2099 ? "n" : c == 0x1D62 ? "i" : std::string_view();
}

class Folder {
 public:
  explicit Folder(std::string_view text) : rest_(text) {}

  std::string run() {
    while (!rest_.empty()) step();
    close_script();
    return std::move(out_);
  }

 private:
  void step() {
    const auto [c, length, valid] = code_point_at(rest_, 0);
    std::string_view bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (auto script = superscript(c); !script.empty()) return add_script('^', script);
    if (auto script = subscript(c); !script.empty()) return add_script('_', script);
    close_script();
    if (c < 0x80 || !valid) {
      out_ += bytes;
    } else if (c >= 0xFF01 && c <= 0xFF5E) {
      out_ += static_cast<char>(c - 0xFEE0); // full-width forms
    } else {
      out_ += replacement(c, bytes);
    }
  }

  static std::string_view replacement(char32_t c, std::string_view bytes) {
    const Fold* hit = std::lower_bound(std::begin(kFolds), std::end(kFolds), c,
                                       [](const Fold& f, char32_t v) { return f.from < v; });
    return hit != std::end(kFolds) && hit->from == c ? hit->to : bytes;
  }

  void add_script(char kind, std::string_view script) {
    if (open_ != kind) {
      close_script();
      out_ += kind;
      out_ += '{';
      open_ = kind;
    }
    out_ += script;
  }

  void close_script() {
    if (open_ != 0) out_ += '}';
    open_ = 0;
  }

  std::string_view rest_;
  std::string out_;
  char open_ = 0; // '^' or '_' while a run of scripts goes on
};

} // namespace

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::string fold_unicode(std::string_view text) { return is_ascii(text) ? std::string(text) : Folder(text).run(); }

} // namespace proctor::math
