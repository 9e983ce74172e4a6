// SPDX-License-Identifier: MIT
#pragma once

// Every family by name; each is described at the top of its gen_NAME.cpp.

#include "tasks/gen/family.h"

namespace proctor {

extern const Family kArith, kStory, kRemainder, kCrt, kRecur, kPolygon, kFloorsum;
extern const Family kTrace, kFunc, kStrings, kStdio, kPairs, kInvert, kFix;
extern const Family kOrder, kKnights, kWalk, kSwap, kSurvey, kBoxes, kKin;

} // namespace proctor
