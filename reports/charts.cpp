// SPDX-License-Identifier: MIT
#include "reports/charts.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "reports/text.h"

namespace proctor {
namespace {

// ---- k-curves

constexpr double kPlotWidth = 440, kLabelGap = 9;

struct Frame {
  double left = 52, right = 0, top = 14, bottom = 196; // of the plot area
  double width = kPlotWidth, height = 236;
};

struct Series {
  MetricKind kind;
  std::string_view css; // class of line, points and label
  std::string_view family;
  std::vector<const Metric*> points; // ascending in k
};

std::vector<Series> series_of(const SlotSummary& slot) {
  std::vector<Series> all = {{MetricKind::pass_at, "s-pass", "pass@", {}},
                             {MetricKind::maj_at, "s-maj", "maj@", {}},
                             {MetricKind::best_of, "s-best", "best@", {}},
                             {MetricKind::pass_hat, "s-hat", "pass^", {}}};
  for (Series& series : all)
    for (const Metric& metric : slot.metrics)
      if (metric.kind == series.kind) series.points.push_back(&metric);
  std::erase_if(all, [](const Series& series) { return series.points.size() < 2; });
  return all;
}

class KPlot {
 public:
  explicit KPlot(const std::vector<Series>& all) {
    std::vector<std::string> labels;
    for (const Series& series : all) labels.push_back(end_label(*series.points.back()));
    frame_.right = plot_right(labels);
    for (const Series& series : all)
      for (const Metric* point : series.points) {
        last_k_ = std::max(last_k_, point->k);
        highest_ = std::max(highest_, point->value);
      }
    for (double top : {0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0})
      if (y_max_ == 0 && (highest_ <= top * 0.96 || top == 1.0)) y_max_ = top;
  }

  double x(int k) const { return frame_.left + (frame_.right - frame_.left) * std::log2(k) / std::log2(last_k_); }
  double y(double value) const { return frame_.bottom - (frame_.bottom - frame_.top) * value / y_max_; }
  const Frame& frame() const { return frame_; }

  std::string grid() const {
    std::string out;
    constexpr int kLines = 4;
    for (int i = 0; i <= kLines; ++i) {
      const double value = y_max_ * i / kLines;
      const double percent_value = value * 100;
      out += fmt::format(R"(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>)"
                         R"(<text class="tick end" x="{:.1f}" y="{:.1f}">{:g}%</text>)",
                         frame_.left, y(value), frame_.right, frame_.left - 7, y(value) + 4, percent_value);
    }
    return out;
  }

  // As many as there is room for, the last one always.
  std::string ticks(const std::vector<const Metric*>& points) const {
    constexpr double kDigit = 8.5, kGap = 6; // as large as a phone shows them
    std::string out;
    double taken = frame_.width; // from here on
    for (auto at = points.rbegin(); at != points.rend(); ++at) {
      const std::string text = fmt::format("{}", (*at)->k);
      const double middle = x((*at)->k), half = kDigit * static_cast<double>(text.size()) / 2;
      if (middle + half + kGap > taken) continue;
      taken = middle - half;
      out += fmt::format(R"(<text class="tick mid" x="{:.1f}" y="{:.1f}">{}</text>)", middle, frame_.bottom + 17, text);
    }
    return out + fmt::format(R"(<text class="tick mid" x="{:.1f}" y="{:.1f}">k, samples drawn</text>)",
                             (frame_.left + frame_.right) / 2, frame_.bottom + 35);
  }

  std::string line(const Series& series) const {
    std::string path, dots;
    for (const Metric* point : series.points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(point->k), y(point->value));
      dots +=
          fmt::format(R"(<circle class="dot {}{}" cx="{:.1f}" cy="{:.1f}" r="3.2"><title>{} {}{}</title></circle>)",
                      series.css, point->flag.empty() ? "" : " flagged", x(point->k), y(point->value), point->name,
                      percent(point->value), point->flag.empty() ? "" : ", hardly averaged");
    }
    return fmt::format(R"(<path class="line {}" d="{}"/>{})", series.css, path, dots);
  }

 private:
  Frame frame_;
  int last_k_ = 2;
  double highest_ = 0, y_max_ = 0;
};

// The end of each curve is its legend; labels that would touch are moved apart.
std::string end_labels(const KPlot& plot, std::vector<Series> all) {
  std::ranges::sort(all, std::greater<>{}, [](const Series& series) { return series.points.back()->value; });
  constexpr double kSpacing = 15;
  const double lowest = plot.frame().bottom + 4 - kSpacing * static_cast<double>(all.size() - 1);
  std::string out;
  double at = -kSpacing;
  for (size_t i = 0; i < all.size(); ++i) {
    const Metric& end = *all[i].points.back();
    at = std::max(at + kSpacing, std::min(plot.y(end.value) + 4, lowest + kSpacing * static_cast<double>(i)));
    out += fmt::format(R"(<text class="label {}" x="{:.1f}" y="{:.1f}">{}</text>)", all[i].css,
                       plot.frame().right + kLabelGap, at, end_label(end));
  }
  return out;
}

std::string k_curves_words(const std::vector<Series>& all) {
  std::string words;
  for (const Series& series : all) {
    words += fmt::format("{}{}k: ", words.empty() ? "" : ". ", series.family);
    for (const Metric* point : series.points)
      words += fmt::format("{}{} at {}", point == series.points.front() ? "" : ", ", percent(point->value), point->k);
  }
  return words;
}

// ---- questions

constexpr size_t kMostRows = 120, kMostColumns = 160, kCellsPerRow = 48;
constexpr int kCell = 9, kLabelWidth = 104;
constexpr size_t kMostRoomyRows = 40; // with rows apart and labels of a readable size

std::vector<const QuestionRow*> easiest_first(const SlotSummary& slot) {
  std::vector<const QuestionRow*> rows;
  for (const QuestionRow& row : slot.questions) rows.push_back(&row);
  std::ranges::stable_sort(rows, std::greater<>{}, [](const QuestionRow* row) { return row->pass_1.value_or(-1); });
  return rows;
}

size_t most_samples(const SlotSummary& slot) {
  size_t most = 0;
  for (const QuestionRow& row : slot.questions) most = std::max(most, row.verdicts.size());
  return most;
}

std::string square(size_t column, int y, int x0) {
  return fmt::format("M{} {}h8v8h-8z", x0 + static_cast<int>(column) * kCell, y);
}

// The end of an id is what tells it from its neighbours.
std::string fit_tail(std::string_view line, size_t width) {
  auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  if (static_cast<size_t>(std::ranges::count_if(line, starts)) <= width) return std::string(line);
  size_t begin = line.size();
  for (size_t kept = 0; kept < width - 1 && begin > 0;) kept += starts(line[--begin]);
  return "…" + std::string(line.substr(begin));
}

// How many bytes all ids begin with alike, up to a separator: "arith@2/" of "arith@2/1/7/0" and "arith@2/3/7/2".
size_t common_prefix(const SlotSummary& slot) {
  std::string_view prefix = slot.questions.empty() ? "" : std::string_view(slot.questions.front().doc_id);
  for (const QuestionRow& row : slot.questions) prefix = prefix.substr(0, static_cast<size_t>(std::ranges::mismatch(prefix, row.doc_id).in1 - prefix.begin()));
  const size_t separator = prefix.find_last_of("/@:");
  return slot.questions.size() < 2 || separator == prefix.npos ? 0 : separator + 1;
}

std::string sample_row(const QuestionRow& row, int y, size_t prefix) {
  std::map<Verdict, std::string> paths; // one path per verdict keeps the page small
  for (size_t i = 0; i < row.verdicts.size(); ++i) paths[row.verdicts[i]] += square(i, y, kLabelWidth);
  std::string out =
      fmt::format(R"(<g><title>{}: {} of {} correct</title><text class="tick end" x="{}" y="{}">{}</text>)",
                  html_line(row.doc_id), row.c, row.n, kLabelWidth - 7, y + 8,
                  html_text(fit_tail(visible_line(std::string_view(row.doc_id).substr(prefix)), 16)));
  for (const auto& [verdict, path] : paths)
    out += fmt::format(R"(<path class="v-{}" d="{}"/>)", to_string(verdict), path);
  return out + "</g>";
}

std::string svg_open(int width, int height, std::string_view words, std::string_view css = "matrix") {
  return fmt::format(R"(<svg class="{3}" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">)", width,
                     height, html_line(words), css);
}

std::string samples_matrix(const SlotSummary& slot) {
  std::string out;
  int y = 0;
  const bool roomy = slot.questions.size() <= kMostRoomyRows;
  const size_t prefix = common_prefix(slot);
  for (const QuestionRow* row : easiest_first(slot)) {
    out += sample_row(*row, y, prefix);
    y += roomy ? kCell + 4 : kCell + 1;
  }
  const int width = kLabelWidth + static_cast<int>(most_samples(slot)) * kCell;
  return svg_open(
             width, y,
             "Every sample of every question, the easiest question first; the table of questions has the numbers", roomy ? "matrix samples roomy" : "matrix samples") +
         out + "</svg>";
}

std::string questions_strip(const SlotSummary& slot) {
  std::map<int, std::string> paths; // by tenths of pass@1; -1: nothing graded
  const std::vector<const QuestionRow*> rows = easiest_first(slot);
  for (size_t i = 0; i < rows.size(); ++i) {
    const int tenths = rows[i]->pass_1 ? static_cast<int>(std::ceil(*rows[i]->pass_1 * 10)) : -1;
    paths[tenths] += square(i % kCellsPerRow, static_cast<int>(i / kCellsPerRow) * kCell, 0);
  }
  std::string out;
  for (const auto& [tenths, path] : paths)
    out +=
        fmt::format(R"(<path class="{}" d="{}"/>)", tenths < 0 ? "v-not_graded" : fmt::format("h{}", tenths), path);
  const auto n_lines = static_cast<int>((rows.size() + kCellsPerRow - 1) / kCellsPerRow);
  return svg_open(static_cast<int>(kCellsPerRow) * kCell, n_lines * kCell,
                  "Every question, the easiest first; the table of questions has the numbers") +
         out + "</svg>";
}

} // namespace

std::string verdict_words(Verdict verdict) {
  std::string words(to_string(verdict));
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string end_label(const Metric& last) { return last.name + " " + percent(last.value); }

double plot_right(std::span<const std::string> labels) {
  constexpr double kCharacter = 10, kMost = 308; // bold, on average
  int widest = 0;
  for (const std::string& label : labels) widest = std::max(widest, display_width(label));
  return std::min(kMost, kPlotWidth - kLabelGap - kCharacter * widest);
}

std::string svg_verdict_bar(const SlotSummary& slot) {
  if (slot.n_graded == 0) return "";
  constexpr double kWidth = 1000;
  std::string out, words;
  double x = 0;
  for (Verdict verdict : kAllVerdicts) {
    const double width = kWidth * slot.shares[static_cast<size_t>(verdict)];
    if (width <= 0) continue;
    out += fmt::format(R"(<rect class="v-{}" x="{:.2f}" width="{:.2f}" height="14"/>)", to_string(verdict), x, width);
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", grouped(count_of(slot.counted, verdict)),
                         verdict_words(verdict));
    x += width;
  }
  return fmt::format(
      R"(<svg class="verdicts" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>)",
      words, out);
}

std::string svg_intervals(const Metric* metric) {
  if (metric == nullptr || !metric->rerun) return "";
  constexpr double kWidth = 160, kMiddle = 7;
  auto x = [](double share) { return 4 + (kWidth - 8) * share; };
  auto line = [&](const Interval& interval, std::string_view css) {
    return fmt::format(R"(<path class="{}" d="M{:.1f} {}H{:.1f}"/>)", css, x(interval.lo), kMiddle, x(interval.hi));
  };
  std::string words = percent(metric->value) + ", rerun " + interval_text(*metric->rerun);
  std::string body = fmt::format(R"(<path class="grid" d="M{:.1f} {}H{:.1f}"/>)", x(0), kMiddle, x(1));
  if (metric->generalise) {
    words += ", generalise " + interval_text(*metric->generalise);
    body += line(*metric->generalise, "line ci-wide");
  }
  body += fmt::format(R"(<path class="ci-tick" d="M{:.1f} 0V{}"/>)", x(metric->value), 2 * kMiddle); // under the bar, which may be as narrow
  body += line(*metric->rerun, "line ci");
  return fmt::format(R"(<svg class="ci-bar" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>)", kWidth,
                     2 * kMiddle, html_line(words), body);
}

std::string svg_k_curves(const SlotSummary& slot) {
  const std::vector<Series> all = series_of(slot);
  if (all.empty()) return "";
  const KPlot plot(all);
  std::string out = plot.grid() + plot.ticks(all.front().points);
  for (const Series& series : all) out += plot.line(series);
  const Frame& frame = plot.frame();
  return fmt::format(R"(<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}{}</svg>)", frame.width,
                     frame.height, k_curves_words(all), out, end_labels(plot, all));
}

bool draws_every_sample(const SlotSummary& slot) {
  const size_t columns = most_samples(slot);
  return slot.questions.size() <= kMostRows && columns > 1 && columns <= kMostColumns;
}

std::string svg_questions(const SlotSummary& slot) {
  if (slot.questions.empty()) return "";
  return draws_every_sample(slot) ? samples_matrix(slot) : questions_strip(slot);
}

} // namespace proctor
