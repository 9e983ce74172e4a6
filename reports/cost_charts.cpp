// SPDX-License-Identifier: MIT
#include "reports/cost_charts.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "reports/charts.h"
#include "reports/text.h"

namespace proctor {
namespace {

// ---- a plot with a logarithmic x and a y from 0

struct Axes {
  double left = 52, right = 408, top = 12, bottom = 190;
  double width = 440, height = 230;
  double x_min = 1, x_max = 10, y_max = 1;
  double tick_character = 8.5; // width, as large as a phone shows it

  double x(double value) const {
    const double span = std::log2(x_max / x_min);
    return left + (right - left) * (span > 0 ? std::log2(std::max(value, x_min) / x_min) / span : 0.5);
  }
  double y(double value) const { return bottom - (bottom - top) * value / y_max; }
};

double nice_top(double highest) {
  for (double top : {0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8})
    if (highest <= top * 0.96) return top;
  return 1;
}

std::string share_grid(const Axes& axes) {
  std::string out;
  constexpr int kLines = 4;
  for (int i = 0; i <= kLines; ++i) {
    const double value = axes.y_max * i / kLines, below = i == 0 ? 0 : 4; // 0 % stands on the axis, off the ticks of x
    out += fmt::format(R"(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/><text class="tick end" x="{:.1f}" y="{:.1f}">{:g}%</text>)",
                       axes.left, axes.y(value), axes.right, axes.left - 7, axes.y(value) + below, value * 100);
  }
  return out;
}

// 1, 2, 5 times powers of ten; over less than a factor of 8 so few that equal steps are better.
std::vector<double> tick_values(double least, double most) {
  std::vector<double> values;
  const bool narrow = most < 8 * least;
  const double step = narrow ? std::pow(10, std::floor(std::log10((most - least) / 2))) : 0;
  const double wide = narrow ? step * (most - least > 10 * step ? 5 : most - least > 5 * step ? 2 : 1) : 0;
  if (narrow)
    for (double value = std::ceil(least / wide) * wide; wide > 0 && value <= most; value += wide) values.push_back(value);
  else
    for (double decade = std::pow(10, std::floor(std::log10(least))); decade <= most; decade *= 10)
      for (double factor : {1.0, 2.0, 5.0})
        if (decade * factor >= least * 0.999 && decade * factor <= most * 1.001) values.push_back(decade * factor);
  return values;
}

// As many ticks as there is room for.
std::string log_ticks(const Axes& axes, const std::function<std::string(double)>& text, std::string_view title) {
  constexpr double kRoom = 46, kGap = 8;
  std::string out;
  double last = -kRoom, taken = 0; // where the last tick is, and where its text ends
  for (double value : tick_values(axes.x_min, axes.x_max)) {
    const double half = axes.tick_character * display_width(text(value)) / 2;
    if (axes.x(value) - last < kRoom || axes.x(value) - half < taken) continue;
    last = axes.x(value);
    taken = last + half + kGap;
    out += fmt::format(R"(<path class="grid" d="M{0:.1f} {1:.1f}v4"/><text class="tick mid" x="{0:.1f}" y="{2:.1f}">{3}</text>)", last, axes.bottom,
                       axes.bottom + 18, text(value));
  }
  return out + fmt::format(R"(<text class="tick mid" x="{:.1f}" y="{:.1f}">{}</text>)", (axes.left + axes.right) / 2, axes.bottom + 35, title);
}

// The x axis of costs per question or per sample. Small amounts are told per million of them: "$0.20", not "$0.0000002".
std::string cost_ticks(const Axes& axes, bool in_tokens, std::string_view per) {
  if (in_tokens) return log_ticks(axes, count_text, fmt::format("tokens per {}", per));
  const bool small = axes.x_max < 1e-3;
  const double scale = small ? 1e6 : 1;
  auto dollars = [scale](double usd) { return short_power(fmt::format("${:g}", usd * scale)); };
  return log_ticks(axes, dollars, fmt::format("USD per {}{}{}", small ? "million " : "", per, small ? "s" : ""));
}

std::string figure(const Axes& axes, std::string_view words, std::string_view body) {
  return fmt::format(R"(<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}</svg>)", axes.width, axes.height, html_line(words), body);
}

std::string path_of(const Axes& axes, std::span<const std::pair<double, double>> points) {
  std::string path;
  for (const auto& [x, y] : points) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", axes.x(x), axes.y(y));
  return path;
}

// ---- pieces of single charts

std::string bars(const Axes& axes, const LengthSplit& split, double tallest) {
  std::string correct, wrong;
  for (size_t i = 0; i + 1 < split.edges.size(); ++i) {
    const double x0 = axes.x(split.edges[i]), x1 = axes.x(split.edges[i + 1]) - 1;
    auto bar = [&](double from, int64_t n) {
      const double height = (axes.bottom - axes.top) * static_cast<double>(n) / tallest;
      return fmt::format("M{:.1f} {:.1f}H{:.1f}V{:.1f}H{:.1f}z", x0, from, x1, from - height, x0);
    };
    const int64_t right = split.correct.bins[i], other = split.wrong.bins[i];
    if (right > 0) correct += bar(axes.bottom, right);
    const double above = axes.bottom - (axes.bottom - axes.top) * static_cast<double>(right) / tallest;
    if (other > 0) wrong += bar(above, other);
  }
  return fmt::format(R"(<path class="v-correct" d="{}"/><path class="v-incorrect" d="{}"/>)", correct, wrong);
}

std::string median_mark(const Axes& axes, const LengthsBy& lengths, std::string_view css) {
  if (lengths.n == 0) return "";
  return fmt::format(R"(<path class="median {}" d="M{:.1f} {:.1f}V{:.1f}"/>)", css, axes.x(lengths.p50), axes.top, axes.bottom);
}

std::string cross(const Axes& axes, const FrontierPoint& point) {
  std::string out;
  auto at = [&](double usd) { return std::clamp(axes.x(usd), axes.left, axes.right); };
  if (point.cost.interval)
    out += fmt::format(R"(<path class="cross" d="M{:.1f} {:.1f}H{:.1f}"/>)", at(std::max(point.cost.interval->lo, axes.x_min)), axes.y(point.score), at(point.cost.interval->hi));
  if (point.score_interval)
    out += fmt::format(R"(<path class="cross" d="M{:.1f} {:.1f}V{:.1f}"/>)", at(point.cost.value), axes.y(std::min(point.score_interval->lo, axes.y_max)),
                       axes.y(std::min(point.score_interval->hi, axes.y_max)));
  return out;
}

// ---- labels that leave each other and the dots alone

struct Box {
  double x0, y0, x1, y1;
  bool touches(const Box& other) const { return x0 < other.x1 && other.x0 < x1 && y0 < other.y1 && other.y0 < y1; }
};

struct Label {
  double x = 0, y = 0;
  std::string_view anchor; // css class: "", "end" or "mid"
};

// Around a dot, the likeliest first.
constexpr struct { double dx, dy; const char* anchor; } kPlaces[] = {{9, -8, ""}, {9, 20, ""}, {-9, -8, "end"}, {-9, 20, "end"}, {0, -11, "mid"}, {0, 26, "mid"}};

// Of a bold character as large as a phone shows it.
constexpr double kCharacterWidth = 13, kCharacterHeight = 17;

Box box_of(const Label& label, double width) {
  const double x0 = label.x - (label.anchor == "end" ? width : label.anchor == "mid" ? width / 2 : 0);
  return {x0, label.y - kCharacterHeight + 3, x0 + width, label.y + 3};
}

using Labels = std::vector<std::optional<Label>>;

// One label per dot, at the first place that is free; where there is none the dot goes without, or with `strict` all do.
std::optional<Labels> place_labels(const Axes& axes, std::span<const std::pair<double, double>> dots, std::span<const std::string> texts, bool strict) {
  std::vector<Box> taken;
  for (const auto& [x, y] : dots) taken.push_back({x - 6, y - 6, x + 6, y + 6});
  Labels labels;
  for (size_t i = 0; i < dots.size(); ++i) {
    labels.emplace_back();
    if (texts[i].empty()) continue;
    const double width = kCharacterWidth * display_width(texts[i]);
    auto at = [&](const auto& place) { return Label{dots[i].first + place.dx, dots[i].second + place.dy, place.anchor}; };
    auto free = [&](const auto& place) {
      const Box box = box_of(at(place), width);
      const bool inside = box.x0 >= axes.left && box.x1 <= axes.width && box.y0 >= 0 && box.y1 <= axes.bottom;
      return inside && std::ranges::none_of(taken, [&](const Box& other) { return box.touches(other); });
    };
    const auto place = std::ranges::find_if(kPlaces, free);
    if (place == std::end(kPlaces) && strict) return std::nullopt;
    if (place == std::end(kPlaces)) continue;
    labels.back() = at(*place);
    taken.push_back(box_of(*labels.back(), width));
  }
  return labels;
}

// Names where there is room for all of them, else letters, the first points' first.
std::string point_labels(const Axes& axes, std::span<const FrontierPoint* const> points) {
  constexpr size_t kMostLetters = 40; // beyond, only the frontier has them
  std::vector<std::pair<double, double>> dots;
  std::vector<std::string> names, letters;
  for (const FrontierPoint* point : points) {
    dots.emplace_back(axes.x(point->cost.value), axes.y(point->score));
    letters.push_back(points.size() <= kMostLetters || point->on_frontier ? run_letter(point->run) : "");
    names.push_back(run_letter(point->run) + " " + fit_width(visible_line(point->label), 24));
  }
  std::optional<Labels> labels = place_labels(axes, dots, names, true);
  const std::vector<std::string>& texts = labels ? names : letters;
  if (!labels) labels = place_labels(axes, dots, letters, false);
  std::string out;
  for (size_t i = 0; i < dots.size(); ++i)
    if (const std::optional<Label>& label = (*labels)[i])
      out += fmt::format(R"(<text class="label {}" x="{:.1f}" y="{:.1f}">{}</text>)", label->anchor, label->x, label->y, html_text(texts[i]));
  return out;
}

} // namespace

std::string svg_token_limits(const LimitCurve& curve) {
  if (curve.points.size() < 3 || curve.points.back().accuracy <= 0) return "";
  Axes axes;
  axes.x_min = curve.points.front().limit;
  axes.x_max = curve.points.back().limit;
  axes.y_max = nice_top(curve.points.back().accuracy);
  std::vector<std::pair<double, double>> line;
  for (const LimitPoint& point : curve.points) line.emplace_back(point.limit, point.accuracy);
  const std::string path = path_of(axes, line);
  std::string body = share_grid(axes) + log_ticks(axes, count_text, "limit, " + curve.unit);
  body += fmt::format(R"(<path class="area" d="{}V{:.1f}H{:.1f}z"/><path class="line s-pass" d="{}"/>)", path, axes.bottom, axes.left, path);
  std::string words = fmt::format("Accuracy if answers longer than a limit counted as wrong: {} without a smaller limit", percent(curve.points.back().accuracy));
  if (curve.b90) {
    body += fmt::format(R"(<path class="median" d="M{:.1f} {:.1f}V{:.1f}"/><text class="label mid" x="{:.1f}" y="{:.1f}">B90 {}</text>)", axes.x(*curve.b90),
                        axes.top, axes.bottom, std::clamp(axes.x(*curve.b90), axes.left + 40, axes.right - 40), axes.bottom - 8, count_text(*curve.b90));
    words += fmt::format(", 90% of it at {} {}", count_text(*curve.b90), curve.unit);
  }
  return figure(axes, words, body);
}

std::string svg_lengths(const LengthSplit& split) {
  Axes axes;
  axes.left = 12;
  axes.x_min = split.edges.front();
  axes.x_max = split.edges.back();
  int64_t tallest = 0;
  for (size_t i = 0; i + 1 < split.edges.size(); ++i) tallest = std::max(tallest, split.correct.bins[i] + split.wrong.bins[i]);
  if (tallest == 0 || split.edges.size() < 3) return "";
  std::string body = fmt::format(R"(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>)", axes.left, axes.bottom, axes.right);
  body += bars(axes, split, static_cast<double>(tallest)) + median_mark(axes, split.correct, "m-correct") + median_mark(axes, split.wrong, "m-wrong");
  body += log_ticks(axes, count_text, "length, " + split.unit);
  std::string words = "Lengths of answers";
  for (auto [name, lengths] : {std::pair("correct", &split.correct), {"wrong", &split.wrong}})
    if (lengths->n > 0) words += fmt::format("; {}: {}, median {} {}, 90% below {}", name, grouped(lengths->n), count_text(lengths->p50), split.unit, count_text(lengths->p90));
  return figure(axes, words, body);
}

std::string svg_vote_cost(const SlotSummary& slot, const CostSummary& cost) {
  const bool money = cost.usd_per_sample.has_value();
  const std::optional<Ratio>& per_sample = money ? cost.usd_per_sample : cost.tokens_per_sample;
  if (!per_sample || per_sample->value <= 0) return "";
  struct Line {
    MetricKind kind;
    std::string_view css;
    std::vector<std::pair<double, double>> points;
    std::vector<const Metric*> metrics = {}; // of the points
  };
  std::vector<Line> lines = {{MetricKind::pass_at, "s-pass", {}}, {MetricKind::maj_at, "s-maj", {}}};
  double highest = 0, most = 0;
  for (Line& line : lines)
    for (const Metric& metric : slot.metrics)
      if (metric.kind == line.kind) {
        line.points.emplace_back(metric.k * per_sample->value, metric.value);
        line.metrics.push_back(&metric);
        highest = std::max(highest, metric.value);
        most = std::max(most, line.points.back().first);
      }
  std::erase_if(lines, [](const Line& line) { return line.points.size() < 2; });
  if (lines.empty() || highest <= 0) return "";
  std::vector<std::string> labels;
  for (const Line& line : lines) labels.push_back(end_label(*line.metrics.back()));
  Axes axes;
  axes.right = plot_right(labels);
  axes.x_min = per_sample->value;
  axes.x_max = most;
  axes.y_max = nice_top(highest);
  std::string body = share_grid(axes) + cost_ticks(axes, !money, "question"), words;
  double taken = -100;
  std::ranges::sort(lines, std::greater<>{}, [](const Line& line) { return line.metrics.back()->value; });
  for (const Line& line : lines) {
    const Metric& last = *line.metrics.back();
    body += fmt::format(R"(<path class="line {}" d="{}"/>)", line.css, path_of(axes, line.points));
    for (size_t i = 0; i < line.points.size(); ++i)
      body += fmt::format(R"(<circle class="dot {}{}" cx="{:.1f}" cy="{:.1f}" r="3"/>)", line.css, line.metrics[i]->flag.empty() ? "" : " flagged", axes.x(line.points[i].first),
                          axes.y(line.points[i].second));
    taken = std::max(axes.y(last.value) + 4, taken + 17);
    body += fmt::format(R"(<text class="label {}" x="{:.1f}" y="{:.1f}">{}</text>)", line.css, axes.right + 9, taken, end_label(last));
    words += fmt::format("{}{}: {} for {}", words.empty() ? "" : "; ", last.name, percent(last.value),
                         money ? usd_rate_text(line.points.back().first) : count_text(line.points.back().first) + " tokens");
  }
  return figure(axes, "What more samples per question cost and buy. " + words, body);
}

std::string svg_frontier(const Frontier& frontier) {
  Axes axes;
  axes.width = 640;
  axes.left = 66;
  axes.right = 560;
  axes.top = 30; // room for labels above the highest dot
  axes.bottom = 270;
  axes.height = 312;
  axes.tick_character = 11;
  std::vector<const FrontierPoint*> points;
  double least = INFINITY, most = 0, highest = 0;
  for (const FrontierPoint& point : frontier.points) {
    if (point.cost.value <= 0) continue;
    points.push_back(&point);
    least = std::min(least, point.cost.value);
    most = std::max(most, point.cost.value);
    highest = std::max(highest, point.score_interval ? point.score_interval->hi : point.score);
  }
  if (points.empty()) return "";
  axes.x_min = least / 1.6;
  axes.x_max = most * 1.6;
  axes.y_max = nice_top(highest);
  std::string body = share_grid(axes) + cost_ticks(axes, frontier.in_tokens, "sample");
  std::vector<std::pair<double, double>> line;
  for (const FrontierPoint* point : points)
    if (point->on_frontier) line.emplace_back(point->cost.value, point->score);
  std::string words = frontier.task + ": accuracy against cost per sample. ";
  for (const FrontierPoint* point : points) {
    body += cross(axes, *point);
    words += fmt::format("{} {}: {} for {}. ", run_letter(point->run), point->label, percent(point->score),
                         frontier.in_tokens ? cost_text(point->cost.value, true) + " tokens" : usd_rate_words(point->cost.value, "sample"));
  }
  if (line.size() > 1) body += fmt::format(R"(<path class="line s-frontier" d="{}"/>)", path_of(axes, line));
  for (const FrontierPoint* point : points)
    body += fmt::format(R"(<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="5"><title>{} {}</title></circle>)", point->on_frontier ? "s-pass" : "s-hat", axes.x(point->cost.value),
                        axes.y(point->score), run_letter(point->run), html_line(point->label));
  std::ranges::stable_partition(points, &FrontierPoint::on_frontier); // theirs are the labels that must not be missing
  return figure(axes, words, body + point_labels(axes, points));
}

std::string svg_usage(const TokenSums& tokens) {
  struct Part {
    std::string_view name, css;
    int64_t n;
  };
  std::vector<Part> parts;
  const int64_t cached = tokens.cached.value_or(0);
  parts.push_back({"prompt", "u-prompt", tokens.prompt.value_or(0) - std::min(cached, tokens.prompt.value_or(0))});
  parts.push_back({"cached prompt", "u-cached", std::min(cached, tokens.prompt.value_or(0))});
  if (tokens.answer) {
    parts.push_back({"reasoning", "u-reasoning", tokens.reasoning.value_or(0)});
    parts.push_back({"answer", "u-answer", *tokens.answer});
  } else
    parts.push_back({"completion", "u-reasoning", tokens.completion.value_or(0)});
  double total = 0;
  for (const Part& part : parts) total += static_cast<double>(part.n);
  if (total <= 0) return "";
  std::string out, legend;
  double x = 0;
  for (const Part& part : parts) {
    if (part.n <= 0) continue;
    const double width = 1000 * static_cast<double>(part.n) / total;
    out += fmt::format(R"(<rect class="{}" x="{:.2f}" width="{:.2f}" height="14"/>)", part.css, x, width);
    x += width;
    legend += fmt::format(R"(<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="{}" width="10" height="10"/></svg>{} {} <span class="muted">{}</span></li>)", part.css,
                          part.name, grouped(part.n), percent(static_cast<double>(part.n) / total));
  }
  return R"(<svg class="verdicts" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="Tokens by kind, as in the list below">)" + out +
         R"(</svg><ul class="legend">)" + legend + "</ul>";
}

} // namespace proctor
