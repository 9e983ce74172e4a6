// SPDX-License-Identifier: MIT
#pragma once

// Fetching published files over HTTP(S): resumed where they were cut off, tried again where servers are busy, through
// the proxies of the environment, with HF_TOKEN sent to Hugging Face and to nobody else.

#include <functional>
#include <string>
#include <string_view>

#include "harness/result.h"

namespace proctor {

struct FetchOptions {
  int n_tries = 5;           // in a row without a new byte
  double first_wait_s = 0.5; // doubled with every try, unless the server names a time
  std::string token;         // of Hugging Face; may be empty
};

// Where an origin of tasks/sources.h is on the network: below HF_ENDPOINT (default https://huggingface.co),
// GITHUB_RAW (default https://raw.githubusercontent.com) and, for rows, the datasets-server that belongs to the
// endpoint. `offset`: the first row of a page of rows. On failure: a usage error.
Result<std::string> url_of_origin(std::string_view origin, size_t offset = 0);

bool is_rows_origin(std::string_view origin);

// Whether a text is an origin and not the name of a task; and the file name that its content gets.
bool is_origin(std::string_view text);
std::string file_of_origin(std::string_view origin);

// Writes what an origin holds to `path`, the rows of a split as JSONL. What an interrupted call left in PATH.part is
// continued. On failure: a usage error for 401, 403 and 404, for a page where data should be and for content that is
// not what Hugging Face's checksum says, else an infrastructure error; what came so far stays in PATH.part.
Status fetch_origin(std::string_view origin, const std::string& path, const FetchOptions& options);

} // namespace proctor
