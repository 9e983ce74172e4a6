// SPDX-License-Identifier: MIT
#include "backends/engine/model/load.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>
#include <type_traits>
#include <variant>

#include "backends/engine/format/safetensors.h"
#include "harness/hash.h"
#include "harness/text/file_bytes.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostShards = 10'000;

// Tensors spread over several files of one kind; each is found in exactly one.
template <class Parsed> class Shards : public TensorSource {
 public:
  Status add(MappedFile file, Result<Parsed> parsed) {
    if (!parsed) return in_context(file.path(), parsed.error());
    for (const auto& [name, tensor] : parsed->tensors)
      if (!where_.emplace(std::string(name), files_.size()).second)
        return usage_error(fmt::format("{}: tensor {} is in two files", file.path(), name));
    files_.push_back({std::move(file), std::make_unique<Parsed>(std::move(*parsed))});
    return {};
  }

  bool is_gguf() const override { return std::is_same_v<Parsed, Gguf>; }
  bool has(const std::string& name) const override { return where_.contains(name); }
  Result<TensorView> get(const std::string& name) const override {
    auto found = where_.find(name);
    if (found == where_.end())
      return usage_error(fmt::format("{}: tensor {} is missing", files_.front().file.path(), name));
    const Shard& shard = files_[found->second];
    auto tensor = shard.parsed->tensor(name);
    if (!tensor) return in_context(shard.file.path(), tensor.error());
    return tensor;
  }

  std::string file_of(const std::string& name) const override { return files_[where_.at(name)].file.path(); }
  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, file] : where_) all.push_back(name);
    return all;
  }

  const Parsed& first() const { return *files_.front().parsed; }
  std::string digest() const {
    Hasher hasher;
    for (const Shard& shard : files_) hasher.field(sampled_digest(shard.file));
    return hasher.hex();
  }

 private:
  struct Shard {
    MappedFile file;
    std::unique_ptr<Parsed> parsed; // its address is kept: keys are looked up later
  };
  std::vector<Shard> files_;
  std::map<std::string, size_t, std::less<>> where_;
};

// A key of a GGUF in parts. On failure: it is no whole number.
Result<int64_t> split_key(const Gguf& part, const char* key, int64_t otherwise) {
  if (!part.keys.contains(key)) return otherwise;
  auto value = part.integer(key);
  if (!value) return usage_error(fmt::format("GGUF key {}: a whole number is wanted", key));
  return *value;
}

// Whether a file is the part that its name says; index from 0.
Status check_part(const Gguf& part, int64_t index, int64_t count) {
  for (auto& [key, wanted] : {std::pair("split.no", index), std::pair("split.count", count)}) {
    auto value = split_key(part, key, -1);
    if (!value) return value.error();
    if (*value != wanted)
      return usage_error(fmt::format("GGUF key {}: {} is wanted of part {} of {}; is the file another model's?", key, wanted, index + 1, count));
  }
  return {};
}

// "m-00001-of-00003.gguf" -> all three; anything else -> itself.
Result<std::vector<std::string>> gguf_parts(const std::string& path, const Gguf& first) {
  auto said = split_key(first, "split.count", 1);
  if (!said) return in_context(path, said.error());
  const int64_t count = *said;
  if (count <= 1) return std::vector{path};
  if (count > static_cast<int64_t>(kMostShards))
    return usage_error(fmt::format("{}: GGUF key split.count: {} files", path, count));
  std::string suffix = fmt::format("-00001-of-{:05}.gguf", count);
  if (!path.ends_with(suffix))
    return usage_error(fmt::format("{}: one of {} parts; name the first one, ...{}", path, count, suffix));
  std::vector<std::string> parts;
  for (int64_t i = 1; i <= count; ++i)
    parts.push_back(fmt::format("{}-{:05}-of-{:05}.gguf", path.substr(0, path.size() - suffix.size()), i, count));
  return parts;
}

Result<Json> read_json(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return text.error();
  return parse_json(*text, path);
}

// Of model.safetensors.index.json: the files it names, once each.
Result<std::vector<std::string>> shards_of_index(const std::string& path) {
  auto index = read_json(path);
  if (!index) return index.error();
  const Json* map = find_member(*index, "weight_map");
  if (map == nullptr || !map->is_object()) return usage_error(fmt::format("{}: has no \"weight_map\"", path));
  std::set<std::string> files;
  for (auto& [tensor, file] : map->items()) {
    if (!file.is_string() || file.get<std::string>().find('/') != std::string::npos)
      return usage_error(fmt::format("{}: weight_map of {}: a file name is wanted", path, tensor));
    files.insert(file.get<std::string>());
  }
  if (files.empty()) return usage_error(fmt::format("{}: \"weight_map\" names no file", path));
  return std::vector<std::string>(files.begin(), files.end());
}

Result<std::vector<std::string>> safetensors_files(const fs::path& directory) {
  fs::path single = directory / "model.safetensors", index = directory / "model.safetensors.index.json";
  std::error_code error;
  if (fs::exists(index, error)) return shards_of_index(index.string());
  if (fs::exists(single, error)) return std::vector<std::string>{"model.safetensors"};
  return usage_error(
      fmt::format("{}: neither model.safetensors nor model.safetensors.index.json is there", directory.string()));
}

// eos_token_id: a number or a list. On failure: without the file.
Status add_eos(const Json& config, ModelConfig& model) {
  const Json* eos = find_member(config, "eos_token_id");
  if (eos == nullptr || eos->is_null()) return {};
  const Json ids = eos->is_array() ? *eos : Json::array({*eos});
  for (const Json& id : ids) {
    if (!id.is_number_integer()) return usage_error("eos_token_id: a token id or a list of them is wanted");
    if (Status added = add_end_id(id.get<int64_t>(), model); !added) return in_context("eos_token_id", added.error());
  }
  return {};
}

Result<std::unique_ptr<Shards<SafeTensors>>> open_shards(const fs::path& directory) {
  auto names = safetensors_files(directory);
  if (!names) return names.error();
  auto source = std::make_unique<Shards<SafeTensors>>();
  for (const std::string& name : *names) {
    auto file = MappedFile::open((directory / name).string());
    if (!file) return file.error();
    auto parsed = parse_safetensors(file->bytes());
    if (Status added = source->add(std::move(*file), std::move(parsed)); !added) return added.error();
  }
  return source;
}

Result<std::unique_ptr<Shards<Gguf>>> open_parts(const std::string& path) {
  auto source = std::make_unique<Shards<Gguf>>();
  std::vector<std::string> parts = {path};
  for (size_t i = 0; i < parts.size(); ++i) {
    auto file = MappedFile::open(parts[i]);
    if (!file) return file.error();
    auto parsed = parse_gguf(file->bytes());
    if (parsed && i == 0) {
      auto all = gguf_parts(path, *parsed);
      if (!all) return all.error();
      parts = std::move(*all);
    }
    if (parsed && parts.size() > 1)
      if (Status right = check_part(*parsed, static_cast<int64_t>(i), static_cast<int64_t>(parts.size())); !right)
        return in_context(parts[i], right.error());
    if (Status added = source->add(std::move(*file), std::move(parsed)); !added) return added.error();
  }
  return source;
}

std::string_view bytes_of(const GgufValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  const auto* array = std::get_if<GgufArray>(&value);
  return array == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(array->data), array->bytes);
}

std::string number_text(const GgufValue& value) {
  const auto write = [](const auto& number) -> std::string {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(number)>>) return fmt::format("{}", number);
    return {};
  };
  return std::visit(write, value);
}

// Of all keys of the vocabulary, to the last byte: they can be longer than what is sampled of a file.
std::string gguf_tokenizer_digest(const Gguf& gguf) {
  Hasher hasher;
  for (const auto& [name, value] : gguf.keys)
    if (name.starts_with("tokenizer.")) hasher.field(name).field(number_text(value)).field(bytes_of(value));
  return hasher.hex();
}

// Of the files that tokenizer_files.h reads. On failure: one of them cannot be read.
Result<std::string> hf_tokenizer_digest(const fs::path& directory) {
  Hasher hasher;
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
                           "added_tokens.json", "chat_template.jinja", "chat_template.json"}) {
    std::error_code error;
    if (!fs::is_regular_file(directory / name, error)) continue;
    auto text = read_text_file((directory / name).string());
    if (!text) return text.error();
    hasher.field(name).field(*text);
  }
  return hasher.hex();
}

} // namespace

Result<ModelFiles> open_gguf_model(const std::string& path) {
  auto source = open_parts(path);
  if (!source) return source.error();
  const Gguf& gguf = (*source)->first();
  auto config = config_from_gguf(gguf);
  if (!config) return in_context(path, config.error());
  ModelFiles files{.weights = {},
                   .name = fs::path(path).stem().string(),
                   .digest = (*source)->digest(),
                   .tokenizer_digest = gguf_tokenizer_digest(gguf),
                   .path = path,
                   .gguf = &gguf,
                   .generation = {}};
  auto weights = find_weights(std::move(*config), std::move(*source));
  if (!weights) return weights.error();
  files.weights = std::move(*weights);
  return files;
}

Result<ModelFiles> open_hf_model(const std::string& directory) {
  fs::path folder(directory);
  std::string config_path = (folder / "config.json").string(),
              generation_path = (folder / "generation_config.json").string();
  auto json = read_json(config_path);
  if (!json) return json.error();
  auto config = config_from_json(*json);
  if (!config) return in_context(config_path, config.error());
  ModelFiles files;
  std::error_code missing;
  if (fs::exists(generation_path, missing)) {
    auto generation = read_json(generation_path);
    if (!generation) return generation.error();
    files.generation = std::move(*generation);
    if (Status added = add_eos(files.generation, *config); !added) return in_context(generation_path, added.error());
  }
  if (Status added = add_eos(*json, *config); !added) return in_context(config_path, added.error());
  auto source = open_shards(folder);
  if (!source) return source.error();
  files.path = directory;
  files.name = fs::path(fs::absolute(folder).lexically_normal() / "x").parent_path().filename().string();
  if (files.name.empty()) files.name = fs::absolute(folder).lexically_normal().parent_path().filename().string();
  files.digest = hash_hex({dump_json(*json), dump_json(files.generation), (*source)->digest()});
  auto tokenizer = hf_tokenizer_digest(folder);
  if (!tokenizer) return tokenizer.error();
  files.tokenizer_digest = std::move(*tokenizer);
  auto weights = find_weights(std::move(*config), std::move(*source));
  if (!weights) return weights.error();
  files.weights = std::move(*weights);
  return files;
}

} // namespace proctor
