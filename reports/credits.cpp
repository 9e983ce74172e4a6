// SPDX-License-Identifier: MIT
#include "reports/credits.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "reports/text.h"

namespace proctor {
namespace {

// Extraction methods that take what no mark or announcement pointed at.
constexpr std::string_view kFallbacks[] = {"last_formula", "last_fragment", "last_equation", "last_number", "whole"};

void append(std::string& list, std::string_view label) {
  if (!list.empty()) list += ',';
  list += label;
}

} // namespace

std::string credit_basis(const Grade& grade) {
  std::string basis;
  const Json* certificate = find_member(grade.stats, "certificate");
  if (grade.verdict != Verdict::correct || certificate == nullptr || !certificate->is_string()) return basis;
  if (const Json* policies = find_member(grade.stats, "policies"); policies != nullptr && policies->is_array())
    for (const Json& policy : *policies)
      if (policy.is_string()) append(basis, policy.get<std::string>());
  const auto& proof = certificate->get_ref<const std::string&>();
  if (proof.starts_with("numeric")) append(basis, proof);
  if (proof.starts_with("identity")) append(basis, "identity");
  const std::string method = get_string(grade.stats, "extraction").value_or("");
  if (std::ranges::find(kFallbacks, method) != std::end(kFallbacks)) append(basis, method);
  return basis;
}

void CreditCount::add(std::string_view basis) {
  if (basis.empty()) return;
  ++n_lenient_;
  for (size_t begin = 0; begin <= basis.size();) {
    const size_t end = std::min(basis.find(',', begin), basis.size());
    ++labels_[std::string(basis.substr(begin, end - begin))];
    begin = end + 1;
  }
}

Credits CreditCount::take() const {
  Credits credits{n_lenient_, {labels_.begin(), labels_.end()}};
  std::ranges::sort(credits.labels, [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  });
  return credits;
}

std::string credit_sentence(const Credits& credits, std::string_view label, int64_t n_correct, int64_t n_undecided) {
  if (credits.n_lenient == 0 && n_undecided == 0) return {};
  std::string list;
  for (const auto& [name, n] : credits.labels)
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", name, grouped(n));
  std::string text = fmt::format("{}: ", label);
  if (credits.n_lenient > 0)
    text += fmt::format("{} of {} correct answers rest on a policy, a fallback or a test instead of a proof ({})",
                        grouped(credits.n_lenient), grouped(n_correct), list);
  if (n_undecided > 0)
    text += fmt::format("{}{} could not be decided and count as wrong", credits.n_lenient > 0 ? "; " : "",
                        plural(n_undecided, "answer"));
  return text + ".";
}

} // namespace proctor
