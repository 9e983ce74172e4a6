// SPDX-License-Identifier: MIT
#include "harness/cmd_cost.h"

#include <algorithm>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"
#include "harness/text/nearest.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

Result<PriceList> read_list(const std::string& prices) {
  if (prices.empty() || prices == "builtin") return built_in_prices();
  auto bytes = read_text_file(prices);
  if (!bytes) return in_context("--prices", bytes.error());
  return parse_prices(*bytes, prices);
}

Result<PriceTier> parse_tier(const std::string& name) {
  if (name == "standard") return PriceTier::standard;
  if (name == "off-peak" || name == "off_peak") return PriceTier::off_peak;
  if (name == "batch") return PriceTier::batch;
  return usage_error(fmt::format("--price-tier {}: there are standard, off-peak and batch", name));
}

std::string row_words(const PriceRow& row, const PriceList& list, const std::string& tier) {
  std::string words = fmt::format("{}{} in {}", row.provider.empty() ? "" : row.provider + " ", row.model, list.name);
  if (!list.version.empty()) words += " " + list.version;
  if (!row.valid_from.empty()) words += ", price from " + row.valid_from;
  if (tier != "standard") words += ", " + tier;
  return words;
}

Error no_price(const PriceArgs& args, const PriceList& list, const std::string& model, const std::string& date) {
  std::vector<std::string> names;
  for (const PriceRow& row : list.rows)
    if (std::ranges::find(names, row.model) == names.end()) names.push_back(row.model);
  const bool other_day = find_price(list, model, "") != nullptr;
  if (other_day) return usage_error(fmt::format("--prices {}: {} has no price on {}; name another day with --price-date", args.prices, model, date));
  return usage_error(fmt::format("--prices {}: no price for {}{}; name its row with --price-model", args.prices, model, did_you_mean(model, names)));
}

Result<Pricing> by_list(const PriceArgs& args, const PricedModel& model) {
  auto list = read_list(args.prices);
  if (!list) return list.error();
  auto tier = parse_tier(args.price_tier);
  if (!tier) return tier.error();
  const std::string date = args.price_date.empty() ? model.date : args.price_date;
  const std::string name = args.price_model.empty() ? model.name : args.price_model;
  const bool asked = !args.prices.empty();
  if (!asked && model.host.empty()) return Pricing{};
  const PriceRow* row = find_price(*list, name, date, asked ? "" : model.host);
  if (row == nullptr) return asked ? Result<Pricing>(no_price(args, *list, name, date)) : Pricing{};
  auto price = token_price(*row, *tier, date);
  if (!price) return in_context("--price-tier", price.error());
  return Pricing{CostBasis::price_list, *price, 0, row_words(*row, *list, args.price_tier), row->source};
}

Result<double> hourly(double usd, std::string_view option) {
  if (usd >= 0 && usd < 1e9) return usd;
  return usage_error(fmt::format("{} {}: a price from 0 is wanted", option, usd));
}

// "example.org" of "https://example.org:8000/v1".
std::string host_of(std::string_view url) {
  if (const size_t scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of(":/")));
}

} // namespace

void PriceArgs::add_to(CommandLine& command) {
  command.option("--prices", prices, "Price list to charge tokens by: a JSON file (docs/cost.md), or builtin").value_name("FILE");
  command.option("--price-model", price_model, "Charge by this row of the list, where the model's name is not in it").value_name("NAME");
  command.option("--price-date", price_date, "Prices of this day (default: the day the run began)").value_name("YYYY-MM-DD");
  command.option("--price-tier", price_tier, "standard, off-peak or batch").value_name("TIER").show_default();
  command.option("--gpu-hour-usd", gpu_hour_usd, "Charge a model of this process by the hour of its GPU").value_name("USD");
  command.option("--core-hour-usd", core_hour_usd, "Charge a model of this process by the hour of a processor core").value_name("USD");
}

PricedModel priced_model(const Json& run) {
  PricedModel priced;
  priced.date = get_string(run, "created").value_or("").substr(0, 10);
  const Json* model = find_member(run, "model");
  if (model == nullptr) return priced;
  priced.name = get_string(*model, "name").value_or("");
  const Json* details = find_member(*model, "details");
  const Json* urls = details == nullptr ? nullptr : find_member(*details, "urls");
  if (urls != nullptr && urls->is_array() && !urls->empty() && urls->front().is_string()) priced.host = host_of(urls->front().get<std::string>());
  return priced;
}

Result<Pricing> choose_pricing(const PriceArgs& args, const PricedModel& model) {
  if (!args.price_date.empty() && !is_date(args.price_date))
    return usage_error(fmt::format("--price-date {}: a day such as 2025-01-20 is wanted", args.price_date));
  const int n_bases = (args.prices.empty() ? 0 : 1) + (args.gpu_hour_usd ? 1 : 0) + (args.core_hour_usd ? 1 : 0);
  if (n_bases > 1) return usage_error("only one of --prices, --gpu-hour-usd and --core-hour-usd can say what a run costs");
  if (args.prices.empty() && (!args.price_model.empty() || args.price_tier != "standard"))
    return usage_error("--price-model and --price-tier choose a row of --prices; name a file or builtin");
  for (auto [usd, option, basis, unit] : {std::tuple(args.gpu_hour_usd, "--gpu-hour-usd", CostBasis::gpu_hour, "GPU hour"),
                                          std::tuple(args.core_hour_usd, "--core-hour-usd", CostBasis::core_hour, "core hour")})
    if (usd) {
      auto price = hourly(*usd, option);
      if (!price) return price.error();
      return Pricing{basis, {}, *price, fmt::format("USD {:g} per {}", *price, unit), option};
    }
  return by_list(args, model);
}

void LimitArgs::add_to(CommandLine& command) {
  command.option("--budget", budget, "Stop when this session has cost so much (exit 5); the same command resumes").value_name("USD");
  command.option("--max-time", max_time, "Stop after this time (exit 5): 90, 15m, 2h; the same command resumes").value_name("TIME");
}

void AdaptiveArgs::add_to(CommandLine& command) {
  command.flag("--adaptive", on, "Stop a question's samples when the others cannot change its vote any more");
  command.option("--adaptive-confidence", confidence,
                 "With --adaptive: stop also when the leading answer is the likelier one with this probability (0.99)").value_name("P");
}

Result<std::optional<AdaptiveRule>> AdaptiveArgs::rule() const {
  if (!on && confidence) return usage_error("--adaptive-confidence goes with --adaptive");
  if (confidence && !(*confidence > 0.5 && *confidence < 1))
    return usage_error(fmt::format("--adaptive-confidence {}: above 0.5 and below 1 is wanted", *confidence));
  return on ? std::optional(AdaptiveRule{confidence}) : std::nullopt;
}

Result<std::optional<double>> LimitArgs::max_seconds() const {
  if (max_time.empty()) return std::optional<double>();
  double total = 0;
  std::string_view text = max_time;
  if (text.find(':') != text.npos) {
    for (std::string_view part : split(text, ':')) {
      auto number = parse_number<double>(part);
      if (!number || !(*number >= 0)) return usage_error(fmt::format("--max-time {}: a time such as 90, 15m, 2h or 1:30:00 is wanted", max_time));
      total = total * 60 + *number;
    }
    return std::optional(total);
  }
  double unit = 1;
  if (text.ends_with('s') || text.ends_with('m') || text.ends_with('h')) {
    unit = text.back() == 'h' ? 3600 : text.back() == 'm' ? 60 : 1;
    text.remove_suffix(1);
  }
  auto number = parse_number<double>(text);
  if (!number || !(*number > 0)) return usage_error(fmt::format("--max-time {}: a time such as 90, 15m, 2h or 1:30:00 is wanted", max_time));
  return std::optional(*number * unit);
}

} // namespace proctor
