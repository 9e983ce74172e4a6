// SPDX-License-Identifier: MIT
#pragma once

// The part of the page that puts a run beside published numbers.

#include <string>

#include "reports/summary.h"

namespace proctor {

std::string published_section(const Summary& summary); // empty where nothing is published

} // namespace proctor
