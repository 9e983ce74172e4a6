// SPDX-License-Identifier: MIT
#include "harness/progress.h"

#include <doctest/doctest.h>

#include "harness/text/duration.h"

using namespace proctor;

TEST_CASE("the progress line says done, rate, accuracy, tokens and time left") {
  ProgressCounts counts{120, 110, 66, 3, 0, 12000};
  CHECK(progress_line(counts, 240, 10) == "120/240 samples  12.0/s  acc 60.0%  1.2k tok/s  3 truncated  eta 10 s");
}

TEST_CASE("the progress line tells how answers come in") {
  ProgressCounts counts;
  counts.completed = counts.n_seconds = counts.n_ttft = 100;
  counts.seconds = 640;
  counts.ttft_s = 5;
  CHECK(progress_line(counts, 100, 10) == "100/100 samples  10.0/s  64 in flight  6.4 s each, 0.050 s to the first token");
}

TEST_CASE("durations read as people write them") {
  CHECK(duration_text(0.42) == "0.4 s");
  CHECK(duration_text(42.4) == "42 s");
  CHECK(duration_text(724.3) == "12 min 4 s");
  CHECK(duration_text(7500) == "2 h 5 min");
}

TEST_CASE("what is not known yet is not in the progress line") {
  CHECK(progress_line({}, 240, 0) == "0/240 samples");
  CHECK(progress_line({0, 0, 0, 0, 0, 0}, 240, 3) == "0/240 samples");
  CHECK(progress_line({240, 0, 0, 0, 240, 0}, 240, 4000) == "240/240 samples  0.1/s  240 not graded");
}
