// SPDX-License-Identifier: MIT
// proctor sandbox: what this machine can enforce; one program run confined.
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <memory>

#include "graders/sandbox/interpreter.h"
#include "harness/cmd.h"
#include "harness/cmd_sandbox_facts.h"
#include "harness/cmd_sandbox_options.h"
#include "harness/text/json_text.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

struct SandboxCommandArgs {
  std::string what;
  std::vector<std::string> words; // FILE and its arguments, or a command
  SandboxArgs confinement;
  std::string input, engine = "zygote", network = "none";
  double cpu_s = 10, memory_mb = 1024, output_mb = 64;
  std::optional<double> wall_s;
  std::vector<std::string> files;
  bool json = false, self_test = false;
};

Result<std::string> read_input(const std::string& path, std::string_view option) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char block[1 << 16];
  while (file.read(block, sizeof block) || file.gcount() > 0) text.append(block, static_cast<size_t>(file.gcount()));
  if (!file.is_open() || file.bad()) return usage_error(fmt::format("{} {}: {}", option, path, std::strerror(errno)));
  return text;
}

// With --json a document is on stdout whatever happened: the refusal as the sandbox told it, or what else is in the way.
Error refused(const SandboxCommandArgs& args, const Error& error) {
  if (args.json) fmt::print("{}\n", parse_json(error.message, "") ? error.message : dump_json(Json{{"error", error.message}}));
  return error;
}

// --- doctor

Json to_json(const SandboxFacts& facts) {
  Json json = proctor::to_json(facts.attestation);
  json["limits"] = limits_json({});
  json["python"] = {{"version", facts.python}, {"modules", facts.modules}, {"missing_modules", facts.missing}};
  json["compiler"] = facts.compiler.empty() ? Json() : Json("g++ " + facts.compiler);
  return json;
}

void print_facts(const SandboxFacts& facts, bool self_test) {
  const Attestation& attestation = facts.attestation;
  fmt::print("level     {}\nkernel    {}, {}\n", headline(attestation), attestation.kernel, attestation.user);
  for (const MissingLayer& layer : attestation.missing)
    fmt::print("missing   {} ({}); {}\n", kLayerNames[static_cast<int>(layer.layer)], layer.error == 0 ? "" : std::strerror(layer.error), layer.hint);
  Limits limits;
  fmt::print("limits    {:g} s CPU, {:g} s wall, {} MiB memory, {} MiB output, {} processes, {} open files; {} MiB and {} files in a box\n", limits.cpu_s,
             limits.wall_limit_s(), limits.memory_bytes >> 20, limits.output_bytes >> 20, limits.n_processes, limits.n_open_files, kBoxBytes >> 20, kBoxFiles);
  fmt::print("python    {}\n", facts.python);
  if (facts.has_python) fmt::print("modules   {}; not there: {}\n", fmt::join(facts.modules, " "), fmt::join(facts.missing, " "));
  fmt::print("compiler  {}\n", facts.compiler.empty() ? "none; C++ tasks need g++" : "g++ " + facts.compiler);
  if (self_test)
    for (const Probe& probe : attestation.probes)
      fmt::print("probe     {:<15} {}: expected {}, saw {}\n", probe.name, probe.held ? "held" : "FAILED", probe.expected, probe.seen);
  fmt::print("self-test {}\n", attestation.self_test_hash());
}

Result<ExitCode> doctor(const SandboxCommandArgs& args, const SandboxOptions& options) {
  if (!args.words.empty()) return usage_error("sandbox doctor takes no program");
  auto sandbox = Sandbox::start(options);
  if (!sandbox) return refused(args, sandbox.error());
  SandboxFacts facts = sandbox_facts(**sandbox);
  if (args.json) fmt::print("{}\n", dump_json(to_json(facts)));
  else print_facts(facts, args.self_test);
  return facts.has_python ? ExitCode::ok : ExitCode::infrastructure;
}

// --- python, run

Result<BoxJob> python_program(const SandboxCommandArgs& args) {
  if (args.words.empty()) return usage_error("sandbox python wants a file");
  auto source = read_input(args.words.front(), "sandbox python");
  if (!source) return source.error();
  if (args.engine == "zygote") {
    BoxJob job = python_job(std::move(*source));
    job.args.assign(args.words.begin() + 1, args.words.end());
    return job;
  }
  auto interpreter = find_interpreter(args.confinement.python);
  if (!interpreter) return interpreter.error();
  BoxJob job = command_job({interpreter->program, "-s", "-B", "/box/main.py"});
  job.args.insert(job.args.end(), args.words.begin() + 1, args.words.end());
  job.files.push_back({"main.py", std::move(*source)});
  return job;
}

Result<BoxJob> program_of(const SandboxCommandArgs& args) {
  if (args.what == "python") return python_program(args);
  if (args.words.empty()) return usage_error("sandbox run wants a command: proctor sandbox run -- CMD ...");
  return command_job(args.words);
}

Status check_box_name(const std::string& entry, const std::string& name, const BoxJob& job) {
  if (!lies_in_box(name)) return usage_error(fmt::format("--file {}: \"{}\" does not lie in the box; HOST=NAME names the copy, without .. and without a / in front", entry, name));
  if (std::ranges::any_of(job.files, [&](const BoxFile& file) { return file.name == name; }))
    return usage_error(fmt::format("--file {}: the box has a {} already; HOST=NAME names the copy", entry, name));
  return {};
}

Status add_files(const SandboxCommandArgs& args, BoxJob& job) {
  for (const std::string& entry : args.files) {
    size_t equals = entry.find('=');
    std::string host = entry.substr(0, equals);
    std::string box = equals == entry.npos ? host.substr(host.rfind('/') + 1) : entry.substr(equals + 1);
    if (Status good = check_box_name(entry, box, job); !good) return good;
    auto content = read_input(host, "--file");
    if (!content) return content.error();
    job.files.push_back({box, std::move(*content), true});
  }
  return {};
}

uint64_t bytes_of(double mebibytes) { return static_cast<uint64_t>(mebibytes * (1 << 20)); }

Result<BoxJob> job_of(const SandboxCommandArgs& args) {
  if (args.engine != "zygote" && args.engine != "exec") return usage_error(fmt::format("--engine {}: zygote or exec", args.engine));
  if (args.network != "none" && args.network != "loopback") return usage_error(fmt::format("--network {}: none or loopback", args.network));
  auto bad = [](double value) { return !(value > 0 && value < 1e7); };
  if (bad(args.cpu_s) || bad(args.memory_mb) || bad(args.output_mb) || (args.wall_s && bad(*args.wall_s)))
    return usage_error("--cpu, --wall, --memory and --output want numbers above 0");
  if (bytes_of(args.memory_mb) == 0 || bytes_of(args.output_mb) == 0) return usage_error("--memory and --output are in MiB; a byte at least is wanted");
  auto job = program_of(args);
  if (!job) return job.error();
  if (Status added = add_files(args, *job); !added) return added.error();
  if (!args.input.empty()) {
    auto input = read_input(args.input, "--stdin");
    if (!input) return input.error();
    job->input = std::move(*input);
  }
  job->loopback = args.network == "loopback";
  job->limits.cpu_s = args.cpu_s;
  job->limits.wall_s = args.wall_s.value_or(0);
  job->limits.memory_bytes = bytes_of(args.memory_mb);
  job->limits.output_bytes = bytes_of(args.output_mb);
  return job;
}

void put_bytes(Json& json, const std::string& key, const std::string& bytes) {
  if (is_utf8(bytes)) json[key] = bytes;
  else json[key + "_base64"] = base64_encode(bytes);
}

const char* limit_name(TimeLimit limit) { return limit == TimeLimit::cpu ? "cpu" : "wall"; }

Json to_json(const BoxOutcome& outcome, int level) {
  Json json = {{"verdict", verdict_name(outcome.verdict)}, {"cpu_s", outcome.cpu_s}, {"wall_s", outcome.wall_s},
               {"memory_bytes", outcome.memory_bytes}, {"level", fmt::format("L{}", level)}};
  if (outcome.exit_code) json["exit_code"] = *outcome.exit_code;
  if (outcome.signal) json["signal"] = *outcome.signal;
  if (outcome.timeout != TimeLimit::none) json["timeout"] = limit_name(outcome.timeout);
  if (!outcome.failure.empty()) json["failure"] = outcome.failure;
  put_bytes(json, "stdout", outcome.out);
  put_bytes(json, "stderr", outcome.err);
  return json;
}

void print_outcome(const BoxOutcome& outcome, int level) {
  std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
  std::fflush(stdout);
  std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
  std::string end = outcome.timeout != TimeLimit::none ? fmt::format(" ({})", limit_name(outcome.timeout))
                    : outcome.signal                   ? fmt::format(" (signal {})", *outcome.signal)
                    : outcome.exit_code                ? fmt::format(" (exit code {})", *outcome.exit_code)
                                                       : "";
  fmt::print(stderr, "{}{}: {:.3f} s CPU, {:.3f} s wall, {:.1f} MiB, L{}\n", verdict_name(outcome.verdict), end, outcome.cpu_s, outcome.wall_s,
             static_cast<double>(outcome.memory_bytes) / (1 << 20), level);
}

Result<ExitCode> run_program(const SandboxCommandArgs& args, const SandboxOptions& options) {
  auto job = job_of(args);
  if (!job) return job.error();
  auto sandbox = Sandbox::start(options);
  if (!sandbox) return refused(args, sandbox.error());
  int level = (*sandbox)->attestation().level;
  BoxOutcome outcome = (*sandbox)->run(*job);
  if (args.json) fmt::print("{}\n", dump_json(to_json(outcome, level)));
  if (outcome.verdict == RunVerdict::setup_error) return infrastructure_error("sandbox: " + outcome.failure);
  if (!args.json) print_outcome(outcome, level);
  return ExitCode::ok;
}

Result<ExitCode> sandbox_command(const SandboxCommandArgs& args) {
  auto options = args.confinement.options();
  if (!options) return options.error();
  options->n_slots = 1;
  if (args.what == "doctor") return doctor(args, *options);
  if (args.what == "python" || args.what == "run") return run_program(args, *options);
  return usage_error(fmt::format("sandbox {}: there are doctor, python and run", args.what));
}

} // namespace

CommandBody add_sandbox_command(CommandLine& command) {
  auto args = std::make_shared<SandboxCommandArgs>();
  command.option("what", args->what, "doctor, python or run").value_name("WHAT").required();
  command.option("program", args->words, "python: FILE and its arguments; run: the command. What begins with a dash goes behind --").value_name("PROGRAM...");
  command.rest(args->words);
  command.option("--stdin", args->input, "What the program reads (default: nothing)").value_name("FILE");
  command.option("--cpu", args->cpu_s, "CPU seconds of all its processes").value_name("S").show_default();
  command.option("--wall", args->wall_s, "Seconds by the clock (default: twice --cpu and one)").value_name("S");
  command.option("--memory", args->memory_mb, "MiB of all its processes").value_name("MB").show_default();
  command.option("--output", args->output_mb, "MiB of stdout, of stderr, of each file").value_name("MB").show_default();
  command.option("--engine", args->engine, "python: zygote (a fork) or exec (a fresh interpreter)").value_name("NAME").show_default();
  command.option("--file", args->files, "Copied into the box's folder before it starts (repeatable)").value_name("HOST[=BOX]").one_each();
  command.option("--network", args->network, "none, or loopback: a private one that holds nothing else").value_name("NAME").show_default();
  command.flag("--selftest", args->self_test, "doctor: every attempt of the self-test");
  args->confinement.add_to(command);
  command.flag("--json", args->json, "One JSON document");
  command.examples("Examples:\n  proctor sandbox doctor --selftest\n  proctor sandbox python solution.py --stdin input.txt --cpu 2\n"
                   "  proctor sandbox run --memory 64 -- /bin/ls -l /");
  return [args] { return sandbox_command(*args); };
}

} // namespace proctor
