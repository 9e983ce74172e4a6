// SPDX-License-Identifier: MIT
// MultiPL-E C++: the program and main() with its asserts are one translation unit and one process ("colocated": the
// candidate's code runs where its verdict is made). What can be done against cheats is: asserts and main are ours by
// preprocessor, each assert that held is counted, and main reports the count with a number drawn after the program was
// written, on a descriptor of its own.
#include <fmt/format.h>
#include <random>

#include "graders/code/code_grader.h"
#include "graders/code/code_graders.h"
#include "graders/sandbox/cpp_program.h"
#include "graders/text_tools.h"

namespace proctor {
namespace {

// Words of the tests that a program could have redefined.
constexpr const char* kReclaim = "\n#undef assert\n#undef main\n#undef int\n#undef auto\n#undef if\n#undef return\n";

std::string draw_number() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

size_t count_asserts(std::string_view tests) {
  size_t count = 0;
  for (size_t at = tests.find("assert("); at != tests.npos; at = tests.find("assert(", at + 1)) ++count;
  return count;
}

// The tests with main renamed, and a main that reports.
std::string tested_source(const std::string& program, std::string tests, const std::string& number) {
  constexpr std::string_view kMain = "int main()";
  size_t at = tests.find(kMain);
  if (at == tests.npos) return "";
  std::string before = tests.substr(0, at), body = tests.substr(at + kMain.size());
  size_t end = body.rfind('}'); // only main() returns by itself
  if (end == body.npos) return "";
  body.insert(end, "return 0;");
  if (before.starts_with("}")) before.erase(0, 1); // it closes the function of a prompt; ours is closed
  return "#define main proctor_their_main\n" + program + "\n#undef main\n" + before + kReclaim +
         fmt::format("#include <cstdio>\nstatic int proctor_held = 0;\n"
                     "#define assert(...) do {{ if (!(__VA_ARGS__)) {{ std::fprintf(stderr, \"line %d: %s\\n\", __LINE__, #__VA_ARGS__); "
                     "__builtin_trap(); }} ++proctor_held; }} while (0)\n"
                     "static int proctor_tests(){}\nint main() {{ proctor_tests(); std::printf(\"\\n{} %d\\n\", proctor_held); return 0; }}\n",
                     body, number);
}

class CppCheckGrader final : public CodeGrader {
 public:
  using CodeGrader::CodeGrader;

 protected:
  CodeRun run(Sandbox& sandbox, const Question&, const Json& code, const std::string& program) const override {
    std::string tests = get_string(code, "tests").value_or(""), number = draw_number();
    size_t asserts = count_asserts(tests);
    std::string source = tested_source(program, tests, number);
    if (source.empty() || asserts == 0) return unreadable_tests("there is no main() with asserts");
    CppProgram built = compile_cpp(sandbox, source, {.flags = {"-O1", "-std=c++17"}});
    if (built.compile.verdict == RunVerdict::setup_error) return ended_run(built.compile);
    if (built.compile.verdict != RunVerdict::ok) return not_compiled(built.compile);
    Outcome outcome = sandbox.run(cpp_job(built, "", code_limits(time_limit(code, 10))));
    CodeRun run = judged_run(outcome, fmt::format("\n{} {}\n", number, asserts), asserts);
    add_usage(run, outcome);
    run.stats["integrity"] = "colocated";
    return run;
  }

 private:
  static CodeRun not_compiled(const Outcome& compile) {
    if (compile.verdict != RunVerdict::runtime_error) return ended_run(compile);
    size_t at = compile.err.find("error:");
    std::string_view first = at == std::string::npos ? std::string_view(compile.err) : std::string_view(compile.err).substr(at);
    CodeRun run = graded_run(Verdict::incorrect, "compile_error", one_line(first.substr(0, first.find('\n')), 200));
    add_usage(run, compile);
    return run;
  }
  static CodeRun judged_run(const Outcome& outcome, std::string_view report, size_t asserts) {
    if (outcome.verdict == RunVerdict::ok && outcome.out.ends_with(report))
      return graded_run(Verdict::correct, "", fmt::format("passes its tests ({} asserts)", asserts));
    if (outcome.verdict == RunVerdict::ok) return graded_run(Verdict::incorrect, "runtime_error", "the program ended before its tests had");
    CodeRun run = ended_run(outcome);
    bool failed = outcome.err.find("line ") != std::string::npos && outcome.signal;
    return failed ? graded_run(Verdict::incorrect, "wrong_answer", "fails at " + one_line(outcome.err, 200)) : run;
  }
};

} // namespace

std::unique_ptr<Grader> make_cpp_check_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<CppCheckGrader>("none", "cpp_check@1", std::move(sandbox));
}

} // namespace proctor
