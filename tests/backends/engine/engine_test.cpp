// SPDX-License-Identifier: MIT
// The same sample comes out bit for bit whatever runs beside it.
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "backends/engine/cpu/cpu_ops.h"
#include "backends/engine/engine/engine.h"
#include "tests/backends/engine/test_model.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

struct Answer {
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;
  bool was_cut = false, had_no_room = false;
  bool operator==(const Answer&) const = default;
};

// Asks for samples of several prompts; may lose interest in some.
class Client : public TokenClient {
 public:
  std::vector<Request> requests;
  std::map<int64_t, Answer> answers;
  std::set<int64_t> unwanted_after_five;

  std::optional<Request> next() override {
    if (at_ == requests.size()) return std::nullopt;
    return requests[at_++];
  }
  bool wanted(int64_t id) override { return !unwanted_after_five.contains(id) || answers[id].tokens.size() < 5; }
  TokenVerdict token(int64_t id, const Drawn& drawn) override {
    answers[id].tokens.push_back(drawn.token);
    answers[id].logprobs.push_back(drawn.logprob);
    return drawn.token == 7 ? TokenVerdict::stop : TokenVerdict::go_on;
  }
  void cut(int64_t id) override { answers[id].was_cut = true; }
  void no_room(int64_t id) override { answers[id].had_no_room = true; }
  void charge(int64_t id, double seconds) override { charged[id] += seconds; }

  std::map<int64_t, double> charged;

 private:
  size_t at_ = 0;
};

// 64 samples: 8 of each of 8 prompts of different lengths, page boundaries among them.
std::vector<Request> samples_64(int max_tokens = 90) {
  std::vector<Request> requests;
  const int32_t lengths[] = {1, 2, 63, 64, 65, 66, 128, 40};
  for (int32_t prompt = 0; prompt < 8; ++prompt)
    for (int32_t sample = 0; sample < 8; ++sample) {
      Request request;
      request.id = prompt * 8 + sample;
      for (int32_t i = 0; i < lengths[prompt]; ++i) request.prompt.push_back((prompt * 31 + i * 7) % 96);
      request.sampling = {.temperature = sample == 0 ? 0.0 : 1.0,
                          .top_p = sample < 4 ? 0.9 : 1.0,
                          .max_tokens = max_tokens,
                          .stop = {}};
      request.seed = 1000 + static_cast<uint64_t>(request.id);
      requests.push_back(request);
    }
  return requests;
}

std::map<int64_t, Answer> run(const ModelWeights& weights, EngineOptions options, std::vector<Request> requests,
                              EngineStats* stats = nullptr) {
  auto engine = Engine::make(weights, options);
  REQUIRE(engine.has_value());
  Client client;
  client.requests = std::move(requests);
  (*engine)->run(client);
  if (stats != nullptr) *stats = (*engine)->stats();
  return client.answers;
}

struct Loaded {
  TempDir temp;
  ModelFiles files;
  explicit Loaded(DType type, const std::string& architecture = "llama") {
    write_file(temp.path() + "/m.gguf", gguf_bytes(random_model(tiny_config(architecture, 32), 5), type));
    auto opened = open_gguf_model(temp.path() + "/m.gguf");
    REQUIRE(opened.has_value());
    files = std::move(*opened);
  }
};

} // namespace

TEST_CASE("the time of all steps is shared among the samples, without a rest") {
  Loaded model(DType::f32);
  for (int max_running : {1, 7, 64}) {
    auto engine = Engine::make(model.files.weights, {.threads = 2, .max_running = max_running, .bf16_pages = {}});
    REQUIRE(engine.has_value());
    Client client;
    client.requests = samples_64();
    client.unwanted_after_five = {3, 40};
    (*engine)->run(client);
    double sum = 0;
    for (const auto& [id, seconds] : client.charged) {
      CHECK(seconds > 0);
      sum += seconds;
    }
    CHECK(client.charged.size() == 64);
    CHECK(sum == doctest::Approx((*engine)->stats().seconds).epsilon(1e-9));
  }
}

TEST_CASE("64 samples are equal to the bit at batch 1, 7 and 64, with any number of threads, chunk or order") {
  for (DType type : {DType::f32, DType::bf16, DType::q4_0}) {
    CAPTURE(info(type).name);
    Loaded model(type);
    const ModelWeights& weights = model.files.weights;
    auto expected = run(weights, {.threads = 1, .max_running = 1, .bf16_pages = {}}, samples_64());
    REQUIRE(expected.size() == 64);
    for (EngineOptions options :
         {EngineOptions{.threads = 1, .max_running = 7, .bf16_pages = {}},
          EngineOptions{.threads = 2, .max_running = 64, .bf16_pages = {}},
          EngineOptions{.threads = 3, .max_running = 64, .bf16_pages = {}, .prefill_rows = 17}})
      CHECK(run(weights, options, samples_64()) == expected);
    auto backwards = samples_64();
    std::reverse(backwards.begin(), backwards.end());
    CHECK(run(weights, {.threads = 2, .max_running = 5, .bf16_pages = {}}, backwards) == expected);
  }
}

TEST_CASE("samples that were swapped out and in again are equal to the bit") {
  Loaded model(DType::q8_0, "qwen3");
  EngineStats roomy, tight;
  auto expected =
      run(model.files.weights, {.threads = 2, .max_running = 64, .bf16_pages = {}}, samples_64(200), &roomy);
  size_t page = make_cpu_ops(model.files.weights.config, model.files.weights.rope, {})->page_bytes();
  auto swapped =
      run(model.files.weights, {.threads = 2, .max_running = 64, .bf16_pages = {}, .page_memory = 9 * page},
          samples_64(200), &tight);
  CHECK(swapped == expected);
  CHECK(roomy.swapped_out == 0);
  CHECK(tight.swapped_out > 20);
}

TEST_CASE("a sample that the pages do not hold is no answer that was cut off, and the others do not notice") {
  Loaded model(DType::f32);
  const size_t page = make_cpu_ops(model.files.weights.config, model.files.weights.rope, {.bf16_pages = false})->page_bytes();
  auto requests = samples_64(150);
  requests.push_back({100, std::vector<int32_t>(200, 3), {.temperature = 0, .max_tokens = 5, .stop = {}}, 1});
  auto roomy = run(model.files.weights, {.threads = 2, .bf16_pages = {}}, requests);
  auto tight = run(model.files.weights, {.threads = 2, .bf16_pages = {}, .page_memory = 3 * page}, requests);
  const size_t room = 3 * 64;
  int without_room = 0;
  for (const Request& request : requests) {
    CAPTURE(request.id);
    Answer expected = roomy[request.id];
    if (request.prompt.size() + expected.tokens.size() > room) {
      const size_t kept = room - std::min(request.prompt.size(), room);
      expected.tokens.resize(kept);
      expected.logprobs.resize(kept);
      expected.was_cut = false;
      expected.had_no_room = true;
      ++without_room;
    }
    CHECK(tight[request.id] == expected);
  }
  CHECK(without_room > 3);
}

TEST_CASE("a prompt is computed once for all its samples") {
  Loaded model(DType::f32);
  EngineStats stats;
  run(model.files.weights, {.threads = 1, .max_running = 16, .bf16_pages = {}}, samples_64(5), &stats);
  // 429 prompt tokens; the last of each prompt is the row that draws the first token.
  CHECK(stats.prefilled == 429 - 8);
  CHECK(stats.shared == 7 * (429 - 8));
}

TEST_CASE("a sample that is no longer wanted is dropped in mid-generation, and the others do not notice") {
  Loaded model(DType::q4_0);
  auto expected = run(model.files.weights, {.threads = 1, .max_running = 8, .bf16_pages = {}}, samples_64());
  auto engine = Engine::make(model.files.weights, {.threads = 1, .max_running = 8, .bf16_pages = {}});
  REQUIRE(engine.has_value());
  Client client;
  client.requests = samples_64();
  client.unwanted_after_five = {0, 9, 63};
  (*engine)->run(client);
  for (auto& [id, answer] : expected) {
    CAPTURE(id);
    if (client.unwanted_after_five.contains(id))
      CHECK(client.answers[id].tokens.size() <= 5);
    else
      CHECK(client.answers[id] == answer);
  }
}

TEST_CASE("an answer ends at max_tokens, at the context's end, or not at all where the prompt fills the context") {
  Loaded model(DType::f32);
  Request to_limit{1, {1, 2, 3}, {.temperature = 0, .max_tokens = 4, .stop = {}}, 1};
  Request to_context{2, std::vector<int32_t>(1020, 3), {.temperature = 0, .max_tokens = 100, .stop = {}}, 1};
  Request too_long{3, std::vector<int32_t>(1024, 3), {.temperature = 0, .max_tokens = 100, .stop = {}}, 1};
  auto answers = run(model.files.weights, {.threads = 1, .bf16_pages = {}}, {to_limit, to_context, too_long});
  CHECK(answers[1].tokens.size() <= 4);
  CHECK(answers[2].tokens.size() <= 4);
  CHECK(answers[3].tokens.empty());
  CHECK(answers[3].was_cut);
}
