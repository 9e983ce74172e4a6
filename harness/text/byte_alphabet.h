// SPDX-License-Identifier: MIT
#pragma once

// GPT-2's byte alphabet: the printable character that stands for each byte in the spelling of a byte-level vocabulary
// (Radford et al. 2019, encoder.py, bytes_to_unicode).

#include <optional>
#include <string>
#include <string_view>

namespace proctor {

// The bytes that a piece of the vocabulary spells; nullopt when a character is not of the alphabet.
std::optional<std::string> alphabet_to_bytes(std::string_view piece);

// How bytes are spelled.
std::string bytes_to_alphabet(std::string_view bytes);

} // namespace proctor
