// SPDX-License-Identifier: MIT
// Typed values and typed calls.
#include <cmath>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <limits>
#include <unistd.h>

#include "graders/sandbox/call_session.h"
#include "tests/sandbox/abuse.h"

using namespace proctor;

namespace {

TypedValue list(std::vector<TypedValue> items) { return TypedValue::sequence(TypedKind::list, std::move(items)); }

// A session in the first mode that works here.
Sandbox* any_sandbox() {
  std::string why;
  for (const Mode& mode : modes())
    if (Sandbox* sandbox = sandbox_of(mode, why)) return sandbox;
  MESSAGE("skipped: " << why);
  return nullptr;
}

CallResult call_once(Sandbox& sandbox, const std::string& program, const std::string& target, std::vector<TypedValue> args) {
  CallSession session(sandbox, python_job(program));
  CallResult loaded = session.load(10);
  return loaded.status == CallStatus::value ? session.call(target, std::move(args), {}, 10) : loaded;
}

} // namespace

TEST_CASE("typed values survive their encoding") {
  TypedValue dict = TypedValue::sequence(TypedKind::dict, {TypedValue::text("k"), TypedValue::integer(-1)});
  for (const TypedValue& value : {TypedValue{}, TypedValue::boolean(false), TypedValue::boolean(true), TypedValue::integer(0), TypedValue::integer(INT64_MIN),
                                  TypedValue::integer(INT64_MAX), TypedValue::number(-0.0), TypedValue::number(INFINITY), TypedValue::text(std::string("a\0b", 3)),
                                  list({TypedValue::integer(256), list({}), dict})}) {
    auto back = decode_typed(encode_typed(value));
    REQUIRE(back);
    CHECK(*back == value);
  }
  CHECK(TypedValue::integer(INT64_MIN).as_int64() == INT64_MIN);
  CHECK(typed_repr(list({TypedValue::integer(-300), TypedValue::text("x"), TypedValue::boolean(true)})) == "[-300, 'x', True]");
}

TEST_CASE("damaged typed values are refused, not trusted") {
  std::string deep, good = encode_typed(list({TypedValue::integer(7), TypedValue::text("seven")}));
  for (int at = 0; at < 100000; ++at) deep += std::string("l\1\0\0\0", 5);
  for (const std::string& bytes : {std::string(), std::string("q"), std::string("i"), std::string("s\xff\xff\xff\xff", 5), std::string("l\xff\xff\xff\x7f", 5), deep,
                                   good + "N", std::string("i\2\1\0\0\0\1", 7), std::string("i\0\2\0\0\0\1\0", 8)})
    CHECK(!decode_typed(bytes));
  for (size_t cut = 0; cut < good.size(); ++cut) CHECK(!decode_typed(good.substr(0, cut)));
}

TEST_CASE("calls give and take plain values of every type") {
  Sandbox* sandbox = any_sandbox();
  if (sandbox == nullptr) return;
  const std::string program = "def same(x): return x\nclass Solution:\n    def add(self, a, b=2): return a + b\n"
                              "def kinds(): return [None, True, 10**30, -5, 1.5, 2j, 'é', b'\\x00', (1,), {3}, frozenset([4]), {'a': [1]}]\n";
  CallSession session(*sandbox, python_job(program));
  REQUIRE(session.load(10).status == CallStatus::value);
  CHECK(session.call("Solution.add", {TypedValue::integer(40)}, {}, 10).value.as_int64() == 42);
  CHECK(session.call("Solution.add", {TypedValue::integer(1)}, {{"b", TypedValue::integer(-1)}}, 10).value.as_int64() == 0);
  CallResult kinds = session.call("kinds", {}, {}, 10);
  REQUIRE(kinds.status == CallStatus::value);
  CHECK(kinds.value.items.size() == 12);
  CHECK(session.call("same", {kinds.value}, {}, 10).value == kinds.value);
  CHECK(session.call("none", {}, {}, 10).error_type == "KeyError");
  CHECK(session.finish().verdict == RunVerdict::ok);
}

TEST_CASE("values at the edges of their types arrive as Python has them") {
  Sandbox* sandbox = any_sandbox();
  if (sandbox == nullptr) return;
  // The first call executes the program.
  CallSession session(*sandbox, python_job(R"py(
made = [0, 1, -1, 255, 256, -256, 2**31, 2**32 - 1, 2**56 - 1, 2**56, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64 - 1, 2**64, -2**64, 10**400, -10**400,
        -0.0, float("inf"), 5e-324, complex(-0.0, 1), "", "\0", "\ud800", "\U0001F600", b"", (), [], set(), frozenset(), {}, {1: {2: ()}, (3,): None}]
def give(): return made
def same(values): return [repr(values) == repr(made), [type(a) is type(b) for a, b in zip(values, made)].count(False)]
def nested(n):
    value = 7
    for _ in range(n): value = [value]
    return value
def long(n): return "x" * n
def length(text): return len(text)
)py"));
  CallResult given = session.call("give", {}, {}, 10);
  REQUIRE(given.status == CallStatus::value);
  CHECK(given.value.items[10].as_int64() == INT64_MAX);
  CHECK(given.value.items[12].as_int64() == INT64_MIN);
  CHECK(!given.value.items[11].as_int64());
  CHECK(given.value.items[11] == TypedValue{TypedKind::integer, false, 0, 0, std::string("\0\0\0\0\0\0\0\x80", 8), {}});
  CHECK(given.value.items[25].bytes == "\xed\xa0\x80");
  CallResult same = session.call("same", {given.value}, {}, 10);
  REQUIRE(same.status == CallStatus::value);
  CHECK(same.value == list({TypedValue::boolean(true), TypedValue::integer(0)}));
  CHECK(session.call("nested", {TypedValue::integer(200)}, {}, 10).status == CallStatus::value);
  CHECK(session.call("nested", {TypedValue::integer(201)}, {}, 10).status == CallStatus::not_plain);
  for (size_t size : {size_t{4000}, size_t{4096}, size_t{300000}, size_t{20} << 20}) {
    CHECK(session.call("long", {TypedValue::integer(static_cast<int64_t>(size))}, {}, 10).value.bytes.size() == size);
    CHECK(session.call("length", {TypedValue::text(std::string(size, 'y'))}, {}, 10).value.as_int64() == static_cast<int64_t>(size));
  }
  CHECK(session.call("long", {TypedValue::integer(65 << 20)}, {}, 10).status == CallStatus::not_plain);
  CHECK(session.call("length", {TypedValue::text("z")}, {}, 10).value.as_int64() == 1);
}

TEST_CASE("a program's threads and signal handlers run while it waits for a call") {
  Sandbox* sandbox = any_sandbox();
  if (sandbox == nullptr) return;
  CallSession session(*sandbox, python_job(R"py(
import signal, threading, time
seen = {}
def see(name): seen[name] = time.monotonic()
signal.signal(signal.SIGALRM, lambda *_: see("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.01)
threading.Thread(target=lambda: (time.sleep(0.01), see("thread")), daemon=True).start()
def seen_before(seconds): return sorted(name for name, when in seen.items() if time.monotonic() - when > seconds)
)py"));
  REQUIRE(session.load(10).status == CallStatus::value);
  ::usleep(1'000'000);
  CHECK(session.call("seen_before", {TypedValue::number(0.2)}, {}, 10).value == list({TypedValue::text("alarm"), TypedValue::text("thread")}));
}

TEST_CASE("only exact plain types cross: subclasses and objects do not") {
  Sandbox* sandbox = any_sandbox();
  if (sandbox == nullptr) return;
  for (const char* body : {"class A:\n    def __eq__(self, o): return True\ndef f(): return A()", "class I(int):\n    def __eq__(self, o): return True\ndef f(): return I(3)",
                           "class S(str): pass\ndef f(): return [1, (S('x'),)]", "class L(list): pass\ndef f(): return {'k': L()}", "def f(): return (x for x in [1])",
                           "def f(): return f", "def f():\n    x = []\n    x.append(x)\n    return x"}) {
    CallResult result = call_once(*sandbox, body, "f", {});
    INFO(std::string(body) << " " << result.error_text);
    CHECK(result.status == CallStatus::not_plain);
  }
}

TEST_CASE("a program that ends, raises, stalls or lies is told apart") {
  Sandbox* sandbox = any_sandbox();
  if (sandbox == nullptr) return;
  CHECK(call_once(*sandbox, "def f(): raise ValueError('no')", "f", {}).error_type == "ValueError");
  CHECK(call_once(*sandbox, "import os\ndef f(): os._exit(0)", "f", {}).status == CallStatus::ended);
  CHECK(call_once(*sandbox, "x = (", "f", {}).error_type == "SyntaxError");
  CHECK(call_once(*sandbox, "def f(): raise SystemExit(0)", "f", {}).error_type == "SystemExit");
  // Replies written ahead, forged numbers, two replies: never an answer.
  CHECK(call_once(*sandbox, "import os, struct\nos.write(3, struct.pack('<IQ', 2, 1) + b'RT')\ndef f(): return 1", "f", {}).status == CallStatus::protocol);
  CHECK(call_once(*sandbox, "import os\nos.write(3, b'x' * 4096)\ndef f(): return 1", "f", {}).status == CallStatus::protocol);
  {
    CallSession session(*sandbox, python_job("import time\ndef f(): time.sleep(100)"));
    REQUIRE(session.load(10).status == CallStatus::value);
    CHECK(session.call("f", {}, {}, 0.2).status == CallStatus::timed_out);
    CHECK(session.call("f", {}, {}, 0.2).status == CallStatus::protocol); // nothing after is trusted
  }
}

TEST_CASE("C11 descriptors sent over the result channel are dropped") {
  Sandbox* sandbox = any_sandbox();
  if (sandbox == nullptr) return;
  CallResult result = call_once(*sandbox, "import array, os, socket\ndef f():\n    s = socket.socket(fileno=os.dup(3))\n"
                                          "    for _ in range(50): s.sendmsg([b''], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))])\n    return 5", "f", {});
  INFO(result.error_type << " " << result.error_text);
  bool harmless = result.status == CallStatus::value || result.status == CallStatus::exception || result.status == CallStatus::protocol;
  CHECK(harmless);
}

TEST_CASE("a session sees neither the test nor the expected value") {
  ::setenv("PROCTOR_TEST_EXPECTED", "secret-expectation", 1);
  std::string expected = "secret-expectation"; // stays here
  Sandbox* sandbox = any_sandbox();
  if (sandbox == nullptr) return;
  CallResult result = call_once(*sandbox, R"py(
import gc, os, sys
def f(x):
    texts = []
    for path in ("/proc/self/environ", "/proc/self/cmdline"):
        try: texts.append(open(path).read())
        except OSError: pass
    frame = sys._getframe()
    while frame:
        texts.append(repr(list(frame.f_locals.values())))
        frame = frame.f_back
    texts += [repr(o) for o in gc.get_objects() if isinstance(o, (list, dict, tuple)) and len(o) < 50][:2000]
    return any("-".join(("secret", "expectation")) in text for text in texts)
)py", "f", {TypedValue::integer(1)});
  INFO(expected << static_cast<int>(result.status) << result.error_type << result.error_text);
  CHECK(result.value == TypedValue::boolean(false));
}
