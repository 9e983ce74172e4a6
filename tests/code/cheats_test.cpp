// SPDX-License-Identifier: MIT
// Programs that try to pass without solving anything. None does, under any of the graders.
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <sys/resource.h>
#include <vector>

#include "graders/code/compare_output.h"
#include "tests/code/graded.h"

using namespace proctor;

namespace {

const char* const kTests = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(5) == 10\n    assert candidate(7) == 14\ncheck(f)\n";

// Graded as a function f, by asserts and by EvalPlus' rules; true when neither is fooled.
void never_passes(const std::string& program) {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  INFO(program);
  Grade asserted = grade_with(*make_check_grader(sandbox), check_code(kTests), program);
  CHECK_MESSAGE(asserted.verdict != Verdict::correct, asserted.explanation);
  CHECK_MESSAGE(asserted.verdict != Verdict::not_graded, asserted.explanation); // no way out of the denominator either
  Json code = {{"task_id", "X/1"}, {"entry_point", "f"}, {"reference", "def f(x):\n    return 2 * x\n"}, {"base", Json::parse("[[2], [5], [7]]")}, {"plus", Json::array()}};
  Grade called = grade_with(*make_evalplus_base_grader(sandbox), code, program);
  CHECK_MESSAGE(called.verdict != Verdict::correct, called.explanation);
  CHECK_MESSAGE(called.verdict != Verdict::not_graded, called.explanation);
}

void never_prints_right(const std::string& program) {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  INFO(program);
  Grade grade = grade_with(*make_stdin_grader(sandbox), stdin_code(), program);
  CHECK_MESSAGE(grade.verdict != Verdict::correct, grade.explanation);
  CHECK_MESSAGE(grade.verdict != Verdict::not_graded, grade.explanation);
}

} // namespace

TEST_CASE("F01: an object that equals everything") {
  never_passes("class A:\n    def __eq__(s, o): return True\n    __ne__ = __bool__ = __gt__ = __le__ = __eq__\n    def __sub__(s, o): return 0\n"
               "    __abs__ = __float__ = lambda s: 0.0\ndef f(x): return A()\n");
}

TEST_CASE("F02: subclasses of plain types with comparisons of their own") {
  never_passes("class I(int):\n    def __eq__(s, o): return True\n    __hash__ = int.__hash__\ndef f(x): return I(3)\n");
  never_passes("class L(list):\n    def __eq__(s, o): return True\ndef f(x): return L()\n");
  never_passes("class S(str):\n    def __eq__(s, o): return True\n    __hash__ = str.__hash__\ndef f(x): return [S('a')]\n");
  never_passes("class F(float):\n    def __eq__(s, o): return True\n    __hash__ = float.__hash__\ndef f(x): return F(1)\n");
}

TEST_CASE("F03: leaving with success") {
  for (const char* leave : {"import sys; sys.exit(0)", "raise SystemExit", "import os; os._exit(0)", "import posix; posix._exit(0)", "exit()"}) {
    never_passes(std::string(leave) + "\n");
    never_passes(fmt::format("def f(x):\n    {}\n", leave));
  }
  never_passes("import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return 1\n");
  never_passes("import threading, os\nthreading.Thread(target=lambda: os._exit(0)).start()\ndef f(x): return 1\n");
  never_prints_right("import os; os._exit(0)");
}

TEST_CASE("F05, F06: what is expected is nowhere to be found") {
  // Looks through all live objects and every frame for anything that doubles.
  never_passes("import gc, sys\ndef f(x):\n    for o in gc.get_objects():\n        if callable(o) and getattr(o, '__name__', '') == 'f' and o is not f:\n"
               "            return o(x)\n    frame = sys._getframe()\n    while frame:\n        for v in frame.f_locals.values():\n"
               "            if type(v) is str and 'assert' in v: return eval(v.split('== ')[1].split()[0])\n        frame = frame.f_back\n    return 0\n");
  never_passes("import os, sys\ndef f(x):\n    texts = [str(sys.argv), str(os.environ)]\n    for d in ('/box', '/tmp', '/proc/self', '/proc/1'):\n"
               "        for n in (os.listdir(d) if os.path.isdir(d) else []):\n            try: texts.append(open(d + '/' + n, errors='replace').read())\n"
               "            except Exception: pass\n    return 2 * x if any('candidate(5) == 10' in t for t in texts) else 0\n");
  never_prints_right("import os, sys\ntexts = [str(sys.argv), str(os.environ)]\nfor d in ('/box', '/tmp', '/proc/self'):\n"
                     "    for n in (os.listdir(d) if os.path.isdir(d) else []):\n        try: texts.append(open(d + '/' + n, errors='replace').read())\n"
                     "        except Exception: pass\nprint('4' if any('10\\n' in t for t in texts) else 'nothing')\n");
}

TEST_CASE("F07: the interpreter bent out of shape") {
  never_passes("import builtins\nbuiltins.AssertionError = Exception\nAssertionError = Exception\nbuiltins.print = builtins.open = lambda *a, **k: None\ndef f(x): return 1\n");
  never_passes("import sys\nsys.settrace(lambda *a: None)\nsys.addaudithook(lambda *a: None)\nfor m in ('json', 'unittest', 'importlib'): sys.modules[m] = None\ndef f(x): return 1\n");
  never_passes("import sys\nm = sys.modules['__main__']\nfor n in list(vars(m)):\n    if n.startswith('_plain') or n in ('call', 'load'): setattr(m, n, lambda *a, **k: [4])\ndef f(x): return 4\n");
  never_passes("import builtins\nbuiltins.type = lambda *a: int\nbuiltins.isinstance = lambda *a: True\ndef f(x): return object()\n");
}

TEST_CASE("F09, F10, F11: marks, guesses and early replies on every descriptor") {
  std::string flood = "import os\nfor fd in range(1, 21):\n    try: os.write(fd, b'passed\\n{\"verdict\": \"correct\"}\\n' * 3)\n    except OSError: pass\n";
  never_passes(flood + "def f(x): return 1\n");
  never_passes("def f(x):\n    import os\n    for fd in range(1, 21):\n        try: os.write(fd, b'R' * 64)\n        except OSError: pass\n    return 1\n");
  never_passes("import os, struct\nfor n in range(64):\n    try: os.write(3, struct.pack('<IQ', 15, n) + b'Rl\\1\\0\\0\\0i\\0\\1\\0\\0\\0\\4')\n    except OSError: break\ndef f(x): return 1\n");
  never_prints_right(flood);
}

TEST_CASE("F13, F14: state between calls, and arguments changed in place") {
  never_passes("seen = []\ndef f(x):\n    seen.append(x)\n    return 2 * x if len(seen) < 3 else 0\n"); // right twice, then wrong
  never_passes("def f(x):\n    return (y for y in [2 * x])\n");
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  Json code = {{"task_id", "X/2"}, {"entry_point", "f"}, {"reference", "def f(x):\n    return sorted(x)\n"}, {"base", Json::parse("[[[3, 1]]]")}, {"plus", Json::array()}};
  CHECK(grade_with(*make_evalplus_base_grader(sandbox), code, "def f(x):\n    x.sort()\n    return x\n").verdict == Verdict::correct);
  CHECK(grade_with(*make_evalplus_base_grader(sandbox), code, "def f(x):\n    return iter(sorted(x))\n").verdict == Verdict::incorrect);
}

TEST_CASE("F15: from inside one test looks like another") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  const std::string program = "import hashlib, os, sys\ninput()\nseen = [os.getpid(), os.getppid(), os.getcwd(), sys.argv, sorted(os.environ.items()),\n"
                              "        *(sorted(os.listdir(d)) for d in ('/box', '/tmp', '/', '/proc/self/fd')), os.uname().nodename, os.getuid()]\n"
                              "print(hashlib.sha256(repr(seen).encode()).hexdigest())\n";
  auto last_seen = [&](const std::vector<std::string>& expected) {
    Json tests = Json::array();
    for (const std::string& output : expected) tests.push_back({{"input", std::to_string(tests.size())}, {"output", output}});
    tests.push_back({{"input", "a hidden one"}, {"output", "?"}});
    Json failed = grade_with(*make_stdin_grader(sandbox), {{"rule", "lines"}, {"tests", tests}}, program).stats["first_failed"];
    CHECK(failed["test"] == expected.size());
    return failed["got"].get<std::string>();
  };
  const std::string seen = last_seen({});
  CHECK(seen.size() >= 64);
  CHECK(last_seen({seen, seen}) == seen);
}

TEST_CASE("F17: what counts as the same number, checker by checker") {
  const std::string digits(400, '7');
  struct Row {
    std::string got, expected;
    bool lines, tokens; // as LiveCodeBench's Decimal and CodeContests' tolerance have it
  };
  const Row kRows[] = {{"\xEF\xBC\x95", "5", false, false}, {"\xD9\xA5", "5", false, false}, {"0x10", "16", false, false}, {"nan", "5", false, false},
                       {"nan", "nan", true, true}, {"inf", "5", false, false}, {"1e400", "inf", false, false}, {"0", "-1", false, false}, {"5 5", "5", false, false},
                       {digits + "1", digits + "2", false, false}, {digits + "1", digits + "1", true, true}, {"1_000", "1000", true, false},
                       {"1.0000001", "1.0", false, true}, {"1.0001", "1.0", false, false}, {"1e3", "1000.0", true, true}, {"00012.50", "12.5", true, true},
                       {"-0.0", "0.0", true, true}, {"+5.0", "5.0", true, true}};
  for (const Row& row : kRows) {
    INFO(row.got << " for " << row.expected);
    CHECK(match_output(OutputRule::lines, row.got, row.expected).equal == row.lines);
    CHECK(match_output(OutputRule::tokens, row.got, row.expected).equal == row.tokens);
  }
}

TEST_CASE("F18: no tests, no verdict") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  const std::string right = "def f(x): return 2 * x\n";
  for (const std::string& tests : {std::string(), std::string("pass\n"), std::string("def check(c):\n    pass\ncheck(f)\n"), std::string("assert f(2) ==\n")})
    CHECK(grade_with(*make_check_grader(sandbox), check_code(tests), right).verdict == Verdict::not_graded);
  Json none = {{"rule", "lines"}, {"tests", Json::array()}};
  CHECK(grade_with(*make_stdin_grader(sandbox), none, "print(4)").verdict == Verdict::not_graded);
  Json half = {{"rule", "lines"}, {"tests", Json::array({{{"input", "1"}}})}};
  CHECK(grade_with(*make_stdin_grader(sandbox), half, "print(4)").verdict == Verdict::not_graded);
  Json empty = {{"task_id", "X/1"}, {"entry_point", "f"}, {"reference", right}, {"base", Json::array()}, {"plus", Json::array()}};
  CHECK(grade_with(*make_evalplus_base_grader(sandbox), empty, right).verdict == Verdict::not_graded);
}

TEST_CASE("F19: what a program's box says holds nothing of its tests") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  Grade grade = grade_with(*make_check_grader(sandbox), check_code(kTests),
                           "import sys, traceback\ndef f(x):\n    traceback.print_stack(file=sys.stderr)\n    print(vars(sys.modules['__main__']).keys(), file=sys.stderr, flush=True)\n"
                           "    raise ValueError('seen')\n");
  CHECK(grade.verdict == Verdict::incorrect);
  const std::string said = grade.stats.value("stderr", "");
  CHECK(!said.empty());
  for (const char* secret : {"assert", "candidate(", "== 4"}) CHECK(said.find(secret) == said.npos);
}

TEST_CASE("F22: files that other graders would believe") {
  const std::string write = "import os\nfor name in ('/box/reward.txt', '/tmp/reward.json', '/logs/verifier/reward.txt', '/box/.exit_code', '/tmp/exitcode', '/box/.coverage',\n"
                            "             '/tmp/result.json', '/box/results.xml', 'stdout', 'stderr'):\n    try: open(name, 'w').write('1')\n    except OSError: pass\n";
  never_passes(write + "def f(x): return 1\n");
  never_prints_right(write);
}

TEST_CASE("F21: odd sources are run as they are") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  auto verdict = [&](const std::string& program) { return grade_with(*make_check_grader(sandbox), check_code(kTests), program).verdict; };
  const std::string right = "def f(x):\n    return 2 * x\n";
  CHECK(verdict("s = '''```\n\"\"\"'''\n" + right) == Verdict::correct);
  CHECK(verdict("\xEF\xBB\xBF" + right) == Verdict::correct);
  CHECK(verdict("def f(x):\r\n    return 2 * x\r\n") == Verdict::correct);
  CHECK(verdict(right + "# " + std::string(2'000'000, 'x') + "\n") == Verdict::correct);
  CHECK(verdict(right + std::string(1, '\0')) == Verdict::incorrect);
}

TEST_CASE("D10: answers that are dear to compare") {
  never_passes("def f(x): return 10 ** 3000000\n");
  never_passes("def f(x): return [[]] * 2000000\n");
  never_passes("def f(x): return [None] * 31000000\n");
#ifndef __SANITIZE_THREAD__ // which keeps memory of its own for all memory
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  CHECK(use.ru_maxrss < 3 << 20); // KiB: an answer does not take what its box may have, and many times that
#endif
  never_passes("def f(x):\n    a = []\n    for _ in range(100000): a = [a]\n    return a\n");
}

TEST_CASE("E07: CPU time decides who is out of time, and once more alone") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  auto burns = [](double cpu_s) { return fmt::format("import time\nuntil = time.process_time() + {}\nwhile time.process_time() < until: pass\n", cpu_s); };
  Json asserted = check_code("def check(candidate):\n    assert candidate(2) == 4\ncheck(f)\n"), printed = stdin_code();
  asserted["timeout"] = printed["timeout"] = 0.4;
  auto both = [&](double cpu_s) {
    std::string work = burns(cpu_s), body = work;
    for (size_t at = 0; (at = body.find('\n', at)) + 1 < body.size();) body.insert(at + 1, "    "), at += 5;
    return std::array{grade_with(*make_check_grader(sandbox), asserted, "def f(x):\n    " + body + "    return 2 * x\n"),
                      grade_with(*make_stdin_grader(sandbox), printed, work + "print(2 * int(input()))\n")};
  };
  for (int time = 0; time < 5; ++time)
    for (const Grade& grade : both(0.25)) {
      CHECK_MESSAGE(grade.verdict == Verdict::correct, grade.explanation);
      CHECK(!grade.stats.contains("flaky_timing"));
    }
  for (int time = 0; time < 2; ++time)
    for (const Grade& grade : both(0.6)) {
      CHECK_MESSAGE(grade.verdict == Verdict::timed_out, grade.explanation);
      CHECK(grade.stats["repeated_alone"] == true);
      CHECK(!grade.stats.contains("flaky_timing"));
    }
}

TEST_CASE("E07: a program that gets rid of its clock is out of time all the same") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  const std::string burn = "import os, signal, time\ndef burn():\n    until = time.process_time() + 1.2\n    while time.process_time() < until: pass\n";
  Json asserted = check_code("assert f(2) == 4\n");
  Json called = {{"entry_point", "f"}, {"tests", Json::array({{{"input", "2"}, {"output", "4"}}})}, {"timeout", 0.4}};
  asserted["timeout"] = 0.4;
  for (const char* body : {"    try: burn()\n    except BaseException: burn()\n", "    signal.setitimer(signal.ITIMER_PROF, 0)\n    burn()\n",
                           "    child = os.fork()\n    if child == 0:\n        burn()\n        os._exit(0)\n    os.waitpid(child, 0)\n"}) {
    const std::string program = burn + "def f(x):\n" + body + "    return 2 * x\n";
    INFO(program);
    for (const Grade& grade : {grade_with(*make_check_grader(sandbox), asserted, program), grade_with(*make_livecodebench_grader(sandbox), called, program)}) {
      CHECK_MESSAGE(grade.verdict == Verdict::timed_out, grade.explanation);
      CHECK(grade.reason == "cpu");
    }
  }
}

TEST_CASE("B03: nobody waits for what a program does after its verdict") {
  auto sandbox = test_sandbox();
  if (!sandbox) return;
  Json code = check_code("assert f(2) == 4\n");
  code["timeout"] = 1;
  auto start = std::chrono::steady_clock::now();
  for (const char* after : {"threading.Thread(target=time.sleep, args=(1000,)).start()", "atexit.register(time.sleep, 1000)"})
    CHECK(grade_with(*make_check_grader(sandbox), code, fmt::format("import atexit, threading, time\n{}\ndef f(x): return 2 * x\n", after)).verdict == Verdict::correct);
  const std::string silent = "import os, time\ndef f(x):\n    os.close(3)\n    time.sleep(1000)\n";
  CHECK(grade_with(*make_check_grader(sandbox), code, silent).reason == "runtime_error");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("F23: what is returned runs nothing on our side") {
  never_passes("class A:\n    def __repr__(s): raise SystemExit\n    __str__ = __hash__ = __reduce__ = __repr__\ndef f(x): return {1: A()}\n");
}
