// SPDX-License-Identifier: MIT
#include "backends/recorded/recorded.h"

#include <doctest/doctest.h>
#include <zip.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/backends/recorded_files.h"

using namespace proctor;
using enum CompletionStatus;

namespace {

// A file, opened; the test stops when it cannot be.
struct Opened {
  RecordedTestFile disk;
  Result<RecordedFile> result;
  explicit Opened(std::string_view content, RecordedMap map = {}, std::string expect = {},
                  std::string_view name = "answers.jsonl")
      : disk(name, content), result(open_recorded(disk.path(), std::move(map), std::move(expect))) {
    std::string error = result ? "" : result.error().message;
    REQUIRE(error == "");
  }
  const RecordedFile& file() const { return *result; }
  Completion operator()(const std::string& doc_id, int sample = 0) const { return replay(file(), doc_id, sample); }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (auto& question : file().questions()) ids.push_back(question.doc_id);
    return ids;
  }
};

// The error message with the file's folder cut out, and the exit code checked.
std::string error_of(std::string_view content, RecordedMap map = {}, std::string expect = {}) {
  RecordedTestFile disk("f.jsonl", content);
  auto result = open_recorded(disk.path(), std::move(map), std::move(expect));
  if (result) return "(opened)";
  CHECK(result.error().exit == ExitCode::usage);
  std::string message = result.error().message;
  for (size_t at; (at = message.find(disk.dir() + "/")) != message.npos;) message.erase(at, disk.dir().size() + 1);
  return message;
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(std::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

// Newer Inspect packs with zstd (zip method 93), which libzip 1.7 can neither write nor unpack: an archive of one
// entry, byte by byte.
std::string zstd_zip(std::string_view name, std::string_view text) {
  std::string packed = zstd(text);
  auto number = [](uint64_t value, int n_bytes) {
    std::string bytes;
    for (int i = 0; i < n_bytes; ++i) bytes += i < 8 ? static_cast<char>(value >> (8 * i) & 0xFF) : '\0';
    return bytes;
  };
  auto crc = crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
  std::string facts = number(20, 2) + number(0, 2) + number(93, 2) + number(0, 4) + number(crc, 4) +
                      number(packed.size(), 4) + number(text.size(), 4) + number(name.size(), 2) + number(0, 2);
  std::string local = "PK\x03\x04" + facts + std::string(name) + packed;
  std::string central = "PK\x01\x02" + number(20, 2) + facts + number(0, 10) + number(0, 4) + std::string(name);
  return local + central + "PK\x05\x06" + number(0, 4) + number(1, 2) + number(1, 2) + number(central.size(), 4) +
         number(local.size(), 4) + number(0, 2);
}

void write_zip(const std::string& path, const std::vector<std::pair<std::string, std::string>>& entries) {
  int code = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  REQUIRE(archive != nullptr);
  for (auto& [name, text] : entries) {
    zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
    REQUIRE(zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8) >= 0);
  }
  REQUIRE(zip_close(archive) == 0);
}

} // namespace

TEST_CASE("every key of the table is read under each of its names") {
  struct Row {
    std::string_view id, sample, completion, target;
  };
  const Row rows[] = {{"doc_id", "sample_idx", "completion", "target"},
                      {"id", "sample", "response", "gold"},
                      {"task_id", "repeat", "generation", "answer"},
                      {"idx", "sample_idx", "output", "target"},
                      {"id", "sample", "resps", "answer"}};
  for (const Row& row : rows) {
    CAPTURE(row.completion);
    Json record = {{row.id, "q"}, {row.sample, 3}, {row.completion, "so 7"}, {row.target, 7.0}};
    Opened opened(record.dump() + "\n");
    REQUIRE(opened.file().questions().size() == 1);
    const RecordedQuestion& question = opened.file().questions()[0];
    CHECK(question.doc_id == "q");
    CHECK(question.target == "7");
    CHECK(question.n_samples == 1);
    CHECK(opened.file().sample_indices("q") == std::vector{3});
    Completion completion = opened("q", 3);
    CHECK(completion.text == "so 7");
    CHECK(completion.answer_text == "so 7");
    CHECK(completion.status == complete);
    CHECK(completion.prompt_hash == "hash");
    CHECK_FALSE(completion.seed.has_value()); // the text was made by a seed nobody recorded
    CHECK(completion.key.task == "task");
    CHECK(completion.extra == "");
  }
}

TEST_CASE("a record's other values are used where they are present") {
  Opened opened(R"({"id": 1, "prompt": [{"role": "user", "content": "2+2?"}], "response": "4",)"
                R"( "finish_reason": "length",)"
                R"( "usage": {"prompt_tokens": 9, "completion_tokens": 5,)"
                R"( "prompt_tokens_details": {"cached_tokens": 2},)"
                R"( "completion_tokens_details": {"reasoning_tokens": 3}, "cost": 0.25}, "reasoning": "well",)"
                R"( "model": "m", "n": [1, 2.5]})");
  CHECK(opened.file().questions()[0].messages == std::vector<Message>{{"user", "2+2?"}});
  CHECK(!opened.file().questions()[0].target);
  Completion completion = opened("1");
  CHECK(completion.finish_reason == FinishReason::length);
  CHECK(completion.status == truncated_answer);
  CHECK(completion.reasoning == "well");
  CHECK(completion.answer_text == "4");
  CHECK(completion.usage.prompt_tokens == 9);
  CHECK(completion.usage.cached_tokens == 2);
  CHECK(completion.usage.completion_tokens == 5);
  CHECK(completion.usage.reasoning_tokens == 3);
  CHECK(completion.usage.reported_usd == 0.25);
  CHECK(completion.extra == R"({"model":"m","n":[1,2.5]})");
}

TEST_CASE("DeepSeek's cache hits and reasoning_content are understood") {
  Opened opened(R"({"id": 1, "response": "4", "reasoning_content": "hm", "usage": {"prompt_cache_hit_tokens": 6}})");
  CHECK(opened("1").usage.cached_tokens == 6);
  CHECK(!opened("1").usage.prompt_tokens);
  CHECK(opened("1").reasoning == "hm");
}

TEST_CASE("equal ids are one question whether they are numbers or strings") {
  Opened opened("{\"id\": 7, \"response\": \"a\"}\n{\"id\": \"7\", \"response\": \"b\"}\n{\"id\": 7.0, "
                "\"response\": \"c\"}\n");
  CHECK(opened.ids() == std::vector<std::string>{"7"});
  CHECK(opened("7", 0).text == "a");
  CHECK(opened("7", 1).text == "b");
  CHECK(opened("7", 2).text == "c");
}

TEST_CASE("without ids equal prompts with equal targets are one question, numbered in order") {
  Opened opened("{\"prompt\": \"p\", \"gold\": 1, \"response\": \"a\"}\n{\"prompt\": \"p\", \"gold\": 2, "
                "\"response\": \"b\"}\n"
                "{\"prompt\": \"p\", \"gold\": 1, \"response\": \"c\"}\n");
  CHECK(opened.ids() == std::vector<std::string>{"0", "1"});
  CHECK(opened("0", 1).text == "c");
  CHECK(opened("1", 0).text == "b");
  CHECK(opened.file().notes().empty());
}

TEST_CASE("records without id and prompt are questions of their own, and a note says so") {
  Opened opened("{\"gold\": \"yes\", \"response\": \"a\"}\n{\"gold\": \"yes\", \"response\": \"b\"}\n");
  CHECK(opened.ids() == std::vector<std::string>{"0", "1"});
  REQUIRE(opened.file().notes().size() == 1);
  CHECK(opened.file().notes()[0].find("2 records have neither doc_id nor prompt") != std::string::npos);
}

TEST_CASE("lists are several samples, with a list's share of label, finish reason and reasoning") {
  Opened opened(R"({"id": 1, "resps": [["a", "b"]], "finish_reason": ["stop", "length"], "ok": [true,)"
                R"( 0]})",
                {}, "ok");
  CHECK(opened.file().questions()[0].n_samples == 2);
  CHECK(opened("1", 0).text == "a");
  CHECK(opened("1", 1).text == "b");
  CHECK(opened("1", 0).status == complete);
  CHECK(opened("1", 1).status == truncated_answer);
  CHECK(opened.file().label("1", 0) == true);
  CHECK(opened.file().label("1", 1) == false);
  CHECK(!opened.file().label("1", 2));
}

TEST_CASE("usage of a record with several samples is counted once") {
  Opened opened(R"({"id": 1, "output": ["a", "b"], "usage": {"prompt_tokens": 5, "completion_tokens": 8}})");
  CHECK(opened("1", 0).usage.completion_tokens == 8);
  CHECK(!opened("1", 1).usage.completion_tokens);
}

TEST_CASE("containers: lines, one array, one object, packed, with a byte order mark, CRLF and blank lines") {
  const std::string lines = "{\"id\": \"a\", \"response\": \"x\"}\n{\"id\": \"b\", \"response\": \"y\"}\n";
  const std::string array = "[\n {\"id\": \"a\", \"response\": \"x\"},\n {\"id\": \"b\", \"response\": \"y\"}\n]\n";
  const std::string contents[] = {
      lines,
      array,
      "{\"a\": \"x\", \"b\": [\"y\"]}",
      "{\n  \"a\": \"x\",\n  \"b\": \"y\"\n}\n",
      "\xEF\xBB\xBF" + lines,
      "\xEF\xBB\xBF" + array,
      "\xEF\xBB\xBF{\"a\": \"x\", \"b\": \"y\"}",
      "\r\n{\"id\": \"a\", \"response\": \"x\"}\r\n\r\n  \r\n{\"id\": \"b\", \"response\": \"y\"}",
      gzip(lines),
      zstd(array),
      "{\"a\": {\"response\": \"x\"}, \"b\": [{\"response\": \"y\"}]}",
  };
  for (const std::string& content : contents) {
    CAPTURE(content);
    Opened opened(content);
    CHECK(opened.ids() == std::vector<std::string>{"a", "b"});
    CHECK(opened("a").text == "x");
    CHECK(opened("b").text == "y");
    CHECK(opened.file().notes().empty());
  }
}

TEST_CASE("one record alone is a record, not a map of ids") {
  Opened opened("{\"id\": \"a\",\n \"response\": \"x\"}");
  CHECK(opened.ids() == std::vector<std::string>{"a"});
  CHECK(error_of(R"({"id": "a", "prediction": "x"})") ==
        "f.jsonl:1: no completion among its keys; name it with --map completion=KEY, where KEY may be id, "
        "prediction");
}

TEST_CASE("an id's escapes are resolved") {
  Opened opened(R"({"a\"\u00e9": ["x", "y"]})");
  CHECK(opened.ids() == std::vector<std::string>{"a\"\xC3\xA9"});
  CHECK(opened("a\"\xC3\xA9", 1).text == "y");
}

TEST_CASE("--map names keys by dotted paths") {
  Opened opened("{\"item\": 4, \"runs\": [{\"txt\": \"a\"}, {\"txt\": \"b\"}], \"meta\": {\"gold.v1\": 5}, "
                "\"solution\": \"ref\"}\n",
                {{"doc_id", "item"}, {"completion", "runs.1.txt"}, {"target", "meta.gold.v1"}});
  CHECK(opened("4").text == "b");
  CHECK(opened("4").extra == R"({"solution":"ref"})");
  CHECK(opened.file().questions()[0].target == "5");
}

TEST_CASE("an id may be joined from several keys") {
  Opened opened("{\"size\": 8, \"item\": 1, \"response\": \"a\"}\n{\"size\": 9, \"item\": 1, \"response\": \"b\"}\n",
                {{"doc_id", "size+item"}});
  CHECK(opened.ids() == std::vector<std::string>{"8/1", "9/1"});
  CHECK(opened("9/1").extra == "");
  CHECK(error_of("{\"size\": 8, \"response\": \"\"}\n", {{"doc_id", "size+itm"}}) ==
        "f.jsonl:1: no itm here (--map doc_id=itm)");
  CHECK(Opened("{\"a+b\": 8, \"response\": \"a\"}", {{"doc_id", "a+b"}}).ids() == std::vector<std::string>{"8"});
}

TEST_CASE("a mapped list of texts is several samples, beside a reference solution") {
  Opened opened(R"({"idx": 0, "solution": "ref", "answer": "204", "code": ["a", "b"], "score": [false, true]})",
                {{"completion", "code"}}, "score");
  CHECK(opened.file().questions()[0].n_samples == 2);
  CHECK(opened("0", 1).text == "b");
  CHECK(opened("0", 1).text_kind == TextKind::answer);
  CHECK(opened.file().label("0", 1) == true);
}

TEST_CASE("code: what kind of text a key holds") {
  struct Row {
    std::string_view record;
    TextKind kind;
  };
  const Row rows[] = {
      {R"({"task_id": "T/0", "completion": "    return 1"})", TextKind::continuation},
      {R"({"task_id": "T/0", "prompt": "Write f.", "completion": "Sure: ```"})", TextKind::answer},
      {R"({"doc_id": "T/0", "completion": "Sure: ```"})", TextKind::answer},
      {R"({"task_id": "T/0", "solution": "def f(): return 1"})", TextKind::program},
      {R"({"task_id": "T/0", "response": "Sure"})", TextKind::answer},
      {R"({"question_id": "T/0", "output_list": ["Sure"], "code_list": ["x"]})", TextKind::answer},
      {R"({"question_id": "T/0", "code_list": ["x"]})", TextKind::program},
  };
  for (const Row& row : rows) {
    CAPTURE(row.record);
    CHECK(Opened(row.record)("T/0").text_kind == row.kind);
  }
}

TEST_CASE("wrong input is refused with the place and a way out") {
  struct Row {
    std::string_view content, error;
    RecordedMap map = {};
    std::string expect = {};
  };
  const Row rows[] = {
      {"", "f.jsonl is empty: it holds no completions"},
      {" \n\n", "f.jsonl is empty: it holds no completions"},
      {"{\"id\": 1, \"resp", "f.jsonl holds no complete record"},
      {"{\"id\": 1,}\n{\"id\": 2, \"response\": \"\"}\n", "f.jsonl:1: it is not JSON"},
      {"{\"id\": 1, \"response\": \"\"}\nnonsense\n", "f.jsonl:2: it is not JSON"},
      {"{\"id\": 1, \"response\": \"\"}\n[1]\n", "f.jsonl:2: this is a list, an object is wanted"},
      {"{\"id\": 1, \"response\": \"\"}\n\n{\"id\": 1, \"response\": \"\", \"sample\": 0}\n",
       "f.jsonl:3: sample 0 of question 1 is there twice, the other one is f.jsonl:1"},
      {"{\"id\": 1, \"response\": \"\", \"output\": \"\"}\n",
       "f.jsonl:1: more than one key could be the completion: response, output; choose with --map "
       "completion=response"},
      {"{\"task_id\": 1, \"solution\": \"\", \"completion\": \"\"}\n",
       "f.jsonl:1: more than one key could be the completion: completion, solution; choose with --map "
       "completion=completion"},
      {"{\"id\": 1, \"prediction\": \"\", \"n\": 2, \"o\": {\"txt\": \"\"}}\n",
       "f.jsonl:1: no completion among its keys; name it with --map completion=KEY, where KEY may be prediction, "
       "o.txt"},
      {"{\"id\": 1, \"n\": 2}\n", "f.jsonl:1: no completion, and no text that could be one; keys: id, n"},
      {"{\"id\": 1, \"response\": 5}\n", "f.jsonl:1: response is a number, a text or a list of texts is wanted"},
      {"{\"id\": 1, \"response\": []}\n", "f.jsonl:1: response is an empty list"},
      {"{\"id\": 1, \"response\": [\"\", 2]}\n",
       "f.jsonl:1: an element of response is a number, a text or a list of texts is wanted"},
      {"{\"id\": [1], \"response\": \"\"}\n", "f.jsonl:1: id is a list, a string or a number is wanted as the "
                                              "question's id"},
      {"{\"id\": 1, \"sample\": -1, \"response\": \"\"}\n", "f.jsonl:1: sample is -1, a whole number from 0 is "
                                                            "wanted"},
      {"{\"id\": 1, \"sample\": 0.5, \"response\": \"\"}\n", "f.jsonl:1: sample is 0.5, a whole number from 0 is "
                                                             "wanted"},
      {"{\"id\": 1, \"response\": \"\"}\n{\"response\": \"\"}\n",
       "f.jsonl:2: this record has no doc_id while earlier ones have one; name the key with --map doc_id=KEY"},
      {"[{\"id\": 1, \"response\": \"\"},\n {\"id\": 2}]",
       "f.jsonl:2: no completion, and no text that could be one; keys: id"},
      {"[{\"id\": 1, \"response\": \"\"},\n", "f.jsonl:2: the file ends inside the array"},
      {"[{\"id\": 1, \"response\": \"\"}] x", "f.jsonl:1: more text after the end of the array"},
      {"[]", "f.jsonl holds no complete record"},
      {"{\"a\": \"x\", \"b\": {\"c\": 1}}", "f.jsonl:1: no completion, and no text that could be one; keys: c"},
      {"{\"a\": \"x\", \"b\": [1]}", "f.jsonl:1: \"b\" holds a number where a text is wanted"},
      {"{\"id\": 1, \"response\": \"\"}\n",
       "--map completon=x: 'completon' is not a key that can be mapped; did you mean completion? (known: doc_id, "
       "sample_idx, "
       "completion, target, prompt, finish_reason, usage, reasoning, prefilled_think)",
       {{"completon", "x"}}},
      {"{\"id\": 1, \"prediction\": \"\"}\n",
       "f.jsonl:1: no predicton here (--map completion=predicton); did you mean prediction?",
       {{"completion", "predicton"}}},
      {"{\"id\": 1, \"response\": \"\", \"gold_plan\": 1}\n",
       "f.jsonl: no record has goldplan (--map target=goldplan); did you mean gold_plan?",
       {{"target", "goldplan"}}},
      {"{\"id\": 1, \"response\": \"\", \"label\": 1}\n",
       "f.jsonl: no record has lable (--expect lable); did you "
       "mean label?",
       {},
       "lable"},
      {"{\"id\": 1, \"response\": \"\", \"label\": 1}\n{\"id\": 2, \"response\": \"\", \"label\": 0.5}\n",
       "f.jsonl:2: label is 0.5, which says neither correct nor incorrect (--expect label)",
       {},
       "label"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content);
    CHECK(error_of(row.content, row.map, row.expect) == row.error);
  }
  auto missing = open_recorded("/nonexistent/file.jsonl");
  REQUIRE(!missing);
  CHECK(missing.error().exit == ExitCode::usage);
}

TEST_CASE("a torn last line is reported and skipped, a whole one without its newline is read") {
  Opened torn("{\"id\": 1, \"response\": \"a\"}\n{\"id\": 2, \"respo");
  CHECK(torn.ids() == std::vector<std::string>{"1"});
  REQUIRE(torn.file().notes().size() == 1);
  CHECK(torn.file().notes()[0].ends_with("answers.jsonl: line 2 is torn (no newline, not JSON) and is skipped"));
  CHECK(Opened("{\"id\": 1, \"response\": \"a\"}\n{\"id\": 2, \"response\": \"b\"}").ids().size() == 2);
}

TEST_CASE("what Python wrote is read: NaN, lone surrogates, large numbers, stray bytes") {
  Opened opened("{\"id\": 1, \"response\": \"a\\ud83d\", \"score\": NaN}\n"
                "{\"id\": 123456789012345678901234, \"response\": \"b\xFF\xFE\"}\n");
  CHECK(opened("1").text == "a\xEF\xBF\xBD");
  CHECK(opened("1").extra == R"({"score":null})");
  CHECK(opened("123456789012345678901234").text == "b\xEF\xBF\xBD\xEF\xBF\xBD");
  REQUIRE(opened.file().notes().size() == 1);
  CHECK(opened.file().notes()[0].ends_with("2 bytes that are not UTF-8 are read as U+FFFD"));
}

TEST_CASE("finish reasons of every server map to three, and words that say more are kept") {
  struct Row {
    std::string_view word;
    std::optional<FinishReason> reason;
    bool kept;
  };
  using enum FinishReason;
  const Row rows[] = {{"stop", stop, false},          {"eos", stop, false},          {"end_turn", stop, false},
                      {"stop_sequence", stop, false}, {"tool_calls", stop, true},    {"content_filter", stop, true},
                      {"length", length, false},      {"max_tokens", length, false}, {"model_length", length, false},
                      {"", std::nullopt, false},      {"abort", std::nullopt, true}};
  for (const Row& row : rows) {
    CAPTURE(row.word);
    Json record = {{"id", 1}, {"response", "a"}, {"finish_reason", row.word}};
    Completion completion = Opened(record.dump())("1");
    CHECK(completion.finish_reason == row.reason);
    CHECK(completion.extra == (row.kept ? "{\"finish_reason\":\"" + std::string(row.word) + "\"}" : ""));
  }
}

TEST_CASE("labels are read in every spelling") {
  struct Row {
    std::string_view value;
    std::optional<bool> label;
  };
  const Row rows[] = {{"true", true},
                      {"false", false},
                      {"1", true},
                      {"0", false},
                      {"1.0", true},
                      {"0.0", false},
                      {"\"correct\"", true},
                      {"\"incorrect\"", false},
                      {"\"pass\"", true},
                      {"\"fail\"", false},
                      {"\"Passed\"", true},
                      {"\"failed\"", false},
                      {"\"True\"", true},
                      {"[false]", false},
                      {"[1.0]", true},
                      {"\"truncated\"", false},
                      {"\"C\"", true},
                      {"\"I\"", false},
                      {"\"no_answer\"", false}};
  for (const Row& row : rows) {
    CAPTURE(row.value);
    Opened opened("{\"id\": 1, \"response\": \"\", \"l\": " + std::string(row.value) + "}", {}, "l");
    CHECK(opened.file().label("1", 0) == row.label);
  }
}

TEST_CASE("thinking is split where the record, its prompt or the item says that it was opened") {
  const std::string text = "\"response\": \"hm 3\", \"finish_reason\": \"length\"";
  CHECK(Opened("{\"id\": 1, " + text + "}")("1").status == truncated_answer);
  CHECK(Opened("{\"id\": 1, \"prefilled_think\": true, " + text + "}")("1").status == truncated_thinking);
  CHECK(Opened("{\"id\": 1, \"prompt\": \"q <think>\\n\", " + text + "}")("1").status == truncated_thinking);

  Opened opened("{\"id\": 1, " + text + "}\n{\"id\": 2, \"prefilled_think\": false, " + text + "}\n");
  RecordedReader reader(opened.file());
  for (auto [id, status] : {std::pair("1", truncated_thinking), std::pair("2", truncated_answer)}) {
    WorkItem item = recorded_item(id);
    item.assistant_prefix = "<think>\n";
    CHECK(reader.read(item)->status == status);
  }
  CHECK(Opened(R"({"id": 1, "response": "<think>a</think>b"})")("1").reasoning == "a");
}

TEST_CASE("what was not recorded is an error, not a wrong answer") {
  Opened opened("{\"id\": 1, \"response\": null}\n{\"id\": 2, \"response\": null, \"finish_reason\": \"length\"}\n"
                "{\"id\": 3, \"response\": null, \"reasoning\": \"hm\"}\n");
  CHECK(opened("1").status == error);
  CHECK(opened("1").error == "the recorded completion is null");
  CHECK(opened("2").status == truncated_answer);
  CHECK(opened("3").status == complete);
  CHECK(opened("3").answer_text == "");
  CHECK(opened("9").status == error);
  CHECK(opened("9").error == "not in " + opened.disk.path());
  CHECK(opened("1", 1).status == error);
}

TEST_CASE("lm-eval's samples: chat and text prompts, repeats, several filters") {
  Opened opened(
      R"({"doc_id": 0, "doc": {"q": "1+1"}, "target": "2", "arguments": {"gen_args_0": {"arg_0": "Q: 1+1",)"
      R"( "arg_1": {}}}, "resps": [["2", "3"]], "filtered_resps": ["2"], "filter": "strict", "exact_match": 1.0})"
      "\n"
      R"({"doc_id": 0, "doc": {"q": "1+1"}, "target": "2", "arguments": {"gen_args_0": {"arg_0": "Q: 1+1",)"
      R"( "arg_1": {}}}, "resps": [["2", "3"]], "filtered_resps": ["2"], "filter": "flexible", "exact_match": 1.0})"
      "\n"
      R"({"doc_id": 1, "doc": {"q": "1+2"}, "target": 3, "arguments": [["[{\"role\": \"user\",)"
      R"( \"content\": \"hi\"}]", {}]], "resps": [["3"]], "filter": "strict", "exact_match": 0.0})",
      {}, "exact_match");
  CHECK(opened.ids() == std::vector<std::string>{"0", "1"});
  CHECK(opened.file().questions()[0].n_samples == 2);
  CHECK(opened.file().questions()[0].messages == std::vector<Message>{{"user", "Q: 1+1"}});
  CHECK(opened.file().questions()[1].messages == std::vector<Message>{{"user", "hi"}});
  CHECK(opened.file().questions()[1].target == "3");
  CHECK(opened("0", 1).text == "3");
  CHECK(opened.file().label("1", 0) == false);
  REQUIRE(opened.file().notes().size() == 1);
  CHECK(opened.file().notes()[0].ends_with("1 records of other filters than 'strict' skipped: their completions are "
                                           "the same"));
}

TEST_CASE("OpenAI batch output: choices, reasoning, usage, failed requests, the responses API") {
  Opened opened(
      R"({"id": "b1", "custom_id": "q1", "response": {"status_code": 200, "body": {"choices": [{"index": 0,)"
      R"( "message": {"role": "assistant", "content": "4", "reasoning_content": "hm"},)"
      R"( "finish_reason": "stop"}, {"message": {"content": "5"}, "finish_reason": "length"}],)"
      R"( "usage": {"prompt_tokens": 3, "completion_tokens": 9}}}, "error": null})"
      "\n"
      R"({"id": "b2", "custom_id": "q2", "response": {"status_code": 429,)"
      R"( "body": {"error": {"message": "slow down"}}}, "error": null})"
      "\n"
      R"({"id": "b3", "custom_id": "q3", "response": null, "error": {"code": "expired", "message": "too late"}})"
      "\n"
      R"({"id": "b4", "custom_id": "q4", "response": {"status_code": 200,)"
      R"( "body": {"output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}]},)"
      R"( {"type": "message", "content": [{"type": "output_text", "text": "x"}]}], "usage": {"input_tokens": 1,)"
      R"( "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}}}}, "error": null})"
      "\n"
      R"({"id": "b5", "custom_id": "q5", "response": {"status_code": 200, "body": {"choices": [{"text": "y",)"
      R"( "finish_reason": "stop"}]}}, "error": null})"
      "\n"
      R"({"id": "b6", "custom_id": "q6", "response": {"status_code": 200, "body": {"choices": []}}, "error": null})");
  CHECK(opened("q1", 0).text == "4");
  CHECK(opened("q1", 0).reasoning == "hm");
  CHECK(opened("q1", 0).usage.completion_tokens == 9);
  CHECK(opened("q1", 1).status == truncated_answer);
  CHECK(opened("q2").status == error);
  CHECK(opened("q2").error == "slow down");
  CHECK(opened("q3").error == "too late");
  CHECK(opened("q4").text == "x");
  CHECK(opened("q4").reasoning == "s");
  CHECK(opened("q4").usage.reasoning_tokens == 1);
  CHECK(opened("q5").text == "y");
  CHECK(opened("q6").error == "no output was recorded");
}

TEST_CASE("LiveCodeBench's lists hold one question each") {
  Opened opened(R"([{"question_title": "A", "question_content": "Sum", "question_id": "1_A",)"
                R"( "output_list": ["```x```", ""],)"
                R"( "code_list": ["x", ""], "graded_list": [true, false], "pass@1": 0.5, "metadata": ["{}"]}])",
                {}, "graded_list");
  CHECK(opened.ids() == std::vector<std::string>{"1_A"});
  CHECK(opened("1_A", 0).text == "```x```");
  CHECK(opened.file().label("1_A", 0) == true);
  CHECK(opened.file().label("1_A", 1) == false);
  CHECK(opened.file().questions()[0].messages == std::vector<Message>{{"user", "Sum"}});
  CHECK(opened("1_A").extra.find("code_list") == std::string::npos);
}

TEST_CASE("EvalPlus' results are read by id") {
  Opened opened(R"({"date": "d", "hash": "h", "eval": {"T/0": [{"task_id": "T/0", "solution": "a",)"
                R"( "plus_status": "pass"},)"
                R"( {"task_id": "T/0", "solution": "b", "plus_status": "fail"}], "T/1": [{"solution": "c",)"
                R"( "task_id": "T/1"}]}})",
                {}, "plus_status");
  CHECK(opened.ids() == std::vector<std::string>{"T/0", "T/1"});
  CHECK(opened("T/0", 1).text == "b");
  CHECK(opened("T/0", 1).text_kind == TextKind::program);
  CHECK(opened.file().label("T/0", 0) == true);
  CHECK(opened.file().label("T/0", 1) == false);
}

namespace {

std::string inspect_sample(int epoch, std::string_view content, std::string_view extra = "") {
  return R"({"id": 5, "epoch": )" + std::to_string(epoch) + R"(, "input": "2+2?", "target": "4", "messages": [], )" +
         R"("output": {"model": "m", "choices": [{"message": {"role": "assistant",)"
         R"( "content": )" +
         std::string(content) +
         R"(}, "stop_reason": "max_tokens"}], "usage": {"input_tokens": 5, "output_tokens": 6,)"
         R"( "input_tokens_cache_read": 2}},)" +
         R"( "scores": {"match": {"value": "C"}}, "events": [1])" + std::string(extra) + "}";
}

void check_inspect(const Opened& opened) {
  CHECK(opened.ids() == std::vector<std::string>{"5"});
  CHECK(opened.file().questions()[0].messages == std::vector<Message>{{"user", "2+2?"}});
  CHECK(opened.file().questions()[0].target == "4");
  CHECK(opened("5", 0).text == "four");
  CHECK(opened("5", 0).status == truncated_answer);
  CHECK(opened("5", 0).usage.cached_tokens == 2);
  CHECK(opened("5", 0).extra == R"({"scores":{"match":{"value":"C"}}})");
  CHECK(opened("5", 1).text == "4");
  CHECK(opened("5", 1).reasoning == "hm");
  CHECK(opened("5", 2).status == error);
  CHECK(opened("5", 2).error == "boom");
  CHECK(opened.file().label("5", 0) == true);
}

const std::string kInspectPlain = inspect_sample(1, R"("four")");
const std::string kInspectParts =
    inspect_sample(2, R"([{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "4"}])");
const std::string kInspectFailed = inspect_sample(3, "\"\"", R"(, "error": {"message": "boom", "traceback": ""})");

} // namespace

TEST_CASE("Inspect's JSON logs: epochs, parts, reasoning, usage, failed samples") {
  Opened opened("{\n  \"version\": 2, \"status\": \"success\", \"eval\": {\"task\": \"t\"},\n  \"samples\": "
                "[\n" +
                    kInspectPlain + ",\n" + kInspectParts + ",\n" + kInspectFailed + "],\n  \"stats\": {}}",
                {}, "scores.match.value");
  check_inspect(opened);
}

TEST_CASE("Inspect's .eval archives hold the same") {
  RecordedTestFile folder("run.eval", "");
  write_zip(folder.path(), {{"_journal/start.json", "{}"},
                            {"samples/5_epoch_1.json", kInspectPlain},
                            {"samples/5_epoch_2.json", kInspectParts},
                            {"samples/5_epoch_3.json", kInspectFailed},
                            {"header.json", "{}"}});
  std::ifstream in(folder.path(), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  check_inspect(Opened(bytes, {}, "scores.match.value", "run.eval"));
  CHECK(error_of(bytes.substr(0, bytes.size() / 2)).starts_with("cannot read f.jsonl: "));

  write_zip(folder.path(), {{"other.txt", "x"}});
  auto other = open_recorded(folder.path());
  REQUIRE(!other);
  CHECK(other.error().message.ends_with("a zip archive without samples/*.json, so no Inspect log"));
}

TEST_CASE("an .eval archive packed with zstd is read") {
  std::string archive = zstd_zip("samples/5_epoch_1.json", kInspectPlain);
  Opened opened(archive, {}, "", "run.eval");
  CHECK(opened("5", 0).text == "four");
  size_t at = archive.find("\x28\xB5\x2F\xFD");
  archive[at + 12] = static_cast<char>(~archive[at + 12]);
  archive[at + 4] = '\x7f';
  CHECK(error_of(archive).starts_with("cannot read f.jsonl: samples/5_epoch_1.json: "));
}

TEST_CASE("the digest is that of the content and the map, not of the packing") {
  const std::string lines = "{\"id\": 1, \"response\": \"a\", \"other\": \"b\"}\n";
  std::string digest = Opened(lines).file().digest();
  CHECK(digest.size() == 32);
  CHECK(Opened(gzip(lines)).file().digest() == digest);
  CHECK(Opened(lines, {{"completion", "other"}}).file().digest() != digest);
  CHECK(Opened("{\"id\": 1, \"response\": \"b\", \"other\": \"b\"}\n").file().digest() != digest);
}

TEST_CASE("a question's first target is used and others are noted") {
  Opened opened("{\"id\": 1, \"gold\": \"a\", \"response\": \"\"}\n{\"id\": 1, \"gold\": \"b\", \"response\": "
                "\"\"}\n");
  CHECK(opened.file().questions()[0].target == "a");
  CHECK(opened.file().notes().size() == 1);
}

namespace {

struct ListSource : WorkSource {
  std::vector<WorkItem> items;
  std::optional<WorkItem> next() override {
    if (items.empty()) return std::nullopt;
    WorkItem item = items.back();
    items.pop_back();
    return item;
  }
  bool wanted(const SampleKey& key) const override { return key.doc_id != "skip"; }
  void seen(const Grade&) override {}
};

struct ListSink : CompletionSink {
  std::vector<Completion> completions;
  void put(Completion completion) override { completions.push_back(std::move(completion)); }
};

} // namespace

TEST_CASE("the backend serves wanted items in the order they are asked for") {
  Opened opened("{\"id\": 1, \"response\": \"a\"}\n{\"id\": 2, \"response\": \"b\"}\n{\"id\": \"skip\", "
                "\"response\": \"\"}\n");
  auto backend = make_recorded_backend(opened.file());
  CHECK(backend->describe().name == "answers");
  CHECK(backend->describe().digest == opened.file().digest());
  ListSource source;
  source.items = {recorded_item("1"), recorded_item("skip"), recorded_item("2"), recorded_item("1", 4)};
  ListSink sink;
  REQUIRE(backend->generate(source, sink));
  REQUIRE(sink.completions.size() == 3);
  CHECK(sink.completions[0].status == error);
  CHECK(sink.completions[1].text == "b");
  CHECK(sink.completions[2].text == "a");
}

TEST_CASE("a file that changes under the reader is an error of the backend") {
  Opened opened("{\"id\": 1, \"response\": \"a\"}\n");
  std::ofstream(opened.disk.path(), std::ios::binary) << "{\"id\": 1, \"mistaken\": \"a\"}\n";
  RecordedReader reader(opened.file());
  auto completion = reader.read(recorded_item("1"));
  REQUIRE(!completion);
  CHECK(completion.error().exit == ExitCode::infrastructure);
}
