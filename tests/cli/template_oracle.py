#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Chat templates against Jinja2 in the environment of transformers, conversation by conversation.

  template_oracle.py PROCTOR [DIRECTORY...]    model directories; default: those of PROCTOR_TEST_DATA, and the templates below

A conversation that Jinja2 refuses has to be refused. Exits 77 where the oracle is not installed.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    from transformers.utils.chat_template_utils import _compile_jinja_template
except ImportError:
    print("skipped: the Python packages transformers and jinja2 are not installed")
    sys.exit(77)

TOKENIZER = {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "added_tokens": [],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}}
NAMES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]

# One feature a line or a few; each is rendered with every conversation.
SNIPPETS = [
    "{% for m in messages %}\n  {% if m.role == 'user' %}\n    U:{{ m.content }}\n  {% else %}\n\tO:{{ m['content'] }}\n  {%- endif %}\n{% endfor %}\n",
    "{%- for m in messages -%} {{ loop.index }}/{{ loop.length }}{{ loop.first }}{{ loop.last }}{{ loop.revindex0 }} {% endfor -%}  x\n\n",
    "{% set ns = namespace(n=0, s='') %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% set ns.s = ns.s ~ m.role[0] %}{% endfor %}{{ ns.n }}{{ ns.s }}",
    "{% for m in messages[::-1] %}{{ m.role }}|{% endfor %}{{ messages[1:]|length }}{{ messages[-1].role }}{{ 'abcdef'[1:-1:2] }}",
    "{% macro show(m, sep=': ') %}{{ m.role }}{{ sep }}{{ (m.content or '')|trim }}\n{% endmacro %}{% for m in messages %}{{ show(m) }}{{ show(m, sep='=') }}{% endfor %}",
    "{{ messages|tojson }}{{ messages|tojson(indent=2) }}{{ {'a': 1.5, 'b': [none, true, 'é\"\\n']}|tojson }}",
    "{{ messages|map(attribute='role')|join(',') }}{{ messages|selectattr('role', 'equalto', 'user')|list|length }}{{ messages|rejectattr('role', 'in', ['user'])|map(attribute='role')|list }}",
    "{{ 7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 1e20 }} {{ 0.1 + 0.2 }} {{ 1 == 1.0 }} {{ 3 > 2 > 1 }} {{ not none }} {{ 'a' * 3 }} {{ 1_000 }}",
    "{{ missing }}{{ missing is defined }}{{ missing | default('d') }}{{ '' | default('e', true) }}{{ none }}{{ [1, 'a', none, 2.0] }}{{ {'k': (1, 2)} }}{{ (1,) }}",
    "{{ '  a b  c '.split() }}{{ 'a,b,,c'.split(',') }}{{ 'a,b,c'.split(',', 1) }}{{ 'x</think>y'.split('</think>')[-1] }}{{ ' ab '.strip() }}|{{ 'xxaxx'.strip('x') }}{{ 'Ab c'.title() }}{{ 'aB'.upper() }}{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'c')) }}",
    "{# comment #}\n  {#- x -#}  a\n{% raw %}{{ not }} {% if %}{% endraw %}\nb{{ '{{' }}",
    "{% if messages[0].role == 'system' %}S{% elif messages|length > 2 %}L{% else %}-{% endif %}{{ 'y' if add_generation_prompt else 'n' }}{{ 'z' if false }}",
    "{% set x = 1 %}{% for m in messages %}{% set x = x + loop.index %}{{ x }},{% endfor %}{{ x }}",
    "{% for m in messages if m.role != 'user' %}{{ loop.index }}{{ m.role }}{% else %}none{% endfor %}{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}",
    "{% set t %}  <{{ messages|length }}>\n{% endset %}[{{ t }}]{% filter upper %}abc {{ messages[0].role }}{% endfilter %}{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}",
    "{% for m in messages %}{% if loop.index0 == 1 %}{% continue %}{% endif %}{% if loop.index0 == 3 %}{% break %}{% endif %}{{ loop.previtem.role if not loop.first }}{{ m.role }}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% if (messages|length) % 2 == 0 %}{{ raise_exception('even') }}{% endif %}{% generation %}g{{ messages[0].role }}{% endgeneration %}",
    "{% for m in messages %}{{ m.content is string }}{{ m.content is none }}{{ m is mapping }}{{ m.content is iterable }}{{ m.tool_calls is defined }}{{ m.content is not none and 'a' in m.content }}{% endfor %}",
    "{{ messages[0].get('role') }}{{ messages[0].get('zzz', 'q') }}{{ messages[0].keys()|list }}{{ messages[0]|length }}{{ [3, 1, 2]|sort }}{{ ['b', 'A']|sort|join }}{{ [1, 1, 2]|unique|list }}{{ 'a\nb'|indent(2) }}{{ 'abc'|replace('b', 'X') }}{{ [1, 2]|sum }}{{ '3'|int + 1 }}{{ 2.5|round }}{{ 'abc'|reverse }}{{ 'ab'|first }}{{ [1, 2]|last }}",
    "{{ 'abcb'.find('b', 2) }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.count('') }} {{ ' a b c '.split(none, 1) }}{{ ' a  b '.rsplit() }}{{ 'a\r\nb\rc\u2028'.splitlines() }}{{ 'a\nb'.splitlines(true) }}",
    "{{ \"foo_bar x/y don't\"|title }} {{ \"x don't\".title() }} {{ 'ΑΣ'|lower }} {{ '1' is lower }} {{ '١'.isdigit() }}{% for m in messages %}{{ (m.content or '')|indent(2) }}{{ (m.content or '')|title }}{% endfor %}",
    "{{ '0x1f'|int(base=16) }} {{ '1_000'|int }} {{ '+1.5'|float }} {{ [1, 2]|sum(start=10) }} {{ ['b', 'C']|max(case_sensitive=true) }} {{ 42|round }} {{ 2.675|round(2) }} {{ 5.3 % 0.1 }} {{ 2 ** 62 }} {{ 0x10 }} {{ [1] * 3 }}",
    "{% set r = messages|map(attribute='role') %}{{ r|list }}{{ r|list }}{% set s = [1, 2, 3]|select %}{{ s|first }}{{ s|list }}{{ range(3) }}{{ messages[0].keys() }}{{ dict([['a', 1]]) }}{{ messages[0]|dictsort(by='value') }}",
    "{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}{{ [{'a': 1, 'b': 2}, {'a': 1, 'b': 1}]|sort(attribute='a,b') }}",
    "{{ messages[0].role|upper(1) }}", "{{ messages|tojson(foo=2) }}", "{{ messages[0].role.strip('a', 'b') }}", "{% macro m() %}x{% endmacro %}{% call m() %}{% endcall %}", "{{ messages[0].keys()|tojson }}",
    "{%+ if true +%}\n a{% endif %}\n{{- 'x' -}}\n b {%- if true %} c{% endif %}\n\n  {% if false %}{% endif %}\n  d\n",
]


def conversations():
    texts = ["Hi", " Two plus two?\n", "Ünï 数学 <|im_end|> {{ x }}", "<think>\nhm\n</think>\n\nIt is 4.", "a\tb  \n\nc", ""]
    user, assistant, system = ({"role": role} for role in ("user", "assistant", "system"))
    say = lambda who, i: {**who, "content": texts[i % len(texts)]}
    call = {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "id": "c1", "function": {"name": "add", "arguments": {"a": 1, "b": "é"}}}]}
    text_call = {**call, "tool_calls": [{"type": "function", "id": "c1", "function": {"name": "add", "arguments": "{\"a\": 1}"}}]}
    tool = {"role": "tool", "name": "add", "content": "2"}
    tools = [{"type": "function", "function": {"name": "add", "description": "Adds <two> & 'more'", "parameters": {"type": "object", "properties": {"a": {"type": "number"}}}}}]
    for i in range(6):
        yield [say(user, i)], {}
    for i in range(3):
        yield [say(system, i), say(user, i + 1)], {}
        yield [say(user, i), say(assistant, 3), say(user, i + 2)], {"add_generation_prompt": i != 1}
    yield [say(system, 4), say(user, 0), say(assistant, 3), say(user, 2), say(assistant, 1), say(user, 4)], {}
    yield [say(user, 0)], {"enable_thinking": False}
    yield [say(user, 0)], {"enable_thinking": True}
    yield [say(user, 1), call, tool, tool, say(assistant, 0)], {}
    yield [say(user, 1), text_call, tool], {}
    yield [say(user, 0)], {"tools": tools}
    yield [say(system, 0), say(user, 0), call, tool, say(user, 1)], {"tools": tools}
    yield [say(assistant, 3)], {}
    yield [say(user, 0), {"role": "assistant", "content": "4", "reasoning_content": "two and two"}, say(user, 1)], {}


def reference(source, names, messages, extra):
    variables = {"tools": None, "documents": None, "add_generation_prompt": True, **names, **extra}
    try:
        return _compile_jinja_template(source).render(messages=messages, **variables)
    except Exception as error:
        return error


def ours(proctor, directory, messages, extra):
    done = subprocess.run([proctor, "tokenize", "-m", directory, "--chat"], input=json.dumps({"messages": messages, **extra}), capture_output=True, text=True)
    return json.loads(done.stdout)["text"] if done.returncode == 0 else RuntimeError(done.stderr.strip())


def text_of(token):
    return token.get("content") if isinstance(token, dict) else token


def check(proctor, label, directory, source, names):
    wrong = refused = n = 0
    for messages, extra in conversations():
        n += 1
        a, b = ours(proctor, directory, messages, extra), reference(source, names, messages, extra)
        same = isinstance(a, Exception) == isinstance(b, Exception) and (isinstance(b, Exception) or a == b)
        refused += isinstance(b, Exception)
        if not same:
            wrong += 1
            print(f"  {label}: {json.dumps(messages, ensure_ascii=False)[:200]} {extra}\n    proctor {a!r}\n    Jinja2  {b!r}")
    print(f"{label}: {n - wrong} of {n} conversations identical ({refused} refused by both)")
    return wrong == 0


def model_directory(proctor, directory):
    path = pathlib.Path(directory)
    config = json.loads((path / "tokenizer_config.json").read_text())
    source = (path / "chat_template.jinja").read_text() if (path / "chat_template.jinja").exists() else config["chat_template"]
    names = {key: text_of(config[key]) for key in NAMES if config.get(key) is not None}
    with tempfile.TemporaryDirectory() as scratch: # the template alone: rendering needs no vocabulary
        return check(proctor, path.name, write(scratch, source, names), source, names)


def write(scratch, source, names):
    tokens = [{"id": i + 1, "content": content, "special": True} for i, content in enumerate(dict.fromkeys(names.values()))]
    (pathlib.Path(scratch) / "tokenizer.json").write_text(json.dumps({**TOKENIZER, "added_tokens": tokens}))
    (pathlib.Path(scratch) / "tokenizer_config.json").write_text(json.dumps({**names, "chat_template": source}))
    return scratch


def snippet(proctor, number, source):
    with tempfile.TemporaryDirectory() as scratch:
        return check(proctor, f"snippet {number}", write(scratch, source, {}), source, {})


def main():
    proctor, directories = sys.argv[1], sys.argv[2:]
    data = os.environ.get("PROCTOR_TEST_DATA")
    if not directories and data:
        directories = sorted({str(p.parent) for p in pathlib.Path(data).glob("models/**/tokenizer_config.json")})
    results = [model_directory(proctor, directory) for directory in directories]
    results += [snippet(proctor, i, source) for i, source in enumerate(SNIPPETS)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
