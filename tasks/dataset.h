// SPDX-License-Identifier: MIT
#pragma once

// Benchmark files in their upstream forms: finding them, and reading them into rows that know where they stand. What
// the fields of a row mean is the recipe's business (recipes.h).

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/json.h"
#include "tasks/catalog.h"

namespace proctor {

// One form in which a task's data is found: the files that together are it.
struct DataForm {
  std::vector<std::string> files;
  bool all_needed = true; // false: whichever of the files are there
};

// What may stand under --data for a task, best first.
using DataForms = std::vector<DataForm>;

struct DataRow {
  Json fields;       // an object
  std::string where; // "FILE:LINE"
};

// How a file is written. json: JSONL, a JSON array of objects, or an object that holds such an array, or CSV (a file
// named .csv or .tsv). python_json: the same with NaN, Infinity and integers beyond 64 bits, as Python's json module
// writes them; such a number becomes a text that begins with kWideNumber (graders/code/python_values.h). logiqa:
// blank line, letter, context, question, four options; or JSON.
enum class FileForm { json, python_json, logiqa };

// On failure: a usage error with FILE:LINE. A file without rows is an error.
Result<std::vector<DataRow>> read_rows(const std::string& path, FileForm form = FileForm::json);

// As parse_json, for a document of several lines: the error is FILE:LINE.
Result<Json> parse_json_document(std::string_view text, const std::string& path);

// Where `proctor data pull` puts files: $PROCTOR_CACHE/data, else below the user's cache folder.
std::string data_cache_dir();

// The files to read for a task, also compressed (NAME.gz, NAME.zst): the file or folder named for it in
// options.files,
// else the first form found below options.dir, else below PROCTOR_DATA, else in
// data_cache_dir(). On failure: a usage error that says which
// names were searched for and where.
Result<std::vector<std::string>> find_data(std::string_view task, const DataForms& forms, const DataOptions& options);

// A usage error with the place of the row.
Error row_error(const DataRow& row, std::string_view what);

// The first of `names` that the row has (null counts as missing) as text. On failure: a usage error that says which
// fields were looked for, or which has the wrong type or is blank.
Result<std::string> required_text(const DataRow& row, std::span<const std::string_view> names);

} // namespace proctor
