// SPDX-License-Identifier: MIT
// Files as they come: whole, cut off anywhere, with any byte changed, and with hostile numbers.
#include <cstring>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <filesystem>

#include "backends/engine/format/gguf.h"
#include "backends/engine/format/safetensors.h"
#include "backends/engine/model/load.h"
#include "tests/backends/engine/test_model.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

std::span<const uint8_t> bytes_of(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

std::string gguf_error(const std::string& bytes) {
  auto parsed = parse_gguf(bytes_of(bytes));
  return parsed ? "" : parsed.error().message;
}

std::string safetensors_error(const std::string& header, const std::string& data) {
  std::string file(8, '\0');
  uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  file += header + data;
  auto parsed = parse_safetensors(bytes_of(file));
  return parsed ? "" : parsed.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  bool found = text.find(part) != text.npos;
  CHECK(found);
  return found;
}

GgufWriter small() {
  GgufWriter writer;
  return writer.text("general.architecture", "llama").u32("a.u32", 7).f32("a.f32", 0.5f).texts("a.texts", {"x", "", "yz"}).floats("a.floats", {1, 2});
}

std::string opened(const std::string& path) {
  auto files = open_gguf_model(path);
  return files ? "" : files.error().message;
}

// One file of a directory changed, the message that opening gives.
std::string hf_error(const TestModel& model, const std::string& file, const std::string& content) {
  TempDir temp;
  write_hf_directory(model, DType::f32, temp.path() + "/m");
  write_file(temp.path() + "/m/" + file, content);
  auto files = open_hf_model(temp.path() + "/m");
  return files ? "" : files.error().message;
}

// Of its config.json with one member changed.
std::string config_error(const TestModel& model, const char* key, Json value) {
  Json changed = model.config;
  changed[key] = std::move(value);
  return hf_error(model, "config.json", changed.dump());
}

} // namespace

TEST_CASE("GGUF keys and tensors come back as they were written") {
  std::string file = small().tensor("w", 0, {2, 3}, std::string(24, 'x')).tensor("v", 8, {32}, std::string(34, 'y')).bytes();
  auto gguf = parse_gguf(bytes_of(file));
  REQUIRE(gguf.has_value());
  CHECK(gguf->text("general.architecture") == "llama");
  CHECK(gguf->integer("a.u32") == 7);
  CHECK(gguf->number("a.f32") == 0.5);
  CHECK(gguf->number("a.u32") == 7.0);
  CHECK(*gguf->texts("a.texts") == std::vector<std::string_view>{"x", "", "yz"});
  CHECK(*gguf->numbers("a.floats") == std::vector<double>{1, 2});
  CHECK_FALSE(gguf->text("a.u32").has_value());
  auto w = gguf->tensor("w");
  REQUIRE(w.has_value());
  CHECK(w->rows == 3);
  CHECK(w->cols == 2);
  CHECK(w->data[0] == 'x');
  CHECK(gguf->tensor("v")->type == DType::q8_0);
  contains(gguf->tensor("nothing").error().message, "nothing: is missing");
}

TEST_CASE("a GGUF file cut off anywhere is an error, never a crash") {
  std::string file = small().tensor("w", 0, {2, 3}, std::string(24, 'x')).bytes();
  file.resize(file.size() - 8); // the padding after the last tensor may be missing
  CHECK(gguf_error(file).empty());
  for (size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    std::string error = gguf_error(file.substr(0, length));
    CHECK(error.find("GGUF") != error.npos);
    CHECK(error.find('\n') == error.npos);
  }
}

TEST_CASE("hostile GGUF headers are refused by name, without allocating what they claim") {
  GgufWriter ok = small();
  std::string file = ok.bytes();
  auto with = [&](size_t at, uint64_t value, size_t width = 8) {
    std::string changed = file;
    std::memcpy(changed.data() + at, &value, width);
    return gguf_error(changed);
  };
  contains(with(0, 0x21212121, 4), "not a GGUF file");
  contains(with(4, 1, 4), "version 1");
  contains(with(4, 0x03000000, 4), "big-endian");
  contains(with(8, uint64_t{1} << 60), "tensor 0");
  contains(with(16, uint64_t{1} << 60), "key 5 of");
  contains(with(24, uint64_t{1} << 62), "key 0");
  contains(gguf_error(GgufWriter().u32("x", 1).u32("x", 2).bytes()), "x: is there twice");
  contains(gguf_error(GgufWriter().u32("general.alignment", 24).bytes()), "general.alignment");
  contains(gguf_error(GgufWriter().tensor("t", 0, {uint64_t{1} << 40, uint64_t{1} << 40}, "").bytes()), "t: its dimensions overflow");
  contains(gguf_error(GgufWriter().tensor("t", 0, {1000, 1000}, "abc").bytes()), "t: its 4000000 bytes run past the end");
  contains(gguf_error(GgufWriter().tensor("t", 8, {33}, std::string(68, 'x')).bytes()), "no multiple of 32");
  contains(gguf_error(GgufWriter().tensor("t", 0, {1}, "abcd").tensor("t", 0, {1}, "abcd").bytes()), "t: is there twice");
  contains(gguf_error(GgufWriter().tensor(std::string(64, 'n'), 0, {1}, "abcd").bytes()), "longer than 63");
  auto unknown = parse_gguf(bytes_of(file = GgufWriter().tensor("t", 16, {256}, std::string(66, 'x')).bytes()));
  REQUIRE(unknown.has_value());
  contains(unknown->tensor("t").error().message, "stored as IQ2_XXS, which is not supported");
}

TEST_CASE("any byte of a GGUF model may be wrong: an error or a model, never a crash") {
  TempDir temp;
  std::string path = temp.path() + "/m.gguf", file = gguf_bytes(random_model(tiny_config("qwen2", 8), 1), DType::q8_0);
  for (size_t at = 0; at < 3000; at += 3) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ (at % 2 == 0 ? 0xff : 0x01));
    write_file(path, changed);
    std::string error = opened(path);
    CHECK(error.find('\n') == error.npos);
  }
}

TEST_CASE("safetensors are read as they were written and must cover their file") {
  std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]}})";
  CHECK(safetensors_error(good, std::string(14, 'x')).empty());
  contains(safetensors_error(good, std::string(13, 'x')), "b: ends at byte 14");
  contains(safetensors_error(good, std::string(15, 'x')), "after the last tensor");
  contains(safetensors_error(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "xxxx"), "wants 8 bytes");
  contains(safetensors_error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", std::string(8, 'x')), "hole");
  contains(safetensors_error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "xxxx"), "overlaps");
  contains(safetensors_error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "xxxx"), "a: is there twice");
  contains(safetensors_error(R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", "xxxx"), "unknown dtype F99");
  contains(safetensors_error(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "xxxx"), "shape");
  contains(safetensors_error(R"({"a":{"dtype":"F32","shape":[9223372036854775808,4],"data_offsets":[0,4]}})", "xxxx"), "overflows");
  contains(safetensors_error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "xxxx"), "data_offsets");
  contains(safetensors_error(R"({"a":7})", ""), "dtype");
  contains(safetensors_error(R"([1])", ""), "{");
  contains(safetensors_error(R"({"a":)", ""), "not a JSON object");
  auto huge = parse_safetensors(bytes_of(std::string(8, '\xff') + "{}"));
  contains(huge.error().message, "truncated");
  contains(parse_safetensors(bytes_of("abc")).error().message, "shorter");
}

TEST_CASE("what a model directory lacks or says wrong is named with its file") {
  TestModel model = random_model(tiny_config("qwen2", 8), 1);
  auto config = [&](const char* key, Json value) { return config_error(model, key, std::move(value)); };
  contains(config("model_type", "mamba"), "architecture mamba is not supported; this build runs llama, qwen2 and qwen3");
  contains(config("model_type", "mamba"), "config.json");
  contains(config("hidden_act", "gelu"), "hidden_act: gelu");
  contains(config("use_sliding_window", true), "use_sliding_window");
  contains(config("rope_scaling", {{"rope_type", "longrope"}, {"factor", 2.0}}), "longrope is not supported");
  contains(config("quantization_config", {{"quant_method", "awq"}}), "awq");
  contains(config("num_key_value_heads", 4), "6 heads cannot share 4 kv heads");
  contains(config("num_hidden_layers", 3), "model.layers.2.input_layernorm.weight is missing");
  contains(config("intermediate_size", 161), "/model.safetensors: model.layers.0.mlp.gate_proj.weight");
  contains(config("intermediate_size", 161), "the configuration wants [161, 64]");
  contains(config("hidden_size", -5), "hidden_size");
  contains(config("num_hidden_layers", 1000000), "number of layers");
  contains(config("head_dim", 7), "odd");
  contains(hf_error(model, "config.json", "{"), "config.json: not valid JSON at line 1");
  contains(hf_error(model, "model.safetensors", "x"), "model.safetensors");
  contains(hf_error(model, "model.safetensors.index.json", R"({"weight_map":{"a":"../../etc/passwd"}})"), "weight_map");
  contains(hf_error(model, "model.safetensors.index.json", R"({"weight_map":{"a":"gone.safetensors"}})"), "gone.safetensors");
  TempDir empty;
  contains(open_hf_model(empty.path()).error().message, "config.json");
}

TEST_CASE("a member of config.json of the wrong kind is named, never replaced by a default") {
  TestModel model = random_model(tiny_config("qwen2", 8), 1);
  auto config = [&](const char* key, Json value) { return config_error(model, key, std::move(value)); };
  contains(config("rope_theta", "100"), "config.json: rope_theta: a number is wanted");
  contains(config("rms_norm_eps", "x"), "config.json: rms_norm_eps: a number is wanted");
  contains(config("tie_word_embeddings", "yes"), "config.json: tie_word_embeddings: true or false is wanted");
  contains(config("hidden_act", 1), "config.json: hidden_act: a text is wanted");
  contains(config("rope_scaling", "linear"), "config.json: rope_scaling: an object is wanted");
  auto rope = [&](Json value) { return config("rope_scaling", std::move(value)); };
  contains(rope({{"type", "linear"}}), "config.json: rope_scaling: factor: a number is wanted");
  contains(rope({{"type", "linear"}, {"factor", "8"}}), "rope_scaling: factor: a number is wanted");
  contains(rope({{"type", 1}, {"factor", 8}}), "rope_scaling: type: a text is wanted");
  contains(rope({{"type", "llama3"}, {"factor", 8}}), "rope_scaling: low_freq_factor: a number is wanted");
  contains(rope({{"type", "yarn"}, {"factor", 8}, {"truncate", "no"}}), "rope_scaling: truncate: true or false is wanted");
  contains(rope({{"type", "yarn"}, {"factor", 8}, {"attention_factor", 0}}), "rope_scaling: attention_factor: above 0 is wanted");
  contains(rope({{"type", "yarn"}, {"factor", 8}, {"beta_fast", 0}}), "beta_fast");
  contains(rope({{"rope_type", "default"}, {"partial_rotary_factor", 0.5}}), "partial_rotary_factor: is not supported");
  contains(rope({{"full_attention", {{"rope_type", "default"}}}}), "full_attention: only one description");
  for (const char* key : {"rope_scaling", "rope_theta", "rms_norm_eps", "eos_token_id"}) CHECK(config(key, nullptr) == "");
}

TEST_CASE("a Qwen3 config.json that does not say its head size has 128, as transformers does") {
  TestModel model = random_model(tiny_config("qwen3", 128), 1);
  Json config = model.config;
  config.erase("head_dim");
  CHECK(hf_error(model, "config.json", config.dump()) == "");
}

TEST_CASE("weights in several files are one model: safetensors with an index, GGUF in parts") {
  TestModel model = random_model(tiny_config("llama", 8), 1), first = model, second = model;
  std::erase_if(first.tensors, [](auto& item) { return item.first.find("mlp") != std::string::npos; });
  std::erase_if(second.tensors, [](auto& item) { return item.first.find("mlp") == std::string::npos; });
  TempDir temp;
  write_hf_directory(model, DType::f32, temp.path() + "/m");
  std::filesystem::remove(temp.path() + "/m/model.safetensors");
  Json map = Json::object();
  for (auto& [name, tensor] : model.tensors) map[name] = name.find("mlp") == name.npos ? "model-1.safetensors" : "model-2.safetensors";
  write_file(temp.path() + "/m/model.safetensors.index.json", Json{{"weight_map", map}}.dump());
  write_file(temp.path() + "/m/model-1.safetensors", safetensors_bytes(first, DType::f32));
  write_file(temp.path() + "/m/model-2.safetensors", safetensors_bytes(second, DType::f32));
  auto sharded = open_hf_model(temp.path() + "/m");
  INFO((sharded ? "" : sharded.error().message));
  REQUIRE(sharded.has_value());
  CHECK(sharded->weights.layers.size() == 2);
  CHECK(sharded->name == "m");
}

TEST_CASE("a tensor that a GGUF has and nothing reads is refused by its name") {
  for (const auto& [name, known] : {std::pair("blk.1.ffn_down.bias", false), {"blk.0.attn_output_norm.weight", false}, {"blk.2.attn_norm.weight", false},
                                    {"output.bias", false}, {"blk.0.attn_rot_embd.weight", true}, {"rope_freqs.weight", true}}) {
    CAPTURE(name);
    TestModel model = random_model(tiny_config("llama", 8), 1);
    model.tensors[name] = {1, 4, {1, 1, 1, 1}};
    TempDir temp;
    write_file(temp.path() + "/m.gguf", gguf_bytes(model, DType::f32));
    const std::string error = opened(temp.path() + "/m.gguf");
    if (known)
      CHECK(error == "");
    else
      CHECK(contains(error, fmt::format("m.gguf: tensor {} is none that this build computes with", name)));
  }
}

TEST_CASE("yarn and linear scaling make the context longer, as in vLLM, llama3 does not") {
  auto context = [](int said, Json scaling) {
    Json config = tiny_config("llama", 32);
    config["max_position_embeddings"] = said;
    config["rope_scaling"] = std::move(scaling);
    auto read = config_from_json(config);
    return read ? read->max_positions : -1;
  };
  CHECK(context(32768, {{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32768}}) == 131072);
  CHECK(context(131072, {{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32768}}) == 131072);
  CHECK(context(40960, {{"type", "yarn"}, {"factor", 1.5}}) == 61440);
  CHECK(context(4096, {{"type", "linear"}, {"factor", 2.0}}) == 8192);
  CHECK(context(8192, {{"rope_type", "llama3"}, {"factor", 8.0}, {"low_freq_factor", 1.0}, {"high_freq_factor", 4.0}, {"original_max_position_embeddings", 8192}}) == 8192);
  CHECK(context(4096, {{"rope_type", "default"}}) == 4096);
  CHECK(context(1 << 20, {{"type", "linear"}, {"factor", 1e9}}) == -1);
}

TEST_CASE("end ids come from generation_config.json and config.json, a number or a list") {
  TestModel model = random_model(tiny_config("qwen2", 8), 1);
  model.config["eos_token_id"] = 5;
  TempDir temp;
  write_hf_directory(model, DType::f32, temp.path() + "/m");
  write_file(temp.path() + "/m/generation_config.json", R"({"eos_token_id":[7,5,9]})");
  auto files = open_hf_model(temp.path() + "/m");
  REQUIRE(files.has_value());
  CHECK(files->weights.config.eos == std::vector<int32_t>{7, 5, 9});
}

TEST_CASE("an end id that is none of the vocabulary, or no number, is named with its file") {
  TestModel model = random_model(tiny_config("qwen2", 8), 1);
  for (const char* file : {"generation_config.json", "config.json"}) {
    auto eos = [&](Json value) {
      Json content = file == std::string("config.json") ? model.config : Json::object();
      content["eos_token_id"] = std::move(value);
      return hf_error(model, file, content.dump());
    };
    contains(eos(96), fmt::format("{}: eos_token_id: 96 is no token of 96", file));
    contains(eos({5, -1}), fmt::format("{}: eos_token_id: -1 is no token of 96", file));
    contains(eos("5"), fmt::format("{}: eos_token_id: a token id or a list of them is wanted", file));
    contains(eos({5, 1.5}), fmt::format("{}: eos_token_id: a token id", file));
    CHECK(eos(nullptr) == "");
  }
}
