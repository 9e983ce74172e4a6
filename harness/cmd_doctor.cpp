// SPDX-License-Identifier: MIT
// proctor doctor: what works on this machine, what does not, and how to fix it.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <thread>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "backends/engine/cuda/module.h"
#include "harness/cmd.h"
#include "harness/cmd_models.h"
#include "harness/cmd_options.h"
#include "harness/cmd_sandbox_facts.h"
#include "harness/json.h"
#include "tasks/catalog.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

struct DoctorArgs {
  bool json = false;
  std::string output = "runs";
  QuestionArgs questions;
};

// state: "ok", "missing" (something optional is not there) or "broken" (something that runs need).
struct Finding {
  std::string check, state, detail, remedy;
};

Finding check_output(const std::string& root) {
  fs::path dir = fs::absolute(root);
  while (!dir.empty() && !fs::exists(dir)) dir = dir.parent_path(); // run makes what is missing
  std::error_code error;
  bool usable = fs::is_directory(dir, error) && ::access(dir.c_str(), W_OK) == 0;
  if (!usable)
    return {"output", "broken", fmt::format("{} is not a writable directory", dir.string()),
            "choose another with -o"};
  auto space = fs::space(dir, error);
  double gib = static_cast<double>(space.available) / (1 << 30);
  if (gib < 1)
    return {"output", "broken", fmt::format("{:.1f} GiB free under {}", gib, dir.string()),
            "free some space, or choose another place with -o"};
  return {"output", "ok", fmt::format("{}, {:.0f} GiB free", dir.string(), gib), ""};
}

Finding check_data(const QuestionArgs& questions) {
  size_t found = 0, wanted = 0;
  for (const TaskInfo& task : task_catalog()) {
    if (task.files.empty()) continue;
    ++wanted;
    auto options = questions.task_options(task.name);
    found += options && task_data_available(task.name, *options);
  }
  const char* variable = std::getenv("PROCTOR_DATA");
  std::string where = !questions.data.empty() ? questions.data.front() : variable != nullptr ? variable : "";
  if (where.empty())
    return {"data", "missing", "no --data and no PROCTOR_DATA; generated tasks need none",
            "set PROCTOR_DATA to a folder of benchmark files"};
  if (found == 0)
    return {"data", "missing", fmt::format("none of {} tasks' files under {}", wanted, where),
            "proctor ls tasks --json lists the file names"};
  return {"data", "ok", fmt::format("{} of {} tasks have their files under {}", found, wanted, where), ""};
}

Finding check_temporary() {
  std::error_code error;
  fs::path dir = fs::temp_directory_path(error);
  if (error || ::access(dir.c_str(), W_OK) != 0)
    return {"temporary files", "broken", "no writable temporary directory",
            "set TMPDIR (compressed inputs are unpacked there)"};
  return {"temporary files", "ok", dir.string(), ""};
}

Finding check_gpu() {
  size_t devices = 0;
  std::error_code error;
  while (fs::exists(fmt::format("/dev/nvidia{}", devices), error)) ++devices;
  if (devices == 0) return {"gpu", "missing", "no NVIDIA device; models of this process run on the processors", ""};
  const std::string found = fmt::format("{} NVIDIA device{}", devices, devices == 1 ? "" : "s");
  if (fs::exists(cuda::module_path(), error)) return {"gpu", "ok", found, ""};
  return {"gpu", "unused", found + "; this build runs its models on the processors", "build with nvcc 13 (cmake -DPROCTOR_CUDA=ON)"};
}

std::string model_names() {
  std::string names;
  for (const ModelInfo& model : model_catalog()) names += (names.empty() ? "" : ", ") + model.spelling;
  return names;
}

std::vector<Finding> check_sandbox(const SandboxOptions& options) {
  auto sandbox = Sandbox::start(options);
  if (!sandbox)
    return {{"sandbox", "missing", "refused: " + sandbox.error().message, "coding tasks cannot be graded here; proctor sandbox doctor says more"}};
  SandboxFacts facts = sandbox_facts(**sandbox);
  std::vector<Finding> findings = {{"sandbox", "ok", headline(facts.attestation), ""}};
  findings.push_back({"sandbox python", facts.has_python ? "ok" : "missing", facts.python, facts.has_python ? "" : "install python3"});
  findings.push_back({"sandbox modules", facts.missing.empty() ? "ok" : "missing",
                      fmt::format("not there: {}", fmt::join(facts.missing, " ")),
                      facts.missing.empty() ? "" : "programs that import these fail with missing_module; install them for the sandbox's python"});
  findings.push_back({"sandbox c++", facts.compiler.empty() ? "missing" : "ok", facts.compiler.empty() ? "no g++ in the box" : "g++ " + facts.compiler,
                      facts.compiler.empty() ? "install g++ for humaneval_cpp" : ""});
  return findings;
}

std::vector<Finding> examine(const DoctorArgs& args, const SandboxOptions& options) {
  std::vector<Finding> findings = {{"processors", "ok", fmt::format("{} for grading", std::thread::hardware_concurrency()), ""},
          {"compression", "ok", fmt::format("gzip (zlib {}), zstd {}", zlibVersion(), ZSTD_versionString()), ""},
          check_temporary(),
          check_output(args.output),
          check_data(args.questions),
          check_gpu(),
          {"models", "ok", model_names(), ""}};
  for (Finding& finding : check_sandbox(options)) findings.push_back(std::move(finding));
  return findings;
}

Result<ExitCode> doctor_command(const DoctorArgs& args) {
  auto options = args.questions.confinement.options();
  if (!options) return options.error();
  bool broken = false;
  for (const Finding& finding : examine(args, *options)) {
    broken = broken || finding.state == "broken";
    if (args.json) {
      Json row = {{"check", finding.check}, {"state", finding.state}, {"detail", finding.detail}};
      if (!finding.remedy.empty()) row["remedy"] = finding.remedy;
      fmt::print("{}\n", dump_json(row));
    } else {
      fmt::print("{:<8} {:<16} {}{}\n", finding.state, finding.check, finding.detail,
                 finding.remedy.empty() ? "" : "; " + finding.remedy);
    }
  }
  return broken ? ExitCode::infrastructure : ExitCode::ok;
}

} // namespace

CommandBody add_doctor_command(CommandLine& command) {
  auto args = std::make_shared<DoctorArgs>();
  command.flag("--json", args->json, "One JSON object a line");
  command.option("-o,--output", args->output, "Folder of all run directories").value_name("DIR").show_default();
  args->questions.add_data_to(command);
  args->questions.confinement.add_to(command);
  command.examples("Example:\n  proctor doctor --data benchmarks/");
  return [args] { return doctor_command(*args); };
}

} // namespace proctor
