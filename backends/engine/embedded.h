// SPDX-License-Identifier: MIT
#pragma once

// The small models that are part of this program (models/README.md), under paths that no file system has.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace proctor {

// "demo" -> "embedded:/demo.gguf", which MappedFile::open knows; any other name unchanged.
std::string embedded_path(std::string_view model);

// What stands under such a path, for as long as the program runs; nullopt: no such path.
std::optional<std::span<const uint8_t>> embedded_file(std::string_view path);

} // namespace proctor
