// SPDX-License-Identifier: MIT
#include "harness/run_reader.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "harness/heartbeat.h"
#include "harness/parallel.h"
#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

// "3-of-16" -> true
bool is_shard_name(std::string_view text) {
  size_t of = text.find("-of-");
  if (of == text.npos || of == 0 || of + 4 == text.size()) return false;
  auto digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), is_digit); };
  return digits(text.substr(0, of)) && digits(text.substr(of + 4));
}

// What parses one line into a record; on several threads at once, each with a parser of its own.
template <class Record> using Parse = std::function<Result<Record>(RecordParser&, std::string_view line)>;

// Some whole lines of a file, one behind the other.
class LineBatch {
 public:
  void clear() { text_.clear(), lines_.clear(); }
  void add(std::string_view line, uint64_t offset, uint64_t number) {
    lines_.push_back({text_.size(), line.size(), offset, number});
    text_ += line;
  }
  size_t bytes() const { return text_.size(); }
  size_t size() const { return lines_.size(); }
  std::string_view line(size_t i) const { return std::string_view(text_).substr(lines_[i].begin, lines_[i].size); }
  uint64_t offset(size_t i) const { return lines_[i].offset; } // in the file
  uint64_t number(size_t i) const { return lines_[i].number; }

 private:
  struct Line {
    size_t begin, size;
    uint64_t offset, number;
  };
  std::string text_;
  std::vector<Line> lines_;
};

constexpr size_t kBatchBytes = size_t{1} << 19;
constexpr size_t kChunks = 8;      // of a batch, each parsed in one go
constexpr size_t kLeastChunk = 16; // lines

template <class Record> struct Batch {
  LineBatch lines;
  bool torn = false; // the last line had no newline
  std::vector<std::optional<Result<Record>>> records; // one per line
};

// Fills the batch with record lines, passing over headers; none is the end.
template <class Record> Status read_lines(LineReader& lines, const std::string& path, Batch<Record>& batch) {
  batch.lines.clear();
  std::string_view line;
  while (batch.lines.bytes() < kBatchBytes) {
    auto more = lines.next(line);
    if (!more) return more.error();
    if (!*more) return {};
    if (lines.number() == 1 && line.starts_with("{\"schema\":")) {
      if (!line.starts_with("{\"schema\":\"proctor.samples/1\"") && !lines.torn())
        return usage_error(fmt::format("{}:1: not a log that this version reads: {}", path, line.substr(0, 60)));
      continue;
    }
    if (trim(line).empty()) continue;
    batch.lines.add(line, lines.offset(), lines.number());
    batch.torn = lines.torn();
  }
  return {};
}

// Parses all lines of the batch, on all processors.
template <class Record> void parse_lines(const Parse<Record>& parse, Batch<Record>& batch) {
  const size_t size = batch.lines.size(), n = std::max(kLeastChunk, size / kChunks + 1); // lines, of all and of a chunk
  batch.records.assign(size, std::nullopt);
  parallel_for((size + n - 1) / n, 2, [&](size_t chunk) {
    RecordParser parser;
    for (size_t i = chunk * n; i < std::min(size, (chunk + 1) * n); ++i) batch.records[i] = parse(parser, batch.lines.line(i));
  });
}

template <class Record, class Visit> Status visit_records(const std::string& path, Batch<Record>& batch, Visit& visit) {
  RecordPlace place{path, 0};
  for (size_t i = 0; i < batch.records.size(); ++i) {
    Result<Record>& record = *batch.records[i];
    if (!record) {
      if (batch.torn && i + 1 == batch.records.size()) return {};
      return usage_error(fmt::format("{}:{}: {}", path, batch.lines.number(i), record.error().message));
    }
    place.offset = batch.lines.offset(i);
    if (Status status = visit(std::move(*record), place); !status) return status;
  }
  return {};
}

// Gives every record of the file to `visit`, in file order and on this thread, while the next ones are read and parsed on
// others; headers and a torn last line are passed over.
template <class Record, class Visit> Status read_records(const std::string& path, const Parse<Record>& parse, Visit visit) {
  auto file = FileBytes::open(path);
  if (!file) return file.error();
  LineReader lines(*file);
  Batch<Record> parsed, next;
  do {
    Status read;
    std::jthread ahead([&] {
      read = read_lines(lines, path, next);
      if (read) parse_lines(parse, next);
    });
    Status visited = visit_records(path, parsed, visit);
    ahead.join();
    if (!visited) return visited;
    if (!read) return read;
    std::swap(parsed, next);
  } while (parsed.lines.size() > 0);
  return {};
}

Result<std::string> read_line(const RecordPlace& place) {
  auto file = FileBytes::open(place.file);
  if (!file) return file.error();
  std::string bytes;
  for (size_t size = size_t{1} << 16;; size *= 4) {
    if (Status status = file->read(place.offset, size, bytes); !status) return status.error();
    const size_t newline = bytes.find('\n');
    if (newline == bytes.npos && place.offset + bytes.size() < file->size()) continue;
    return bytes.substr(0, newline);
  }
}

Status check_run_json(const Json& run, const std::string& file) {
  if (!run.is_object()) return usage_error(fmt::format("{}: a JSON object is wanted; the file is damaged or another program's", file));
  const Json* schema = find_member(run, "schema");
  if (schema != nullptr && *schema != kRunSchema)
    return usage_error(fmt::format("{}: schema {} is not \"{}\"; read it with the version of proctor that wrote it", file, dump_json(*schema).substr(0, 60), kRunSchema));
  return {};
}

} // namespace

std::vector<std::string> record_files(const std::string& dir, std::string_view kind) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir, error)) {
    std::string name = entry.path().filename().string();
    std::string_view rest = name;
    if (rest.ends_with(".zst")) rest.remove_suffix(4);
    if (!rest.starts_with(kind) || !rest.ends_with(".jsonl")) continue;
    rest = rest.substr(kind.size(), rest.size() - kind.size() - 6);
    if (rest.empty() || (rest.starts_with('.') && is_shard_name(rest.substr(1))))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<RunReader> RunReader::open(const std::string& given) {
  std::error_code error;
  fs::path dir = given;
  if (!fs::exists(dir, error))
    return usage_error(fmt::format("no run directory {}: no such file or directory", given));
  if (!fs::is_directory(dir, error)) dir = dir.has_parent_path() ? dir.parent_path() : ".";
  RunReader reader;
  reader.dir_ = dir.string();
  const std::string file = (dir / "run.json").string();
  auto text = read_text_file(file);
  if (!text) return usage_error(fmt::format("{} is not a run directory: it has no readable run.json", given));
  auto json = parse_json(*text, file);
  if (!json) return json.error();
  if (Status good = check_run_json(*json, file); !good) return good.error();
  reader.run_json_ = std::move(*json);
  auto spent = read_spent(reader.dir_);
  if (!spent) return spent.error();
  if (*spent) write_spent(**spent, reader.run_json_);
  return reader;
}

// Corrections are few: they are kept, so that the questions themselves need not be.
Status RunReader::questions(const std::function<Status(QuestionRecord&&)>& visit) const {
  const std::vector<std::string> files = record_files(dir_, "questions");
  std::map<std::pair<std::string, std::string>, QuestionRecord> corrected;
  const Parse<std::optional<QuestionRecord>> parse_correction = [](RecordParser& parser, std::string_view line) -> Result<std::optional<QuestionRecord>> {
    if (line.find("\"revision\":") == line.npos) return std::optional<QuestionRecord>();
    auto record = parser.question(line);
    if (!record) return record.error();
    return std::optional<QuestionRecord>(std::move(*record));
  };
  auto keep = [&](std::optional<QuestionRecord>&& record, const RecordPlace&) {
    if (!record || record->revision == 0) return Status();
    QuestionRecord& newest = corrected[{record->task, record->question.doc_id}];
    if (record->revision >= newest.revision) newest = std::move(*record);
    return Status();
  };
  for (const std::string& file : files)
    if (Status status = read_records(file, parse_correction, keep); !status) return status;

  std::unordered_map<std::string, std::unordered_set<std::string>> seen;
  const Parse<QuestionRecord> parse = [](RecordParser& parser, std::string_view line) { return parser.question(line); };
  auto once = [&](QuestionRecord&& record, const RecordPlace&) {
    if (!seen[record.task].insert(record.question.doc_id).second) return Status();
    auto correction = corrected.find({record.task, record.question.doc_id});
    return visit(std::move(correction == corrected.end() ? record : correction->second));
  };
  for (const std::string& file : files)
    if (Status status = read_records(file, parse, once); !status) return status;
  return {};
}

Status RunReader::samples(RecordParser::Texts texts,
                          const std::function<Status(Completion&&, const RecordPlace&)>& visit) const {
  const Parse<Completion> parse = [texts](RecordParser& parser, std::string_view line) { return parser.sample(line, texts); };
  for (const std::string& file : record_files(dir_, "samples"))
    if (Status status = read_records(file, parse, visit); !status) return status;
  return {};
}

Status RunReader::grades(const std::function<Status(Grade&&, const RecordPlace&)>& visit) const {
  const Parse<Grade> parse = [](RecordParser& parser, std::string_view line) { return parser.grade(line); };
  for (const std::string& file : record_files(dir_, "grades"))
    if (Status status = read_records(file, parse, visit); !status) return status;
  return {};
}

Result<Completion> read_sample(const RecordPlace& place) {
  auto line = read_line(place);
  if (!line) return line.error();
  return RecordParser().sample(*line);
}

Result<Grade> read_grade(const RecordPlace& place) {
  auto line = read_line(place);
  if (!line) return line.error();
  return RecordParser().grade(*line);
}

} // namespace proctor
