// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <doctest/doctest.h>

#include "harness/text/file_bytes.h"
#include "reports/prices.h"

using namespace proctor;

namespace {

Usage usage(std::optional<int64_t> prompt, std::optional<int64_t> cached, std::optional<int64_t> completion) {
  Usage u;
  u.prompt_tokens = prompt;
  u.cached_tokens = cached;
  u.completion_tokens = completion;
  return u;
}

TokenPrice price_on(std::string_view model, std::string_view date, PriceTier tier = PriceTier::standard) {
  const PriceList list = built_in_prices();
  const PriceRow* row = find_price(list, model, date);
  REQUIRE(row != nullptr);
  Result<TokenPrice> price = token_price(*row, tier, date);
  REQUIRE(price.has_value());
  return *price;
}

std::string complaint(std::string_view text) {
  Result<PriceList> list = parse_prices(text, "p.json");
  return list ? "" : list.error().message;
}

} // namespace

TEST_CASE("the list prices of 20 January 2025 give the published ratio of o1 to R1") {
  const TokenPrice o1 = price_on("o1-2024-12-17", "2025-01-20"), r1 = price_on("deepseek-reasoner", "2025-01-20");
  CHECK(o1.input / r1.input == doctest::Approx(27.3).epsilon(0.002));
  CHECK(o1.output / r1.output == doctest::Approx(27.4).epsilon(0.002));
  CHECK(1 - r1.output / o1.output == doctest::Approx(0.963).epsilon(0.001));
  CHECK(1 - r1.cached_input / o1.cached_input == doctest::Approx(0.981).epsilon(0.001));
  CHECK(1 - r1.output / o1.output * 1.37 == doctest::Approx(0.95).epsilon(0.001)); // "90-95 %": 1.37 to 2.74 times the tokens
  CHECK(1 - r1.output / o1.output * 2.74 == doctest::Approx(0.90).epsilon(0.001));
  CHECK(blended_price(r1) == doctest::Approx(0.96));
  CHECK(blended_price(o1) == doctest::Approx(26.25));
  CHECK(blended_price(price_on("gpt-4o-2024-08-06", "2025-01-20")) == doctest::Approx(4.375));
  CHECK(blended_price(price_on("claude-3-5-sonnet-20241022", "2025-01-20")) == doctest::Approx(6.0));
}

TEST_CASE("a price holds from its day to the day before the next") {
  CHECK(price_on("o1-mini", "2025-01-20").output == 12.0);
  CHECK(price_on("o1-mini", "2025-01-31").output == 4.4);
  const PriceList list = built_in_prices();
  CHECK(find_price(list, "o1-mini", "2024-01-01") == nullptr);
  CHECK(find_price(list, "O1-MINI", "")->valid_from == "2025-01-31"); // the newest
  CHECK(find_price(list, "o1", "2025-01-20", "api.deepseek.com") == nullptr);
  CHECK(find_price(list, "o1", "2025-01-20", "api.openai.com") != nullptr);
}

TEST_CASE("off-peak and batch prices are parts of the standard one, where there are any") {
  CHECK(price_on("deepseek-reasoner", "2025-03-01", PriceTier::off_peak).output == doctest::Approx(0.5475));
  CHECK(price_on("gpt-4o-2024-05-13", "2025-01-20", PriceTier::batch).output == doctest::Approx(7.5));
  const PriceList list = built_in_prices();
  CHECK_FALSE(token_price(*find_price(list, "deepseek-reasoner", ""), PriceTier::off_peak, "2025-01-20").has_value());
  CHECK_FALSE(token_price(*find_price(list, "deepseek-reasoner", ""), PriceTier::batch).has_value());
}

TEST_CASE("a request costs its fresh and cached prompt and all of its completion") {
  const TokenPrice price{0.55, 0.14, 2.19};
  CHECK(*request_usd(price, usage(1000, 400, 2000)) == doctest::Approx((600 * 0.55 + 400 * 0.14 + 2000 * 2.19) / 1e6));
  CHECK(*request_usd(price, usage({}, {}, 2000)) == doctest::Approx(2000 * 2.19 / 1e6));
  CHECK(*request_usd(price, usage(100, 400, 0)) == doctest::Approx(100 * 0.14 / 1e6)); // more cached than there is
  CHECK_FALSE(request_usd(price, usage(100, 0, {})).has_value());
}

TEST_CASE("a bad price list names its row") {
  CHECK(complaint(R"({"prices":[{"model":"a","input":1,"output":2},{"model":"b","input":"1"}]})") ==
        R"(p.json: price 2 (b): "input": a number from 0 to 1e+06 is wanted)");
  CHECK(complaint(R"({"prices":[{"model":"a","input":1}]})") == R"(p.json: price 1 (a): "output": is missing)");
  CHECK(complaint(R"({"prices":[{"input":1,"output":1}]})").find("\"model\": is missing") != std::string::npos);
  CHECK(complaint(R"({"prices":[{"model":"a","input":1,"output":-1}]})") != "");
  CHECK(complaint(R"({"prices":[{"model":"a","input":1,"output":1,"valid_from":"soon"}]})") != "");
  CHECK(complaint(R"({"prices":[{"model":"a","input":1,"output":1,"valid_from":"2025-02-30"}]})") != "");
  CHECK(complaint(R"({"prices":[{"model":"a","input":1,"output":1,"off_peak":{"from":"25:00","to":"1"}}]})") != "");
  CHECK(complaint(R"({"prices":[7]})") != "");
  CHECK(complaint(R"({"schema":"proctor.prices/9","prices":[]})").find("proctor.prices/9") != std::string::npos);
  CHECK(complaint("[]") != "");
  CHECK(complaint("{") != "");
}

TEST_CASE("prices in another currency or per another number of tokens are refused") {
  CHECK(complaint(R"({"unit":"EUR per thousand tokens","prices":[{"model":"a","input":0.001,"output":0.002}]})") ==
        R"(p.json: "unit": only "USD per million tokens" is known)");
  CHECK(complaint(R"({"currency":"EUR","prices":[{"model":"a","input":1,"output":2}]})") == R"(p.json: "currency": only "USD" is known)");
  CHECK(complaint(R"({"currency":"CNY","vendor":"acme","models":[{"id":"m","price_history":[{"input":1,"output":2}]}]})") ==
        R"(p.json: "currency": only "USD" is known)");
  CHECK(complaint(R"({"prices":[{"model":"a","input":1,"output":2},{"model":"b","currency":"CNY","input":1,"output":2}]})") ==
        R"(p.json: price 2 (b): "currency": only "USD" is known)");
  CHECK(complaint(R"({"prices":[{"model":"a","unit":"USD per thousand tokens","input":1,"output":2}]})").starts_with("p.json: price 1 (a): \"unit\""));
  CHECK(complaint(R"({"unit":7,"prices":[]})") == R"(p.json: "unit": a text is wanted)");
  CHECK(complaint(R"({"unit":"usd per million tokens","currency":"USD","prices":[{"model":"a","unit":null,"input":1,"output":2}]})") == "");
}

TEST_CASE("a vendor's price history is read as it is") {
  const char* text = R"({"vendor":"acme","models":[{"id":"m1","name":"M One","price_history":[
      {"input":1,"output":4,"input_cached":null,"from_date":"2025-02-08","to_date":null},
      {"input":2,"output":8,"input_cached":0.5,"from_date":null,"to_date":"2025-02-08"}]}]})";
  Result<PriceList> list = parse_prices(text, "acme.json");
  REQUIRE(list.has_value());
  CHECK(find_price(*list, "m one", "2025-01-20")->input == 2);
  CHECK(find_price(*list, "m1", "2025-02-08")->input == 1);
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  if (data == nullptr) {
    MESSAGE("the real lists skipped: PROCTOR_TEST_DATA not set");
    return;
  }
  for (const char* vendor : {"openai", "anthropic", "deepseek", "google"}) {
    auto bytes = read_text_file(std::string(data) + "/cost/llm_prices_" + vendor + ".json");
    REQUIRE(bytes.has_value());
    Result<PriceList> real = parse_prices(*bytes, vendor);
    REQUIRE_MESSAGE(real.has_value(), (real ? "" : real.error().message));
    CHECK(real->rows.size() > 3);
  }
}
