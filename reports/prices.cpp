// SPDX-License-Identifier: MIT
#include "reports/prices.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>

#include "harness/check.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"

namespace proctor {

extern const char kBuiltInPrices[]; // generated from prices/list.json

namespace {

constexpr double kHighestPrice = 1e6; // USD per million tokens; more is a mistake

// Reads the members of one row; remembers the first thing that is wrong.
class RowReader {
 public:
  explicit RowReader(const Json& row) : row_(row) {}

  std::string text(std::string_view key) {
    const Json* found = member(key);
    if (found == nullptr) return "";
    if (!found->is_string()) fail(key, "a text is wanted");
    return found->is_string() ? found->get<std::string>() : "";
  }

  std::string date(std::string_view key) {
    std::string value = text(key);
    if (!value.empty() && !is_date(value)) fail(key, "a date such as 2025-01-20 is wanted");
    return value;
  }

  std::optional<double> number(std::string_view key, double most) {
    const Json* found = member(key);
    if (found == nullptr) return std::nullopt;
    const double value = found->is_number() ? found->get<double>() : -1;
    if (value >= 0 && value <= most) return value;
    fail(key, fmt::format("a number from 0 to {:g} is wanted", most));
    return std::nullopt;
  }

  double required(std::string_view key) {
    if (member(key) == nullptr) fail(key, "is missing");
    return number(key, kHighestPrice).value_or(0);
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> list;
    const Json* found = member(key);
    if (found == nullptr) return list;
    if (!found->is_array()) fail(key, "a list of texts is wanted");
    for (const Json& one : *found)
      if (one.is_string()) list.push_back(one.get<std::string>());
    return list;
  }

  void fail(std::string_view key, std::string_view why) {
    if (wrong_.empty()) wrong_ = fmt::format("\"{}\": {}", key, why);
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const Json* member(std::string_view key) const {
    const Json* found = find_member(row_, key);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  const Json& row_;
  std::string wrong_;
};

bool is_time_of_day(const std::string& text) {
  auto two = [&](size_t at) { return is_digit(text[at]) && is_digit(text[at + 1]); };
  return text.size() == 5 && text[2] == ':' && two(0) && two(3) && text < "24:00" && text[3] < '6';
}

std::optional<OffPeak> read_off_peak(const Json& row, RowReader& members) {
  const Json* found = find_member(row, "off_peak");
  if (found == nullptr || found->is_null()) return std::nullopt;
  RowReader inside(*found);
  OffPeak hours{inside.text("from"), inside.text("to"), inside.date("valid_from"), inside.number("discount", 1).value_or(0)};
  if (!is_time_of_day(hours.from) || !is_time_of_day(hours.to)) members.fail("off_peak", "from and to are wanted as 16:30");
  if (!inside.wrong().empty()) members.fail("off_peak", inside.wrong());
  return hours;
}

// Of a list or of one row: a price in another measure would be taken for dollars per million.
void check_measure(RowReader& members) {
  if (std::string unit = members.text("unit"); !unit.empty() && lower(unit) != "usd per million tokens")
    members.fail("unit", "only \"USD per million tokens\" is known");
  if (std::string currency = members.text("currency"); !currency.empty() && lower(currency) != "usd")
    members.fail("currency", "only \"USD\" is known");
}

Result<PriceRow> read_row(const Json& json) {
  if (!json.is_object()) return usage_error("is not an object");
  RowReader members(json);
  PriceRow row;
  check_measure(members);
  row.provider = members.text("provider");
  row.model = members.text("model");
  if (row.model.empty()) members.fail("model", "is missing");
  row.aliases = members.texts("aliases");
  row.hosts = members.texts("hosts");
  row.valid_from = members.date("valid_from");
  row.valid_to = members.date("valid_to");
  row.input = members.required("input");
  row.output = members.required("output");
  row.cached_input = members.number("cached_input", kHighestPrice);
  row.cache_write = members.number("cache_write", kHighestPrice);
  row.batch_discount = members.number("batch_discount", 1);
  if (std::string billed = members.text("reasoning_billed_as"); !billed.empty() && billed != "output")
    members.fail("reasoning_billed_as", "only \"output\" is known");
  row.off_peak = read_off_peak(json, members);
  row.source = members.text("source");
  if (!members.wrong().empty()) return usage_error(members.wrong());
  return row;
}

Error in_row(std::string_view place, size_t index, const std::string& model, const Error& error) {
  return usage_error(fmt::format("{}: price {}{}: {}", place, index + 1, model.empty() ? "" : " (" + model + ")", error.message));
}

Result<PriceList> read_list(const Json& document, std::string_view place) {
  const Json* prices = find_member(document, "prices");
  if (prices == nullptr || !prices->is_array()) return usage_error(fmt::format("{}: \"prices\" must be a list", place));
  PriceList list{get_string(document, "name").value_or(std::string(place)), get_string(document, "version").value_or(""), {}};
  for (size_t i = 0; i < prices->size(); ++i) {
    Result<PriceRow> row = read_row((*prices)[i]);
    if (!row) return in_row(place, i, get_string((*prices)[i], "model").value_or(""), row.error());
    list.rows.push_back(std::move(*row));
  }
  return list;
}

// {"vendor": ..., "models": [{"id", "name", "price_history": [{"input","output","input_cached","from_date","to_date"}]}]}
Result<PriceList> read_vendor(const Json& document, std::string_view place) {
  const std::string vendor = get_string(document, "vendor").value_or("");
  PriceList list{vendor.empty() ? std::string(place) : vendor + " prices", "", {}};
  for (const Json& model : document["models"]) {
    const Json* history = find_member(model, "price_history");
    const std::string id = get_string(model, "id").value_or("");
    if (history == nullptr || !history->is_array()) return usage_error(fmt::format("{}: model {} has no price_history", place, id));
    for (const Json& entry : *history) {
      Json row = {{"provider", vendor}, {"model", id}};
      for (auto [to, from] : {std::pair("input", "input"), {"output", "output"}, {"cached_input", "input_cached"}, {"valid_from", "from_date"}, {"valid_to", "to_date"}, {"unit", "unit"}, {"currency", "currency"}})
        if (const Json* value = find_member(entry, from)) row[to] = *value;
      if (auto name = get_string(model, "name"); name && *name != id) row["aliases"] = {*name};
      Result<PriceRow> read = read_row(row);
      if (!read) return in_row(place, list.rows.size(), id, read.error());
      list.rows.push_back(std::move(*read));
    }
  }
  return list;
}

bool same_name(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

bool valid_on(const PriceRow& row, std::string_view date) {
  if (date.empty()) return true;
  return (row.valid_from.empty() || row.valid_from <= date) && (row.valid_to.empty() || date < row.valid_to);
}

} // namespace

bool is_date(std::string_view text) {
  const auto part = [&](size_t at, size_t size) -> std::optional<unsigned> {
    const std::string_view digits = text.substr(at, size);
    return std::ranges::all_of(digits, is_digit) ? parse_number<unsigned>(digits) : std::nullopt;
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto year = part(0, 4), month = part(5, 2), day = part(8, 2);
  if (!year || !month || !day) return false;
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month), std::chrono::day(*day)).ok();
}

Result<PriceList> parse_prices(std::string_view text, std::string_view place) {
  Result<Json> document = parse_json(text, place);
  if (!document) return document.error();
  if (!document->is_object()) return usage_error(fmt::format("{}: a price list is a JSON object with \"prices\" (see docs/cost.md)", place));
  RowReader members(*document);
  check_measure(members);
  if (!members.wrong().empty()) return usage_error(fmt::format("{}: {}", place, members.wrong()));
  if (const Json* models = find_member(*document, "models"); models != nullptr && models->is_array()) return read_vendor(*document, place);
  if (auto schema = get_string(*document, "schema"); schema && *schema != "proctor.prices/1")
    return usage_error(fmt::format("{}: schema \"{}\" is not known; this program reads proctor.prices/1", place, *schema));
  return read_list(*document, place);
}

PriceList built_in_prices() {
  Result<PriceList> parsed = parse_prices(kBuiltInPrices, "built-in prices");
  PROCTOR_CHECK(parsed.has_value());
  return std::move(*parsed);
}

const PriceRow* find_price(const PriceList& list, std::string_view model, std::string_view date, std::string_view host) {
  const PriceRow* best = nullptr;
  for (const PriceRow& row : list.rows) {
    const bool named = same_name(row.model, model) ||
                       std::ranges::any_of(row.aliases, [&](const std::string& alias) { return same_name(alias, model); });
    const bool at_host = host.empty() || std::ranges::find(row.hosts, host) != row.hosts.end();
    if (named && at_host && valid_on(row, date) && (best == nullptr || best->valid_from < row.valid_from)) best = &row;
  }
  return best;
}

Result<TokenPrice> token_price(const PriceRow& row, PriceTier tier, std::string_view date) {
  double left = 1;
  if (tier == PriceTier::batch) {
    if (!row.batch_discount) return usage_error(fmt::format("the price list has no batch price for {}", row.model));
    left = 1 - *row.batch_discount;
  }
  if (tier == PriceTier::off_peak) {
    const bool there = row.off_peak && (date.empty() || row.off_peak->valid_from <= date);
    if (!there) return usage_error(fmt::format("the price list has no off-peak price for {}{}", row.model, date.empty() ? "" : fmt::format(" on {}", date)));
    left = 1 - row.off_peak->discount;
  }
  return TokenPrice{row.input * left, row.cached_input.value_or(row.input) * left, row.output * left};
}

std::optional<RequestUsd> request_parts(const TokenPrice& price, const Usage& usage) {
  if (!usage.completion_tokens) return std::nullopt;
  const auto prompt = static_cast<double>(std::max<int64_t>(0, usage.prompt_tokens.value_or(0)));
  const double cached = std::min(prompt, static_cast<double>(std::max<int64_t>(0, usage.cached_tokens.value_or(0))));
  const auto completion = static_cast<double>(std::max<int64_t>(0, *usage.completion_tokens));
  return RequestUsd{(prompt - cached) * price.input / 1e6, cached * price.cached_input / 1e6, completion * price.output / 1e6};
}

std::optional<double> request_usd(const TokenPrice& price, const Usage& usage) {
  const std::optional<RequestUsd> parts = request_parts(price, usage);
  return parts ? std::optional(parts->prompt + parts->cached + parts->completion) : std::nullopt;
}

double blended_price(const TokenPrice& price) { return (3 * price.input + price.output) / 4; }

} // namespace proctor
