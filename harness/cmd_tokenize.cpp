// SPDX-License-Identifier: MIT
// proctor tokenize: text to token ids and back.
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <istream>
#include <iterator>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_engine.h"
#include "harness/json.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

struct TokenizeArgs {
  std::string model;
  bool decode = false;
  bool jsonl = false;
  bool chat = false;
  bool add_special = false;
  bool no_parse_special = false;
};

// "1 2,3" or "[1, 2, 3]" -> ids.
Result<std::vector<TokenId>> parse_ids(std::string_view text, const Tokenizer& tokenizer, size_t line) {
  std::vector<TokenId> ids;
  auto separates = [](char c) { return is_blank(c) || c == ',' || c == '[' || c == ']'; };
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && !separates(text[end])) ++end;
    if (end > at) {
      auto id = parse_number<TokenId>(text.substr(at, end - at));
      if (!id || !tokenizer.has(*id))
        return usage_error(fmt::format("stdin:{}: {} is no token id of this vocabulary", line,
                                       text.substr(at, std::min<size_t>(end - at, 40))));
      ids.push_back(*id);
    }
    at = end + 1;
  }
  return ids;
}

void print_ids(const std::vector<TokenId>& ids, std::string_view separator) {
  fmt::print("{}", fmt::join(ids, separator));
}

Result<std::vector<TokenId>> ids_of(const Json& list, const Tokenizer& tokenizer, size_t line) {
  std::vector<TokenId> ids;
  for (const Json& member : list) {
    bool known = member.is_number_integer() && member >= 0 && member < int64_t{INT32_MAX} &&
                 tokenizer.has(member.get<TokenId>());
    if (!known)
      return usage_error(
          fmt::format("stdin:{}: {} is no token id of this vocabulary", line, dump_json(member).substr(0, 40)));
    ids.push_back(member.get<TokenId>());
  }
  return ids;
}

Status encode_line(const Tokenizer& tokenizer, const Json& row, EncodeOptions options, size_t line) {
  auto text = get_string(row, "text");
  if (!text) return usage_error(fmt::format("stdin:{}: a line {{\"text\": \"...\"}} is wanted", line));
  fmt::print("{{\"ids\":[");
  print_ids(tokenizer.encode(*text, options), ",");
  fmt::print("]}}\n");
  return {};
}

Status decode_line(const Tokenizer& tokenizer, const Json& row, size_t line) {
  const Json* list = find_member(row, "ids");
  if (list == nullptr || !list->is_array())
    return usage_error(fmt::format("stdin:{}: a line {{\"ids\": [...]}} is wanted", line));
  auto ids = ids_of(*list, tokenizer, line);
  if (!ids) return ids.error();
  fmt::print("{}\n", dump_json(Json{{"text", tokenizer.decode(*ids)}}));
  return {};
}

Status tokenize_jsonl(const Tokenizer& tokenizer, const TokenizeArgs& args, EncodeOptions options) {
  std::string text;
  for (size_t line = 1; std::getline(std::cin, text); ++line) {
    if (trim(text).empty()) continue;
    auto row = parse_json(text, fmt::format("stdin:{}", line));
    if (!row) return row.error();
    Status done = args.decode ? decode_line(tokenizer, *row, line) : encode_line(tokenizer, *row, options, line);
    if (!done) return done;
  }
  return {};
}

Status tokenize_all(const Tokenizer& tokenizer, const TokenizeArgs& args, EncodeOptions options) {
  std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  if (args.decode) {
    auto ids = parse_ids(text, tokenizer, 1);
    if (!ids) return ids.error();
    std::string decoded = tokenizer.decode(*ids);
    std::fwrite(decoded.data(), 1, decoded.size(), stdout);
    return {};
  }
  print_ids(tokenizer.encode(text, options), " ");
  fmt::print("\n");
  return {};
}

// {"messages": [...]} to the prompt; further members are names of the template.
Status chat_line(const ModelText& model, Json row, size_t line) {
  const Json* messages = find_member(row, "messages");
  if (messages == nullptr || !messages->is_array())
    return usage_error(fmt::format("stdin:{}: a line {{\"messages\": [...]}} is wanted", line));
  ChatOptions options;
  options.add_generation_prompt = get_bool(row, "add_generation_prompt").value_or(true);
  Json list = *messages;
  row.erase("messages");
  row.erase("add_generation_prompt");
  options.variables = std::move(row);
  auto prompt = model.chat->render(list, options);
  if (!prompt) return in_context(fmt::format("stdin:{}", line), prompt.error());
  fmt::print("{}\n", dump_json(Json{{"text", prompt->text},
                                    {"ids", model.tokenizer.encode(prompt->text)},
                                    {"thinking_opened", prompt->thinking_opened}}));
  return {};
}

Status tokenize_chats(const std::string& path) {
  auto model = load_text_of(path);
  if (!model) return model.error();
  if (!model->chat) return usage_error(path + ": has no chat template");
  std::string text;
  for (size_t line = 1; std::getline(std::cin, text); ++line) {
    if (trim(text).empty()) continue;
    auto row = parse_json(text, fmt::format("stdin:{}", line));
    if (!row) return row.error();
    if (Status done = chat_line(*model, std::move(*row), line); !done) return done;
  }
  return {};
}

Result<ExitCode> tokenize_command(const TokenizeArgs& args) {
  if (args.decode && args.chat) return usage_error("--chat makes ids and --decode reads them: one of them is wanted");
  std::ios::sync_with_stdio(false);
  if (args.chat) {
    Status done = tokenize_chats(args.model);
    return done ? Result<ExitCode>(ExitCode::ok) : done.error();
  }
  auto tokenizer = load_tokenizer_of(args.model);
  if (!tokenizer) return tokenizer.error();
  EncodeOptions options{args.add_special, !args.no_parse_special};
  Status done = args.jsonl ? tokenize_jsonl(*tokenizer, args, options) : tokenize_all(*tokenizer, args, options);
  if (!done) return done.error();
  return ExitCode::ok;
}

} // namespace

CommandBody add_tokenize_command(CommandLine& command) {
  auto args = std::make_shared<TokenizeArgs>();
  command
      .option("-m,--model", args->model,
              "A model directory with tokenizer.json, or vocab.json and merges.txt; a tokenizer.json; or a .gguf")
      .required()
      .value_name("MODEL");
  command.flag("--decode", args->decode, "Ids on stdin to text");
  command.flag("--jsonl", args->jsonl, "Many: {\"text\"} a line to {\"ids\"} a line, or back with --decode");
  command.flag(
      "--chat", args->chat,
      "Many: {\"messages\"} a line through the model's chat template to {\"text\", \"ids\", \"thinking_opened\"}");
  command.flag("--add-special", args->add_special, "Add what the tokenizer puts around a text, such as its BOS");
  command.flag("--no-parse-special", args->no_parse_special, "Spell control tokens in the text with ordinary tokens");
  command.examples("Examples:\n  echo -n 'Hello, world' | proctor tokenize -m models/Qwen2.5-7B\n"
                   "  echo 9707 11 1879 | proctor tokenize -m models/Qwen2.5-7B --decode");
  return [args] { return tokenize_command(*args); };
}

} // namespace proctor
