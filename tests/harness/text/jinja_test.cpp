// SPDX-License-Identifier: MIT
#include "harness/text/jinja.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace proctor;

namespace {

// The rendering, or "error: ...".
std::string render(const std::string& source, const Json& variables = Json::object(), JinjaLimits limits = {}) {
  auto parsed = JinjaTemplate::parse(source, "t");
  if (!parsed) return "error: " + parsed.error().message;
  auto text = parsed->render(variables, limits, 1'700'000'000);
  return text ? *text : "error: " + text.error().message;
}

bool refuses(const std::string& source, const std::string& why, JinjaLimits limits = {}) {
  std::string result = render(source, Json::object(), limits);
  INFO(result);
  return result.starts_with("error: t:") && result.find(why) != std::string::npos;
}

} // namespace

// Expected texts were checked against Jinja2 3.1.6 with trim_blocks and lstrip_blocks.
TEST_CASE("blocks leave no line behind, prints leave theirs") {
  CHECK(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n") == "a\n  b\nc");
  CHECK(render("a\n  {{ 'b' }}\nc\n\n") == "a\n  b\nc\n");
  CHECK(render("a \n{{- 'b' -}}\n c") == "abc");
  CHECK(render("x {%+ if true +%}\ny{% endif %}") == "x \ny");
  CHECK(render("a{# no #}\nb{% raw %}{{ x }}{% endraw %}\nc\r\nd") == "ab{{ x }}c\nd");
}

TEST_CASE("absent values are written out only where that is allowed") {
  JinjaLimits strict;
  strict.absent_is_error = true;
  Json row = {{"a", nullptr}, {"b", {{"c", nullptr}}}};
  CHECK(render("{{ a }}[{{ missing }}]", row) == "None[]");
  CHECK(render("{{ a }}", row, strict) == "error: t:1: 'a' is null");
  CHECK(render("{{ b.c ~ '.' }}", row, strict) == "error: t:1: 'c' is null");
  CHECK(render("{{ [a][0] }}", row, strict) == "error: t:1: a null is written out");
  CHECK(render("{{ a|trim }}", row, strict) == "error: t:1: a null is written out by trim");
  CHECK(render("{{ missing ~ '.' }}", row, strict).starts_with("error: t:1: 'missing' is undefined"));
  CHECK(render("{{ 'x' if a is none }}{{ a|default('y', true) }}{{ a or 'z' }}", row, strict) == "xyz");
}

TEST_CASE("values print as Python prints them") {
  CHECK(render("{{ [1, 2.0, 'a', none, true, (1,)] }}") == "[1, 2.0, 'a', None, True, (1,)]");
  CHECK(render("{{ {'k': \"it's\"} }} {{ 1e16 }} {{ 1e-5 }} {{ 7 // -2 }} {{ -7 % 3 }}") ==
        "{'k': \"it's\"} 1e+16 1e-05 -4 2");
  CHECK(render("{{ missing }}[{{ missing|default('d') }}]{{ 'ü€'|length }}{{ 'aü€b'[1:-1] }}{{ 'abc'[::-1] }}") ==
        "[d]2ü€cba");
}

TEST_CASE("tojson is json.dumps of transformers") {
  Json value = Json::parse(R"({"b":[1,2.5,null],"a":"é<'\u0007"})");
  CHECK(render("{{ v|tojson }}", {{"v", value}}) == "{\"b\": [1, 2.5, null], \"a\": \"é<'\\u0007\"}");
  CHECK(render("{{ [1,[]]|tojson(indent=1) }}") == "[\n 1,\n []\n]");
  CHECK(render("{{ 'é😀'|tojson(ensure_ascii=true) }}") == "\"\\u00e9\\ud83d\\ude00\"");
}

TEST_CASE("a loop's assignments stay in it, a namespace's do not") {
  CHECK(render("{% set x = 0 %}{% for i in range(3) %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}") == "0120");
  CHECK(render("{% set n = namespace(x=0) %}{% for i in range(4) %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}") ==
        "6");
  CHECK(render("{% for i in [1,2,3] if i != 2 %}{{ loop.index }}{{ loop.last }} {% endfor %}") == "1False 2True ");
  CHECK(render("{% for i in range(9) %}{% if i == 1 %}{% continue %}{% elif i == 3 %}{% break %}{% endif %}{{ i }}{% "
               "endfor %}") == "02");
}

TEST_CASE("macros take defaults and see their surroundings") {
  CHECK(render("{% macro m(a, b='!') %}{{ a }}{{ x }}{{ b }}{% endmacro %}{% set x = '-' %}{{ m('p') }}{{ m(a='q', "
               "b='?') }}") == "p-!q-?");
  CHECK(render("{% macro w() %}<{{ caller() }}>{% endmacro %}{% call w() %}in{% endcall %}") == "<in>");
}

TEST_CASE("what a template may not do is one error with its line") {
  CHECK(refuses("a\n{{ raise_exception('no tools') }}", "t:2: the template refuses this conversation: no tools"));
  CHECK(refuses("\n\n{{ missing.field }}", "t:3: 'missing' is undefined"));
  CHECK(refuses("{{ 'a' + 1 }}", "unsupported operand"));
  CHECK(refuses("{% include 'x' %}", "the tag 'include' is not supported"));
  CHECK(refuses("{{ 1|frobnicate }}", "the filter 'frobnicate' is not supported"));
  CHECK(refuses("{{ [].append(1) }}", "changes a value"));
  for (const char* broken :
       {"{% if x %}", "{{ 'a }}", "{{ (1 }}", "{% for %}{% endfor %}", "{# x", "{{ }}", "{% endif %}", "{{ 1 2 }}"})
    CHECK(refuses(broken, "t:1: "));
}

TEST_CASE("limits are the caller's") {
  CHECK(render("{% for a in range(50) %}{{ a }}{% endfor %}", Json::object(), {100, 100000})
            .find("t:1: rendering takes too many steps") != std::string::npos);
}

TEST_CASE("no template runs on, grows or nests without end") {
  CHECK(refuses("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "rendering "));
  CHECK(refuses("{{ 'abcdefgh' * 900000000 }}", "too much text"));
  CHECK(refuses("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "too deeply"));
  CHECK(refuses("{% set n = namespace(x=[]) %}{% for i in range(1000) %}{% set n.x = [n.x] %}{% endfor %}",
                "nested too deeply"));
  CHECK(refuses("{% set n = namespace() %}{% set n.self = n %}", "cannot hold"));
  CHECK(refuses("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}", "nested too deeply"));
  std::string ifs;
  for (int i = 0; i < 5000; ++i) ifs += "{% if true %}";
  CHECK(refuses(ifs, "nested too deeply"));
  CHECK(refuses("{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
                "too much text"));
}

TEST_CASE("a value that holds itself many times over ends every walk at a limit") {
  std::string doubled =
      "{% set n = namespace(s=[1], t=[1]) %}{% for i in range(40) %}{% set n.s = [n.s, n.s] %}{% set "
      "n.t = [n.t, n.t] %}{% endfor %}";
  for (const char* walk :
       {"n.s == n.t", "n.s < n.t", "n.s in [n.t]", "n.s is eq(n.t)", "n.s", "n.s ~ ''", "n.s|string|length",
        "[n.s]|join", "n.s|tojson|length", "n.s|tojson(indent=2)|length", "[n.s, n.t]|sort|length",
        "[n.s, n.t]|unique|list|length", "[n.s, n.t]|max|length", "[n.s].index(n.t)", "[n.s].count(n.t)",
        "{1: n.s} == {1: n.t}", "[n.s]|select('eq', n.t)|list|length"}) {
    CAPTURE(walk);
    CHECK(refuses(doubled + "{{ " + walk + " }}", "t:1: rendering ", {200'000, 4 << 20}));
  }
}

TEST_CASE("what one call does is paid for, too") {
  CHECK(refuses("{{ range(100000)|unique|list|length }}", "too many steps"));
  CHECK(
      refuses("{% set l = ('ab',) * 100000 %}{% for i in range(100000) %}{% set c = 'c'.startswith(l) %}{% endfor %}",
              "too many steps"));
  for (const char* call : {"a.count('ab' * 1000)", "a.find(b)", "b in a", "a.replace(b, '')", "a.rsplit(b)",
                           "a.strip('a')", "a.isalpha()", "a|title", "a|length", "[a]|min", "a[1:2]", "a[-1]"}) {
    CAPTURE(call);
    CHECK(
        refuses(fmt::format("{{% set a = 'a' * 100000 %}}{{% set b = 'a' * 50000 ~ 'b' %}}{{% for i in range(100000) "
                            "%}}{{% set c = {} %}}{{% endfor %}}",
                            call),
                "t:1: rendering ", {200'000, 4 << 20}));
  }
  for (const char* call : {"|list", ".split('a')", ".replace('', 'b' * 1000)"})
    CHECK(refuses(fmt::format("{{{{ ('a' * 9000000){} }}}}", call), "t:1: "));
}

TEST_CASE("an argument that a function does not take is an error with both names") {
  CHECK(refuses("{{ 'a'|upper(1) }}", "upper: takes at most 0 argument(s), not 1"));
  CHECK(refuses("{{ 1|tojson(foo=2) }}", "tojson: there is no argument named 'foo'"));
  CHECK(refuses("{{ 'a'|indent(4, width=2) }}", "indent: 'width' is given twice"));
  CHECK(refuses("{{ 'a'.strip('a', 'b') }}", "strip: takes at most 1 argument(s), not 2"));
  CHECK(refuses("{{ 'a'.find(sub='a') }}", "find: there is no argument named 'sub'"));
  CHECK(refuses("{{ strftime_now() }}", "strftime_now: the argument format is missing"));
  CHECK(refuses("{{ raise_exception() }}", "raise_exception: the argument message is missing"));
  CHECK(refuses("{{ range(stop=3) }}", "range: there is no argument named 'stop'"));
  CHECK(refuses("{{ 1 is defined(2) }}", "defined: takes at most 0 argument(s), not 1"));
  CHECK(refuses("{{ [1]|select('eq', 1, 2)|list }}", "eq: takes at most 1 argument(s), not 2"));
  CHECK(refuses("{{ [{}]|map(attribute='a', foo=1)|list }}", "map: there is no argument named 'foo'"));
  CHECK(refuses("{{ {}.get(key=1) }}", "get: there is no argument named 'key'"));
  CHECK(refuses("{{ [].index(1, 2, 3, 4) }}", "index: takes at most "));
  CHECK(refuses("{{ dict({}, {}) }}", "dict: takes at most 1 positional argument"));
  CHECK(refuses("{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}", "macro 'm' takes no keyword argument 'a'"));
  CHECK(render("{{ 'a b c'.split(' ', maxsplit=1) }}{{ 'a'|trim(chars='a') }}{{ x|default(default_value='d') }}") ==
        "['a', 'b c']d");
}

TEST_CASE("string methods search and split as Python's do") {
  CHECK(render("{{ 'äbcb'.find('b', 2) }} {{ 'abc'.find('', 4) }} {{ 'abcb'.find('b', -1) }}") == "3 -1 3");
  CHECK(
      render("{{ 'abc'.startswith('b', 1) }} {{ 'abc'.endswith(('x', 'b'), 0, 2) }} {{ 'abc'.startswith('', 4) }}") ==
      "True True False");
  CHECK(render("{{ 'abc'.count('') }} {{ 'abcb'.count('b', 2) }} {{ 'abc'.replace('', '-', 2) }}") == "4 1 -a-bc");
  CHECK(render("{{ ' a b c '.split(none, 1) }}{{ ' a  b c '.rsplit() }}{{ ' a  b c '.rsplit(none, 1) }}") ==
        "['a', 'b c ']['a', 'b', 'c'][' a  b', 'c']");
  CHECK(render("{{ 'a\\r\\nb\\rc\\u2028d'.splitlines() }}{{ 'a\\r\\nb\\n'.splitlines(true) }}") ==
        "['a', 'b', 'c', 'd']['a\\r\\n', 'b\\n']");
  CHECK(refuses("{{ 'a'.strip(1) }}", "chars has to be a string"));
  CHECK(refuses("{{ 'a'.startswith(['a']) }}", "want a string or a tuple of them"));
}

TEST_CASE("lines, words and cases are Jinja2's") {
  CHECK(render("{{ 'a\\n\\nb\\r\\nc\\u2028d'|indent(2) }}") == "a\n\n  b\n  c\n  d");
  CHECK(render("{{ ''|indent(2, true) }}|{{ 'a\\n'|indent(1, blank=true) }}|") == "  |a\n |");
  CHECK(render("{{ \"foo_bar x/y don't\"|title }} {{ \"foo_bar x/y don't\".title() }}") ==
        "Foo_bar X/y Don't Foo_Bar X/Y Don'T");
  CHECK(render("{{ '数abc'.title() }} {{ 'ǆa'|capitalize }}") == "数Abc ǅa");
  CHECK(refuses("{{ [1]|indent }}", "indent wants a string, not list"));
  CHECK(refuses("{{ [1]|sort(reverse=none) }}", "sort: reverse has to be true or false"));
  CHECK(render("{{ '1' is lower }} {{ 'a1' is lower }} {{ '' is upper }} {{ 'A1' is upper }}") ==
        "False True False True");
  CHECK(render("{{ '١²'.isdigit() }} {{ '½'.isdigit() }}") == "True False");
}

TEST_CASE("numbers are read, rounded and divided as Python does") {
  CHECK(render(
            "{{ '0x1f'|int(base=16) }} {{ '10'|int(0, 2) }} {{ '1_000'|int }} {{ '1__0'|int(9) }} {{ '1.9'|int }} {{ "
            "'0b11'|int(0, 0) }}") == "31 2 1000 9 1 3");
  CHECK(render("{{ '+1.5'|float }} {{ '1_0'|float }} {{ 'x'|float(2) }}") == "1.5 10.0 2");
  CHECK(refuses("{{ 1e20|int }}", "an integer is beyond 64 bits"));
  CHECK(refuses("{{ '99999999999999999999'|int }}", "an integer is beyond 64 bits"));
  CHECK(refuses("{{ '١٢'|int }}", "numbers in other digits"));
  CHECK(render("{{ 42|round }} {{ 2.675|round(2) }} {{ 2.5|round }} {{ 25|round(-1) }} {{ 42|round(0, 'floor') }}") ==
        "42 2.67 2.0 20 42.0");
  CHECK(render("{{ [1, 2]|sum(start=10) }} {{ ['b', 'C']|max(case_sensitive=true) }} {{ ['b', 'C']|min(true) }}") ==
        "13 b C");
  CHECK(
      render("{{ 5.3 % 0.1 }} {{ 7 % -3.5 }} {{ -7 // 2.0 }} {{ 2 ** 62 }} {{ 7.0 is odd }} {{ [] is sameas [] }}") ==
      "0.09999999999999953 -0.0 -4.0 4611686018427387904 True False");
  CHECK(refuses("{{ (-8) ** 0.5 }}", "complex numbers"));
  CHECK(refuses("{{ 'a' is even }}", "even wants numbers"));
  CHECK(refuses("{{ 1.5|round(-400, 'ceil') }}", "round: the precision is out of range"));
}

TEST_CASE("the elements of a generator are there once") {
  CHECK(render("{% set r = [{'a': 1}, {'a': 2}]|map(attribute='a') %}{{ r|list }}{{ r|list }}") == "[1, 2][]");
  CHECK(render("{% set r = [1, 2, 3]|select %}{{ r|first }}{{ 2 in r }}{{ r|list }}") == "1True[3]");
  CHECK(
      render("{% set r = [1, 2]|reverse %}{% for x in r %}{{ x }}{% endfor %}-{% for x in r %}{{ x }}{% endfor %}") ==
      "21-");
  CHECK(render("{{ [1, 2]|select|reverse }}{{ [1]|select == [1]|select }}") == "[2, 1]False");
  CHECK(refuses("{% set r = [1, 2]|select %}{% for x in r %}{% break %}{% endfor %}{{ r|list }}", "used again"));
  CHECK(refuses("{% set r = [1, 2]|select %}{% set s = r|map('string') %}{{ r|list }}", "used again"));
  CHECK(refuses("{{ [1]|select }}", "a generator cannot be printed"));
  CHECK(refuses("{{ [1]|select|last }}", "not reversible"));
}

TEST_CASE("a range and the parts of a dict are no lists") {
  CHECK(
      render(
          "{{ range(3) }} {{ range(1, 7, 2) }} {{ range(3)|list }} {{ range(3) == [0, 1, 2] }} {{ range(5)[1] }}") ==
      "range(0, 3) range(1, 7, 2) [0, 1, 2] False 1");
  CHECK(
      render(
          "{% set d = {'b': 1} %}{{ d.items() }} {{ d.keys() }} {{ d.values()|list }} {{ d.keys()[0] }} {{ d.keys() "
          "is sequence }}") == "dict_items([('b', 1)]) dict_keys(['b']) [1]  False");
  CHECK(refuses("{{ {}.keys()|tojson }}", "Object of type dict_keys is not JSON serializable"));
  CHECK(refuses("{{ range(3) + [1] }}", "unsupported operand type(s) for +: 'range' and 'list'"));
  CHECK(refuses("{{ [1] + (2,) }}", "unsupported operand"));
  CHECK(refuses("{{ range(3)[1:] }}", "a part of a range cannot be printed"));
}

TEST_CASE("dicts, orders and separators are those of Jinja2") {
  CHECK(render("{{ dict([['a', 1]], b=2) }} {{ dict(['ab']) }} {{ namespace([['a', 1]]).a }}") ==
        "{'a': 1, 'b': 2} {'a': 'b'} 1");
  CHECK(refuses("{{ {[1]: 2} }}", "unhashable type: 'list'"));
  CHECK(refuses("{{ {} in {} }}", "unhashable type: 'dict'"));
  CHECK(refuses("{{ ''.join([1]) }}", "join: a string is wanted, not int"));
  CHECK(refuses("{{ 'a'.split('b', none) }}", "split: maxsplit has to be an integer"));
  CHECK(render("{{ [[1, 2], [3, 4]]|join(',', attribute=-1) }}") == "2,4");
  CHECK(refuses("{{ dict(1) }}", "'int' object is not iterable"));
  CHECK(refuses("{{ dict([[1]]) }}", "an element of length 1 where 2 are wanted"));
  CHECK(render("{% set l = [{'a': 1, 'b': 2}, {'a': 1, 'b': 1}] %}{{ l|sort(attribute='a,b')|map(attribute='b')|list "
               "}}{{ [1]|map(attribute=none)|list }}") == "[1, 2][1]");
  CHECK(render("{{ {'b': 1, 'A': 2}|dictsort(by='value', reverse=true) }}") == "[('A', 2), ('b', 1)]");
  CHECK(render("{{ {'a': 1}|tojson(separators=',:') }}") == "{\"a\":1}");
  CHECK(refuses("{{ 1|tojson(separators=[',']) }}", "separators have to be two strings"));
  CHECK(refuses("{{ 1|tojson(indent=1.5) }}", "indent has to be an integer or a string"));
}

TEST_CASE("a text's case is Python's or an error") {
  CHECK(
      render(
          "{{ 'ΑΣ ΣΑ'|lower }} {{ 'ΑΣ'|capitalize }} {{ 'İ'|lower|length }} {{ 'straße'|upper }} {{ 'ßa'|title }}") ==
      "ας σα Ας 2 STRASSE SSa");
  CHECK(refuses("{{ 'ﬁ'|upper }}", "the upper case of 'ﬁ' is not supported"));
  CHECK(refuses("{{ 'a'.casefold is defined }}", "the method 'casefold' of strings is not supported"));
}

TEST_CASE("macros have varargs, kwargs and caller where they name them") {
  CHECK(render("{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m(1) }}") ==
        "1(2,){'x': 3}1(){}");
  CHECK(refuses("{% macro m() %}x{% endmacro %}{{ m(1) }}", "macro 'm' takes not more than 0 argument(s)"));
  CHECK(refuses("{% macro m() %}x{% endmacro %}{% call m() %}{% endcall %}",
                "macro 'm' takes no keyword argument 'caller'"));
  CHECK(refuses("{% macro m(varargs) %}{% endmacro %}", "'varargs' cannot be a parameter here"));
}

TEST_CASE("a macro's default sees the parameters and not what they hide") {
  CHECK(render("{% set y = 'outer' %}{% macro a(x, y=y) %}[{{ x }}{{ y }}]{% endmacro %}{{ a(1) }}{{ a(1, 2) }}") == "[1][12]");
  CHECK(render("{% macro a(x=y, y=1) %}[{{ x }}{{ y }}]{% endmacro %}{{ a() }}{{ a(y=2) }}") == "[1][22]");
  CHECK(render("{% macro a(x, y=x) %}[{{ x }}{{ y }}]{% endmacro %}{{ a(3) }}") == "[33]");
}

TEST_CASE("the time that is given is told in UTC") {
  CHECK(render("{{ strftime_now('%d %b %Y %H:%M') }}") == "14 Nov 2023 22:13");
}

TEST_CASE("functions of Jinja2 that are not there are refused by name") {
  for (const char* name : {"self", "cycler", "joiner", "lipsum"})
    CHECK(refuses(fmt::format("{{{{ {} }}}}", name), fmt::format("'{}' is not supported", name)));
  CHECK(render("{% set joiner = 'mine' %}{{ joiner }}") == "mine");
}

TEST_CASE("looking for a name among many is paid for") {
  std::string names;
  for (int i = 0; i < 20'000; ++i) names += fmt::format("{{% set n{} = 1 %}}", i);
  const std::string loop = "{% for i in range(5000) %}{{ n19999 }}{% endfor %}";
  CHECK(refuses(names + loop, "too many steps", {1'000'000, 64 << 20}));
  std::string attributes = "{% set s = namespace() %}";
  for (int i = 0; i < 20'000; ++i) attributes += fmt::format("{{% set s.n{} = 1 %}}", i);
  CHECK(refuses(attributes + "{% for i in range(5000) %}{{ s.n19999 }}{% endfor %}", "too many steps", {1'000'000, 64 << 20}));
}

TEST_CASE("targets nest, lists repeat, numbers have bases") {
  CHECK(render("{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% set (a, b), c = [[4, 5], 6] "
               "%}{{ a }}{{ b }}{{ c }}") == "123456");
  CHECK(render("{{ [1] * 2 }}{{ 2 * (1,) }}{{ 2 * 'ab' }}{{ [1] * -1 }}{{ 0x1F + 0b11 + 0o17 }}") ==
        "[1, 1](1, 1)abab[]49");
  CHECK(refuses("{{ [1] * 100000000 }}", "too much text"));
  CHECK(refuses("{% set none = 1 %}", "cannot assign to 'none'"));
  CHECK(refuses("{{ '\\N{DASH}' }}", "characters by name are not supported"));
  CHECK(refuses("{{ 1.real }}", "the attribute 'real' of numbers is not supported"));
}
