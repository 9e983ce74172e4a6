// SPDX-License-Identifier: MIT
#include "harness/text/tokenizer_files.h"

#include <array>
#include <filesystem>
#include <fmt/format.h>

#include "harness/say.h"
#include "harness/text/file_bytes.h"
#include "harness/text/tokenizer_json.h"
#include "harness/text/tokenizer_spec.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

// What stands beside the vocabulary; empty objects for files that are not there.
struct SideFiles {
  Json config = Json::object();       // tokenizer_config.json
  Json special_map = Json::object();  // special_tokens_map.json
  Json model_config = Json::object(); // config.json
};

std::string file_in(const std::string& directory, const char* name) { return (fs::path(directory) / name).string(); }

bool exists(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

Result<Json> read_object(const std::string& path) {
  if (!exists(path)) return Json::object();
  auto text = read_text_file(path);
  if (!text) return text.error();
  auto json = parse_json(*text, path);
  if (json && !json->is_object()) return usage_error(path + ": a JSON object is wanted");
  return json;
}

Result<SideFiles> read_side_files(const std::string& directory) {
  SideFiles files;
  const std::array<std::pair<const char*, Json*>, 3> wanted = {{{"tokenizer_config.json", &files.config},
                                                                {"special_tokens_map.json", &files.special_map},
                                                                {"config.json", &files.model_config}}};
  for (auto [name, json] : wanted) {
    auto read = read_object(file_in(directory, name));
    if (!read) return read.error();
    *json = std::move(*read);
  }
  return files;
}

// "<s>" or {"content": "<s>", ...}.
std::optional<std::string> token_text(const Json& files, const char* key) {
  const Json* member = find_member(files, key);
  if (member == nullptr) return std::nullopt;
  return member->is_string() ? std::optional(member->get<std::string>()) : get_string(*member, "content");
}

std::optional<std::string> special_token(const SideFiles& files, const char* key) {
  if (find_member(files.config, key) != nullptr) return token_text(files.config, key);
  return token_text(files.special_map, key);
}

std::optional<TokenId> find_id(const TokenizerSpec& spec, const std::string& content) {
  for (const AddedToken& token : spec.added)
    if (token.content == content) return token.id;
  for (auto& [piece, id] : spec.pieces)
    if (piece == content) return id;
  return std::nullopt;
}

Status name_token(const SideFiles& files, const char* key, const TokenizerSpec& spec, std::optional<TokenId>& id) {
  auto content = special_token(files, key);
  if (!content) return {};
  id = find_id(spec, *content);
  return id ? Status() : Status(usage_error(fmt::format("{}: {:?} is no token", key, one_line_text(*content))));
}

// add_bos_token and add_eos_token, where they are given, stand above the post-processor, as in transformers.
Status apply_config(const SideFiles& files, TokenizerSpec& spec) {
  if (Status named = name_token(files, "bos_token", spec, spec.bos); !named) return named;
  if (Status named = name_token(files, "eos_token", spec, spec.eos); !named) return named;
  if (auto add = get_bool(files.config, "add_bos_token")) {
    spec.prefix.clear();
    if (*add && spec.bos) spec.prefix = {*spec.bos};
  }
  if (auto add = get_bool(files.config, "add_eos_token")) {
    spec.suffix.clear();
    if (*add && spec.eos) spec.suffix = {*spec.eos};
  }
  return {};
}

// Tokens that only tokenizer_config.json or added_tokens.json know.
Status add_later_tokens(const std::string& directory, const SideFiles& files, TokenizerSpec& spec) {
  if (const Json* decoder = find_member(files.config, "added_tokens_decoder"))
    if (Status read = parse_added_tokens(dump_json(*decoder), file_in(directory, "tokenizer_config.json"), spec);
        !read)
      return read;
  std::string path = file_in(directory, "added_tokens.json");
  if (!exists(path)) return {};
  auto text = read_text_file(path);
  return text ? parse_added_tokens(*text, path, spec) : Status(text.error());
}

// vocab.json and merges.txt do not say how text is split: the model's class does.
Status set_family(const SideFiles& files, const std::string& where, TokenizerSpec& spec) {
  std::string family = get_string(files.config, "tokenizer_class").value_or("");
  std::string model = get_string(files.model_config, "model_type").value_or("");
  if (family.starts_with("Qwen2Tokenizer") || (family.empty() && model.starts_with("qwen"))) {
    spec.nfc = true;
    spec.pre_tokenizers = {PreTokenizer::qwen2};
    return {};
  }
  if (family.starts_with("GPT2Tokenizer") || (family.empty() && model == "gpt2")) {
    spec.pre_tokenizers = {PreTokenizer::gpt2};
    if (get_bool(files.config, "add_prefix_space").value_or(false)) spec.space_prefix = SpacePrefix::unless_blank;
    return {};
  }
  return usage_error(fmt::format("{}: the splitting of tokenizer_class {:?} is not known without a tokenizer.json; "
                                 "Qwen2Tokenizer and GPT2Tokenizer are",
                                 where, one_line_text(family)));
}

Result<TokenizerSpec> read_vocab_and_merges(const std::string& directory, const SideFiles& files) {
  TokenizerSpec spec;
  std::string vocab_path = file_in(directory, "vocab.json"), merges_path = file_in(directory, "merges.txt");
  if (Status known = set_family(files, vocab_path, spec); !known) return known.error();
  auto vocab = read_text_file(vocab_path);
  auto merges = read_text_file(merges_path);
  if (!vocab || !merges) return vocab ? merges.error() : vocab.error();
  if (Status read = parse_vocab_json(*vocab, vocab_path, spec); !read) return read.error();
  if (Status read = parse_merges_text(*merges, merges_path, spec); !read) return read.error();
  return spec;
}

Result<TokenizerSpec> read_tokenizer_json(const std::string& path) {
  auto text = read_text_file(path);
  return text ? parse_tokenizer_json(*text, path) : Result<TokenizerSpec>(text.error());
}

Result<TokenizerSpec> read_directory(const std::string& directory, const SideFiles& files) {
  std::string path = file_in(directory, "tokenizer.json");
  bool pair = !exists(path) && exists(file_in(directory, "vocab.json"));
  if (!pair && !exists(path))
    return usage_error(fmt::format("{} holds neither tokenizer.json nor vocab.json and merges.txt", directory));
  auto spec = pair ? read_vocab_and_merges(directory, files) : read_tokenizer_json(path);
  if (!spec) return spec;
  if (Status added = add_later_tokens(directory, files, *spec); !added) return added.error();
  if (Status applied = apply_config(files, *spec); !applied)
    return in_context(file_in(directory, "tokenizer_config.json"), applied.error());
  return spec;
}

// A template and where it stands, for messages.
struct TemplateText {
  std::string source, where;
};

// A string, or a list of {"name", "template"} of which "default" counts.
Result<std::optional<TemplateText>> template_in(const Json& config, const std::string& path) {
  const std::string where = path + ": chat_template";
  const Json* member = find_member(config, "chat_template");
  if (member == nullptr || member->is_null()) return std::optional<TemplateText>();
  auto source = get_string(config, "chat_template");
  if (member->is_array())
    for (const Json& named : *member)
      if (get_string(named, "name") == "default") source = get_string(named, "template");
  if (!source) return usage_error(where + R"(: a text is wanted, or a list of {"name", "template"} with a "default")");
  return std::optional(TemplateText{std::move(*source), where});
}

// bos_token, eos_token and their kin as a template knows them.
Json template_tokens(const SideFiles& files) {
  Json tokens = Json::object();
  for (const char* key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"})
    if (auto content = special_token(files, key)) tokens[key] = *content;
  return tokens;
}

// chat_template.jinja stands above tokenizer_config.json, as in transformers; chat_template.json, which processors of
// older models have, below it.
Result<std::optional<TemplateText>> find_template(const std::string& directory, const SideFiles& files) {
  const std::string jinja = file_in(directory, "chat_template.jinja"), older = file_in(directory, "chat_template.json");
  if (exists(jinja)) {
    auto text = read_text_file(jinja);
    if (!text) return text.error();
    return std::optional(TemplateText{std::move(*text), jinja});
  }
  auto found = template_in(files.config, file_in(directory, "tokenizer_config.json"));
  if (!found || *found) return found;
  auto json = read_object(older);
  if (!json) return json.error();
  return template_in(*json, older);
}

Result<std::optional<ChatTemplate>> load_chat_template(const std::string& directory, const SideFiles& files) {
  auto found = find_template(directory, files);
  if (!found) return found.error();
  if (!*found) return std::optional<ChatTemplate>();
  auto chat = ChatTemplate::parse(std::move((*found)->source), (*found)->where, template_tokens(files));
  if (!chat) return chat.error();
  return std::optional<ChatTemplate>(std::move(*chat));
}

Result<Tokenizer> make_from(const std::string& path, bool directory, const SideFiles& files) {
  auto spec = directory ? read_directory(path, files) : read_tokenizer_json(path);
  if (!spec) return spec.error();
  auto tokenizer = Tokenizer::make(std::move(*spec));
  if (!tokenizer) return in_context(path, tokenizer.error());
  return tokenizer;
}

Result<SideFiles> side_files_of(const std::string& path, bool directory) {
  return directory ? read_side_files(path) : Result<SideFiles>(SideFiles());
}

bool is_directory(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

} // namespace

Result<Tokenizer> load_tokenizer(const std::string& path) {
  bool directory = is_directory(path);
  auto files = side_files_of(path, directory);
  if (!files) return files.error();
  return make_from(path, directory, *files);
}

Result<ModelText> load_model_text(const std::string& path) {
  bool directory = is_directory(path);
  auto files = side_files_of(path, directory);
  if (!files) return files.error();
  auto tokenizer = make_from(path, directory, *files);
  if (!tokenizer) return tokenizer.error();
  if (!directory) return ModelText{std::move(*tokenizer), std::nullopt};
  auto chat = load_chat_template(path, *files);
  if (!chat) return chat.error();
  return ModelText{std::move(*tokenizer), std::move(*chat)};
}

} // namespace proctor
