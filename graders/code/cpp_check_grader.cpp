// SPDX-License-Identifier: MIT
// MultiPL-E C++. The tests are compiled without the program: in them the function under test is a stub that asks the
// program in a box of its own (remote_call.inc). Where its signature cannot cross, a union or std::any, tests and
// program are one process, and the grade says so ("colocated").
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <random>
#include <sys/socket.h>

#include "graders/code/code_grader.h"
#include "graders/code/code_graders.h"
#include "graders/code/sources.h"
#include "graders/sandbox/cpp_program.h"
#include "graders/text_tools.h"
#include "harness/hash.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

const std::vector<std::string> kFlags = {"-O1", "-std=c++17"};

size_t count_asserts(std::string_view tests) {
  size_t count = 0;
  for (size_t at = tests.find("assert("); at != tests.npos; at = tests.find("assert(", at + 1)) ++count;
  return count;
}

// The tests without the brace that closes a prompt's function, cut at main().
struct TestText {
  std::string before, body; // body: "{ ... return 0;}"
};

std::optional<TestText> test_text(const std::string& tests) {
  constexpr std::string_view kMain = "int main()";
  size_t at = tests.find(kMain);
  if (at == tests.npos) return std::nullopt;
  TestText text{std::string(trim_left(tests.substr(0, at))), tests.substr(at + kMain.size())};
  size_t end = text.body.rfind('}');
  if (end == text.body.npos) return std::nullopt;
  text.body.insert(end, "return 0;"); // only main() returns by itself
  if (text.before.starts_with('}')) text.before.erase(0, 1);
  return text;
}

// The last line of a prompt, "long f(long x) {".
struct Signature {
  std::string result, name, parameters; // parameters: with their parentheses
};

std::optional<Signature> signature_of(std::string_view prompt) {
  prompt = trim_right(prompt);
  if (!prompt.ends_with('{')) return std::nullopt;
  prompt.remove_suffix(1);
  size_t begin = prompt.rfind('\n'), open = prompt.find('(', begin == prompt.npos ? 0 : begin);
  if (open == prompt.npos) return std::nullopt;
  std::string_view head = trim(prompt.substr(begin == prompt.npos ? 0 : begin, open - (begin == prompt.npos ? 0 : begin)));
  size_t name = head.size();
  while (name > 0 && (is_letter(head[name - 1]) || is_digit(head[name - 1]) || head[name - 1] == '_')) --name;
  if (name == 0 || name == head.size()) return std::nullopt;
  return Signature{std::string(trim(head.substr(0, name))), std::string(head.substr(name)), std::string(trim_right(prompt.substr(open)))};
}

std::string declared(const Signature& signature) {
  return fmt::format("\n{} proctor_declared{};\n", signature.result, signature.parameters);
}

std::string tester_source(const std::string& prompt, const Signature& signature, const TestText& tests) {
  return std::string(kRemoteCall) + includes_of(prompt) + "#undef assert\n" + declared(signature) +
         fmt::format("static const auto {} = &proctor_remote::Function<decltype(&proctor_declared)>::call;\nstatic int proctor_held = 0;\n"
                     "#define assert(...) do {{ if (!(__VA_ARGS__)) {{ std::printf(\"failed %d %s\", proctor_held, #__VA_ARGS__); std::fflush(stdout); "
                     "::_exit(1); }} ++proctor_held; }} while (0)\n"
                     "{}\nstatic int proctor_tests(){}\nint main() {{ proctor_tests(); std::printf(\"passed %d \", proctor_held); return 0; }}\n",
                     signature.name, tests.before, tests.body);
}

std::string candidate_source(const std::string& program, const Signature& signature) {
  return std::string(kRemoteCall) + "#define main proctor_their_main\n" + program + "\n#undef main\n" + declared(signature) +
         fmt::format("int main() {{ return proctor_remote::Function<decltype(&proctor_declared)>::serve("
                     "[](auto&... arguments) {{ return {}(arguments...); }}); }}\n",
                     signature.name);
}

// Tests and program in one: what can be done is that asserts are ours, are counted, and are reported with a number
// drawn after the program was written.
std::string colocated_source(const std::string& program, const TestText& tests, const std::string& number) {
  constexpr const char* kReclaim = "\n#undef assert\n#undef main\n#undef int\n#undef auto\n#undef if\n#undef return\n#undef __builtin_trap\n"
                                   "#undef do\n#undef while\n#undef static\n#undef fprintf\n#undef printf\n#undef stderr\n#undef std\n";
  return "#define main proctor_their_main\n" + program + "\n#undef main\n" + tests.before + kReclaim +
         fmt::format("#include <cstdio>\nstatic int proctor_held = 0;\n"
                     "#define assert(...) do {{ if (!(__VA_ARGS__)) {{ std::fprintf(stderr, \"failed %d %s\", proctor_held, #__VA_ARGS__); "
                     "__builtin_trap(); }} ++proctor_held; }} while (0)\n"
                     "static int proctor_tests(){}\nint main() {{ proctor_tests(); std::printf(\"\\n{} %d\\n\", proctor_held); return 0; }}\n",
                     tests.body, number);
}

std::string draw_number() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

CodeRun not_compiled(const BoxOutcome& compile) {
  if (compile.verdict != RunVerdict::runtime_error) return ended_run(compile);
  size_t at = compile.err.find("error:");
  std::string_view first = at == std::string::npos ? std::string_view(compile.err) : std::string_view(compile.err).substr(at);
  CodeRun run = graded_run(Verdict::incorrect, "compile_error", one_line(first.substr(0, first.find('\n')), 200));
  add_usage(run, compile);
  return run;
}

// "failed 3 candidate(x) == y" -> 3 held, and which did not.
struct Report {
  size_t held = 0;
  std::string text;
};

std::optional<Report> report_in(std::string_view text, std::string_view word) {
  size_t at = text.find(word);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + word.size());
  Report report;
  for (text = trim_left(text); !text.empty() && is_digit(text[0]); text.remove_prefix(1)) report.held = report.held * 10 + static_cast<size_t>(text[0] - '0');
  report.text = std::string(trim(text));
  return report;
}

CodeRun failed_run(const Report& report, size_t asserts) {
  CodeRun run = graded_run(Verdict::incorrect, "wrong_answer", "fails at assert " + one_line(report.text, 160));
  run.stats["first_failed"] = {{"test", report.held}, {"text", one_line(report.text, 400)}};
  run.stats["tests"] = asserts;
  run.stats["tests_passed"] = report.held;
  return run;
}

CodeRun passed_run(size_t asserts) {
  CodeRun run = graded_run(Verdict::correct, "", fmt::format("passes its tests ({} asserts)", asserts));
  run.stats["tests"] = run.stats["tests_passed"] = asserts;
  return run;
}

class CppCheckGrader final : public CodeGrader {
 public:
  using CodeGrader::CodeGrader;

 protected:
  CodeRun run(Sandbox& sandbox, const Question&, const Json& code, const std::string& program) const override {
    std::string tests = get_string(code, "tests").value_or(""), prompt = get_string(code, "prompt").value_or("");
    auto text = test_text(tests);
    size_t asserts = count_asserts(tests);
    if (!text || asserts == 0) return unreadable_tests("there is no main() with asserts");
    auto signature = signature_of(prompt);
    double cpu_s = time_limit(code, 10);
    if (signature) {
      auto tester = tester_for(sandbox, tester_source(prompt, *signature, *text));
      if (tester->compile.verdict == RunVerdict::setup_error) return ended_run(tester->compile);
      if (tester->compile.verdict == RunVerdict::ok) return asked(sandbox, *tester, candidate_source(program, *signature), asserts, cpu_s);
    }
    return colocated(sandbox, *text, program, asserts, cpu_s);
  }

 private:
  // Compiled once for each question; a second thread that asks meanwhile waits.
  std::shared_ptr<const CppProgram> tester_for(Sandbox& sandbox, const std::string& source) const {
    std::unique_lock lock(mutex_);
    auto& slot = testers_[hash_hex({source})];
    if (!slot) slot = std::make_shared<Slot>();
    auto mine = slot;
    lock.unlock();
    std::lock_guard one(mine->mutex);
    if (!mine->tester || mine->tester->compile.verdict == RunVerdict::setup_error)
      mine->tester = std::make_shared<CppProgram>(compile_cpp(sandbox, source, {.flags = kFlags}));
    return mine->tester;
  }

  static CodeRun asked(Sandbox& sandbox, const CppProgram& tester, const std::string& source, size_t asserts, double cpu_s) {
    CppProgram built = compile_cpp(sandbox, source, {.flags = kFlags});
    if (built.compile.verdict != RunVerdict::ok) return not_compiled(built.compile);
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return graded_run(Verdict::not_graded, "sandbox_error", "no socket pair");
    Fd ours(ends[0]), theirs(ends[1]);
    BoxJob candidate = cpp_job(built, "", code_limits(cpu_s)), judge = cpp_job(tester, "", code_limits(4 * cpu_s));
    candidate.channel = theirs.get();
    judge.channel = ours.get();
    const Sandbox::Submitted started = sandbox.submit(candidate), judging = sandbox.submit(judge);
    theirs.reset();
    ours.reset();
    BoxOutcome judged = sandbox.wait(judging), ended = sandbox.wait(started);
    CodeRun run = verdict_of(judged, ended, asserts);
    add_usage(run, ended);
    return run;
  }

  static CodeRun verdict_of(const BoxOutcome& judged, const BoxOutcome& ended, size_t asserts) {
    if (judged.verdict == RunVerdict::setup_error) return ended_run(judged);
    if (auto passed = report_in(judged.out, "passed "); passed && judged.verdict == RunVerdict::ok && passed->held > 0) return passed_run(passed->held);
    if (auto failed = report_in(judged.out, "failed ")) return failed_run(*failed, std::max(asserts, failed->held + 1));
    return ended_run(ended);
  }

  static CodeRun colocated(Sandbox& sandbox, const TestText& tests, const std::string& program, size_t asserts, double cpu_s) {
    std::string number = draw_number();
    CppProgram built = compile_cpp(sandbox, colocated_source(program, tests, number), {.flags = kFlags});
    if (built.compile.verdict != RunVerdict::ok) return not_compiled(built.compile);
    BoxOutcome outcome = sandbox.run(cpp_job(built, "", code_limits(cpu_s)));
    CodeRun run = ended_run(outcome);
    if (outcome.verdict == RunVerdict::ok && outcome.out.ends_with(fmt::format("\n{} {}\n", number, asserts))) run = passed_run(asserts);
    else if (auto failed = report_in(outcome.err, "failed "); failed && outcome.signal) run = failed_run(*failed, asserts);
    add_usage(run, outcome);
    run.stats["integrity"] = "colocated";
    return run;
  }

  struct Slot {
    std::mutex mutex;
    std::shared_ptr<const CppProgram> tester;
  };
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<Slot>> testers_;
};

} // namespace

std::unique_ptr<Grader> make_cpp_check_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<CppCheckGrader>("none", "cpp_check@3", std::move(sandbox));
}

} // namespace proctor
