#include "models/joint_slopes.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "boosting/threads.hpp"
#include "features/binning.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/logistic_regression.hpp"
#include "models/normal_equations.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::models {
namespace {

struct RowDerivatives {
  std::vector<double> gradient, curvature;
};

RowDerivatives derivatives_of(const SlopeRows& rows, std::size_t terms, int threads) {
  constexpr std::size_t block = 1024;
  const std::size_t count = rows.margins.size();
  expects(rows.objective.rows() == count, "a margin per row of the objective");
  for (const std::size_t size : {rows.values.size(), rows.own.size(), rows.codes.size()})
    expects(size == count * terms, "the terms of every row");
  RowDerivatives at{std::vector<double>(count), std::vector<double>(count)};
  boosting::in_threads(count, block, threads, [&](std::size_t begin, std::size_t end) {
    rows.objective.derivatives(begin, rows.margins.subspan(begin, end - begin),
                               std::span(at.gradient).subspan(begin, end - begin),
                               std::span(at.curvature).subspan(begin, end - begin));
  });
  return at;
}

/// The bins of a term as the rows of all ranks fill them.
struct TermBins {
  PerCode cover{};  ///< curvature
  PerCode value{};  ///< mean of the rows by curvature, or of the nearest bin below that has some
  double mean = 0;
  double spread = 0;  ///< Σ cover (value − mean)²
  std::size_t filled = 0;
  double lowest = 0, highest = 0;
};

TermBins term_bins(const PerCode& cover, const PerCode& sum, std::size_t bins) {
  TermBins term{.cover = cover};
  double weight = 0, total = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    if (!(cover[bin] > 0)) continue;
    const double value = sum[bin] / cover[bin];
    if (term.filled++ == 0) {
      std::fill_n(term.value.begin(), bin, value);
      term.lowest = value;
    }
    std::fill(term.value.begin() + static_cast<std::ptrdiff_t>(bin), term.value.end(), value);
    term.highest = value;
    weight += cover[bin];
    total += sum[bin];
  }
  if (term.filled == 0) return term;
  term.mean = total / weight;
  for (std::size_t bin = 0; bin < bins; ++bin)
    term.spread += cover[bin] * (term.value[bin] - term.mean) * (term.value[bin] - term.mean);
  return term;
}

/// Collective. Of every term.
std::vector<TermBins> bins_of(const parallel::Communicator& comm, const SlopeRows& rows,
                              const std::vector<double>& curvature, std::span<const SlopeTerm> terms) {
  constexpr std::size_t codes = features::code_values;
  std::vector<parallel::ExactSum> cover(terms.size() * codes), sum(terms.size() * codes);
  for (std::size_t i = 0; i < curvature.size(); ++i)
    for (std::size_t t = 0; t < terms.size(); ++t) {
      const std::size_t at = i * terms.size() + t, place = t * codes + rows.codes[at];
      cover[place].add(curvature[i]);
      if (rows.codes[at] != features::missing_code) sum[place].add(curvature[i] * static_cast<double>(rows.values[at]));
    }
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(cover));
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sum));
  std::vector<TermBins> all;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    PerCode covers{}, sums{};
    for (std::size_t code = 0; code < codes; ++code) {
      covers[code] = cover[t * codes + code].rounded();
      sums[code] = sum[t * codes + code].rounded();
    }
    all.push_back(term_bins(covers, sums, terms[t].bins));
  }
  return all;
}

/// Rows × terms as they are.
class OwnTerms : public Design {
 public:
  OwnTerms(std::span<const float> own, std::size_t terms) : own_(own), names_(terms) {}
  [[nodiscard]] std::size_t rows() const override { return own_.size() / names_.size(); }
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }
  void fill(std::size_t first, std::span<double> into) const override {
    std::copy_n(own_.begin() + static_cast<std::ptrdiff_t>(first * names_.size()), into.size(), into.begin());
  }

 private:
  std::span<const float> own_;
  std::vector<std::string> names_;
};

struct Step {
  std::size_t term = 0;
  double slope = 0, variance = 0;
};

/// The normal equations of some of the terms.
Sums of_terms(const Sums& all, const std::vector<std::size_t>& terms) {
  const std::size_t size = all.vector.size();
  std::vector<std::size_t> places{0};
  for (const std::size_t term : terms) places.push_back(term + 1);
  Sums some;
  for (const std::size_t row : places) {
    some.vector.push_back(all.vector[row]);
    for (const std::size_t column : places) some.matrix.push_back(all.matrix[row * size + column]);
  }
  return some;
}

/// Newton's step of those of the active terms whose steps may be taken.
std::vector<Step> steps_of(const Sums& all, std::span<const SlopeTerm> terms, std::vector<std::size_t> active) {
  while (!active.empty()) {
    const Sums sums = of_terms(all, active);
    const Cholesky factor(sums.matrix);
    if (const auto dependent = factor.dependent()) {
      if (*dependent == 0) return {};  // no row tells anything
      active.erase(active.begin() + static_cast<std::ptrdiff_t>(*dependent - 1));
      continue;
    }
    const std::vector<double> step = factor.solve(sums.vector), variance = factor.inverse_diagonal();
    std::vector<Step> steps;
    std::vector<std::size_t> allowed;
    for (std::size_t k = 0; k < active.size(); ++k) {
      if (step[k + 1] * terms[active[k]].monotone < 0) continue;
      allowed.push_back(active[k]);
      steps.push_back({active[k], step[k + 1], variance[k + 1]});
    }
    if (allowed.size() == active.size()) return steps;
    active = std::move(allowed);
  }
  return {};
}

OfferSlope line_of(const Step& step, const SlopeTerm& term, const TermBins& bins) {
  OfferSlope line{.input = term.input,
                  .bins = term.bins,
                  .slope = step.slope,
                  .error = std::sqrt(step.variance),
                  .lowest = bins.lowest,
                  .highest = bins.highest,
                  .cover = bins.cover};
  for (std::size_t bin = 0; bin < term.bins; ++bin) line.value[bin] = line.slope * (bins.value[bin] - bins.mean);
  return line;
}

/// The number with the fewest digits that is the same float: books hold terms as floats.
double as_float(double value) {
  return std::stod(shortest(static_cast<float>(value)));
}

}  // namespace

std::vector<OfferSlope> offer_slopes(const parallel::Communicator& comm, const SlopeRows& rows,
                                     std::span<const SlopeTerm> terms, int threads) {
  constexpr double least_own = 0.05;  // of a term's spread
  if (terms.empty()) return {};
  RowDerivatives at;
  parallel::together(comm, [&] { at = derivatives_of(rows, terms.size(), threads); });
  const std::vector<TermBins> bins = bins_of(comm, rows, at.curvature, terms);
  const double largest = parallel::max_over_ranks(
      comm, at.curvature.empty() ? 0.0 : *std::max_element(at.curvature.begin(), at.curvature.end()));
  const OwnTerms design(rows.own, terms.size());
  const RowSums sums(comm, design, largest, threads);
  const Sums all = sums.sum([&](std::size_t row, std::span<const double>) {
    return RowTerms{at.curvature[row], -at.gradient[row], 0};
  });
  std::vector<std::size_t> active;
  for (std::size_t t = 0; t < terms.size(); ++t)
    if (bins[t].filled > 1 && all.matrix[(t + 1) * (terms.size() + 2)] > least_own * bins[t].spread)
      active.push_back(t);
  std::vector<OfferSlope> slopes;
  for (const Step& step : steps_of(all, terms, active))
    if (step.slope != 0) slopes.push_back(line_of(step, terms[step.term], bins[step.term]));
  return slopes;
}

void add_slopes(std::span<const OfferSlope> slopes, boosting::Forest& forest) {
  for (const OfferSlope& slope : slopes)
    forest.trees.push_back(tree_of_codes(slope.input, slope.bins, slope.value, slope.cover));
}

nlohmann::json slopes_json(std::span<const OfferSlope> slopes, std::span<const std::string> names) {
  nlohmann::json json = nlohmann::json::array();
  for (const OfferSlope& slope : slopes)
    json.push_back({{"input", names[slope.input]},
                    {"lowest", as_float(slope.lowest)},
                    {"highest", as_float(slope.highest)},
                    {"per_unit", slope.slope},
                    {"standard_error", slope.error}});
  return json;
}

}  // namespace proffer::models
