// SPDX-License-Identifier: MIT
#pragma once

// Where the benchmarks' files are published, under which licence, and what they hash to.

#include <string_view>
#include <vector>

namespace proctor {

struct DataSource {
  std::string_view task;
  std::string_view file;    // its name in the data folder
  std::string_view origin;  // github:OWNER/REPO@REVISION/PATH, hf:OWNER/DATASET/PATH, hf-rows:OWNER/DATASET/CONFIG/SPLIT
  std::string_view sha256;  // of the unpacked content; empty: not pinned
  std::string_view licence;
};

// What `data pull TASK` fetches; empty: the task's data has to be brought along.
std::vector<DataSource> sources_of(std::string_view task);

// The pinned content of a file of that name; nullptr: none is known.
const DataSource* pinned_source(std::string_view file);

} // namespace proctor
