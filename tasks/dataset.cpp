// SPDX-License-Identifier: MIT
#include "tasks/dataset.h"

#include <algorithm>
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

// The array under "examples"; nullptr without one.
const Json* examples_of(const Json& document) {
  const Json* examples = find_member(document, "examples");
  return examples != nullptr && examples->is_array() ? examples : nullptr;
}

// BBH's files hold one key before "examples", a canary string; a key of that name inside a string is not the member.
size_t examples_at(std::string_view text) {
  for (size_t key = text.find("\"examples\""); key != text.npos; key = text.find("\"examples\"", key + 1)) {
    size_t at = text.find_first_not_of(" \t\r\n", key + 10);
    if (at == text.npos || text[at] != ':') continue;
    at = text.find_first_not_of(" \t\r\n", at + 1);
    if (at != text.npos && text[at] == '[') return at;
  }
  return text.size();
}

Result<std::vector<DataRow>> read_text_rows(const std::string& path, std::string_view text) {
  std::string_view body = trim_left(text);
  if (body.empty()) return usage_error(path + ": the file is empty");
  if (body.front() == '[') {
    auto array = parse_json(text, path);
    if (!array) return array.error();
    return rows_of_array(path, *array, element_lines(text, static_cast<size_t>(body.data() - text.data())));
  }
  auto first = parse_json(body.substr(0, body.find('\n')), path);
  if (first && examples_of(*first) == nullptr) return read_lines(path, text);
  auto document = parse_json(text, path);
  if (!document) return read_lines(path, text); // a broken first line: its error names line 1
  const Json* examples = examples_of(*document);
  if (examples == nullptr) return usage_error(path + ": expected JSONL, a JSON array or an object with \"examples\"");
  return rows_of_array(path, *examples, element_lines(text, examples_at(text)));
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
  return places;
}

Error no_data(std::string_view task, const DataForms& forms, const std::vector<std::string>& places) {
  std::vector<std::string> names;
  for (const DataForm& form : forms) names.insert(names.end(), form.files.begin(), form.files.end());
  if (places.empty())
    return usage_error(fmt::format("{}: no data; name a folder with --data DIR or PROCTOR_DATA that holds {}, or a "
                                   "file with --data {}=FILE",
                                   task, fmt::join(names, " or "), task));
  return usage_error(fmt::format("{}: no data; searched below {} for {} (also .gz, .zst); name a file with "
                                 "--data {}=FILE",
                                 task, fmt::join(places, " and "), fmt::join(names, ", "), task));
}

} // namespace

Result<std::vector<DataRow>> read_rows(const std::string& path, NumberForm numbers) {
  auto text = read_text_file(path);
  if (!text) return text.error();
  if (numbers == NumberForm::python) text = with_wide_numbers(*text);
  auto rows = read_text_rows(path, *text);
  if (rows && rows->empty()) return usage_error(path + ": no questions in it");
  return rows;
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
