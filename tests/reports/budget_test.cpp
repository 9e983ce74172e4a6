// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "reports/budget.h"

using namespace proctor;

namespace {

Usage tokens(int64_t n) {
  Usage usage;
  usage.completion_tokens = n;
  return usage;
}

SampleKey key(int sample) { return {"t", "0", sample}; }

// Hands out samples of one question, of which none is wanted any more once it is decided.
class DecidedSource : public WorkSource {
 public:
  std::optional<WorkItem> next() override {
    WorkItem item;
    item.key = key(n_++);
    return item;
  }
  bool wanted(const SampleKey&) const override { return !decided; }
  void seen(const Grade&) override {}
  bool decided = false;

 private:
  int n_ = 0;
};

Pricing dollar_per_token() { return {CostBasis::price_list, {0, 0, 1e6}, 0, "", ""}; }

} // namespace

TEST_CASE("no more is handed out than the dearest answers could cost") {
  Meter meter(dollar_per_token(), {100.0, {}}, 20, 1);
  int started = 0;
  while (meter.allows_another()) ++started;
  CHECK(started == 5); // of 20 USD each at most
  CHECK(meter.reached() == LimitReached::budget);
}

TEST_CASE("once answers are known, the largest of them stands for the next") {
  Meter meter(dollar_per_token(), {100.0, {}}, 1000, 1);
  for (int i = 0; i < 8; ++i) {
    REQUIRE(meter.allows_another()); // one at a time
    meter.started(key(i));
    meter.finished(key(i), tokens(5));
  }
  CHECK(*meter.spent() == doctest::Approx(40));
  int started = 0;
  while (meter.allows_another()) ++started;
  CHECK(started == 12);
}

TEST_CASE("the budget is not passed by a further answer") {
  Meter meter(dollar_per_token(), {10.0, {}}, 4, 1);
  int finished = 0;
  while (meter.allows_another()) {
    meter.started(key(finished));
    meter.finished(key(finished), tokens(3));
    ++finished;
  }
  CHECK(finished == 3);
  CHECK(*meter.spent() <= 10);
}

TEST_CASE("reported dollars count where there is no price list") {
  Meter meter({}, {1.0, {}}, 1000, 1);
  Usage usage;
  usage.reported_usd = 0.6;
  REQUIRE(meter.allows_another());
  meter.started(key(0));
  CHECK_FALSE(meter.spent().has_value());
  meter.finished(key(0), usage);
  CHECK_FALSE(meter.allows_another());
}

TEST_CASE("failed attempts are paid, and end when all is spent") {
  Meter meter(dollar_per_token(), {10.0, {}}, 4, 1);
  REQUIRE(meter.allows_another());
  meter.charged(tokens(4));
  CHECK(meter.allows_retry());
  CHECK(meter.reached() == LimitReached::none);
  meter.charged(tokens(6));
  CHECK(*meter.spent() == doctest::Approx(10));
  CHECK_FALSE(meter.allows_retry());
  CHECK(meter.reached() == LimitReached::budget);
}

TEST_CASE("when time is over nothing is handed out and nothing is wanted") {
  Meter meter({}, {{}, 0.0}, 1000, 1);
  CHECK(meter.time_is_over());
  CHECK_FALSE(meter.allows_another());
  CHECK(meter.reached() == LimitReached::time);
  Meter endless({}, {}, 1000, 1);
  CHECK_FALSE(endless.time_is_over());
  CHECK(endless.allows_another());
}

TEST_CASE("a sample that is wanted no more leaves its money to others, once") {
  Meter meter(dollar_per_token(), {100.0, {}}, 50, 1);
  DecidedSource inner;
  LimitedSource source(inner, meter);
  REQUIRE((source.next() && source.next()));
  CHECK_FALSE(source.next()); // two of up to 50 USD each are under way
  inner.decided = true;
  for (int look = 0; look < 3; ++look) CHECK_FALSE(source.wanted(key(0)));
  CHECK(source.next());
  CHECK_FALSE(source.next());
  CHECK(meter.reached() == LimitReached::budget);
}

TEST_CASE("when nothing runs any more nothing holds money back") {
  Meter meter(dollar_per_token(), {100.0, {}}, 50, 1);
  DecidedSource inner;
  LimitedSource source(inner, meter);
  while (source.next()) continue;
  meter.nothing_runs();
  CHECK(source.next());
}
