// SPDX-License-Identifier: MIT
#include "reports/tex_mathml.h"

#include <array>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/utf8.h"
#include "reports/text.h"

namespace proctor {
namespace {

constexpr size_t kLongest = 2000; // bytes of one formula
constexpr int kDeepest = 24;

struct Named {
  std::string_view name, shown;
};

constexpr Named kLetters[] = {
    {"alpha", "α"},  {"beta", "β"},    {"gamma", "γ"},  {"delta", "δ"},  {"epsilon", "ϵ"}, {"varepsilon", "ε"}, {"zeta", "ζ"},   {"eta", "η"},
    {"theta", "θ"},  {"iota", "ι"},    {"kappa", "κ"},  {"lambda", "λ"}, {"mu", "μ"},      {"nu", "ν"},         {"xi", "ξ"},     {"pi", "π"},
    {"rho", "ρ"},    {"sigma", "σ"},   {"tau", "τ"},    {"phi", "ϕ"},    {"varphi", "φ"},  {"chi", "χ"},        {"psi", "ψ"},    {"omega", "ω"},
    {"Gamma", "Γ"},  {"Delta", "Δ"},   {"Theta", "Θ"},  {"Lambda", "Λ"}, {"Xi", "Ξ"},      {"Pi", "Π"},         {"Sigma", "Σ"},  {"Phi", "Φ"},
    {"Psi", "Ψ"},    {"Omega", "Ω"},   {"infty", "∞"},  {"ell", "ℓ"},    {"emptyset", "∅"}, {"varnothing", "∅"}, {"hbar", "ℏ"},   {"partial", "∂"},
    {"nabla", "∇"},  {"ldots", "…"},   {"dots", "…"},   {"cdots", "⋯"},  {"vdots", "⋮"},   {"ddots", "⋱"},      {"angle", "∠"},  {"triangle", "△"},
    {"degree", "°"}, {"prime", "′"}};

constexpr Named kSigns[] = {
    {"cdot", "⋅"},    {"times", "×"},  {"div", "÷"},      {"pm", "±"},      {"mp", "∓"},         {"le", "≤"},        {"leq", "≤"},        {"ge", "≥"},
    {"geq", "≥"},     {"ne", "≠"},     {"neq", "≠"},      {"approx", "≈"},  {"equiv", "≡"},      {"sim", "∼"},       {"cong", "≅"},       {"propto", "∝"},
    {"in", "∈"},      {"notin", "∉"},  {"subset", "⊂"},   {"subseteq", "⊆"}, {"cup", "∪"},        {"cap", "∩"},       {"setminus", "∖"},   {"land", "∧"},
    {"wedge", "∧"},   {"lor", "∨"},    {"vee", "∨"},      {"neg", "¬"},     {"lnot", "¬"},       {"to", "→"},        {"rightarrow", "→"}, {"leftarrow", "←"},
    {"Rightarrow", "⇒"}, {"implies", "⟹"}, {"iff", "⟺"}, {"Leftrightarrow", "⇔"}, {"mapsto", "↦"}, {"mid", "∣"},   {"parallel", "∥"},   {"perp", "⊥"},
    {"forall", "∀"},  {"exists", "∃"}, {"circ", "∘"},     {"oplus", "⊕"},   {"star", "⋆"},       {"therefore", "∴"}, {"because", "∵"},    {"sum", "∑"},
    {"prod", "∏"},    {"int", "∫"},    {"lfloor", "⌊"},   {"rfloor", "⌋"},  {"lceil", "⌈"},      {"rceil", "⌉"},     {"langle", "⟨"},     {"rangle", "⟩"},
    {"{", "{"},       {"}", "}"},      {"lbrace", "{"},   {"rbrace", "}"},  {"%", "%"},          {"$", "$"},         {"&", "&amp;"},      {"#", "#"},
    {"_", "_"},       {"|", "‖"},      {"Vert", "‖"},     {"vert", "|"},    {"pmod", "mod "},    {"bmod", "mod"},    {"mod", "mod"},      {"ll", "≪"},
    {"gg", "≫"},      {"lt", "&lt;"},  {"gt", "&gt;"},    {"backslash", "\\"}};

constexpr std::string_view kFunctions[] = {"sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log", "ln",
                                           "lg",  "exp", "lim", "max", "min", "sup", "inf", "gcd", "lcm", "det", "dim", "ker", "deg", "arg", "Pr"};

constexpr Named kSpaces[] = {{",", "0.17em"}, {":", "0.22em"}, {";", "0.28em"}, {"!", "0em"}, {" ", "0.3em"}, {"quad", "1em"}, {"qquad", "2em"}, {"\\", "1em"}};

constexpr std::string_view kIgnored[] = {"left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "textstyle", "limits", "nolimits"};

constexpr std::string_view kTexts[] = {"text", "mathrm", "textbf", "mathbf", "textit", "mathit", "operatorname", "mbox", "mathsf", "mathtt", "textrm"};

template <size_t N> std::string_view shown_as(const Named (&table)[N], std::string_view name) {
  for (const Named& one : table)
    if (one.name == name) return one.shown;
  return {};
}

// Recursive descent; ok_ turns false at the first thing that is not known.
class Formula {
 public:
  explicit Formula(std::string_view tex) : tex_(tex) {}

  std::optional<std::string> run() {
    std::string out = row('\0');
    return ok_ && at_ == tex_.size() ? std::optional(out) : std::nullopt;
  }

 private:
  bool more() const { return ok_ && at_ < tex_.size(); }
  std::string fail() { return ok_ = false, ""; }

  // Items up to `end` ('\0': the end of the formula), which is taken.
  std::string row(char end) {
    if (++depth_ > kDeepest) return fail();
    std::string out;
    while (more() && tex_[at_] != end) out += scripted(item());
    if (end != '\0') {
      if (!more()) return fail();
      ++at_;
    }
    --depth_;
    return out;
  }

  // An item with what hangs on it.
  std::string scripted(std::string base) {
    std::string below, above;
    while (more() && (tex_[at_] == '_' || tex_[at_] == '^' || tex_[at_] == '\'')) {
      const char mark = tex_[at_++];
      if (mark == '\'') {
        above += "<mo>′</mo>";
        continue;
      }
      std::string& script = mark == '_' ? below : above;
      script += argument();
      if (!ok_) return "";
    }
    if (base.empty() && (!below.empty() || !above.empty())) base = "<mi></mi>";
    if (!below.empty() && !above.empty()) return fmt::format("<msubsup>{}<mrow>{}</mrow><mrow>{}</mrow></msubsup>", one(base), below, above);
    if (!below.empty()) return fmt::format("<msub>{}<mrow>{}</mrow></msub>", one(base), below);
    if (!above.empty()) return fmt::format("<msup>{}<mrow>{}</mrow></msup>", one(base), above);
    return base;
  }

  static std::string one(const std::string& html) { return "<mrow>" + html + "</mrow>"; }

  void skip_blanks() {
    while (more() && is_blank(tex_[at_])) ++at_;
  }

  // {...} or one item.
  std::string argument() {
    skip_blanks();
    if (!more()) return fail();
    if (tex_[at_] != '{') return item();
    ++at_;
    return row('}');
  }

  std::string item() {
    const char c = tex_[at_];
    if (is_blank(c)) return ++at_, "";
    if (c == '{') return ++at_, one(row('}'));
    if (c == '\\') return command();
    if (is_digit(c)) return number();
    if (is_letter(c)) return ++at_, fmt::format("<mi>{}</mi>", c);
    if (c == '}' || c == '&' || c == '#' || c == '$' || c == '%') return fail();
    if (c == '~') return ++at_, space("0.3em");
    if (static_cast<unsigned char>(c) >= 0x80) return wide();
    ++at_;
    if (c == '-') return "<mo>−</mo>";
    if (c == '*') return "<mo>∗</mo>";
    return "<mo>" + html_line(std::string(1, c)) + "</mo>";
  }

  std::string number() {
    const size_t begin = at_;
    while (more() && (is_digit(tex_[at_]) || (tex_[at_] == '.' && at_ + 1 < tex_.size() && is_digit(tex_[at_ + 1])))) ++at_;
    return fmt::format("<mn>{}</mn>", tex_.substr(begin, at_ - begin));
  }

  std::string wide() {
    const size_t begin = at_;
    do ++at_;
    while (at_ < tex_.size() && is_utf8_continuation(tex_[at_]));
    return "<mi>" + html_line(tex_.substr(begin, at_ - begin)) + "</mi>";
  }

  static std::string space(std::string_view width) { return fmt::format(R"(<mspace width="{}"></mspace>)", width); }

  std::string command_name() {
    ++at_; // the backslash
    if (at_ == tex_.size()) return fail();
    const size_t begin = at_;
    if (!is_letter(tex_[at_])) return ++at_, std::string(tex_.substr(begin, 1));
    while (at_ < tex_.size() && is_letter(tex_[at_])) ++at_;
    return std::string(tex_.substr(begin, at_ - begin));
  }

  std::string command() {
    const std::string name = command_name();
    if (!ok_) return "";
    if (name == "frac" || name == "dfrac" || name == "tfrac" || name == "cfrac") return fraction();
    if (name == "binom" || name == "dbinom" || name == "tbinom") return binomial();
    if (name == "sqrt") return root();
    if (name == "boxed" || name == "fbox") return R"(<mrow class="boxed">)" + argument() + "</mrow>";
    if (name == "overline" || name == "bar") return "<mover><mrow>" + argument() + "</mrow><mo>¯</mo></mover>";
    if (name == "vec") return "<mover><mrow>" + argument() + "</mrow><mo>→</mo></mover>";
    if (name == "hat") return "<mover><mrow>" + argument() + "</mrow><mo>^</mo></mover>";
    if (name == "mathbb" || name == "mathcal") return letters(name == "mathbb" ? "double" : "script");
    if (is_one_of(name, kTexts)) return words();
    if (is_one_of(name, kIgnored)) return delimiter();
    if (is_one_of(name, kFunctions)) return fmt::format(R"(<mi mathvariant="normal">{}</mi>)", name);
    if (auto shown = shown_as(kLetters, name); !shown.empty()) return fmt::format("<mi>{}</mi>", shown);
    if (auto shown = shown_as(kSigns, name); !shown.empty()) return fmt::format("<mo>{}</mo>", shown);
    if (auto width = shown_as(kSpaces, name); !width.empty()) return space(width);
    return fail();
  }

  // After \left and its kin: the sign that follows, or nothing for a full stop.
  std::string delimiter() {
    skip_blanks();
    if (!more()) return "";
    if (tex_[at_] == '.') ++at_;
    return "";
  }

  std::string fraction() {
    const std::string above = argument(), below = argument();
    return fmt::format("<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>", above, below);
  }

  std::string binomial() {
    const std::string above = argument(), below = argument();
    return fmt::format(R"(<mrow><mo>(</mo><mfrac linethickness="0"><mrow>{}</mrow><mrow>{}</mrow></mfrac><mo>)</mo></mrow>)", above, below);
  }

  std::string root() {
    skip_blanks();
    if (!more() || tex_[at_] != '[') return "<msqrt>" + argument() + "</msqrt>";
    ++at_;
    const std::string index = row(']'), inner = argument();
    return fmt::format("<mroot><mrow>{}</mrow><mrow>{}</mrow></mroot>", inner, index);
  }

  // Plain words in braces, nothing nested.
  std::string words() {
    skip_blanks();
    if (!more() || tex_[at_] != '{') return fail();
    const size_t end = tex_.find_first_of("{}\\$", at_ + 1);
    if (end == tex_.npos || tex_[end] != '}') return fail();
    const std::string_view text = tex_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return "<mtext>" + html_line(text) + "</mtext>";
  }

  std::string letters(std::string_view kind) {
    skip_blanks();
    const bool braced = more() && tex_[at_] == '{';
    if (braced) ++at_;
    if (!more() || !is_letter(tex_[at_])) return fail();
    const char letter = tex_[at_++];
    if (braced && (!more() || tex_[at_++] != '}')) return fail();
    constexpr Named kDouble[] = {{"N", "ℕ"}, {"Z", "ℤ"}, {"Q", "ℚ"}, {"R", "ℝ"}, {"C", "ℂ"}, {"P", "ℙ"}, {"F", "𝔽"}, {"E", "𝔼"}};
    const std::string_view shown = kind == "double" ? shown_as(kDouble, std::string_view(&letter, 1)) : std::string_view();
    return fmt::format("<mi>{}</mi>", shown.empty() ? std::string(1, letter) : std::string(shown));
  }

  std::string_view tex_;
  size_t at_ = 0;
  int depth_ = 0;
  bool ok_ = true;
};

// A formula found in a text.
struct Found {
  size_t begin, inner, inner_end, end;
  bool display;
};

size_t closing_brace(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t at = open; at < text.size() && at - open < kLongest; ++at) {
    if (text[at] == '\\') ++at;
    else if (text[at] == '{') ++depth;
    else if (text[at] == '}' && --depth == 0) return at;
  }
  return text.npos;
}

std::optional<Found> between(std::string_view text, size_t at, std::string_view open, std::string_view close, bool display) {
  const size_t inner = at + open.size();
  const std::string_view reach = text.substr(inner, kLongest);
  const size_t length = reach.find(close);
  if (length == reach.npos || length == 0) return std::nullopt;
  return Found{at, inner, inner + length, inner + length + close.size(), display};
}

// A formula that begins at `at`, a dollar or a backslash.
std::optional<Found> formula_at(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("$$")) return between(text, at, "$$", "$$", true);
  if (rest.starts_with("\\(")) return between(text, at, "\\(", "\\)", false);
  if (rest.starts_with("\\[")) return between(text, at, "\\[", "\\]", true);
  if (rest.starts_with("\\boxed{")) {
    const size_t end = closing_brace(text, at + 6);
    if (end == text.npos || end == at + 7) return std::nullopt; // an empty box is talked about, not filled in
    return Found{at, at, end + 1, end + 1, false};
  }
  if (rest.front() != '$' || rest.size() < 2 || is_blank(rest[1])) return std::nullopt;
  std::optional<Found> found = between(text, at, "$", "$", false);
  const bool plain = found && !is_blank(text[found->inner_end - 1]) && text.substr(found->inner, found->inner_end - found->inner).find('\n') == text.npos;
  return plain ? found : std::nullopt;
}

} // namespace

std::optional<std::string> tex_to_mathml(std::string_view tex, bool display) {
  if (tex.size() > kLongest) return std::nullopt;
  std::optional<std::string> inner = Formula(tex).run();
  if (!inner) return std::nullopt;
  return fmt::format(R"(<math{}>{}</math>)", display ? R"( display="block")" : "", *inner);
}

std::string math_html(std::string_view text) {
  const std::string shown = visible_text(text); // control characters and their kin are gone before anything is read
  const std::string_view all = shown;
  std::string out;
  size_t done = 0;
  for (size_t at = all.find_first_of("$\\"); at != all.npos; at = all.find_first_of("$\\", at)) {
    const std::optional<Found> found = formula_at(all, at);
    const std::optional<std::string> math =
        found ? tex_to_mathml(all.substr(found->inner, found->inner_end - found->inner), found->display) : std::nullopt;
    if (!math) {
      at += 1;
      continue;
    }
    out += html_text(all.substr(done, found->begin - done)) + *math;
    at = done = found->end;
  }
  return out + html_text(all.substr(done));
}

} // namespace proctor
