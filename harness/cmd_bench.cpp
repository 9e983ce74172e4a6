// SPDX-License-Identifier: MIT
// proctor bench: throughput on this machine beside its measured limits.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "backends/engine/cpu/bandwidth.h"
#include "backends/engine/cpu/kernels.h"
#include "backends/engine/cpu/thread_pool.h"
#include "harness/cmd.h"
#include "harness/cmd_bench_grader.h"
#include "harness/cmd_bench_sandbox.h"
#include "harness/cmd_engine.h"
#include "harness/cmd_sandbox_options.h"
#include "harness/json.h"

namespace proctor {
namespace {

struct BenchArgs {
  std::string what;
  std::string rows; // of bench grader
  ModelArgs model;
  SandboxArgs confinement;
  int repeats = 3, tokens = 64, samples = 16, prompt = 128;
  bool json = false;
};

// Equal requests that run to their token limit: the engine knows no id that ends an answer.
class FixedClient : public TokenClient {
 public:
  FixedClient(int n, int prompt, int tokens, int32_t vocab) : left_(n), prompt_(prompt), vocab_(vocab) {
    sampling_.temperature = 0.6;
    sampling_.max_tokens = tokens;
  }
  std::optional<Request> next() override {
    if (left_ == 0) return std::nullopt;
    Request request{left_, {}, sampling_, static_cast<uint64_t>(left_)};
    for (int i = 0; i < prompt_; ++i) request.prompt.push_back(static_cast<int32_t>((i * int64_t{7919} + 13) % vocab_));
    --left_;
    return request;
  }
  bool wanted(int64_t) override { return true; }
  TokenVerdict token(int64_t, const Drawn&) override { return TokenVerdict::go_on; }
  void cut(int64_t) override {}
  void no_room(int64_t) override {}

 private:
  int left_, prompt_;
  int32_t vocab_;
  Sampling sampling_;
};

struct Measured {
  std::string name;
  double tokens_per_second = 0, tokens_per_core_second = 0, bytes_per_second = 0;
};

struct Load {
  std::string name;
  int samples, prompt, tokens;
};

// A prompt's tokens where it is measured alone (a new one in each repetition), else the generated ones.
double counted(const Load& load, const EngineStats& before, const EngineStats& after) {
  uint64_t generated = after.generated - before.generated;
  return static_cast<double>(load.tokens == 1 ? generated + after.prefilled - before.prefilled : generated);
}

Measured measure(Engine& engine, const Load& load, int repeats) {
  std::vector<Measured> runs;
  for (int i = 0; i < repeats; ++i) {
    EngineStats before = engine.stats();
    FixedClient client(load.samples, load.prompt + (load.tokens == 1 ? i + 1 : 0), load.tokens,
                       engine.config().vocab);
    engine.run(client);
    EngineStats after = engine.stats();
    double seconds = after.seconds - before.seconds;
    double tokens = counted(load, before, after);
    runs.push_back({load.name, tokens / seconds, tokens / (after.cpu_seconds - before.cpu_seconds),
                    static_cast<double>(after.bytes_read - before.bytes_read) / seconds});
  }
  std::sort(runs.begin(), runs.end(),
            [](const Measured& a, const Measured& b) { return a.tokens_per_second < b.tokens_per_second; });
  return runs[runs.size() / 2];
}

// A prompt that is measured alone grows by a token with every repetition.
Status check_fits(const Engine& engine, const Load& load, int repeats) {
  const int64_t longest = int64_t{load.prompt} + load.tokens + (load.tokens == 1 ? repeats : 0);
  if (longest > engine.config().max_positions)
    return usage_error(fmt::format("{}: its {} tokens do not fit into the model's context of {}; lower --tokens or --prompt-tokens",
                                   load.name, longest, engine.config().max_positions));
  if (longest > engine.room())
    return infrastructure_error(fmt::format("{}: there is memory for the keys and values of {} tokens, not of {}; raise --model_args kv_megabytes",
                                            load.name, engine.room(), longest));
  return {};
}

Json to_json(const Measured& m, double bandwidth) {
  Json json = {{"load", m.name},
               {"tokens_per_second", m.tokens_per_second},
               {"tokens_per_core_second", m.tokens_per_core_second},
               {"gigabytes_per_second", m.bytes_per_second * 1e-9}};
  if (bandwidth > 0) json["memory_bandwidth_share"] = m.bytes_per_second / bandwidth;
  return json;
}

void print_measured(const Measured& m, double bandwidth) {
  fmt::print("  {:<26} {:>8.1f} tok/s  {:>6.1f} GB/s", m.name, m.tokens_per_second, m.bytes_per_second * 1e-9);
  if (bandwidth > 0) fmt::print("  {:>3.0f} % of memory bandwidth", 100 * m.bytes_per_second / bandwidth);
  fmt::print("\n");
}

// Of the memory that the weights lie in; 0: a GPU's that is not known.
double bandwidth_of(const Engine& engine) {
  const DeviceReport device = engine.device();
  return device.name == "cpu" ? measure_read_bandwidth(engine.threads(), size_t{256} << 20, 5) : device.bandwidth;
}

// What runs, and how fast its memory reads.
std::string engine_line(const EngineBackend& backend, const Engine& engine, double bandwidth) {
  const Description model = backend.describe();
  const std::string device = engine.device().name;
  const std::string where = device == "cpu" ? fmt::format("{} threads, {}", engine.threads(), best_kernels().name) : device;
  const std::string memory = bandwidth > 0 ? fmt::format("; memory reads {:.1f} GB/s", bandwidth * 1e-9) : "";
  return fmt::format("{}: {}, {}{}\n", model.name, get_string(model.details, "weights").value_or(""), where, memory);
}

Result<ExitCode> bench_engine(const BenchArgs& args) try {
  auto options = engine_options(args.model);
  if (!options) return options.error();
  options->engine.max_running = std::max(options->engine.max_running, args.samples);
  options->ignores_ends = true;
  auto backend = EngineBackend::make(std::move(*options));
  if (!backend) return backend.error();
  Engine& engine = (*backend)->engine();
  const Load loads[] = {{"1 stream", 1, 1, args.tokens},
                        {fmt::format("{} samples of one prompt", args.samples), args.samples, 16, args.tokens},
                        {fmt::format("prompt of {}", args.prompt), 1, args.prompt, 1}};
  for (const Load& load : loads)
    if (Status fits = check_fits(engine, load, args.repeats); !fits) return fits.error();
  const double bandwidth = bandwidth_of(engine);
  Json results = Json::array();
  if (!args.json) fmt::print("{}", engine_line(**backend, engine, bandwidth));
  for (const Load& load : loads) {
    measure(engine, {load.name, load.samples, load.prompt, 2}, 1); // warm
    Measured m = measure(engine, load, args.repeats);
    results.push_back(to_json(m, bandwidth));
    if (!args.json) print_measured(m, bandwidth);
  }
  if (args.json)
    fmt::print("{}\n", dump_json({{"model", (*backend)->describe().details},
                                  {"memory_gigabytes_per_second", bandwidth * 1e-9},
                                  {"repeats", args.repeats},
                                  {"loads", results}}));
  return ExitCode::ok;
} catch (const ThreadsRefused& error) {
  return infrastructure_error(error.what());
}

Result<ExitCode> bench_command(const BenchArgs& args) {
  if (args.what == "grader") return bench_grader(args.rows, args.repeats, args.json);
  if (args.what == "sandbox") {
    auto options = args.confinement.options();
    return options ? bench_sandbox(*options, args.repeats, args.json) : Result<ExitCode>(options.error());
  }
  if (args.what != "engine") return usage_error(fmt::format("bench {}: there are engine, grader and sandbox", args.what));
  if (!is_engine_model(args.model.model))
    return usage_error("bench engine needs -m FILE.gguf, a model directory or dummy:CONFIG.json");
  return bench_engine(args);
}

} // namespace

CommandBody add_bench_command(CommandLine& command) {
  auto args = std::make_shared<BenchArgs>();
  command.option("what", args->what, "What to measure: engine, grader or sandbox").value_name("WHAT").required();
  command.option("-m,--model", args->model.model, "FILE.gguf, a model directory or dummy:CONFIG.json")
      .value_name("MODEL");
  command.option("--rows", args->rows, "grader: JSONL of {\"gold\",\"pred\"} instead of the built-in responses")
      .value_name("FILE");
  command
      .option("--model_args,--model-args", args->model.model_args,
              "Options of the model: dtype=q4_1 for dummy weights, ...")
      .value_name("K=V,...");
  command.option("--repeats", args->repeats, "Repetitions; the median is shown")
      .value_name("N")
      .positive()
      .show_default();
  command.option("--tokens", args->tokens, "Tokens per answer").value_name("N").positive().show_default();
  command.option("-n,--n", args->samples, "Samples of one prompt at once").value_name("N").positive().show_default();
  command.option("--prompt-tokens", args->prompt, "Length of the prompt that is measured alone")
      .value_name("N")
      .positive()
      .show_default();
  args->model.add_device_to(command);
  args->confinement.add_to(command);
  command.flag("--json", args->json, "One JSON document");
  command.examples("Examples:\n  proctor bench engine -m dummy:config.json --model_args dtype=q4_1 --threads 2\n"
                   "  proctor bench grader\n  proctor bench sandbox");
  return [args] { return bench_command(*args); };
}

} // namespace proctor
