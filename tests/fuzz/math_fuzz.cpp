// SPDX-License-Identifier: MIT
// Any bytes as a gold and an answer, in every profile: no crash, no endless loop, and laws that hold for all texts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graders/math/math_equal.h"
#include "graders/math/math_extract.h"
#include "graders/math/vote_key.h"

using namespace proctor;

namespace {

void require(bool law) {
  if (!law) std::abort();
}

// The first byte chooses the profile, the first newline parts gold and answer.
void judge(std::string_view input) {
  auto profiles = math::profile_names();
  math::Policies policies;
  math::set_profile(policies, profiles[static_cast<uint8_t>(input[0]) % profiles.size()]);
  input.remove_prefix(1);
  size_t newline = input.find('\n');
  std::string_view gold = input.substr(0, newline);
  std::string_view text = newline == input.npos ? gold : input.substr(newline + 1);
  auto found = math::extract_math(text, gold, AnswerForm::any, policies);
  if (found) math::judge_answer(gold, found->text, policies);
  math::math_equal(gold, text, policies);
  require(math::vote_key(gold) == math::vote_key(gold));
  math::MathVerdict itself = math::math_equal(gold, gold, policies);
  require(itself.equality != math::Equality::different || itself.certificate == "empty");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) judge({reinterpret_cast<const char*>(data), size});
  return 0;
}
