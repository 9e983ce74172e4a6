// SPDX-License-Identifier: MIT
#include <chrono>
#include <thread>
#include <vector>

#include "tests/code/graded.h"

using namespace proctor;

namespace {

const char* const kDouble = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(x=5) == 10\ncheck(f)\n";

Grade checked(const std::string& program, const Json& code, TextKind kind = TextKind::program) {
  return grade_with(*make_check_grader(test_sandbox()), code, program, kind);
}

} // namespace

TEST_CASE("check: right, wrong and why") {
  if (!test_sandbox()) return;
  Grade right = checked("def f(x):\n    return 2 * x\n", check_code(kDouble));
  CHECK_MESSAGE(right.verdict == Verdict::correct, right.explanation);
  CHECK(right.stats["cpu_s"].get<double>() > 0);
  CHECK(!right.vote_key); // a program is no answer that two samples could agree on
  Grade wrong = checked("def f(x):\n    return x + 2\n", check_code(kDouble));
  CHECK(wrong.verdict == Verdict::incorrect);
  CHECK(wrong.reason == "wrong_answer");
  CHECK(wrong.explanation == "fails at line 3 of the tests, assert candidate(x=5) == 10: got 7, expected 10");
  CHECK(checked("def f(x):\n    return y\n", check_code(kDouble)).reason == "runtime_error");
  CHECK(checked("def f(x)\n    return x\n", check_code(kDouble)).reason == "compile_error");
  CHECK(checked("def g(x):\n    return 2 * x\n", check_code(kDouble)).reason == "runtime_error");
  Grade missing = checked("import no_such_module_here\n", check_code(kDouble));
  CHECK(missing.reason == "missing_module");
  CHECK(missing.stats["missing_module"] == "no_such_module_here");
}

TEST_CASE("check: a program that never ends is out of time, one that eats memory out of memory") {
  if (!test_sandbox()) return;
  Json code = check_code(kDouble);
  code["timeout"] = 0.5;
  Grade slow = checked("def f(x):\n    while True: pass\n", code);
  CHECK(slow.verdict == Verdict::timed_out);
  CHECK(slow.stats["repeated_alone"] == true);
  CHECK(checked("while True: pass\n", code).verdict == Verdict::timed_out);
  Grade greedy = checked("def f(x):\n    return [0] * 10 ** 11\n", check_code(kDouble));
  CHECK(greedy.reason == "memory_limit");
  CHECK(checked("class OutOfTime(Exception): pass\ndef f(x): raise OutOfTime\n", code).reason == "runtime_error");
}

TEST_CASE("check: classes, exceptions and objects of the program work through the wall") {
  if (!test_sandbox()) return;
  Json code = check_code("s = Stack()\ns.push(3)\ns.push(4)\nassert s.pop() == 4\nassert s.pop() == 3\nassert Stack().size() == 0\n"
                         "try:\n    s.pop()\n    assert False\nexcept IndexError:\n    pass\n",
                         "Stack");
  const std::string stack = "class Stack:\n    def __init__(self): self.a = []\n    def push(self, x): self.a.append(x)\n    def pop(self): return self.a.pop()\n    def size(self): return len(self.a)\n";
  Grade grade = checked(stack, code);
  CHECK_MESSAGE(grade.verdict == Verdict::correct, grade.explanation);
  Json pairs = {{"tests", "assert total([Pair(1, 2), Pair(3, 4)]) == 10\n"}};
  Grade passed = checked("class Pair:\n    def __init__(s, a, b): s.a, s.b = a, b\ndef total(ps): return sum(p.a + p.b for p in ps)\n", pairs);
  CHECK_MESSAGE(passed.verdict == Verdict::correct, passed.explanation);
}

TEST_CASE("check: a box of tests that is used again judges every program as a new one would") {
  if (!test_sandbox()) return;
  Json code = check_code("counted.append(f(1))\nassert len(counted) == 1\nassert f(2) == 4\n");
  code["setup"] = "counted = []\n";
  code["timeout"] = 0.5;
  const std::string right = "def f(x):\n    return 2 * x\n";
  for (const std::string& other : {right, std::string("def f(x):\n    return x\n"), std::string("def f(x):\n    raise KeyError(x)\n"),
                                   std::string("def f(x):\n    raise SystemExit\n"), std::string("def f(x):\n    while x: pass\n")}) {
    CHECK((checked(other, code).verdict == Verdict::correct) == (other == right));
    Grade grade = checked(right, code);
    CHECK_MESSAGE(grade.verdict == Verdict::correct, other, grade.explanation);
    CHECK(grade.stats["tests_passed"] == 2);
  }
}

TEST_CASE("check: tests that leave something behind, or grow slow, cost no program its verdict") {
  if (!test_sandbox()) return;
  Json once = check_code("import os\nif os.path.exists('/tmp/used'): os._exit(0)\nopen('/tmp/used', 'w').close()\nassert f(2) == 4\n");
  Json slow = check_code("import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\nassert f(2) == 4\n");
  slow["timeout"] = 0.2;
  Json patched = check_code("import math\nassert math.pi > 3.1\nmath.pi = 3\nassert f(2) == 4\n");
  for (const Json& code : {once, slow, patched})
    for (int i = 0; i < 5; ++i) {
      Grade grade = checked("def f(x):\n    return 2 * x\n", code);
      CHECK_MESSAGE(grade.verdict == Verdict::correct, i, ": ", grade.explanation);
    }
}

TEST_CASE("check: a box of tests that goes on to another question shows it nothing of the last") {
  if (!test_sandbox()) return;
  Json names = check_code("limit = 3\ndef twice(x): return f(x)\nassert twice(2) == 4 < limit + 2\n");
  names["setup"] = "class Kept(dict): pass\n";
  Json nameless = check_code("assert not {'limit', 'twice', 'Kept'} & set(dir())\nassert f(2) == 4\n");
  Json reference = check_code("assert f(2) == twice(2)\n"); // its own, not the first question's
  reference["setup"] = "def twice(x): return x + 2\n";
  Json patching = check_code("import math\nmath.pi = 3\nassert f(2) == 4\n");
  Json patched = check_code("import math\nassert math.pi > 3.1\nassert f(2) == 4\n");
  for (int i = 0; i < 4; ++i)
    for (const Json& code : {names, nameless, reference, patching, patched, check_code("assert f(2) == (4\n"), nameless}) {
      Grade grade = checked("def f(x):\n    return 2 * x\n", code);
      const bool readable = code["tests"] != "assert f(2) == (4\n";
      CHECK_MESSAGE((grade.verdict == Verdict::correct) == readable, code["tests"].get<std::string>(), grade.explanation);
    }
}

TEST_CASE("check: answers are extracted, continuations continue their prompt") {
  if (!test_sandbox()) return;
  Json code = check_code(kDouble);
  code["prompt"] = "import math\n\ndef f(x):\n    \"\"\"Twice x.\"\"\"\n";
  CHECK(checked("Here:\n```python\ndef f(x):\n    return math.floor(2 * x)\n```\n", code, TextKind::answer).verdict == Verdict::correct);
  CHECK(checked("    return 2 * x\n\nprint(f(2))\nthis is no code", code, TextKind::continuation).verdict == Verdict::correct);
  CHECK(checked("I do not know.", code, TextKind::answer).verdict == Verdict::no_answer);
}

TEST_CASE("stdin: right, wrong, and the first test that fails") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  auto grader = make_stdin_grader(sandbox);
  CHECK(grade_with(*grader, stdin_code(), "print(2 * int(input()))").verdict == Verdict::correct);
  Grade wrong = grade_with(*grader, stdin_code(), "print(int(input()) ** 2)");
  CHECK(wrong.verdict == Verdict::incorrect);
  CHECK(wrong.explanation == "test 2 of 2: line 1: got 25, expected 10");
  CHECK(wrong.stats["tests_passed"] == 1);
  CHECK(wrong.stats["first_failed"]["got"] == "25");
  CHECK(grade_with(*grader, stdin_code(), "import nothing_like_it").reason == "missing_module");
  CHECK(grade_with(*grader, stdin_code(), "print(").reason == "compile_error");
  CHECK(grade_with(*grader, stdin_code(), "if __name__ == '__main__':\n    print(2 * int(input()))").verdict == Verdict::correct);
}

TEST_CASE("stdin: the first test that fails ends those that were begun after it") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  Json code = stdin_code();
  code["timeout"] = 60;
  const auto begin = std::chrono::steady_clock::now();
  Grade grade = grade_with(*make_stdin_grader(sandbox), code, "if int(input()) == 2: print(5)\nelse:\n    while True: pass\n");
  CHECK(grade.explanation == "test 1 of 2: line 1: got 5, expected 4");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("livecodebench: functions are called, their tuples are lists") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  Json code = {{"entry_point", "pairUp"}, {"tests", Json::array({{{"input", "[1, 2]\n3"}, {"output", "[1, 2, 3]"}}})}};
  auto grader = make_livecodebench_grader(sandbox);
  Grade grade = grade_with(*grader, code, "class Solution:\n    def pairUp(self, a: List[int], b: int):\n        return (*a, b)\n");
  CHECK_MESSAGE(grade.verdict == Verdict::correct, grade.explanation);
  CHECK(grade_with(*grader, code, "class Solution:\n    def pairUp(self, a, b):\n        return a\n").reason == "wrong_answer");
}

TEST_CASE("predict: an output by value, an input by what it leads to") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  auto grader = make_predict_grader(sandbox);
  Json output = {{"program", "def f(a):\n    return {x: a.count(x) for x in a}\n"}, {"expression", "{}"}, {"expected", "{'a': 2, 'b': 1}"}};
  CHECK(grade_with(*grader, output, "[ANSWER]{'b': 1, 'a': 2}[/ANSWER]", TextKind::answer).verdict == Verdict::correct);
  CHECK(grade_with(*grader, output, "{'a': 2}", TextKind::answer).verdict == Verdict::incorrect);
  CHECK(grade_with(*grader, output, "f('aab')", TextKind::answer).verdict == Verdict::incorrect); // computed, not predicted
  CHECK(grade_with(*grader, output, "exit(0)", TextKind::answer).verdict == Verdict::incorrect);
  CHECK(grade_with(*grader, output, "type('A', (), {'__eq__': lambda s, o: True})()", TextKind::answer).verdict == Verdict::incorrect);
  Json input = output;
  input["expression"] = "f({})";
  CHECK(grade_with(*grader, input, "'aba'", TextKind::answer).verdict == Verdict::correct);
  CHECK(grade_with(*grader, input, "[ANSWER]f('baa')[/ANSWER]", TextKind::answer).verdict == Verdict::correct);
  CHECK(grade_with(*grader, input, "'ab'", TextKind::answer).verdict == Verdict::incorrect);
}

TEST_CASE("C++: compiled and run confined; a program that leaves early has not passed") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  auto grader = make_cpp_check_grader(sandbox);
  Json code = {{"language", "cpp"}, {"prompt", "#include<assert.h>\n#include<bits/stdc++.h>\nlong twice(long x) {\n"},
               {"tests", "}\nint main() {\n    auto candidate = twice;\n    assert(candidate((2)) == (4));\n    assert(candidate((5)) == (10));\n}\n"}};
  Grade right = grade_with(*grader, code, "    return 2 * x;\n}\n", TextKind::continuation);
  if (right.reason == "sandbox_error") {
    MESSAGE("skipped: " << right.explanation);
    return;
  }
  CHECK_MESSAGE(right.verdict == Verdict::correct, right.explanation);
  CHECK(!right.stats.contains("integrity")); // its tests are in another process
  CHECK(grade_with(*grader, code, "```cpp\nlong twice(long x) { return x + x; }\n```", TextKind::answer).verdict == Verdict::correct);
  CHECK(grade_with(*grader, code, "    return x * x;\n}\n", TextKind::continuation).reason == "wrong_answer");
  CHECK(grade_with(*grader, code, "    exit(0);\n}\n", TextKind::continuation).verdict == Verdict::incorrect);
  CHECK(grade_with(*grader, code, "    return y;\n}\n", TextKind::continuation).reason == "compile_error");
  CHECK(grade_with(*grader, code, "```cpp\n#define assert(x)\n#define if(x) while(0)\nlong twice(long x) { return 0; }\n```", TextKind::answer).verdict == Verdict::incorrect);
  // An answer written before its question, and a verdict printed by the program itself.
  CHECK(grade_with(*grader, code, "```cpp\n#include <unistd.h>\n#include <cstdio>\nstatic int early = [] { long reply[3] = {8, 0, 4}; "
                                  "std::puts(\"passed 2 \"); std::fflush(stdout); return (int)::write(3, reply, sizeof reply); }();\n"
                                  "long twice(long x) { return 0; }\n```", TextKind::answer).verdict == Verdict::incorrect);
}

TEST_CASE("C++: a signature that cannot cross is tested in one process, and the grade says so") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  Json code = {{"language", "cpp"}, {"prompt", "#include<assert.h>\n#include<bits/stdc++.h>\nstd::any boxed(long x) {\n"},
               {"tests", "}\nint main() {\n    auto candidate = boxed;\n    assert(std::any_cast<long>(candidate((2))) == 2);\n}\n"}};
  Grade right = grade_with(*make_cpp_check_grader(sandbox), code, "    return x;\n}\n", TextKind::continuation);
  if (right.reason == "sandbox_error") return;
  CHECK_MESSAGE(right.verdict == Verdict::correct, right.explanation);
  CHECK(right.stats["integrity"] == "colocated");
}

TEST_CASE("many graders at once come to the verdicts of one") {
  if (!test_sandbox()) return;
  std::vector<std::string> programs = {"def f(x):\n    return 2 * x\n", "def f(x):\n    return x\n", "raise SystemExit\n",
                                       "def f(x):\n    s = 0\n    for i in range(300000): s += i\n    return 2 * x\n"};
  std::vector<Verdict> alone;
  std::vector<Grade> together(16);
  for (const std::string& program : programs) alone.push_back(checked(program, check_code(kDouble)).verdict);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < together.size(); ++i)
    threads.emplace_back([&, i] { together[i] = checked(programs[i % programs.size()], check_code(kDouble)); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < together.size(); ++i) CHECK_MESSAGE(together[i].verdict == alone[i % alone.size()], together[i].explanation);
}

TEST_CASE("evalplus: a value too large to hand over is compared by its digest") {
  if (!test_sandbox()) return;
  const std::string pairs = "def f(n):\n    return [(i % 7, 'ab') for i in range(n)]\n";
  Json code = {{"task_id", "T/0"}, {"entry_point", "f"}, {"reference", pairs}, {"base", {{3}, {3000000}}}, {"atol", 0}};
  auto graded = [&](const std::string& program) { return grade_with(*make_evalplus_base_grader(test_sandbox()), code, program); };
  Grade same = graded("def f(n):\n    out = []\n    while len(out) < n: out.append((len(out) % 7, 'a' + 'b'))\n    return out\n");
  CHECK_MESSAGE(same.verdict == Verdict::correct, same.explanation);
  Grade other = graded("def f(n):\n    return [(i % 7, 'ab') for i in range(n - (n > 9))]\n");
  CHECK(other.verdict == Verdict::not_graded);
  CHECK(other.reason == "value_too_large");
  CHECK(graded("def f(n):\n    return [(i % 7, 'ab') for i in range(n)] if n < 9 else []\n").reason == "wrong_answer");
  code["base"] = {{3}};
  Grade flood = graded("def f(n):\n    return [(i % 7, 'ab') for i in range(10 ** 6 * n)]\n");
  CHECK(flood.verdict == Verdict::incorrect);
  Grade asserted = checked("def f(x):\n    return [0] * 10 ** 7\n", check_code("assert f(1) == 3\n"));
  CHECK(asserted.verdict == Verdict::incorrect);
  CHECK(asserted.reason == "value_too_large");
}
