// SPDX-License-Identifier: MIT
#pragma once

// Price lists: dated JSON files of what providers ask per million tokens, and what a request costs by one of their
// rows. docs/cost.md is normative for the file format. Pure; no price is written in code.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/completion.h"
#include "harness/json.h"
#include "harness/result.h"

namespace proctor {

// Cheaper hours of the day, UTC; may pass midnight.
struct OffPeak {
  std::string from, to; // "16:30"
  std::string valid_from;
  double discount = 0; // 0.75: a quarter of the price is left
};

// Whether it is a day as YYYY-MM-DD, one that the calendar has.
bool is_date(std::string_view text);

struct PriceRow {
  std::string provider;
  std::string model;
  std::vector<std::string> aliases; // other names of it
  std::vector<std::string> hosts;   // of endpoints that charge this without being asked
  std::string valid_from, valid_to; // "2025-01-20"; the last day is not in it; empty: not known
  double input = 0, output = 0;     // USD per million tokens
  std::optional<double> cached_input, cache_write;
  std::optional<double> batch_discount; // 0.5: half price
  std::optional<OffPeak> off_peak;
  std::string source;
};

struct PriceList {
  std::string name, version;
  std::vector<PriceRow> rows;
};

// proctor.prices/1, or the price history of one vendor as simonw/llm-prices has it. On failure: a usage error that
// names the row.
Result<PriceList> parse_prices(std::string_view text, std::string_view place);

// The list that comes with this program.
PriceList built_in_prices();

// The row for a model by its name or alias (no case, date suffixes as they are) that is valid on `date`
// ("2025-01-20"; empty: any), the newest of several. host: only rows of that endpoint; empty: all.
const PriceRow* find_price(const PriceList& list, std::string_view model, std::string_view date, std::string_view host = {});

enum class PriceTier { standard, off_peak, batch };

// What tokens cost; USD per million.
struct TokenPrice {
  double input = 0, cached_input = 0, output = 0;
};

// On failure: a usage error when the row has no such tier, or none yet on `date`.
Result<TokenPrice> token_price(const PriceRow& row, PriceTier tier, std::string_view date = {});

// What the parts of a request cost.
struct RequestUsd {
  double prompt = 0, cached = 0, completion = 0; // prompt: less the cached tokens
};

// (prompt - cached) input + cached cached_input + completion output, reasoning being a part of the completion. An
// unknown prompt counts as none; nullopt when the completion tokens are not known. cached is at most the prompt.
std::optional<RequestUsd> request_parts(const TokenPrice& price, const Usage& usage);
std::optional<double> request_usd(const TokenPrice& price, const Usage& usage); // their sum

// 3 parts input to 1 part output, the compatibility figure of public comparisons; says little about reasoning models.
double blended_price(const TokenPrice& price);

} // namespace proctor
