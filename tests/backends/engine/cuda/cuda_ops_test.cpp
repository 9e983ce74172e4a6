// SPDX-License-Identifier: MIT
// Whole models through the emulated kernels, against the CPU engine.
#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

#include "backends/engine/cuda/cuda_ops.h"
#include "backends/engine/engine/engine.h"
#include "tests/backends/engine/cuda/emulated_device.h"
#include "tests/backends/engine/run_model.h"
#include "tests/backends/engine/test_model.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

std::unique_ptr<Ops> emulated(const ModelWeights& weights, const cuda::CudaOptions& options, EmulatedCounts* counts = nullptr, bool late = false) {
  auto ops = cuda::make_ops(weights.config, weights.rope, make_emulated_device(counts, late), options);
  REQUIRE(ops.has_value());
  return std::move(*ops);
}

std::unique_ptr<Ops> emulated(const ModelWeights& weights, cuda::KvType kv = cuda::KvType::bf16) {
  return emulated(weights, {.kv = kv, .max_rows = 64});
}

struct Loaded {
  TempDir temp;
  ModelFiles files;
  Loaded(const std::string& architecture, int head_dim, DType type) {
    write_file(temp.path() + "/m.gguf", gguf_bytes(random_model(tiny_config(architecture, head_dim), 5), type));
    auto opened = open_gguf_model(temp.path() + "/m.gguf");
    REQUIRE(opened.has_value());
    files = std::move(*opened);
  }
};

struct Load {
  size_t n = 12;
  size_t prompt = 0; // tokens; 0: 65 or a few
  int max_tokens = 12;
  bool backwards = false;
  std::vector<int32_t> stops = {};            // of the client
  std::vector<size_t> unwanted_after_three = {}; // requests
};

// The same requests in every run; keeps what they got.
class Client : public TokenClient {
 public:
  explicit Client(const Load& load) : answers(load.n), load_(load), left_(load.n) {}
  std::vector<std::vector<std::pair<int32_t, float>>> answers;

  std::optional<Request> next() override {
    if (left_ == 0) return std::nullopt;
    const size_t id = load_.backwards ? --left_ : answers.size() - left_--;
    Request request;
    request.id = static_cast<int64_t>(id);
    const size_t length = load_.prompt > 0 ? load_.prompt : id % 4 == 0 ? 65 : 3 + id % 3;
    for (int32_t i = 0; i < static_cast<int32_t>(length); ++i)
      request.prompt.push_back((static_cast<int32_t>(id % 4) * 31 + i * 7) % 96);
    request.sampling = {.temperature = id % 3 == 0 ? 0.0 : 1.0, .top_p = id % 2 == 0 ? 0.9 : 1.0, .max_tokens = load_.max_tokens, .stop = {}};
    request.seed = 1000 + id;
    return request;
  }
  bool wanted(int64_t id) override {
    const auto& given_up = load_.unwanted_after_three;
    return answers[static_cast<size_t>(id)].size() < 3 || std::find(given_up.begin(), given_up.end(), static_cast<size_t>(id)) == given_up.end();
  }
  TokenVerdict token(int64_t id, const Drawn& drawn) override {
    CHECK(!over[static_cast<size_t>(id)]);
    answers[static_cast<size_t>(id)].emplace_back(drawn.token, drawn.logprob);
    const bool stops = std::find(load_.stops.begin(), load_.stops.end(), drawn.token) != load_.stops.end();
    over[static_cast<size_t>(id)] = stops;
    return stops ? TokenVerdict::stop : TokenVerdict::go_on;
  }
  void cut(int64_t id) override {
    CHECK(!over[static_cast<size_t>(id)]);
    over[static_cast<size_t>(id)] = true;
  }
  void no_room(int64_t id) override {
    cut(id);
    ++without_room;
  }
  void charge(int64_t id, double seconds) override {
    CHECK(!over[static_cast<size_t>(id)]);
    CHECK(seconds > 0);
    charged += seconds;
  }
  double charged = 0;
  int without_room = 0;
  std::vector<bool> over = std::vector<bool>(answers.size());

 private:
  const Load load_;
  size_t left_;
};

std::vector<std::vector<std::pair<int32_t, float>>> answers_of(const ModelWeights& weights, EngineOptions options,
                                                               Load load = {}, EngineStats* stats = nullptr) {
  auto engine = Engine::make_on(emulated(weights), weights, options);
  REQUIRE(engine.has_value());
  Client client(load);
  (*engine)->run(client);
  if (stats != nullptr) *stats = (*engine)->stats();
  return client.answers;
}

} // namespace

TEST_CASE("logits of every architecture are the CPU engine's with BF16 weights") {
  const auto tokens = some_tokens(70); // two pages
  for (const char* architecture : {"llama", "qwen2", "qwen3"})
    for (int head_dim : {8, 32, 64}) {
      CAPTURE(architecture);
      CAPTURE(head_dim);
      Loaded model(architecture, head_dim, DType::bf16);
      ModelRunner cpu(model.files.weights), gpu(model.files.weights, emulated(model.files.weights));
      const auto expected = cpu.feed(tokens);
      CHECK(relative_error(gpu.feed(tokens), expected) < 0.01);
      if (head_dim == 8) continue;
      ModelRunner e4m3(model.files.weights, emulated(model.files.weights, cuda::KvType::e4m3));
      CHECK(relative_error(e4m3.feed(tokens), expected) < 0.12);
    }
}

TEST_CASE("GGUF weights of any type are unpacked to BF16") {
  const auto tokens = some_tokens(5);
  for (DType type : {DType::f32, DType::f16, DType::q4_0, DType::q5_1, DType::q8_0}) {
    CAPTURE(info(type).name);
    Loaded model("llama", 32, type);
    ModelRunner cpu(model.files.weights), gpu(model.files.weights, emulated(model.files.weights));
    CHECK(relative_error(gpu.feed(tokens), cpu.feed(tokens)) < 0.03); // the CPU rounds neither, or to int8
  }
}

TEST_CASE("a prompt in pieces of any size gives the same bits as in one go") {
  Loaded model("qwen2", 64, DType::bf16);
  const auto tokens = some_tokens(70);
  ModelRunner runner(model.files.weights, emulated(model.files.weights));
  const auto expected = runner.feed(tokens);
  for (size_t piece : {1, 9, 64}) {
    CAPTURE(piece);
    runner.rewind();
    std::vector<std::vector<float>> all;
    for (size_t at = 0; at < tokens.size(); at += piece) {
      const auto end = tokens.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, tokens.size()));
      for (auto& row : runner.feed({tokens.begin() + static_cast<std::ptrdiff_t>(at), end})) all.push_back(row);
    }
    CHECK(all == expected);
  }
}

TEST_CASE("samples are equal to the bit at any batch and in any order") {
  Loaded model("llama", 8, DType::q8_0);
  const ModelWeights& weights = model.files.weights;
  const auto expected = answers_of(weights, {.max_running = 1, .bf16_pages = {}});
  CHECK(answers_of(weights, {.max_running = 5, .bf16_pages = {}}) == expected);
  CHECK(answers_of(weights, {.max_running = 12, .bf16_pages = {}, .prefill_rows = 17}, {.backwards = true}) == expected);
}

TEST_CASE("samples that were swapped out and in again are equal to the bit") {
  Loaded model("llama", 8, DType::q8_0);
  const ModelWeights& weights = model.files.weights;
  const Load load{.n = 3, .prompt = 60, .max_tokens = 80};
  EngineStats roomy, tight;
  const auto expected = answers_of(weights, {.max_running = 3, .bf16_pages = {}}, load, &roomy);
  const size_t page = emulated(weights)->page_bytes();
  CHECK(answers_of(weights, {.max_running = 3, .bf16_pages = {}, .page_memory = 5 * page}, load, &tight) == expected);
  CHECK(roomy.swapped_out == 0);
  CHECK(tight.swapped_out > 0);
  CHECK(tight.device_seconds > 0);
}

TEST_CASE("samples of captured steps are equal to the bit to those of steps that are launched kernel by kernel") {
  for (int head_dim : {8, 64}) {
    Loaded model("qwen3", head_dim, DType::bf16);
    const ModelWeights& weights = model.files.weights;
    const Load load{.n = 6, .max_tokens = 16};
    std::vector<std::vector<std::pair<int32_t, float>>> answers[2];
    EmulatedCounts counts[2];
    for (bool graphs : {false, true}) {
      auto engine = Engine::make_on(emulated(weights, {.max_rows = 64, .graphs = graphs}, &counts[graphs]), weights, {.max_running = 3, .bf16_pages = {}});
      REQUIRE(engine.has_value());
      Client client(load);
      (*engine)->run(client);
      answers[graphs] = client.answers;
    }
    CHECK(answers[0] == answers[1]);
    CHECK(counts[0].captures == 0);
    CHECK(counts[1].captures > 0);
    CHECK(counts[1].graph_launches > 2 * counts[1].captures);
  }
}

namespace {

// Decodes `rows` sequences of four pages each, by hand.
class Decoding {
 public:
  Decoding(const ModelWeights& weights, const cuda::CudaOptions& options, EmulatedCounts* counts = nullptr)
      : ops_(emulated(weights, options, counts)), model_(upload_model(*ops_, weights)) {
    REQUIRE(ops_->reserve_pages(kPages).has_value());
  }

  std::vector<Drawn> step(int32_t rows, int32_t position) {
    Step step;
    std::vector<std::vector<int32_t>> tables;
    for (int32_t r = 0; r < rows; ++r) tables.push_back({4 * r, 4 * r + 1, 4 * r + 2, 4 * r + 3});
    step.tables.assign(tables.begin(), tables.end());
    for (int32_t r = 0; r < rows; ++r) {
      step.tokens.push_back((r * 31 + position) % 96);
      step.positions.push_back(position);
      step.sequences.push_back(r);
      step.samples.push_back({r, static_cast<uint64_t>(r), position + 1, &sampling_});
    }
    forward(*ops_, model_, step);
    ops_->end_step();
    return ops_->result().drawn;
  }

  std::vector<uint8_t> page(int32_t page) {
    std::vector<uint8_t> bytes(ops_->page_bytes());
    const PageCopy out{PageCopy::Kind::out, page, 0, bytes.data()};
    ops_->copy_pages({&out, 1});
    return bytes;
  }
  static constexpr int32_t kPages = 64;

 private:
  std::unique_ptr<Ops> ops_;
  DeviceModel model_;
  Sampling sampling_{.temperature = 1, .stop = {}};
};

} // namespace

TEST_CASE("a graph is captured once for each bucket, and its launches allocate nothing") {
  Loaded model("llama", 32, DType::bf16);
  EmulatedCounts counts;
  Decoding decoding(model.files.weights, {.max_rows = 64}, &counts);
  for (int32_t position = 0; position < 2; ++position) // makes the memory; captures
    for (int32_t rows : {8, 5, 3, 1}) decoding.step(rows, position);
  CHECK(counts.captures == 3); // 8 (for 5 too), 4 and 1
  const EmulatedCounts before = counts;
  for (int32_t position = 2; position < 9; ++position)
    for (int32_t rows : {8, 7, 6, 5, 4, 3, 1}) decoding.step(rows, position);
  CHECK(counts.captures == before.captures);
  CHECK(counts.allocations == before.allocations);
  CHECK(counts.graph_launches == before.graph_launches + 7 * 7);
}

TEST_CASE("when memory has moved a graph is captured again, and nothing of the old one is used") {
  Loaded model("llama", 32, DType::bf16);
  EmulatedCounts counts;
  Decoding captured(model.files.weights, {.max_rows = 64}, &counts), plain(model.files.weights, {.max_rows = 64, .graphs = false});
  for (int32_t position = 55; position < 75; ++position) { // over a page: longer arrays
    const int32_t rows = position == 60 ? 15 : 3;
    CHECK(captured.step(rows, position) == plain.step(rows, position));
  }
  CHECK(counts.captures > 1);
  CHECK(counts.captures < 6);
}

TEST_CASE("rows that pad a step write no page") {
  Loaded model("llama", 64, DType::bf16);
  Decoding decoding(model.files.weights, {.max_rows = 64});
  for (int32_t position = 0; position < 4; ++position) decoding.step(5, position); // in a bucket of 8
  for (int32_t page = 0; page < Decoding::kPages; ++page) {
    CAPTURE(page);
    const auto bytes = decoding.page(page);
    const bool written = std::any_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte != 0; });
    CHECK(written == (page < 20 && page % 4 == 0));
  }
}

TEST_CASE("samples are equal to the bit when a step begins before the tokens of the last are read, however late the device is") {
  Loaded model("llama", 8, DType::bf16);
  ModelWeights& weights = model.files.weights;
  weights.config.eos = {3, 71}; // stop a row on the device too
  const Load load{.n = 8, .prompt = 60, .max_tokens = 32, .stops = {3, 71, 20}, .unwanted_after_three = {3, 6}};
  const size_t page = emulated(weights)->page_bytes();
  for (size_t pages : {0, 5}) { // 5: too few, so that some are swapped
    std::vector<std::vector<std::pair<int32_t, float>>> expected;
    for (bool ahead : {false, true})
      for (bool late : {false, true}) {
        if (late && !ahead) continue;
        CAPTURE(pages);
        CAPTURE(ahead);
        CAPTURE(late);
        EngineOptions options{.max_running = 5, .bf16_pages = {}, .page_memory = pages * page};
        auto engine = Engine::make_on(emulated(weights, {.max_rows = 64, .runs_ahead = ahead}, nullptr, late), weights, options);
        REQUIRE(engine.has_value());
        Client client(load);
        (*engine)->run(client);
        const EngineStats stats = (*engine)->stats();
        for (size_t id : load.unwanted_after_three) client.answers[id].resize(std::min<size_t>(client.answers[id].size(), 3));
        if (expected.empty()) expected = client.answers;
        CHECK(client.answers == expected);
        for (size_t id = 0; id < load.n; ++id) CHECK((client.over[id] || client.answers[id].size() == 3));
        CHECK((stats.swapped_out > 0) == (pages > 0));
        CHECK(stats.generated >= 60);
        CHECK(client.charged <= stats.seconds * (1 + 1e-9));
        CHECK(client.charged > 0);
      }
  }
}

TEST_CASE("answers of one token, and those that fill all pages, end in time when a step is begun ahead") {
  Loaded model("llama", 8, DType::bf16);
  for (bool late : {false, true})
    for (int max_tokens : {1, 2}) {
      auto engine = Engine::make_on(emulated(model.files.weights, {.max_rows = 64}, nullptr, late), model.files.weights, {.max_running = 3, .bf16_pages = {}});
      REQUIRE(engine.has_value());
      Client client({.n = 7, .max_tokens = max_tokens});
      (*engine)->run(client);
      for (const auto& answer : client.answers) CHECK(answer.size() == static_cast<size_t>(max_tokens));
      CHECK((*engine)->stats().generated == 7u * static_cast<size_t>(max_tokens));
    }
  const size_t page = emulated(model.files.weights)->page_bytes();
  auto engine = Engine::make_on(emulated(model.files.weights, {.max_rows = 256}), model.files.weights, {.max_running = 1, .bf16_pages = {}, .page_memory = 2 * page});
  REQUIRE(engine.has_value());
  Client client({.n = 2, .prompt = 120, .max_tokens = 1000});
  (*engine)->run(client);
  for (const auto& answer : client.answers) CHECK(answer.size() == 8); // 128 positions
  CHECK(client.without_room == 2);
}

TEST_CASE("a context beyond the device's memory has rotations for no more positions than there could be pages") {
  Loaded model("llama", 32, DType::bf16);
  ModelConfig config = model.files.weights.config;
  config.max_positions = 1 << 24;
  config.layers = 512; // large pages: few of them
  EmulatedCounts counts;
  REQUIRE(cuda::make_ops(config, model.files.weights.rope, make_emulated_device(&counts), {}).has_value());
  CHECK(counts.bytes < size_t{64} << 20);
}

TEST_CASE("a tied head is uploaded once, and heads that the kernels cannot hold are refused by name") {
  Loaded model("llama", 32, DType::bf16);
  auto ops = emulated(model.files.weights);
  StackedMatrix head;
  head.parts.push_back({model.files.weights.embedding});
  CHECK(ops->upload_table(model.files.weights.embedding) == ops->upload(head));
  ModelConfig wide = model.files.weights.config;
  wide.head_dim = 512;
  auto refused = cuda::make_ops(wide, model.files.weights.rope, make_emulated_device(), {});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().message.find("512") != std::string::npos);
}

TEST_CASE("stories260K: BF16 through the emulated kernels keeps to the golden, teacher-forced") {
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  if (data == nullptr) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return;
  }
  const std::string directory = std::string(data) + "/models/stories260K";
  TempDir temp;
  write_file(temp.path() + "/stories.gguf", gguf_bytes(read_llama2c(directory + "/stories260K.bin"), DType::bf16));
  auto files = open_gguf_model(temp.path() + "/stories.gguf");
  REQUIRE(files.has_value());
  std::ifstream file(directory + "/golden_greedy_fp64.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const Json steps = (*parse_json(text, "golden")).at("steps");
  std::vector<int32_t> tokens;
  for (const Json& step : steps) tokens.push_back(step.at("token").get<int32_t>());
  ModelRunner runner(files->weights, emulated(files->weights));
  const auto logits = runner.feed(tokens);
  int equal = 0;
  double largest = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto best = std::max_element(logits[i].begin(), logits[i].end()) - logits[i].begin();
    equal += best == steps[i].at("next").get<int64_t>();
    for (const Json& pair : steps[i].at("top5"))
      largest = std::max(largest, std::abs(static_cast<double>(logits[i][pair[0].get<size_t>()]) - pair[1].get<double>()));
  }
  MESSAGE(equal << " of 256, largest top-5 error " << largest);
  CHECK(equal >= 253);
  CHECK(largest < 0.4);
}
