// SPDX-License-Identifier: MIT
#include "tasks/entry.h"

#include <fmt/format.h>

namespace proctor {

TaskInfo info_of(std::string name, std::string kind, std::string grader, std::string summary) {
  TaskInfo info;
  info.name = std::move(name);
  info.kind = std::move(kind);
  info.grader = std::move(grader);
  info.summary = std::move(summary);
  return info;
}

static void set_forms(Entry& entry, DataForms forms) {
  entry.forms = std::move(forms);
  for (const DataForm& form : entry.forms)
    entry.info.files.insert(entry.info.files.end(), form.files.begin(), form.files.end());
}

Entry benchmark(TaskInfo info, std::vector<std::string> aliases, DataForms forms, RowReader read) {
  Entry entry{std::move(info)};
  entry.info.aliases = std::move(aliases);
  entry.read = read;
  set_forms(entry, std::move(forms));
  return entry;
}

Entry with_source(Entry entry, std::string_view source) {
  entry.info.source = fmt::format("{}; {}", source, kBoxSource);
  return entry;
}

DataForms single_files(const std::vector<std::string>& names) {
  DataForms forms = {};
  for (const std::string& name : names) forms.push_back({{name}});
  return forms;
}

} // namespace proctor
