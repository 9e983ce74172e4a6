// SPDX-License-Identifier: MIT
#include "harness/text/tokenizer.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "harness/text/byte_alphabet.h"
#include "harness/text/detokenizer.h"
#include "harness/text/gguf_vocabulary.h"
#include "harness/text/pre_tokenizer.h"
#include "harness/text/tokenizer_files.h"
#include "harness/text/tokenizer_json.h"
#include "harness/text/tokenizer_spec.h"
#include "harness/text/unicode.h"
#include "tests/temp_dir.h"

using namespace proctor;
using Ids = std::vector<TokenId>;

namespace {

// Every byte is the token of its number; then the merges, in order; then a BOS and the think tokens.
TokenizerSpec small_spec() {
  TokenizerSpec spec;
  TokenId id = 0;
  for (int byte = 0; byte < 256; ++byte)
    spec.pieces.emplace_back(bytes_to_alphabet(std::string(1, static_cast<char>(byte))), id++);
  spec.merges = {{"a", "b"}, {"ab", "ab"}, {"b", "c"}, {"\u0120", "a"}, {"a", "a"}, {"aa", "aa"}};
  for (auto& [left, right] : spec.merges) spec.pieces.emplace_back(left + right, id++); // ab abab bc " a" aa aaaa
  for (const char* content : {"<s>", "<think>", "</think>", "<|x|>"}) {
    AddedToken token;
    token.id = id++;
    token.content = content;
    token.special = token.content == "<s>" || token.content == "<|x|>";
    spec.added.push_back(token);
  }
  spec.pre_tokenizers = {PreTokenizer::qwen2};
  spec.bos = 262;
  spec.prefix = {262};
  return spec;
}

Tokenizer make(TokenizerSpec spec = small_spec()) {
  auto tokenizer = Tokenizer::make(std::move(spec));
  REQUIRE(tokenizer);
  return std::move(*tokenizer);
}

std::string why_not(TokenizerSpec spec) {
  auto tokenizer = Tokenizer::make(std::move(spec));
  return tokenizer ? "" : tokenizer.error().message;
}

std::vector<std::string> pieces(PreTokenizer stage, std::string_view text) {
  std::vector<std::string> result;
  for (; !text.empty(); text.remove_prefix(result.back().size()))
    result.emplace_back(text.substr(0, first_piece(stage, text)));
  return result;
}

using Texts = std::vector<std::string>;

std::string json_error(const std::string& text) {
  auto spec = parse_tokenizer_json(text, "f");
  return spec ? why_not(std::move(*spec)) : spec.error().message;
}

} // namespace

TEST_CASE("the merge of least rank goes first, the leftmost of equals") {
  Tokenizer tokenizer = make();
  CHECK(tokenizer.encode("abc") == Ids{256, 'c'});
  CHECK(tokenizer.encode("ababab") == Ids{257, 256});
  CHECK(tokenizer.encode("aaaaa") == Ids{261, 'a'});
  CHECK(tokenizer.encode("bc a") == Ids{258, 259});
}

TEST_CASE("a long word merges as a short one does") {
  Tokenizer tokenizer = make();
  for (size_t n : {39, 40, 41, 42, 1000}) {
    Ids expected(n / 4, 261);
    if (n % 4 >= 2) expected.push_back(260);
    if (n % 2) expected.push_back('a');
    CHECK(tokenizer.encode(std::string(n, 'a')) == expected);
  }
}

TEST_CASE("added tokens are found before anything else, control tokens only where they are parsed") {
  Tokenizer tokenizer = make();
  CHECK(tokenizer.encode("ab<|x|>ab") == Ids{256, 265, 256});
  CHECK(tokenizer.encode("<|x|>", {false, false}) == Ids{'<', '|', 'x', '|', '>'});
  CHECK(tokenizer.encode("<think>", {false, false}) == Ids{263});
  CHECK(tokenizer.find("<|x|>") == 265);
  CHECK(tokenizer.is_special(265));
  CHECK_FALSE(tokenizer.is_special(263));
}

TEST_CASE("there is exactly one BOS") {
  Tokenizer tokenizer = make();
  CHECK(tokenizer.encode("ab", {true}) == Ids{262, 256});
  CHECK(tokenizer.encode("<s>ab", {true}) == Ids{262, 256});
  CHECK(tokenizer.encode("<s>ab") == Ids{262, 256});
  CHECK(tokenizer.adds_bos());
}

TEST_CASE("any bytes come back as they were") {
  Tokenizer tokenizer = make();
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (const std::string& text : {all, std::string("\xff\xc3(\xe4\xbd"), std::string("é你😀")})
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
}

TEST_CASE("words are split as the patterns say") {
  using enum PreTokenizer;
  CHECK(pieces(qwen2, "I'm 123  ok\n\n x") == Texts{"I", "'m", " ", "1", "2", "3", " ", " ok", "\n\n", " x"});
  CHECK(pieces(llama3, "a12345 !!\nb\u00a0c") == Texts{"a", "123", "45", " !!\n", "b", "\u00a0c"});
  CHECK(pieces(qwen2, "IT'\u017F é\u0301x") == Texts{"IT", "'\u017F", " é", "\u0301x"});
  CHECK(pieces(gpt2, "can't 'S 12 34  ") == Texts{"can", "'t", " '", "S", " 12", " 34", "  "});
  CHECK(pieces(deepseek_words, "(a +b\u0301. x\n") == Texts{"(a", " +", "b\u0301", ".", " x", "\n"});
  CHECK(pieces(cjk, "a你好b") == Texts{"a", "你好", "b"});
  CHECK(pieces(digits3, "a1234") == Texts{"a", "123", "4"});
}

TEST_CASE("characters and marks newer than utf8proc or than Hugging Face's NFC are what tokenizers take them for") {
  CHECK(char_class(0x1F8B2) == kSymbol);
  CHECK(char_class(0x1C89) == kLetter);
  CHECK(char_class(0x11BF9) == kNumber);
  CHECK(char_class(0x1F8BC) == 0);
  CHECK(to_nfc("\u0EBA\u0E39") == "\u0EBA\u0E39");        // U+0EBA is newer than Unicode 9: not reordered
  CHECK(to_nfc("\u0EB9\u0E39") == "\u0E39\u0EB9");        // U+0EB9 is not
  CHECK(to_nfc("e\u0EBA\u0301") == "e\u0EBA\u0301");      // and nothing composes across it
  CHECK(to_nfc("\U00011935\U00011930").size() == 8);       // a composition of Unicode 13
}

TEST_CASE("NFC composes, and a hostile run of marks is no trouble") {
  CHECK(to_nfc("e\u0301 \u1100\u1161\u11a8 a\u0323\u0302") == "é 각 \u1EAD");
  CHECK(to_nfc("a\xff"
               "e\u0301") == "a\xffé");
  std::string marks = "a";
  for (int i = 0; i < 100000; ++i) marks += i % 2 ? "\u0316" : "\u0301";
  CHECK(to_nfc(marks).size() == marks.size() - 1); // a with its acute is one letter of two bytes
}

TEST_CASE("a character that comes in parts is held back until it is whole") {
  Tokenizer tokenizer = make();
  Detokenizer stream(tokenizer);
  CHECK(stream.put(0xE4) == "");
  CHECK(stream.put(0xBD) == "");
  CHECK(stream.put(0xA0) == "\u4F60");
  CHECK(stream.put(0xC3) == "");
  CHECK(stream.put('a') == "\xC3"
                           "a"); // no character begins so
  CHECK(stream.put(0xF0) == "");
  CHECK(stream.finish() == "\xF0");
}

TEST_CASE("think tags are tokens, not spellings") {
  Tokenizer tokenizer = make();
  Detokenizer stream(tokenizer);
  for (TokenId id : tokenizer.encode("<think>say ")) stream.put(id);
  for (char c : std::string("</think>")) stream.put(c); // quoted, letter by letter
  for (TokenId id : tokenizer.encode("</think>A")) stream.put(id);
  auto split = split_reasoning(stream.text(), stream.tags(), false, FinishReason::stop);
  CHECK(split.reasoning == "say </think>");
  CHECK(split.answer == "A");
}

TEST_CASE("a broken vocabulary is one error that names what is broken") {
  auto spec = small_spec();
  spec.merges.emplace_back("q", "q");
  CHECK(why_not(spec) == "merge 7 (\"q\" \"q\"): \"qq\" is not in the vocabulary");
  spec = small_spec();
  spec.pieces.emplace_back("zz", 3);
  CHECK(why_not(spec).find("token id 3 is given twice") != std::string::npos);
  spec = small_spec();
  spec.pieces.emplace_back("zz", 2'000'000'000);
  CHECK(why_not(spec).find("out of range") != std::string::npos);
  CHECK(why_not({}).find("empty") != std::string::npos);
}

TEST_CASE("a tokenizer.json that asks for the unknown is refused by name") {
  CHECK(json_error("{").find("f: not valid JSON") == 0);
  CHECK(json_error("[]").find("f: a JSON object is wanted") == 0);
  CHECK(json_error(R"({"model":{"type":"Unigram"}})") == "f: model.type: Unigram is not supported");
  CHECK(json_error(R"({"model":{"vocab":{"a":-1},"merges":[]}})").find("model.vocab[\"a\"]") != std::string::npos);
  CHECK(json_error(R"({"model":{"vocab":{"a":1},"merges":["a"]}})").find("model.merges[0]") != std::string::npos);
  std::string model = R"({"model":{"vocab":{"a":1},"merges":[]},)";
  CHECK(json_error(model + R"("normalizer":{"type":"Lowercase"}})") == "f: normalizer: Lowercase is not supported");
  CHECK(json_error(model + R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits"},)"
                           R"({"type":"ByteLevel","add_prefix_space":true}]}})") ==
        "f: pre_tokenizer: ByteLevel with add_prefix_space behind another stage is not supported");
  CHECK(json_error(model + R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"x+"},"behavior":"Isolated"}})") ==
        "f: pre_tokenizer: the pattern x+ is not supported");
}

TEST_CASE("byte fallback is read only with the normaliser that marks spaces") {
  std::string model = R"({"model":{"byte_fallback":true,"vocab":{"a":1},"merges":[]},"normalizer":)";
  CHECK(json_error(model + "null}") ==
        "f: normalizer: byte_fallback without a Replace of the space is not supported");
  CHECK(json_error(model + R"({"type":"Replace","pattern":{"String":"the"},"content":"\u2581"}})") ==
        "f: normalizer: a Replace of \"the\" is not supported");
  CHECK(json_error(model + R"({"type":"Replace","pattern":{"Regex":" "},"content":"\u2581"}})") ==
        "f: normalizer: a Replace of a pattern is not supported");
  CHECK(json_error(model + R"({"type":"Replace","pattern":{"String":" "},"content":"\u2581"}})") == "");
}

TEST_CASE("an added token that is normalised is found in its normal form") {
  TokenizerSpec spec = small_spec();
  spec.nfc = true;
  spec.added.push_back({300, "e\u0301", false, true});
  CHECK(make(spec).encode("xe\u0301y") == Ids{'x', 300, 'y'});
  CHECK(make(spec).encode("\u00e9") == Ids{300});

  spec = {};
  spec.kind = VocabularyKind::sentencepiece;
  spec.space_prefix = SpacePrefix::always;
  for (int byte = 0; byte < 256; ++byte) spec.pieces.emplace_back(fmt::format("<0x{:02X}>", byte), byte);
  spec.pieces.insert(spec.pieces.end(), {{"\u2581", 256}, {"a", 257}, {"X", 258}});
  spec.added.push_back({259, "X", false, true});
  CHECK(make(spec).encode("Xa X") == Ids{259, 257, 259}); // the space before a text is the token's
  CHECK(make(spec).encode("aX") == Ids{256, 257, 258});
  spec.added.back().lstrip = true;
  CHECK(why_not(spec).find("\"X\"") != std::string::npos);
}

TEST_CASE("SentencePiece joins the pair of best score and spells the unknown in bytes") {
  GgufVocabulary vocabulary;
  vocabulary.model = "llama";
  vocabulary.tokens = {"<unk>", "<s>", "</s>"};
  for (int byte = 0; byte < 256; ++byte) vocabulary.tokens.push_back(fmt::format("<0x{:02X}>", byte));
  for (const char* piece : {"\u2581", "a", "b", "\u2581a", "ab", "\u2581ab"}) vocabulary.tokens.push_back(piece);
  vocabulary.scores.assign(vocabulary.tokens.size(), 0);
  for (size_t i = 259; i < vocabulary.tokens.size(); ++i) vocabulary.scores[i] = -static_cast<float>(i);
  vocabulary.bos_token_id = 1;
  auto tokenizer = make_tokenizer(vocabulary, "v");
  REQUIRE(tokenizer);
  CHECK(tokenizer->encode("ab a", {true}) == Ids{1, 264, 262});
  CHECK(tokenizer->encode("z") == Ids{259, 3 + 'z'});
  CHECK(tokenizer->decode(tokenizer->encode("ab z")) == "ab z");
  CHECK(Detokenizer(*tokenizer).put(262) == " a");
  vocabulary.scores.pop_back();
  CHECK(make_tokenizer(vocabulary, "v").error().message.find("v: tokenizer.ggml.scores") == 0);
  vocabulary.model = "bert";
  CHECK(make_tokenizer(vocabulary, "v").error().message.find("v: tokenizer.ggml.model") == 0);
}
