// SPDX-License-Identifier: MIT
#pragma once

// What the parser knows, for completion scripts, nearest names and the manual.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace proctor {

// Every spelling of every option, "--help" included.
std::vector<std::string> option_names(const CLI::App& app);

// The names of the subcommands.
std::vector<std::string> command_names(const CLI::App& app);

} // namespace proctor
