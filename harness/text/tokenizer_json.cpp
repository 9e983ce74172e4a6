// SPDX-License-Identifier: MIT
#include "harness/text/tokenizer_json.h"

#include <algorithm>
#include <fmt/format.h>
#include <simdjson.h>

#include "harness/say.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"
#include "harness/text/vocabulary.h"

namespace proctor {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kMaxStages = 8;

Error wrong(const std::string& key, std::string_view what) { return usage_error(fmt::format("{}: {}", key, what)); }

Error unsupported(const std::string& key, std::string_view what) {
  return usage_error(fmt::format("{}: {} is not supported", key, one_line_text(what)));
}

// Members by kind; what is null or of another kind is as if it were not there.
std::optional<std::string> text_of(dom::object object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return std::string(value);
}

bool flag_of(dom::object object, std::string_view key, bool otherwise = false) {
  bool value = otherwise;
  return object[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

std::optional<dom::object> object_of(dom::object object, std::string_view key) {
  dom::object value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<dom::array> array_of(dom::object object, std::string_view key) {
  dom::array value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::string type_of(dom::object object) { return text_of(object, "type").value_or(""); }

Result<TokenId> id_of(dom::element element, const std::string& key) {
  int64_t id = 0;
  if (element.get(id) != simdjson::SUCCESS || id < 0 || id > INT32_MAX) return wrong(key, "a token id is wanted");
  return static_cast<TokenId>(id);
}

// One object, or those of a Sequence under `list`; nothing for null. A Sequence within a Sequence is refused.
Result<std::vector<dom::object>> parts_of(dom::object root, const std::string& key, const char* list) {
  std::vector<dom::object> parts;
  auto whole = object_of(root, key);
  if (!whole) return parts;
  if (type_of(*whole) != "Sequence") return std::vector{*whole};
  auto members = array_of(*whole, list);
  if (!members) return wrong(key, fmt::format("\"{}\" is missing", list));
  for (dom::element member : *members) {
    dom::object part;
    if (member.get(part) != simdjson::SUCCESS) return wrong(key, "an object is wanted");
    parts.push_back(part);
    if (parts.size() > kMaxStages) return wrong(key, fmt::format("more than {} stages", kMaxStages));
  }
  return parts;
}

Status read_vocab(dom::object vocab, const std::string& key, TokenizerSpec& spec) {
  spec.pieces.reserve(vocab.size());
  for (auto [piece, value] : vocab) {
    auto id = id_of(value, fmt::format("{}[\"{}\"]", key, one_line_text(piece.substr(0, 60))));
    if (!id) return id.error();
    spec.pieces.emplace_back(std::string(piece), *id);
  }
  return {};
}

std::optional<std::pair<std::string, std::string>> merge_of(dom::element element) {
  std::string_view text, left, right;
  if (element.get(text) == simdjson::SUCCESS) {
    size_t space = text.find(' ');
    if (space == text.npos || text.find(' ', space + 1) != text.npos) return std::nullopt;
    return std::pair(std::string(text.substr(0, space)), std::string(text.substr(space + 1)));
  }
  dom::array pair;
  bool two = element.get(pair) == simdjson::SUCCESS && pair.size() == 2 &&
             pair.at(0).get(left) == simdjson::SUCCESS && pair.at(1).get(right) == simdjson::SUCCESS;
  if (!two) return std::nullopt;
  return std::pair(std::string(left), std::string(right));
}

Status read_merges(dom::array merges, TokenizerSpec& spec) {
  spec.merges.reserve(merges.size());
  for (dom::element element : merges) {
    auto merge = merge_of(element);
    if (!merge) return wrong(fmt::format("model.merges[{}]", spec.merges.size()), "\"left right\" is wanted");
    spec.merges.push_back(std::move(*merge));
  }
  return {};
}

Status check_model(dom::object model) {
  if (auto type = text_of(model, "type"); type && *type != "BPE") return unsupported("model.type", *type);
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!text_of(model, key).value_or("").empty())
      return unsupported(fmt::format("model.{}", key), *text_of(model, key));
  double dropout = 0;
  if (model["dropout"].get(dropout) == simdjson::SUCCESS && dropout != 0)
    return unsupported("model.dropout", "dropout");
  return {};
}

Status read_model(dom::object root, TokenizerSpec& spec) {
  auto model = object_of(root, "model");
  if (!model) return wrong("model", "is missing");
  if (Status known = check_model(*model); !known) return known;
  auto vocab = object_of(*model, "vocab");
  auto merges = array_of(*model, "merges");
  if (!vocab || !merges) return wrong(vocab ? "model.merges" : "model.vocab", "is missing");
  spec.ignore_merges = flag_of(*model, "ignore_merges");
  spec.kind = flag_of(*model, "byte_fallback") ? VocabularyKind::sentencepiece : VocabularyKind::byte_level;
  if (Status read = read_vocab(*vocab, "model.vocab", spec); !read) return read;
  if (auto unknown = text_of(*model, "unk_token"))
    for (auto& [piece, id] : spec.pieces)
      if (piece == *unknown) spec.unknown = id;
  return read_merges(*merges, spec);
}

Status read_added_token(dom::object token, TokenId id, const std::string& key, TokenizerSpec& spec) {
  AddedToken added;
  added.id = id;
  auto content = text_of(token, "content");
  if (!content) return wrong(key, "\"content\" is missing");
  added.content = *content;
  added.special = flag_of(token, "special");
  added.normalized = flag_of(token, "normalized");
  added.lstrip = flag_of(token, "lstrip");
  added.rstrip = flag_of(token, "rstrip");
  added.single_word = flag_of(token, "single_word");
  spec.added.push_back(std::move(added));
  return {};
}

Status read_added(dom::object root, TokenizerSpec& spec) {
  auto tokens = array_of(root, "added_tokens");
  if (!tokens) return {};
  for (dom::element element : *tokens) {
    std::string key = fmt::format("added_tokens[{}]", spec.added.size());
    dom::object token;
    dom::element number;
    if (element.get(token) != simdjson::SUCCESS) return wrong(key, "an object is wanted");
    if (token["id"].get(number) != simdjson::SUCCESS) return wrong(key, "\"id\" is missing");
    auto id = id_of(number, key + ".id");
    if (!id) return id.error();
    if (Status read = read_added_token(token, *id, key, spec); !read) return read;
  }
  return {};
}

Status check_replace(dom::object part) { // the space by its mark
  auto pattern = object_of(part, "pattern");
  auto text = pattern ? text_of(*pattern, "String") : std::nullopt;
  if (text != " ")
    return unsupported("normalizer", text ? fmt::format("a Replace of {:?}", *text) : "a Replace of a pattern");
  if (text_of(part, "content") != kSentencePieceSpace)
    return unsupported("normalizer", "a Replace of the space by anything but U+2581");
  return {};
}

Status read_normalizer(dom::object root, TokenizerSpec& spec) {
  auto parts = parts_of(root, "normalizer", "normalizers");
  if (!parts) return parts.error();
  bool spm = spec.kind == VocabularyKind::sentencepiece, marks_spaces = false;
  for (dom::object part : *parts) {
    std::string type = type_of(part);
    if (type == "Replace" && spm) {
      if (Status read = check_replace(part); !read) return read;
      marks_spaces = true;
    } else if (type == "NFC" && !spm) {
      spec.nfc = true;
    } else if (type == "Prepend" && spm && text_of(part, "prepend") == kSentencePieceSpace) {
      spec.space_prefix = SpacePrefix::always;
    } else {
      return unsupported("normalizer", type);
    }
  }
  if (spm && !marks_spaces) return unsupported("normalizer", "byte_fallback without a Replace of the space");
  return {};
}

Status read_split(dom::object part, TokenizerSpec& spec) {
  const std::string key = "pre_tokenizer";
  auto pattern = object_of(part, "pattern");
  auto regex = pattern ? text_of(*pattern, "Regex") : std::nullopt;
  if (!regex) return unsupported(key, "a Split without a Regex");
  if (text_of(part, "behavior") != "Isolated" || flag_of(part, "invert"))
    return unsupported(key, "a Split that is not Isolated, or inverted,");
  auto stage = find_pre_tokenizer(*regex);
  if (!stage) return unsupported(key, "the pattern " + *regex);
  spec.pre_tokenizers.push_back(*stage);
  return {};
}

Status read_pre_tokenizer_part(dom::object part, TokenizerSpec& spec, bool& byte_level) {
  std::string type = type_of(part);
  if (type == "Split") return read_split(part, spec);
  if (type == "Digits") {
    bool one = flag_of(part, "individual_digits");
    spec.pre_tokenizers.push_back(one ? PreTokenizer::digits : PreTokenizer::digit_runs);
    return {};
  }
  if (type != "ByteLevel") return unsupported("pre_tokenizer", type);
  byte_level = true;
  bool prefix = flag_of(part, "add_prefix_space", true);
  if (prefix && !spec.pre_tokenizers.empty()) // it would put a space before each piece
    return unsupported("pre_tokenizer", "ByteLevel with add_prefix_space behind another stage");
  if (prefix) spec.space_prefix = SpacePrefix::unless_blank;
  if (flag_of(part, "use_regex", true)) spec.pre_tokenizers.push_back(PreTokenizer::gpt2);
  return {};
}

Status read_pre_tokenizer(dom::object root, TokenizerSpec& spec) {
  auto parts = parts_of(root, "pre_tokenizer", "pretokenizers");
  if (!parts) return parts.error();
  bool byte_level = false;
  for (dom::object part : *parts) {
    if (spec.kind == VocabularyKind::sentencepiece)
      return unsupported("pre_tokenizer", type_of(part) + " with byte_fallback");
    if (Status read = read_pre_tokenizer_part(part, spec, byte_level); !read) return read;
  }
  if (spec.kind == VocabularyKind::byte_level && !byte_level)
    return wrong("pre_tokenizer", "neither ByteLevel nor byte_fallback: this BPE is not supported");
  return {};
}

// {"SpecialToken": {"id": "<|begin_of_text|>"}} by the ids that special_tokens gives it.
Status read_template_token(dom::object processor, const std::string& name, std::vector<TokenId>& out) {
  const std::string key = "post_processor";
  auto tokens = object_of(processor, "special_tokens");
  auto token = tokens ? object_of(*tokens, name) : std::nullopt;
  auto ids = token ? array_of(*token, "ids") : std::nullopt;
  if (!ids) return wrong(key, fmt::format("special_tokens has no {:?}", one_line_text(name)));
  for (dom::element element : *ids) {
    auto id = id_of(element, key);
    if (!id) return id.error();
    out.push_back(*id);
  }
  return {};
}

Status read_template(dom::object processor, TokenizerSpec& spec) {
  auto single = array_of(processor, "single");
  if (!single) return wrong("post_processor", "\"single\" is missing");
  bool after = false;
  for (dom::element element : *single) {
    dom::object piece;
    if (element.get(piece) != simdjson::SUCCESS) return wrong("post_processor", "an object is wanted");
    auto special = object_of(piece, "SpecialToken");
    if (!special) {
      after = true;
      continue;
    }
    std::string name = text_of(*special, "id").value_or("");
    if (Status read = read_template_token(processor, name, after ? spec.suffix : spec.prefix); !read) return read;
  }
  return {};
}

Status read_post_processor(dom::object root, TokenizerSpec& spec) {
  auto parts = parts_of(root, "post_processor", "processors");
  if (!parts) return parts.error();
  for (dom::object part : *parts) {
    std::string type = type_of(part);
    if (type == "ByteLevel") continue; // it moves offsets, not ids
    if (type != "TemplateProcessing") return unsupported("post_processor", type);
    if (Status read = read_template(part, spec); !read) return read;
  }
  if (!spec.prefix.empty()) spec.bos = spec.prefix.front();
  return {};
}

Result<dom::object> parse_object(dom::parser& parser, const std::string& text) {
  dom::element root;
  dom::object object;
  if (auto error = parser.parse(text).get(root))
    return usage_error(fmt::format("not valid JSON: {}", simdjson::error_message(error)));
  if (root.get(object) != simdjson::SUCCESS) return usage_error("a JSON object is wanted");
  return object;
}

Result<TokenizerSpec> read_tokenizer(const std::string& text) {
  dom::parser parser;
  auto root = parse_object(parser, text);
  if (!root) return root.error();
  TokenizerSpec spec;
  for (auto read : {read_model, read_added, read_normalizer, read_pre_tokenizer, read_post_processor})
    if (Status done = read(*root, spec); !done) return done.error();
  return spec;
}

Status read_vocab_file(const std::string& text, TokenizerSpec& spec) {
  dom::parser parser;
  auto root = parse_object(parser, text);
  return root ? read_vocab(*root, "vocabulary", spec) : Status(root.error());
}

bool is_added(const TokenizerSpec& spec, TokenId id, std::string_view content) {
  return std::any_of(spec.added.begin(), spec.added.end(),
                     [&](const AddedToken& token) { return token.id == id || token.content == content; });
}

// "151645": {"content": ...} of added_tokens_decoder, or "<|im_end|>": 151645 of added_tokens.json.
Status read_later_token(std::string_view key, dom::element value, TokenizerSpec& spec) {
  dom::object token;
  if (value.get(token) == simdjson::SUCCESS) {
    auto id = parse_number<TokenId>(key);
    if (!id) return wrong(one_line_text(key), "a token id is wanted");
    if (is_added(spec, *id, text_of(token, "content").value_or(""))) return {};
    return read_added_token(token, *id, one_line_text(key), spec);
  }
  auto id = id_of(value, one_line_text(key));
  if (!id) return id.error();
  if (is_added(spec, *id, key)) return {};
  AddedToken added;
  added.id = *id;
  added.content = key;
  spec.added.push_back(added);
  return {};
}

Status read_later_tokens(const std::string& text, TokenizerSpec& spec) {
  dom::parser parser;
  auto root = parse_object(parser, text);
  if (!root) return root.error();
  dom::object tokens = object_of(*root, "added_tokens_decoder").value_or(*root);
  for (auto [key, value] : tokens)
    if (Status read = read_later_token(key, value, spec); !read) return read;
  return {};
}

Status at(const std::string& where, Status status) {
  return status ? status : Status(in_context(where, status.error()));
}

} // namespace

Result<TokenizerSpec> parse_tokenizer_json(const std::string& text, const std::string& where) {
  auto spec = read_tokenizer(text);
  if (!spec) return in_context(where, spec.error());
  return spec;
}

Status parse_vocab_json(const std::string& text, const std::string& where, TokenizerSpec& spec) {
  return at(where, read_vocab_file(text, spec));
}

Status parse_added_tokens(const std::string& text, const std::string& where, TokenizerSpec& spec) {
  return at(where, read_later_tokens(text, spec));
}

Status parse_merges_text(std::string_view text, const std::string& where, TokenizerSpec& spec) {
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    size_t space = line.find(' ');
    if (space == line.npos || space == 0 || line.find(' ', space + 1) != line.npos || space + 1 == line.size())
      return usage_error(fmt::format("{}:{}: \"left right\" is wanted", where, number));
    spec.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return {};
}

} // namespace proctor
