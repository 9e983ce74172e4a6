// SPDX-License-Identifier: MIT
#include "tasks/dataset.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <optional>

#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"

namespace fs = std::filesystem;

namespace proctor {
namespace {

// --- rows ---

std::string place(const std::string& path, size_t line) { return fmt::format("{}:{}", path, line); }

Status add_row(Json fields, std::string where, std::vector<DataRow>& rows) {
  if (!fields.is_object()) return usage_error(where + ": expected a JSON object with the fields of one question");
  rows.push_back({std::move(fields), std::move(where)});
  return {};
}

Result<std::vector<DataRow>> read_lines(const std::string& path, std::string_view text) {
  std::vector<DataRow> rows;
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    std::string where = place(path, number);
    auto fields = parse_json(line, where);
    if (!fields) return fields.error();
    if (auto added = add_row(std::move(*fields), std::move(where), rows); !added) return added.error();
  }
  return rows;
}

// Where the elements of the JSON array at `at` begin. The text is known to be valid JSON.
std::vector<size_t> element_lines(std::string_view text, size_t at) {
  std::vector<size_t> lines;
  size_t line =
      1 + static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  int depth = 0;
  bool quoted = false;
  bool expected = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (quoted) {
      if (c == '\\')
        ++at;
      else if (c == '"')
        quoted = false;
      continue;
    }
    if (expected && !is_blank(c) && c != ']') {
      lines.push_back(line);
      expected = false;
    }
    if (c == '"')
      quoted = true;
    else if (c == '[' || c == '{')
      expected = ++depth == 1;
    else if (c == ']' || c == '}') {
      if (--depth == 0) break;
    } else if (c == ',' && depth == 1)
      expected = true;
  }
  return lines;
}

Result<std::vector<DataRow>> rows_of_array(const std::string& path, const Json& array, std::vector<size_t> lines) {
  std::vector<DataRow> rows;
  lines.resize(array.size(), 1);
  for (size_t i = 0; i < array.size(); ++i)
    if (auto added = add_row(array[i], place(path, lines[i]), rows); !added) return added.error();
  return rows;
}

// Members under which published files keep their rows: BBH, PlanBench, the rows of Hugging Face's datasets-server.
constexpr std::array<std::string_view, 6> kRowMembers = {"examples",  "instances", "rows",
                                                         "questions", "data",      "test"};

bool holds_objects(const Json* array) {
  return array != nullptr && array->is_array() && (array->empty() || array->front().is_object());
}

// The name of the member that holds the rows; empty: none does.
std::string_view rows_member(const Json& document) {
  for (std::string_view name : kRowMembers)
    if (holds_objects(find_member(document, name))) return name;
  return "";
}

// Where the array of that member begins. A key of that name inside a string is not the member.
size_t member_at(std::string_view text, std::string_view name) {
  const std::string key = fmt::format("\"{}\"", name);
  for (size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    size_t colon = text.find_first_not_of(" \t\r\n", at + key.size());
    if (colon == text.npos || text[colon] != ':') continue;
    size_t begin = text.find_first_not_of(" \t\r\n", colon + 1);
    if (begin != text.npos && text[begin] == '[') return begin;
  }
  return text.size();
}

// datasets-server wraps each row: {"row_idx": 0, "row": {...}}.
void unwrap(std::vector<DataRow>& rows) {
  for (DataRow& row : rows)
    if (const Json* inner = find_member(row.fields, "row"); inner != nullptr && inner->is_object())
      row.fields = Json(*inner);
}

Result<std::vector<DataRow>> read_text_rows(const std::string& path, std::string_view text) {
  std::string_view body = trim_left(text);
  if (body.empty()) return usage_error(path + ":1: the file is empty");
  if (body.front() == '[') {
    auto array = parse_json_document(text, path);
    if (!array) return array.error();
    return rows_of_array(path, *array, element_lines(text, static_cast<size_t>(body.data() - text.data())));
  }
  const size_t line_end = std::min(body.find('\n'), body.size());
  auto first = parse_json(body.substr(0, line_end), path);
  const bool one_line = trim(body.substr(line_end)).empty();
  if (first && (!one_line || rows_member(*first).empty())) return read_lines(path, text);
  auto document = parse_json(text, path);
  if (!document) return read_lines(path, text); // a broken first line: its error names line 1
  std::string_view member = rows_member(*document);
  if (member.empty())
    return usage_error(fmt::format("{}:1: expected JSONL, a JSON array or an object with a list under \"{}\"", path,
                                   fmt::join(kRowMembers, "\" or \"")));
  auto rows = rows_of_array(path, *find_member(*document, member), element_lines(text, member_at(text, member)));
  if (rows) unwrap(*rows);
  return rows;
}

// --- CSV (RFC 4180) ---

// One record; `at` and `line` move behind it. Quoted fields may hold separators, doubled quotes and line ends.
Result<std::vector<std::string>> read_record(std::string_view text, char separator, size_t& at, size_t& line,
                                             const std::string& path) {
  std::vector<std::string> fields(1);
  const size_t first_line = line;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (quoted) {
      if (c == '"' && at + 1 < text.size() && text[at + 1] == '"')
        fields.back() += text[at++];
      else if (c == '"')
        quoted = false;
      else
        fields.back() += c;
    } else if (c == '"' && fields.back().empty())
      quoted = true;
    else if (c == separator)
      fields.emplace_back();
    else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r')
      fields.back() += c;
  }
  if (quoted)
    return usage_error(fmt::format("{}: a quoted field that begins here does not end", place(path, first_line)));
  return fields;
}

Result<std::vector<DataRow>> read_csv_rows(const std::string& path, std::string_view text, char separator) {
  std::vector<DataRow> rows;
  std::vector<std::string> names;
  size_t line = 1;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = line;
    auto fields = read_record(text, separator, at, line, path);
    if (!fields) return fields.error();
    if (fields->size() == 1 && trim(fields->front()).empty()) continue;
    if (names.empty()) {
      names = std::move(*fields);
      continue;
    }
    if (fields->size() != names.size())
      return usage_error(fmt::format("{}: {} fields where the first line names {}", place(path, begin),
                                     fields->size(), names.size()));
    Json row = Json::object();
    for (size_t i = 0; i < names.size(); ++i) row[names[i]] = std::move((*fields)[i]);
    rows.push_back({std::move(row), place(path, begin)});
  }
  if (names.empty()) return usage_error(path + ":1: the file is empty");
  return rows;
}

std::optional<char> csv_separator(std::string_view path) {
  for (std::string_view packed : {".gz", ".zst"})
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  if (path.ends_with(".csv")) return ',';
  return path.ends_with(".tsv") ? std::optional('\t') : std::nullopt;
}

// --- LogiQA's text ---

// Blank line, letter, context, question, four options.
Result<std::vector<DataRow>> read_logiqa_rows(const std::string& path, std::string_view text) {
  constexpr size_t kLines = 7;
  std::vector<DataRow> rows;
  std::vector<std::string_view> lines;
  size_t number = 0, begin = 1;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() && lines.empty()) continue;
    if (lines.empty()) begin = number;
    if (!line.empty()) lines.push_back(line);
    if (line.empty() || lines.size() < kLines) {
      if (line.empty())
        return usage_error(
            fmt::format("{}: {} lines of a question that takes {}", place(path, begin), lines.size(), kLines));
      continue;
    }
    Json fields = {{"answer", lines[0]},
                   {"context", lines[1]},
                   {"question", lines[2]},
                   {"options", Json::array({lines[3], lines[4], lines[5], lines[6]})}};
    rows.push_back({std::move(fields), place(path, begin)});
    lines.clear();
  }
  if (!lines.empty()) return usage_error(fmt::format("{}: the last question is not complete", place(path, begin)));
  return rows;
}

bool is_json_text(std::string_view text) {
  text = trim_left(text);
  return text.starts_with('{') || text.starts_with('[');
}

// --- Python's numbers ---

constexpr size_t kSafeDigits = 18;

bool is_number_byte(char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '+' || c == '.'; }

bool is_wide(std::string_view token) {
  if (token.ends_with("Infinity") || token == "NaN") return true;
  if (token.starts_with('-')) token.remove_prefix(1);
  return token.size() > kSafeDigits && std::ranges::all_of(token, is_digit);
}

// The end of the string that begins at `at`.
size_t string_end(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

std::string with_wide_numbers(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    if (text[at] == '"')
      end = string_end(text, at);
    else if (is_number_byte(text[at]))
      while (end < text.size() && is_number_byte(text[end])) ++end;
    std::string_view token = text.substr(at, end - at);
    if (is_wide(token))
      result.append("\"\\u0001").append(token) += '"';
    else
      result += token;
    at = end;
  }
  return result;
}

// --- files ---

using FoundFiles = std::map<std::string, std::string>; // file name -> path

bool nearer(const std::string& a, const std::string& b) {
  auto depth = [](const std::string& path) { return std::count(path.begin(), path.end(), '/'); };
  return depth(a) != depth(b) ? depth(a) < depth(b) : a < b;
}

// Every regular file below a folder; of equal names the one nearest to it.
Result<FoundFiles> list_files(const std::string& dir) {
  FoundFiles found;
  std::error_code error;
  fs::recursive_directory_iterator walk(dir, fs::directory_options::skip_permission_denied, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    std::error_code not_there;
    if (!walk->is_regular_file(not_there)) continue;
    std::string path = walk->path().string();
    auto [entry, added] = found.try_emplace(walk->path().filename().string(), path);
    if (!added && nearer(path, entry->second)) entry->second = path;
  }
  if (error) return usage_error(fmt::format("cannot search {} for data: {}", dir, error.message()));
  return found;
}

std::optional<std::string> find_named(const FoundFiles& found, const std::string& name) {
  for (std::string_view packed : {"", ".gz", ".zst"})
    if (auto it = found.find(name + std::string(packed)); it != found.end()) return it->second;
  return std::nullopt;
}

std::vector<std::string> find_form(const FoundFiles& found, const DataForm& form) {
  std::vector<std::string> paths;
  for (const std::string& name : form.files)
    if (auto path = find_named(found, name)) paths.push_back(*path);
  if (form.all_needed && paths.size() < form.files.size()) paths.clear();
  return paths;
}

// Empty: none of the forms is there.
Result<std::vector<std::string>> search(const std::string& dir, const DataForms& forms) {
  auto found = list_files(dir);
  if (!found) return found.error();
  for (const DataForm& form : forms)
    if (auto paths = find_form(*found, form); !paths.empty()) return paths;
  return std::vector<std::string>();
}

std::vector<std::string> places_to_search(std::string_view task, const DataOptions& options) {
  for (auto name = std::string(task);; name.resize(name.find('/'))) {
    if (auto named = options.files.find(name); named != options.files.end()) return {named->second};
    if (name.find('/') == name.npos) break;
  }
  std::vector<std::string> places;
  if (!options.dir.empty()) places.push_back(options.dir);
  if (const char* variable = std::getenv("PROCTOR_DATA"); variable != nullptr && *variable != '\0')
    places.emplace_back(variable);
  std::error_code error;
  if (std::string cache = data_cache_dir(); fs::is_directory(cache, error)) places.push_back(std::move(cache));
  return places;
}

Error no_data(std::string_view task, const DataForms& forms, const std::vector<std::string>& places) {
  std::vector<std::string> names;
  for (const DataForm& form : forms) names.insert(names.end(), form.files.begin(), form.files.end());
  if (places.empty())
    return usage_error(fmt::format("{}: no data; `proctor data pull {}` fetches it, or name a folder with --data DIR "
                                   "or PROCTOR_DATA that holds {}, or a "
                                   "file with --data {}=FILE",
                                   task, task, fmt::join(names, " or "), task));
  return usage_error(fmt::format("{}: no data; searched below {} for {} (also .gz, .zst); name a file with "
                                 "--data {}=FILE",
                                 task, fmt::join(places, " and "), fmt::join(names, ", "), task));
}

} // namespace

Result<Json> parse_json_document(std::string_view text, const std::string& path) {
  constexpr std::string_view kMark = "at line ";
  auto json = parse_json(text, path);
  if (json) return json;
  const std::string& message = json.error().message;
  size_t mark = message.find(kMark);
  std::string line =
      mark == message.npos ? "1" : message.substr(mark + kMark.size(), message.find(',', mark) - mark - kMark.size());
  return usage_error(fmt::format("{}:{}{}", path, line, message.substr(path.size())));
}

Result<std::vector<DataRow>> read_rows(const std::string& path, FileForm form) {
  auto text = read_text_file(path);
  if (!text) return text.error();
  if (form == FileForm::python_json) text = with_wide_numbers(*text);
  auto separator = csv_separator(path);
  const bool logiqa = form == FileForm::logiqa && !is_json_text(*text);
  auto rows = separator ? read_csv_rows(path, *text, *separator)
              : logiqa  ? read_logiqa_rows(path, *text)
                        : read_text_rows(path, *text);
  if (rows && rows->empty()) return usage_error(path + ":1: no questions in it");
  return rows;
}

std::string data_cache_dir() {
  auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (std::string own = set("PROCTOR_CACHE"); !own.empty()) return own + "/data";
  if (std::string shared = set("XDG_CACHE_HOME"); !shared.empty()) return shared + "/proctor/data";
  return set("HOME") + "/.cache/proctor/data";
}

Result<std::vector<std::string>> find_data(std::string_view task, const DataForms& forms,
                                           const DataOptions& options) {
  const std::vector<std::string> places = places_to_search(task, options);
  for (const std::string& place : places) {
    std::error_code error;
    if (!fs::exists(place, error)) return usage_error(fmt::format("{}: no such file or folder: {}", task, place));
    if (!fs::is_directory(place, error)) return std::vector<std::string>{place};
    auto paths = search(place, forms);
    if (!paths || !paths->empty()) return paths;
  }
  return no_data(task, forms, places);
}

Error row_error(const DataRow& row, std::string_view what) { return usage_error(fmt::format("{}: {}", row.where, what)); }

Result<std::string> required_text(const DataRow& row, std::span<const std::string_view> names) {
  for (std::string_view name : names) {
    const Json* value = find_member(row.fields, name);
    if (value == nullptr || value->is_null()) continue;
    if (!value->is_string() && !value->is_number())
      return usage_error(
          fmt::format("{}: \"{}\" should be text or a number, is {}", row.where, name, value->type_name()));
    std::string text = scalar_text(*value).value_or("");
    if (trim(text).empty()) return usage_error(fmt::format("{}: \"{}\" is empty", row.where, name));
    return text;
  }
  return usage_error(fmt::format("{}: no \"{}\"", row.where, fmt::join(names, "\" or \"")));
}

} // namespace proctor
