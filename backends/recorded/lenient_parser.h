// SPDX-License-Identifier: MIT
#pragma once

// One simdjson parser with its buffers: strict first, with Python's habits repaired (python_json.h) when that fails.
// Not thread-safe. Every element it returned dies with the next parse().

#include <simdjson.h>
#include <string>

#include "harness/result.h"

namespace proctor {

class LenientParser {
 public:
  // On failure: a usage error that says what is wrong with the JSON, without the place. `text` must outlive the
  // element; its capacity may grow, because simdjson reads past the end.
  Result<simdjson::dom::element> parse(std::string& text);

  // Bytes that were not UTF-8, over all records parsed so far.
  size_t n_bad_bytes() const { return n_bad_bytes_; }

 private:
  simdjson::dom::parser parser_;
  std::string repaired_;
  size_t n_bad_bytes_ = 0;
};

} // namespace proctor
