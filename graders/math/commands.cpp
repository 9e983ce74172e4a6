// SPDX-License-Identifier: MIT
#include "graders/math/commands.h"

#include <unordered_map>

namespace proctor::math {
namespace {

using Table = std::unordered_map<std::string_view, Command>;

constexpr std::string_view kFunctions[] = {
    "sin",    "cos",    "tan",     "cot",    "sec",      "csc",     "arcsin",  "arccos", "arctan", "arccot",
    "arcsec", "arccsc", "asin",    "acos",   "atan",     "acot",    "asec",    "acsc",   "sinh",   "cosh",
    "tanh",   "coth",   "sech",    "csch",   "arcsinh",  "arccosh", "arctanh", "arsinh", "arcosh", "artanh",
    "asinh",  "acosh",  "atanh",   "exp",    "ln",       "log",     "lg",      "sqrt",   "cbrt",   "abs",
    "floor",  "ceil",   "gcd",     "lcm",    "max",      "min",     "frac",    "dfrac",  "tfrac",  "cfrac",
    "binom",  "dbinom", "tbinom",  "choose", "sum",      "prod",    "int",     "lim",    "surd",   "cuberoot",
    "cis",    "Re",     "Im",      "arg",    "over",     "det",     "iint",    "iiint",  "oint",   "limsup",
    "liminf", "sgn",    "ceiling", "root",   "varlimsup"};

constexpr std::string_view kSymbols[] = {
    "alpha",    "beta",   "gamma",  "delta",   "epsilon",    "zeta",         "eta",      "theta",   "iota",
    "kappa",    "lambda", "mu",     "nu",      "xi",         "rho",          "sigma",    "tau",     "upsilon",
    "phi",      "chi",    "psi",    "omega",   "Gamma",      "Delta",        "Theta",    "Lambda",  "Xi",
    "Pi",       "Sigma",  "Phi",    "Psi",     "Omega",      "ell",          "hbar",     "partial", "nabla",
    "triangle", "angle",  "pi",     "infty",   "imaginaryI", "exponentialE", "emptyset", "star",    "Upsilon",
    "odot",     "Box",    "square", "diamond", "aleph",      "top",          "bot",      "perp",    "parallel",
    "oplus",    "otimes", "forall", "exists",  "therefore",  "because"};

constexpr std::pair<std::string_view, std::string_view> kSameSymbol[] = {{"varepsilon", "\\epsilon"},
                                                                         {"varphi", "\\phi"},
                                                                         {"vartheta", "\\theta"},
                                                                         {"varsigma", "\\sigma"},
                                                                         {"varrho", "\\rho"},
                                                                         {"varkappa", "\\kappa"},
                                                                         {"varnothing", "\\emptyset"},
                                                                         {"oslash", "\\emptyset"},
                                                                         {"imath", "i"},
                                                                         {"jmath", "j"},
                                                                         {"O", "\\emptyset"},
                                                                         {"infinity", "\\infty"},
                                                                         {"oo", "\\infty"}};

constexpr std::string_view kDropped[] = {"left",       "right",        "mleft",      "mright",
                                         "middle",     "displaystyle", "textstyle",  "scriptstyle",
                                         "limits",     "nolimits",     "big",        "Big",
                                         "bigg",       "Bigg",         "bigl",       "bigr",
                                         "Bigl",       "Bigr",         "biggl",      "biggr",
                                         "Biggl",      "Biggr",        "bigm",       "rm",
                                         "bf",         "it",           "sf",         "cal",
                                         "nonumber",   "boxed",        "fbox",       "framebox",
                                         "boldsymbol", "bm",           "pmb",        "mathstrut",
                                         "hfill",      "hline",        "normalsize", "large",
                                         "Large",      "small",        "underline",  "mathcal",
                                         "mathscr",    "mathfrak",     "mathit",     "mathnormal",
                                         "ensuremath", "smash",        "noindent",   "scriptscriptstyle",
                                         "tiny",       "centering",    "mathopen",   "mathclose",
                                         "mathbin",    "mathrel",      "mathord",    "bold",
                                         "huge",       "Huge",         "LARGE",      "scriptsize",
                                         "footnotesize"};

constexpr std::string_view kBlanks[] = {"thinspace",     "medspace", "thickspace", "negthinspace", "negmedspace",
                                        "negthickspace", "enspace",  "space",      "nobreakspace"};

constexpr std::string_view kTexts[] = {"text",         "textbf",     "textit", "textrm", "mathrm", "mbox",
                                       "operatorname", "textnormal", "textsf", "mathsf", "emph",   "hbox",
                                       "textsc",       "texttt",     "mathtt", "textup", "rlap",   "operatorname*"};

constexpr std::string_view kAccents[] = {
    "vec",  "hat",    "bar",    "overline",           "tilde",   "widehat",   "overrightarrow", "widetilde", "dot",
    "ddot", "mathbb", "mathbf", "overleftrightarrow", "overarc", "wideparen", "check"};

struct Mark {
  std::string_view name;
  Tok tok;
  std::string_view text = {};
};

constexpr Mark kMarks[] = {{"cdot", Tok::times},
                           {"times", Tok::times},
                           {"ast", Tok::times},
                           {"bullet", Tok::times},
                           {"div", Tok::divide},
                           {"pm", Tok::pm},
                           {"mp", Tok::mp},
                           {"bmod", Tok::mod},
                           {"mod", Tok::mod},
                           {"pmod", Tok::mod, "pmod"},
                           {"circ", Tok::degree},
                           {"degree", Tok::degree},
                           {"prime", Tok::prime},
                           {"pounds", Tok::currency, "pound sterling"},
                           {"euro", Tok::currency, "euro"},
                           {"yen", Tok::currency, "yen"},
                           {"dollar", Tok::currency, "dollar"},
                           {"cent", Tok::currency, "cent"},
                           {"quad", Tok::quad},
                           {"qquad", Tok::quad},
                           {"newline", Tok::newline},
                           {"cr", Tok::newline},
                           {"land", Tok::conj, "and"},
                           {"lor", Tok::conj, "or"},
                           {"wedge", Tok::conj, "and"},
                           {"vee", Tok::conj, "or"},
                           {"vert", Tok::bar},
                           {"lvert", Tok::bar},
                           {"rvert", Tok::bar},
                           {"Vert", Tok::norm},
                           {"lVert", Tok::norm},
                           {"rVert", Tok::norm},
                           {"mid", Tok::relation, ":"},
                           {"colon", Tok::colon},
                           {"lgroup", Tok::lparen},
                           {"rgroup", Tok::rparen},
                           {"lbrack", Tok::lbrack},
                           {"rbrack", Tok::rbrack},
                           {"lbrace", Tok::lset},
                           {"rbrace", Tok::rset},
                           {"langle", Tok::langle},
                           {"rangle", Tok::rangle},
                           {"lfloor", Tok::lfloor},
                           {"rfloor", Tok::rfloor},
                           {"lceil", Tok::lceil},
                           {"rceil", Tok::rceil},
                           {"llcorner", Tok::lfloor},
                           {"lrcorner", Tok::rfloor},
                           {"ulcorner", Tok::lceil},
                           {"urcorner", Tok::rceil},
                           {"lparen", Tok::lparen},
                           {"rparen", Tok::rparen},
                           {"le", Tok::relation, "l"},
                           {"leq", Tok::relation, "l"},
                           {"leqslant", Tok::relation, "l"},
                           {"leqq", Tok::relation, "l"},
                           {"ge", Tok::relation, "g"},
                           {"geq", Tok::relation, "g"},
                           {"geqslant", Tok::relation, "g"},
                           {"geqq", Tok::relation, "g"},
                           {"lt", Tok::relation, "<"},
                           {"gt", Tok::relation, ">"},
                           {"ne", Tok::relation, "!"},
                           {"neq", Tok::relation, "!"},
                           {"approx", Tok::relation, "~"},
                           {"simeq", Tok::relation, "~"},
                           {"sim", Tok::relation, "~"},
                           {"approxeq", Tok::relation, "~"},
                           {"doteq", Tok::relation, "="},
                           {"equiv", Tok::relation, "="},
                           {"cong", Tok::relation, "="},
                           {"in", Tok::relation, "e"},
                           {"to", Tok::relation, "r"},
                           {"rightarrow", Tok::relation, "r"},
                           {"Rightarrow", Tok::relation, "r"},
                           {"longrightarrow", Tok::relation, "r"},
                           {"Longrightarrow", Tok::relation, "r"},
                           {"implies", Tok::relation, "r"},
                           {"iff", Tok::relation, "r"},
                           {"Leftrightarrow", Tok::relation, "r"},
                           {"mapsto", Tok::relation, "r"},
                           {"subset", Tok::relation, "s"},
                           {"subseteq", Tok::relation, "s"},
                           {"notin", Tok::relation, "n"},
                           {"leftarrow", Tok::relation, "r"},
                           {"propto", Tok::relation, "p"},
                           {"ll", Tok::relation, "s"},
                           {"gg", Tok::relation, "s"},
                           {"cup", Tok::cup},
                           {"bigcup", Tok::cup},
                           {"cap", Tok::cap},
                           {"bigcap", Tok::cap},
                           {"setminus", Tok::setminus},
                           {"backslash", Tok::setminus},
                           {"smallsetminus", Tok::setminus},
                           {"dots", Tok::dots},
                           {"ldots", Tok::dots},
                           {"cdots", Tok::dots},
                           {"dotsc", Tok::dots},
                           {"dotsb", Tok::dots},
                           {"dotsm", Tok::dots},
                           {"vdots", Tok::dots},
                           {"ddots", Tok::dots}};

Table make_table() {
  Table table;
  for (std::string_view name : kFunctions) table[name] = {Act::token, Tok::function, name};
  for (std::string_view name : kSymbols) table[name] = {Act::token, Tok::symbol, {}};
  for (auto [name, same] : kSameSymbol) table[name] = {Act::token, Tok::symbol, same};
  for (std::string_view name : kDropped) table[name] = {Act::drop, {}, {}};
  for (std::string_view name : kBlanks) table[name] = {Act::blank, {}, {}};
  for (std::string_view name : kTexts) table[name] = {Act::text, {}, {}};
  for (std::string_view name : kAccents) table[name] = {Act::accent, {}, {}};
  for (const Mark& mark : kMarks) table[mark.name] = {Act::token, mark.tok, mark.text};
  for (std::string_view name : {"phantom", "hphantom", "vphantom", "color", "textcolor", "hspace", "vspace", "label",
                                "tag", "hskip", "kern", "vskip"})
    table[name] = {Act::drop_arg, {}, {}};
  for (std::string_view name : {"begin", "end"}) table[name] = {Act::environment, {}, {}};
  return table;
}

const Table& table() {
  static const Table kTable = make_table();
  return kTable;
}

} // namespace

std::optional<Command> find_command(std::string_view name) {
  auto hit = table().find(name);
  if (hit == table().end()) return std::nullopt;
  return hit->second;
}

size_t command_prefix(std::string_view name) {
  for (size_t length = name.size() - 1; length >= 2; --length)
    if (table().count(name.substr(0, length)) != 0) return length;
  return 0;
}

bool is_function_name(std::string_view name) {
  auto command = find_command(name);
  return command && command->tok == Tok::function;
}

} // namespace proctor::math
