// SPDX-License-Identifier: MIT
#include "harness/run_reader.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

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

// Gives every record line of the file to `visit`; headers and a torn last line are passed over.
template <class Parse, class Visit> Status read_records(const std::string& path, Parse parse, Visit visit) {
  auto file = FileBytes::open(path);
  if (!file) return file.error();
  LineReader lines(*file);
  std::string_view line;
  RecordPlace place{path, 0};
  for (;;) {
    auto more = lines.next(line);
    if (!more) return more.error();
    if (!*more) return {};
    if (lines.number() == 1 && line.starts_with("{\"schema\":")) {
      if (!line.starts_with("{\"schema\":\"proctor.samples/1\"") && !lines.torn())
        return usage_error(fmt::format("{}:1: not a log that this version reads: {}", path, line.substr(0, 60)));
      continue;
    }
    if (trim(line).empty()) continue;
    auto record = parse(line);
    if (!record) {
      if (lines.torn()) return {};
      return usage_error(fmt::format("{}:{}: {}", path, lines.number(), record.error().message));
    }
    place.offset = lines.offset();
    if (Status status = visit(std::move(*record), place); !status) return status;
  }
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
  auto text = read_text_file((dir / "run.json").string());
  if (!text) return usage_error(fmt::format("{} is not a run directory: it has no readable run.json", given));
  auto json = parse_json(*text, (dir / "run.json").string());
  if (!json) return json.error();
  reader.run_json_ = std::move(*json);
  return reader;
}

// Corrections are few: they are kept, so that the questions themselves need not be.
Status RunReader::questions(const std::function<Status(QuestionRecord&&)>& visit) const {
  RecordParser parser;
  const std::vector<std::string> files = record_files(dir_, "questions");
  std::map<std::pair<std::string, std::string>, QuestionRecord> corrected;
  auto parse_correction = [&](std::string_view line) -> Result<std::optional<QuestionRecord>> {
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
  auto once = [&](QuestionRecord&& record, const RecordPlace&) {
    if (!seen[record.task].insert(record.question.doc_id).second) return Status();
    auto correction = corrected.find({record.task, record.question.doc_id});
    return visit(std::move(correction == corrected.end() ? record : correction->second));
  };
  for (const std::string& file : files)
    if (Status status = read_records(file, [&](std::string_view line) { return parser.question(line); }, once); !status) return status;
  return {};
}

Status RunReader::samples(RecordParser::Texts texts,
                          const std::function<Status(Completion&&, const RecordPlace&)>& visit) const {
  RecordParser parser;
  for (const std::string& file : record_files(dir_, "samples")) {
    Status status = read_records(file, [&](std::string_view line) { return parser.sample(line, texts); }, visit);
    if (!status) return status;
  }
  return {};
}

Status RunReader::grades(const std::function<Status(Grade&&, const RecordPlace&)>& visit) const {
  RecordParser parser;
  for (const std::string& file : record_files(dir_, "grades"))
    if (Status status = read_records(file, [&](std::string_view line) { return parser.grade(line); }, visit); !status) return status;
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
