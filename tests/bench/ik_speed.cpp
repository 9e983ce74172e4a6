// SPDX-License-Identifier: MIT
// ik_llama.cpp under the loads of engine_vs_llama.py, weights repacked at run time (its -rtr): ik_speed FILE.gguf
// THREADS SAMPLES PROMPT TOKENS prints one JSON array of tokens per second and per core-second. Built by hand beside
// a checkout of ik_llama.cpp; no part of the project's own build:
//   g++ -O2 -I IK/include -I IK/ggml/include tests/bench/ik_speed.cpp -o ik_speed -L IK/build/src -l:libllama.so
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <llama.h>

namespace {

struct Clocks {
  std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
  std::clock_t cpu = std::clock();
};

void print_rates(const char* before, int tokens, const Clocks& start) {
  Clocks now;
  std::chrono::duration<double> seconds = now.wall - start.wall;
  double cpu = static_cast<double>(now.cpu - start.cpu) / CLOCKS_PER_SEC;
  std::printf("%s[%.2f, %.2f]", before, tokens / seconds.count(), tokens / cpu);
}

void add(llama_batch& batch, int token, int position, int sequence, bool logits) {
  int at = batch.n_tokens++;
  batch.token[at] = token;
  batch.pos[at] = position;
  batch.n_seq_id[at] = 1;
  batch.seq_id[at][0] = sequence;
  batch.logits[at] = logits;
}

void decode(llama_context* context, llama_batch& batch) {
  if (llama_decode(context, batch) != 0) std::exit(1);
  llama_synchronize(context);
  batch.n_tokens = 0;
}

void read(llama_context* context, llama_batch& batch, int sequence, int prompt) {
  for (int i = 0; i < prompt; ++i) add(batch, 100 + i, i, sequence, i == prompt - 1);
  decode(context, batch);
}

void generate(llama_context* context, llama_batch& batch, int samples, int prompt, int tokens) {
  for (int s = 0; s < samples; ++s) read(context, batch, s, prompt);
  Clocks start;
  for (int step = 0; step < tokens; ++step) {
    for (int s = 0; s < samples; ++s) add(batch, 1000 + 17 * step + s, prompt + step, s, true);
    decode(context, batch);
  }
  print_rates(samples == 1 ? "[" : ", ", tokens * samples, start);
  llama_kv_cache_clear(context);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int threads = std::atoi(argv[2]), samples = std::atoi(argv[3]), prompt = std::atoi(argv[4]),
            tokens = std::atoi(argv[5]);
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_model_params model_params = llama_model_default_params();
  model_params.repack_tensors = true;
  model_params.use_mmap = false; // what can be repacked must not be mapped
  llama_model* model = llama_model_load_from_file(argv[1], model_params);
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<uint32_t>(256 * samples);
  params.n_batch = params.n_ubatch = 512;
  params.n_seq_max = static_cast<uint32_t>(samples);
  params.n_threads = params.n_threads_batch = static_cast<uint32_t>(threads);
  llama_context* context = model == nullptr ? nullptr : llama_init_from_model(model, params);
  if (context == nullptr) return 1;
  llama_batch batch = llama_batch_init(512, 0, 1);
  read(context, batch, 0, prompt); // warm
  llama_kv_cache_clear(context);
  generate(context, batch, 1, 1, tokens);
  generate(context, batch, samples, 16, tokens);
  Clocks start;
  read(context, batch, 0, prompt);
  print_rates(", ", prompt, start);
  std::printf("]\n");
}
