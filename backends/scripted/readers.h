// SPDX-License-Identifier: MIT
#pragma once

// One reader for each kind of question that the scripted model knows, from the printed text alone. nullopt: not such
// a
// question, or one that it cannot read.

#include <optional>
#include <string_view>

#include "backends/scripted/dice.h"

namespace proctor {

std::optional<Work> work_arithmetic(std::string_view text, Dice& dice); // expressions, chains, named parts
std::optional<Work> work_program(std::string_view text, Dice& dice);    // what a program prints
std::optional<Work> work_order(std::string_view text, Dice& dice);      // who stands where

} // namespace proctor
