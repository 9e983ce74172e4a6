// SPDX-License-Identifier: MIT
//
// maj@k exactly. Let the classes have m_1..m_A samples, the silent ones m_0, n in all, and let g be a correct
// class. Summing over the votes t that g gets,
//
//   E_g = sum_t C(m_g,t) * sum_j W_t(j, k-t)/(j+1) / C(n,k),
//
// where W_t(j, r) counts the ways to draw r samples from everything else so that exactly j other classes reach t
// votes and none exceeds it. Several correct classes add up, because at most one of them is credited per tie place.
//
// Three observations make it stable and fast where binomials overflow (C(1024,512) is about 1e307):
//
// 1. Drawing k of n without replacement is drawing every sample independently with p = k/n, given that k were drawn.
//    So every binomial C(m,x) becomes the binomial probability of x among m, C(n,k) becomes that of k among n, which
//    is about 1/sqrt(2 pi n p (1-p)), and no factor leaves [0,1]. All terms are positive: nothing cancels.
// 2. A class smaller than t can neither reach nor exceed t, so for that t it is just more silent mass, whose
//    distribution is one binomial. Over all t only sum_a min(m_a, m_g) <= n (class, t) pairs remain.
// 3. A binomial has all but 1e-20 of its mass within some 9 standard deviations; the rest is cut off.
#include "reports/estimators.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "harness/check.h"
#include "reports/distributions.h"

namespace proctor {
namespace {

// A sum of positive terms. What is certain is 1 and not a little less: a difference of rounding is no evidence.
double summed_probability(double sum) { return sum > 1 - 1e-12 ? 1.0 : sum; }

bool possible(int n, int c, int k) { return n > 0 && c >= 0 && c <= n && k >= 1 && k <= n; }

// The binomial probabilities of x successes among m, for x in [first, first + p.size()); outside they are below
// kNegligible.
struct Binomial {
  int first = 0;
  std::vector<double> p;

  int last() const { return first + static_cast<int>(p.size()) - 1; }
  double at(int x) const {
    return x < first || x > last() ? 0.0 : p[static_cast<size_t>(x - first)];
  }
};

constexpr double kNegligible = 1e-20;
constexpr double kNoise = 1e-15; // of the largest term: no variance is known to so many digits

// From the mode outwards by ratios, then normalised: no logarithm of a factorial, so full precision.
Binomial make_binomial(int m, double p) {
  if (p >= 1) return {m, {1.0}};
  const double odds = p / (1 - p);
  int mode = std::clamp(static_cast<int>((m + 1) * p), 0, m);
  std::vector<double> up{1.0}, down;
  for (int x = mode; x < m && up.back() > kNegligible; ++x) up.push_back(up.back() * (m - x) / (x + 1) * odds);
  double last = 1;
  for (int x = mode; x > 0 && last > kNegligible; --x) down.push_back(last = last * x / (m - x + 1) / odds);

  Binomial result{mode - static_cast<int>(down.size()), {}};
  result.p.assign(down.rbegin(), down.rend());
  result.p.insert(result.p.end(), up.begin(), up.end());
  double sum = 0;
  for (double value : result.p) sum += value;
  for (double& value : result.p) value /= sum;
  return result;
}

class BinomialCache {
 public:
  explicit BinomialCache(double p) : p_(p) {}
  const Binomial& of(int m) {
    auto [it, fresh] = cache_.try_emplace(m);
    if (fresh) it->second = make_binomial(m, p_);
    return it->second;
  }

 private:
  double p_;
  std::map<int, Binomial> cache_;
};

// into[c] += sum over i of f[i] * q[c + 3 - i]; the two do not overlap.
[[gnu::always_inline]] inline void add_four_lanes(const double (&f)[4], const double* __restrict q, int n, double* __restrict into) {
  const double f0 = f[0], f1 = f[1], f2 = f[2], f3 = f[3];
  for (int c = 0; c < n; ++c) into[c] = into[c] + f0 * q[c + 3] + f1 * q[c + 2] + f2 * q[c + 1] + f3 * q[c];
}

// The same in wider registers; without fused products (which AVX-512 would bring), so that no bit depends on the machine.
[[gnu::target("avx2,no-fma")]] void add_four_avx2(const double (&f)[4], const double* q, int n, double* into) { add_four_lanes(f, q, n, into); }

void add_four(const double (&f)[4], const double* q, int n, double* into) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  has_avx2 ? add_four_avx2(f, q, n, into) : add_four_lanes(f, q, n, into);
}

// sum[r + first + x] += row[r] * p[x] for r in [from, to] as far as sum reaches, four r at a time: the whole cost of a
// vote is here, and one load and store of a sum for four products, without branches, is what a processor does fast.
void add_product(const std::vector<double>& row, int from, int to, std::span<const double> p, int first, std::vector<double>& sum) {
  constexpr int kBlock = 4;
  std::vector<double> padded(p.size() + 2 * (kBlock - 1), 0.0);
  std::ranges::copy(p, padded.begin() + kBlock - 1);
  for (int r = from; r <= to; r += kBlock) {
    double f[kBlock] = {};
    for (int i = 0; i < kBlock && r + i <= to; ++i) f[i] = row[static_cast<size_t>(r + i)];
    if (std::max({f[0], f[1], f[2], f[3]}) < kNegligible) continue;
    const int n = std::min(static_cast<int>(p.size()) + kBlock - 1, static_cast<int>(sum.size()) - r - first);
    add_four(f, padded.data(), n, sum.data() + r + first);
  }
}

// The probabilities of fewer than t.
std::span<const double> below(const Binomial& votes, int t) {
  return std::span(votes.p).first(static_cast<size_t>(std::max(0, std::min(t - 1, votes.last()) - votes.first + 1)));
}

using Rows = std::vector<std::vector<double>>;

// Row j, column r: the probability that the classes seen so far drew r samples, j of them exactly t and none more.
class Ways {
 public:
  Ways(int n_rivals, int t, int places) : columns_(static_cast<size_t>(places) + 1) {
    rows_.assign(static_cast<size_t>(std::min(n_rivals, places / t)) + 1, std::vector<double>(columns_, 0.0));
    next_ = rows_;
    rows_[0][0] = 1;
  }

  // One more class. Columns below `needed` can no longer fill all places and are left out.
  void add(const Binomial& votes, int t, int needed) {
    for (int j = 0; j <= std::min(n_classes_ + 1, last_row()); ++j) {
      auto& row = next_[static_cast<size_t>(j)];
      std::fill(row.begin() + std::min(j * t, places()), row.begin() + reach(j, t, n_classes_ + 1) + 1, 0.0);
    }
    add_rows(votes, t, next_);
    low_ = std::max(low_, needed);
    ++n_classes_;
    rows_.swap(next_);
  }

  // The rows as one more class would make them.
  Rows with(const Binomial& votes, int t) const {
    Rows rows(rows_.size(), std::vector<double>(columns_, 0.0));
    add_rows(votes, t, rows);
    return rows;
  }

  const Rows& rows() const { return rows_; }

  // Sum over j of row j / (j + 1), with `rest` filling the places that are left.
  double finish(const Binomial& rest) const {
    double sum = 0;
    for (size_t j = 0; j < rows_.size(); ++j)
      for (size_t r = 0; r < columns_; ++r)
        if (rows_[j][r] > 0)
          sum += rows_[j][r] * rest.at(static_cast<int>(columns_ - 1 - r)) / static_cast<double>(j + 1);
    return sum;
  }

 private:
  int places() const { return static_cast<int>(columns_) - 1; }
  int last_row() const { return static_cast<int>(rows_.size()) - 1; }

  // The last column of row j that n classes can fill: j with t votes, the others with at most t - 1.
  int reach(int j, int t, int n) const { return std::min(places(), j * t + std::max(0, n - j) * (t - 1)); }

  void add_rows(const Binomial& votes, int t, Rows& into) const {
    const std::span<const double> fewer = below(votes, t);
    const double tie = votes.at(t);
    for (int j = 0; j <= std::min(n_classes_, last_row()); ++j) {
      const auto row = static_cast<size_t>(j);
      const int from = std::max(low_, j * t), to = reach(j, t, n_classes_);
      if (!fewer.empty()) add_product(rows_[row], from, to, fewer, votes.first, into[row]);
      if (tie <= 0 || j >= last_row()) continue;
      for (int r = from; r <= std::min(to, places() - t); ++r) into[row + 1][static_cast<size_t>(r + t)] += rows_[row][static_cast<size_t>(r)] * tie;
    }
  }

  size_t columns_;
  Rows rows_, next_;
  int low_ = 0; // columns below it do not matter any more
  int n_classes_ = 0;
};

// What all classes of one question share while one of them is the winner asked about.
struct Vote {
  std::vector<int> sizes; // of the voting classes, largest first
  int n = 0;              // all samples
  int k = 0;
  BinomialCache& binomials; // of k / n
};

// Class `own` has t votes; who else can reach as many, and how many samples cannot.
struct Contest {
  int t = 0;
  double chance = 0;          // of these t votes
  std::vector<size_t> rivals; // places in sizes
  int rest = 0;               // samples of smaller classes, and silent ones
  int places = 0;             // of the k, for all but own
};

// nullopt where it cannot be.
std::optional<Contest> contest(Vote& vote, size_t own, int t) {
  Contest one{t, vote.binomials.of(vote.sizes[own]).at(t), {}, vote.n - vote.sizes[own], vote.k - t};
  if (one.chance <= 0) return std::nullopt;
  for (size_t a = 0; a < vote.sizes.size() && vote.sizes[a] >= t; ++a)
    if (a != own) one.rivals.push_back(a), one.rest -= vote.sizes[a];
  if (static_cast<int>(one.rivals.size()) * t + one.rest < one.places) return std::nullopt;
  return one;
}

// The ways of all rivals, one class after the other. add(ways, class, places that must be filled by then).
Ways add_rivals(const Contest& one, auto add) {
  Ways ways(static_cast<int>(one.rivals.size()), one.t, one.places);
  int reachable = static_cast<int>(one.rivals.size()) * one.t;
  for (size_t rival : one.rivals) {
    reachable -= one.t;
    add(ways, rival, one.places - one.rest - reachable);
  }
  return ways;
}

// The probability, times that of k among n, that class `own` gets exactly t votes and wins, ties split.
double wins_with(Vote& vote, size_t own, int t) {
  const auto one = contest(vote, own, t);
  if (!one) return 0;
  const Ways all = add_rivals(*one, [&](Ways& ways, size_t rival, int needed) { ways.add(vote.binomials.of(vote.sizes[rival]), t, needed); });
  return one->chance * all.finish(vote.binomials.of(one->rest));
}

// ---- what each class gives to the votes that are won

// Over all draws: the credit, and the credit times the samples of one class among the k; times the probability of k among n.
struct Credit {
  double value = 0;
  std::vector<double> drawn; // by place in Vote::sizes
  double drawn_silent = 0;
};

// Row j, column s: what a state with j ties and s free places is worth before one more class, given what it is worth
// after, for j of at most n_before classes.
Rows worth_before(const Rows& after, const Binomial& votes, int t, size_t n_before) {
  Rows rows(after.size(), std::vector<double>(after.front().size(), 0.0));
  const auto places = static_cast<int>(after.front().size()) - 1;
  const double tie = votes.at(t);
  for (size_t j = 0; j < after.size() && j <= n_before; ++j) {
    if (const auto p = below(votes, t); !p.empty()) add_product(after[j], 0, places, p, votes.first, rows[j]);
    for (int s = t; tie > 0 && j + 1 < after.size() && s <= places; ++s) rows[j][static_cast<size_t>(s)] += tie * after[j + 1][static_cast<size_t>(s - t)];
  }
  return rows;
}

Binomial times_votes(Binomial votes) {
  for (size_t i = 0; i < votes.p.size(); ++i) votes.p[i] *= votes.first + static_cast<double>(i);
  return votes;
}

// Sum over j and r of ways[j][r] worth[j][places - r].
double meet(const Rows& ways, const Rows& worth) {
  double sum = 0;
  for (size_t j = 0; j < ways.size(); ++j)
    for (size_t r = 0; r < ways[j].size(); ++r) sum += ways[j][r] * worth[j][ways[j].size() - 1 - r];
  return sum;
}

// Adds what `own` wins with t votes. Forwards over the rivals as in wins_with, then backwards, so that each rival meets
// all ways before it and all that may follow. (The chain rule from the end, as in back-propagation.)
void add_credit(Vote& vote, size_t own, int t, Credit& credit) {
  const auto one = contest(vote, own, t);
  if (!one) return;
  std::vector<Rows> counted; // as after each rival, every way times the votes of that rival
  const Ways all = add_rivals(*one, [&](Ways& ways, size_t rival, int needed) {
    const Binomial& votes = vote.binomials.of(vote.sizes[rival]);
    counted.push_back(ways.with(times_votes(votes), t));
    ways.add(votes, t, needed);
  });
  const Binomial& rest = vote.binomials.of(one->rest);
  const double won = one->chance * all.finish(rest);
  credit.value += won;
  credit.drawn[own] += t * won;

  Rows worth(all.rows().size(), std::vector<double>(all.rows().front().size(), 0.0));
  for (size_t j = 0; j < worth.size(); ++j)
    for (int s = std::max(0, rest.first); s <= std::min(one->places, rest.last()); ++s) worth[j][static_cast<size_t>(s)] = rest.at(s) / static_cast<double>(j + 1);
  for (size_t i = one->rivals.size(); i-- > 0;) {
    credit.drawn[one->rivals[i]] += one->chance * meet(counted[i], worth);
    if (i > 0) worth = worth_before(worth, vote.binomials.of(vote.sizes[one->rivals[i]]), t, i);
  }
  if (one->rest == 0) return;
  const double per_sample = one->chance * all.finish(times_votes(rest)) / one->rest; // alike for all that cannot reach t
  int silent = one->rest;
  for (size_t a = vote.sizes.size(); a-- > 0 && vote.sizes[a] < t;)
    if (a != own) credit.drawn[a] += per_sample * vote.sizes[a], silent -= vote.sizes[a];
  credit.drawn_silent += per_sample * silent;
}

int count_samples(std::span<const VoteClass> classes, int silent) {
  int n = silent;
  for (const VoteClass& one : classes) n += one.n;
  return n;
}

BinomialCache binomials_of(int k, int n) { return BinomialCache(static_cast<double>(k) / std::max(n, 1)); }

// Without empty classes, largest first.
std::vector<VoteClass> sorted_classes(std::span<const VoteClass> classes) {
  std::vector<VoteClass> sorted(classes.begin(), classes.end());
  std::erase_if(sorted, [](const VoteClass& one) { return one.n == 0; });
  std::ranges::sort(sorted, std::greater<>{}, &VoteClass::n);
  return sorted;
}

bool valid_counts(std::span<const VoteClass> sorted, int silent) { return silent >= 0 && (sorted.empty() || sorted.back().n > 0); }

std::vector<int> sizes_of(std::span<const VoteClass> classes) {
  std::vector<int> sizes;
  for (const VoteClass& one : classes) sizes.push_back(one.n);
  return sizes;
}

// What a correct class wins with t votes.
struct Win {
  size_t own = 0; // place in Vote::sizes
  int t = 0;
  double value = 0; // wins_with
};

std::vector<Win> wins_of(Vote& vote, std::span<const VoteClass> sorted) {
  std::vector<Win> wins;
  for (size_t own = 0; own < sorted.size(); ++own)
    for (int t = 1; sorted[own].correct && t <= std::min(sorted[own].n, vote.k); ++t)
      if (const double value = wins_with(vote, own, t); value > 0) wins.push_back({own, t, value});
  return wins;
}

int count_correct(std::span<const VoteClass> classes) {
  int n = 0;
  for (const VoteClass& one : classes) n += one.correct ? one.n : 0;
  return n;
}

} // namespace

std::optional<double> pass_at_k(int n, int c, int k) {
  if (!possible(n, c, k)) return std::nullopt;
  if (n - c < k) return 1.0;
  if (k == 1) return static_cast<double>(c) / n; // the very double that everybody else prints
  double none = 1;                               // the shorter of the two equal products
  if (c < k)
    for (int i = n - c + 1; i <= n; ++i) none *= 1.0 - static_cast<double>(k) / i;
  else
    for (int j = 0; j < k; ++j) none *= static_cast<double>(n - c - j) / (n - j);
  return 1 - none;
}

std::optional<double> pass_hat_k(int n, int c, int k) {
  if (!possible(n, c, k)) return std::nullopt;
  double all = 1;
  for (int j = 0; j < k && all > 0; ++j) all *= static_cast<double>(std::max(0, c - j)) / (n - j);
  return all;
}

std::optional<double> maj_at_k(std::span<const VoteClass> classes, int silent, int k) {
  const std::vector<VoteClass> sorted = sorted_classes(classes);
  const int n = count_samples(sorted, silent);
  if (!valid_counts(sorted, silent) || !possible(n, 0, k)) return std::nullopt;
  if (k == 1) return static_cast<double>(count_correct(sorted)) / n;
  BinomialCache binomials = binomials_of(k, n);
  Vote vote{sizes_of(sorted), n, k, binomials};
  double sum = 0;
  for (const Win& win : wins_of(vote, sorted)) sum += win.value;
  return summed_probability(sum / binomials.of(n).at(k));
}

std::optional<double> g_pass_at_k(int n, int c, int k, double tau) {
  if (!possible(n, c, k) || !(tau >= 0 && tau <= 1)) return std::nullopt;
  constexpr double kRounding = 1e-9; // 0.6 * 5 is a little more than 3
  const int least = std::max(1, static_cast<int>(std::ceil(tau * k - kRounding)));
  const Pmf drawn = hypergeometric(k, n - k, c); // of the c correct ones, how many are among the k
  double sum = 0;
  for (size_t i = drawn.p.size(); i > 0; --i) // small terms first
    if (drawn.first + static_cast<int>(i) - 1 >= least) sum += drawn.p[i - 1];
  return summed_probability(sum);
}

std::optional<double> mg_pass_at_k(int n, int c, int k) {
  if (!possible(n, c, k)) return std::nullopt;
  // The sum over i in (ceil(k/2), k] of P(X >= i) counts each x once for every i that it reaches.
  const Pmf drawn = hypergeometric(k, n - k, c);
  double sum = 0;
  for (size_t at = drawn.p.size(); at > 0; --at) {
    const int above = drawn.first + static_cast<int>(at) - 1 - (k + 1) / 2;
    if (above > 0) sum += above * drawn.p[at - 1];
  }
  return summed_probability(2 * sum / k);
}

std::optional<double> best_of_k(std::span<const ScoredSample> samples, int k) {
  const auto n = static_cast<int>(samples.size());
  if (!possible(n, 0, k)) return std::nullopt;
  std::vector<ScoredSample> ranked(samples.begin(), samples.end());
  std::ranges::sort(ranked, std::greater<>{}, &ScoredSample::score);
  double expected = 0;
  double none_above = 1; // the probability that all k lie below the ranks seen so far
  for (size_t first = 0; first < ranked.size();) {
    size_t end = first;
    double correct = 0;
    for (; end < ranked.size() && ranked[end].score == ranked[first].score; ++end) correct += ranked[end].correct;
    const auto width = static_cast<double>(end - first);
    double none_here = none_above;
    for (size_t i = first; i < end; ++i)
      none_here *= std::max(0.0, static_cast<double>(n - k) - static_cast<double>(i)) /
                   static_cast<double>(n - static_cast<int>(i));
    expected += (none_above - none_here) * correct / width;
    none_above = none_here;
    first = end;
  }
  return summed_probability(expected);
}

std::vector<double> group_advantages(std::span<const double> rewards, bool sample) {
  const auto n = static_cast<double>(rewards.size());
  double mean = 0, squares = 0;
  for (double reward : rewards) mean += reward / n;
  for (double reward : rewards) squares += (reward - mean) * (reward - mean);
  std::vector<double> advantages(rewards.size(), 0.0);
  if (std::ranges::adjacent_find(rewards, std::not_equal_to<>()) == rewards.end()) return advantages;
  const double deviation = std::sqrt(squares / (sample ? n - 1 : n));
  for (size_t i = 0; i < rewards.size(); ++i) advantages[i] = (rewards[i] - mean) / deviation;
  return advantages;
}

std::optional<double> curve_area(std::span<const CurvePoint> curve) {
  if (curve.size() < 2) return std::nullopt;
  double area = 0;
  for (size_t i = 1; i < curve.size(); ++i) {
    PROCTOR_CHECK(curve[i].k > curve[i - 1].k && curve[i - 1].k > 0);
    area += (curve[i].value + curve[i - 1].value) / 2 * std::log2(static_cast<double>(curve[i].k) / curve[i - 1].k);
  }
  return area / std::log2(static_cast<double>(curve.back().k) / curve.front().k);
}

namespace {

// What the estimate becomes without one of `count` samples that are alike.
struct LeftOut {
  int count = 0;
  double value = 0;
};

double jackknife(std::span<const LeftOut> parts) {
  double n = 0, mean = 0, squares = 0;
  for (const LeftOut& part : parts) n += part.count, mean += part.count * part.value;
  mean /= n;
  for (const LeftOut& part : parts) squares += part.count * (part.value - mean) * (part.value - mean);
  return squares * (n - 1) / n;
}

bool has_variance(int n, int k) { return n >= 2 && 2 * k <= n; }

std::optional<double> share_variance(int n, int c, int k, auto estimate) {
  if (!possible(n, c, k) || !has_variance(n, k)) return std::nullopt;
  std::vector<LeftOut> parts;
  if (c > 0) parts.push_back({c, *estimate(n - 1, c - 1, k)});
  if (c < n) parts.push_back({n - c, *estimate(n - 1, c, k)});
  return jackknife(parts);
}

} // namespace

std::optional<double> pass_at_k_variance(int n, int c, int k) { return share_variance(n, c, k, pass_at_k); }
std::optional<double> pass_hat_k_variance(int n, int c, int k) { return share_variance(n, c, k, pass_hat_k); }

// Without one sample of class a the vote is that of the draws that miss it: of every draw with x of the m_a samples the
// share 1 - x / m_a does. So E_a C(n-1, k) = sum of credit (1 - x / m_a) over all k-subsets, and one pass gives all E_a.
std::optional<double> maj_at_k_variance(std::span<const VoteClass> classes, int silent, int k) {
  const std::vector<VoteClass> sorted = sorted_classes(classes);
  const int n = count_samples(sorted, silent), n_correct = count_correct(sorted);
  if (!valid_counts(sorted, silent) || !possible(n, 0, k) || !has_variance(n, k)) return std::nullopt;
  if (k == 1) return pass_at_k_variance(n, n_correct, 1);
  if (n_correct == 0 || n_correct == n) return 0.0;
  BinomialCache binomials = binomials_of(k, n);
  Vote vote{sizes_of(sorted), n, k, binomials};
  std::vector<Win> wins = wins_of(vote, sorted);
  double most = 0;
  for (const Win& win : wins) most = std::max(most, win.value);
  Credit credit{0, std::vector<double>(sorted.size(), 0.0), 0};
  for (const Win& win : wins)
    if (win.value > kNoise * most) add_credit(vote, win.own, win.t, credit);

  const double scale = static_cast<double>(n) / (n - k) / binomials.of(n).at(k); // C(n, k) / C(n-1, k) is n / (n-k)
  auto without_one = [&](int size, double drawn) { return LeftOut{size, (credit.value - drawn / size) * scale}; };
  std::vector<LeftOut> parts;
  if (silent > 0) parts.push_back(without_one(silent, credit.drawn_silent));
  for (size_t a = 0; a < sorted.size(); ++a) parts.push_back(without_one(sorted[a].n, credit.drawn[a]));
  return jackknife(parts);
}

} // namespace proctor
