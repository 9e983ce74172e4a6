// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "graders/code/code_grader.h"
#include "graders/code/code_text.h"

using namespace proctor;

namespace {

std::string code_in(std::string_view answer, std::string_view entry_point = "") {
  auto found = extract_code(answer, CodeLanguage::python, entry_point);
  return found ? found->text : "(none)";
}

std::string method_of(std::string_view answer) {
  auto found = extract_code(answer, CodeLanguage::python, "");
  return found ? found->method : "(none)";
}

} // namespace

TEST_CASE("the last block in the right language is the program") {
  CHECK(code_in("First:\n```python\na = 1\n```\nBetter:\n```py\na = 2\n```\nDone.") == "a = 2\n");
  CHECK(code_in("```python\na = 1\n```\nOutput:\n```text\n1\n```") == "a = 1\n");
  CHECK(code_in("```python\na = 1\n```\nRun it:\n```bash\npython a.py\n```") == "a = 1\n");
  CHECK(code_in("```\na = 1\n```") == "a = 1\n");
  CHECK(code_in("```Python3\na = 1\n```") == "a = 1\n");
  CHECK(code_in("~~~python\na = '```'\n~~~") == "a = '```'\n");
  CHECK(code_in("````python\n```\na = 1\n```\n````") == "```\na = 1\n```\n");
  CHECK(code_in("```{.python}\na = 1\n```") == "a = 1\n");
  CHECK(code_in("```python\r\na = 1\r\n```\r\n") == "a = 1\n");
}

TEST_CASE("a block with an example of use after it does not hide the function") {
  std::string answer = "```python\ndef f(x):\n    return x\n```\nFor instance:\n```python\nprint(f(2))\n```";
  CHECK(code_in(answer, "f") == "def f(x):\n    return x\n");
  CHECK(code_in(answer) == "print(f(2))\n");
  CHECK(code_in("```python\nf = lambda x: x\n```\n```python\nf(1)\n```", "f") == "f = lambda x: x\n");
}

TEST_CASE("blocks in lists lose their indentation, not that of the code") {
  CHECK(code_in("1. So:\n   ```python\n   def f():\n       return 1\n   ```") == "def f():\n    return 1\n");
}

TEST_CASE("a block that never closes is found and not marked") {
  auto open = extract_code("Here:\n```python\ndef f(x):\n    return", CodeLanguage::python, "f");
  REQUIRE(open);
  CHECK(!open->marked);
  CHECK(open->method == "open_code_block");
  CHECK(open->text == "def f(x):\n    return\n");
}

TEST_CASE("programs without fences are found, the prose around them left") {
  CHECK(code_in("def f(x):\n    return x + 1") == "def f(x):\n    return x + 1\n");
  CHECK(code_in("Sure, here it is:\n\nimport math\n\ndef f(x):\n    return x\n\nThis function returns its argument.") ==
        "import math\n\ndef f(x):\n    return x\n");
  CHECK(method_of("def f():\n  pass") == "unfenced");
  CHECK(code_in("I could not solve it.") == "(none)");
  CHECK(code_in("We import numbers from the list. From there on we add.") == "(none)");
  CHECK(code_in("") == "(none)");
  CHECK(code_in("[PYTHON]\ndef f():\n    return 2\n[/PYTHON]") == "def f():\n    return 2\n");
}

TEST_CASE("C++ is not Python") {
  std::string answer = "```python\na = 1\n```\n```cpp\nint a = 1;\n```";
  CHECK(code_in(answer) == "a = 1\n");
  auto cpp = extract_code(answer, CodeLanguage::cpp, "");
  REQUIRE(cpp);
  CHECK(cpp->text == "int a = 1;\n");
}

TEST_CASE("continuations end where the function does") {
  bool cut = false;
  CHECK(cut_continuation("    return 1\n\ndef g():\n    return 2\n", cut) == "    return 1\n\n");
  CHECK(cut);
  CHECK(cut_continuation("    if x:\n        return 1\n    return 2\n", cut) == "    if x:\n        return 1\n    return 2\n");
  CHECK(!cut);
}

TEST_CASE("a function gets the imports and helpers of its prompt, a body the prompt") {
  std::string prompt = "from typing import List\n\ndef help(x):\n    return x\n\ndef f(x: List) -> int:\n    \"\"\"Doc.\"\"\"\n";
  CHECK(whole_program(prompt, "f", "def f(x):\n    return 1\n") == "from typing import List\n\ndef help(x):\n    return x\n\ndef f(x):\n    return 1\n");
  CHECK(whole_program(prompt, "f", "    return 1\n") == prompt + "    return 1\n");
  CHECK(whole_program("", "f", "def f(): pass\n") == "def f(): pass\n");
  std::string future = "from __future__ import annotations\n", function = "def f(x): pass\n";
  CHECK(whole_program(prompt, "f", future + function) == future + "from typing import List\n\ndef help(x):\n    return x\n\n" + function);
}

TEST_CASE("imports come first, but for what has to stand before them") {
  const std::string imports = with_imports("");
  CHECK(imports.starts_with("from string import *\n"));
  CHECK(with_imports("x = 1\n") == imports + "x = 1\n");
  CHECK(with_imports("# no from __future__ here\nx = 1\n") == imports + "# no from __future__ here\nx = 1\n");
  const std::string future = "from __future__ import annotations\n", wide = "from __future__ import (\n    annotations,\n    division)\n";
  CHECK(with_imports(future + wide + "x = 1\n") == future + wide + imports + "x = 1\n");
  const std::string below = "def f():\n    return '''\n" + future + "'''\n";
  CHECK(with_imports(below) == imports + below);
  CHECK(with_imports("\ufeffx = 1\n") == "\ufeff" + imports + "x = 1\n");
}

TEST_CASE("any bytes are looked at without harm, in linear time") {
  std::string fences;
  for (int i = 0; i < 100000; ++i) fences += "```python\n";
  CHECK(extract_code(fences, CodeLanguage::python, "f").has_value());
  CHECK(!extract_code(std::string(1 << 20, '`'), CodeLanguage::python, ""));
  CHECK(!extract_code(std::string("\0\xff\n", 3), CodeLanguage::python, ""));
}
