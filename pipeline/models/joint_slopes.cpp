#include "models/joint_slopes.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "boosting/threads.hpp"
#include "features/binning.hpp"
#include "foundation/error.hpp"
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
  expects(rows.objective.rows() == count && rows.codes.size() == count * terms, "a margin and the codes of every row");
  RowDerivatives at{std::vector<double>(count), std::vector<double>(count)};
  boosting::in_threads(count, block, threads, [&](std::size_t begin, std::size_t end) {
    rows.objective.derivatives(begin, rows.margins.subspan(begin, end - begin),
                               std::span(at.gradient).subspan(begin, end - begin),
                               std::span(at.curvature).subspan(begin, end - begin));
  });
  return at;
}

/// What a bin stands for; the first is as far below the second as that below the third.
double value_of(const SlopeTerm& term, std::size_t bin) {
  const auto cut = [&](std::size_t i) { return static_cast<double>(term.cuts[i]); };
  if (bin > 0) return cut(bin - 1);
  return term.cuts.size() > 1 ? cut(0) - (cut(1) - cut(0)) : cut(0) - 1;
}

/// Curvature of the rows of all ranks by code, per term.
std::vector<PerCode> cover_of(const parallel::Communicator& comm, const SlopeRows& rows,
                              const std::vector<double>& curvature, std::size_t terms) {
  std::vector<parallel::ExactSum> sums(terms * features::code_values);
  for (std::size_t i = 0; i < curvature.size(); ++i)
    for (std::size_t t = 0; t < terms; ++t)
      sums[t * features::code_values + rows.codes[i * terms + t]].add(curvature[i]);
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  std::vector<PerCode> cover(terms);
  for (std::size_t s = 0; s < sums.size(); ++s)
    cover[s / features::code_values][s % features::code_values] = sums[s].rounded();
  return cover;
}

/// The term's values about their mean.
CodeColumn centred(const SlopeTerm& term, std::uint32_t place, const PerCode& cover) {
  CodeColumn column{"", place, {}};
  double weight = 0, sum = 0;
  for (std::size_t bin = 0; bin <= term.cuts.size(); ++bin) {
    weight += cover[bin];
    sum += cover[bin] * value_of(term, bin);
  }
  if (!(weight > 0)) return column;
  for (std::size_t bin = 0; bin <= term.cuts.size(); ++bin) column.value[bin] = value_of(term, bin) - sum / weight;
  return column;
}

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

/// Newton's step of the terms whose steps may be taken.
std::vector<Step> steps_of(const Sums& all, std::span<const SlopeTerm> terms) {
  std::vector<std::size_t> active;
  for (std::size_t t = 0; t < terms.size(); ++t) active.push_back(t);
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

const SlopeTerm& term_of(const OfferSlope& slope, std::span<const SlopeTerm> terms) {
  const auto term = std::ranges::find(terms, slope.input, &SlopeTerm::input);
  expects(term != terms.end(), "a slope of one of the terms");
  return *term;
}

}  // namespace

std::vector<OfferSlope> offer_slopes(const parallel::Communicator& comm, const SlopeRows& rows,
                                     std::span<const SlopeTerm> terms, int threads) {
  if (terms.empty()) return {};
  RowDerivatives at;
  parallel::together(comm, [&] { at = derivatives_of(rows, terms.size(), threads); });
  const std::vector<PerCode> cover = cover_of(comm, rows, at.curvature, terms.size());
  std::vector<CodeColumn> columns;
  for (std::size_t t = 0; t < terms.size(); ++t)
    columns.push_back(centred(terms[t], static_cast<std::uint32_t>(t), cover[t]));
  const CodeDesign design(rows.codes, terms.size(), columns);
  const double largest = parallel::max_over_ranks(
      comm, at.curvature.empty() ? 0.0 : *std::max_element(at.curvature.begin(), at.curvature.end()));
  const RowSums sums(comm, design, largest, threads);
  const Sums all = sums.sum([&](std::size_t row, std::span<const double>) {
    return RowTerms{at.curvature[row], -at.gradient[row], 0};
  });
  std::vector<OfferSlope> slopes;
  for (const Step& step : steps_of(all, terms)) {
    if (step.slope == 0) continue;
    OfferSlope slope{terms[step.term].input, step.slope, std::sqrt(step.variance), {}, cover[step.term]};
    std::ranges::transform(columns[step.term].value, slope.value.begin(),
                           [&](double value) { return slope.slope * value; });
    slopes.push_back(slope);
  }
  return slopes;
}

void add_slopes(std::span<const OfferSlope> slopes, std::span<const SlopeTerm> terms, boosting::Forest& forest) {
  for (const OfferSlope& slope : slopes)
    forest.trees.push_back(tree_of_codes(slope.input, term_of(slope, terms).cuts.size() + 1, slope.value, slope.cover));
}

nlohmann::json slopes_json(std::span<const OfferSlope> slopes, std::span<const SlopeTerm> terms,
                           std::span<const std::string> names) {
  nlohmann::json json = nlohmann::json::array();
  for (const OfferSlope& slope : slopes) {
    const SlopeTerm& term = term_of(slope, terms);
    const double width = value_of(term, term.cuts.size()) - value_of(term, 0);
    json.push_back({{"input", names[slope.input]},
                    {"from_lowest_to_highest", slope.slope * width},
                    {"standard_error", slope.error * width}});
  }
  return json;
}

}  // namespace proffer::models
