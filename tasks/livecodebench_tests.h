// SPDX-License-Identifier: MIT
#pragma once

// LiveCodeBench's hidden tests: a JSON text, or base64 of zlib of a pickle of one. Pickles are programs; this reads
// the few opcodes that a single text needs and refuses every other, so nothing is ever executed.

#include <string>
#include <string_view>

#include "harness/json.h"

namespace proctor {

// The list of {input, output, testtype}. On failure: a usage error that says which layer cannot be read.
Result<Json> decode_livecodebench_tests(std::string_view text);

// The one text that a pickle (protocol 2 to 5) holds. On failure: a usage error naming the opcode.
Result<std::string> unpickle_text(std::string_view pickle);

} // namespace proctor
