// SPDX-License-Identifier: MIT
// transformers modeling_rope_utils.py: _compute_{linear_scaling,llama3,yarn}_parameters.
#include "backends/engine/model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace proctor {
namespace {

using std::numbers::pi;

double llama3_frequency(const RopeConfig& c, double frequency) {
  double wavelength = 2 * pi / frequency;
  if (wavelength < c.original_positions / c.high_freq) return frequency;
  if (wavelength > c.original_positions / c.low_freq) return frequency / c.factor;
  double smooth = (c.original_positions / wavelength - c.low_freq) / (c.high_freq - c.low_freq);
  return (1 - smooth) * frequency / c.factor + smooth * frequency;
}

// The dimension at which a wavelength fits `rotations` times into the original context.
double yarn_dimension(const RopeConfig& c, int head_dim, double rotations) {
  return head_dim * std::log(c.original_positions / (rotations * 2 * pi)) / (2 * std::log(c.theta));
}

double yarn_frequency(const RopeConfig& c, int head_dim, int pair, double frequency) {
  double low = yarn_dimension(c, head_dim, c.beta_fast), high = yarn_dimension(c, head_dim, c.beta_slow);
  if (c.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, head_dim - 1.0);
  if (low == high) high += 0.001;
  double interpolated = std::clamp((pair - low) / (high - low), 0.0, 1.0);
  return frequency / c.factor * interpolated + frequency * (1 - interpolated);
}

double scaled(const RopeConfig& c, int head_dim, int pair, double frequency) {
  switch (c.scaling) {
  case RopeScaling::none: return frequency;
  case RopeScaling::linear: return frequency / c.factor;
  case RopeScaling::llama3: return llama3_frequency(c, frequency);
  case RopeScaling::yarn: return yarn_frequency(c, head_dim, pair, frequency);
  }
  return frequency;
}

float yarn_magnitude(const RopeConfig& c) {
  if (c.attention_factor > 0) return static_cast<float>(c.attention_factor);
  return c.factor <= 1 ? 1.0f : static_cast<float>(0.1 * std::log(c.factor) + 1);
}

} // namespace

Rope make_rope(const RopeConfig& config, int head_dim, const std::vector<float>& divisors) {
  Rope rope;
  for (int pair = 0; pair < head_dim / 2; ++pair) {
    double frequency = std::pow(config.theta, -2.0 * pair / head_dim);
    frequency = scaled(config, head_dim, pair, frequency);
    if (!divisors.empty()) frequency /= static_cast<double>(divisors[static_cast<size_t>(pair)]);
    rope.frequencies.push_back(static_cast<float>(frequency));
  }
  if (config.scaling == RopeScaling::yarn) rope.magnitude = yarn_magnitude(config);
  return rope;
}

void rope_row(const Rope& rope, int position, float* cosines, float* sines) {
  for (size_t pair = 0; pair < rope.frequencies.size(); ++pair) {
    double angle = static_cast<float>(position) * rope.frequencies[pair];
    cosines[pair] = static_cast<float>(std::cos(angle)) * rope.magnitude;
    sines[pair] = static_cast<float>(std::sin(angle)) * rope.magnitude;
  }
}

} // namespace proctor
