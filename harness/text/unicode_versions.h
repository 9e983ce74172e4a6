// SPDX-License-Identifier: MIT
#pragma once

// Where the Unicode tables of Hugging Face's tokenizers, which decide what a token is, differ from utf8proc 2.8's
// (Unicode 15.0): its patterns know Unicode 16, its NFC only the marks of Unicode 9.

#include <cstdint>

namespace proctor {

// CharClass of a code point that Unicode 15.1 or 16 assigned; 0 for all others.
uint8_t class_since_unicode_15(char32_t value);

// Later than that NFC: such a mark is not reordered and nothing composes across it.
bool is_mark_since_unicode_9(char32_t value);

} // namespace proctor
