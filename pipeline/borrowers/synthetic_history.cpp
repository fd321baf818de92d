#include "borrowers/synthetic_history.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "borrowers/synthetic_people.hpp"
#include "borrowers/synthetic_side_tables.hpp"
#include "borrowers/synthetic_world.hpp"
#include "parallel/random.hpp"
#include "statistics/normal.hpp"

namespace proffer::borrowers {
namespace {

using statistics::normal_cdf;

constexpr std::size_t reference_borrowers = 20'000;
constexpr std::uint64_t first_reference_id = (std::uint64_t{1} << 62) + 1'000'000;

/// Indices of the three prospects before their intercepts.
struct Indices {
  double leaves = 0, borrows_again = 0, falls_behind = 0;
};

Indices indices(std::span<const float> values, std::span<const float> past) {
  const auto x = [&](std::size_t which) { return static_cast<double>(values[which]); };
  const auto h = [&](std::size_t which) { return static_cast<double>(past[which]); };
  const double late = std::log1p(h(history::days_past_due) / 5);
  Indices index;
  index.falls_behind = 0.5 * risk_index(values) + 0.35 * late + 0.25 * h(history::missed_payments_6m) +
                       1.2 * h(history::utilisation_trend) +
                       0.15 * std::log1p(h(history::worst_days_past_due_12m) / 10) -
                       0.5 * (h(history::payment_share) - 1);
  // Calls at other lenders matter most to those who have used their account little for long.
  const double idle = h(history::account_utilisation) < 0.15 ? 1 : 0;
  index.leaves = -0.8 * h(history::account_utilisation) - 1.5 * h(history::utilisation_trend) -
                 0.15 * std::log1p(h(history::account_months) / 12) - 0.3 * (late > 0 ? 1 : 0) +
                 (0.12 + 0.15 * idle) * std::min(4.0, x(latent::enquiries_6m));
  index.borrows_again = 0.7 * std::min(1.0, h(history::account_utilisation)) + 0.8 * h(history::utilisation_trend) +
                        0.3 * std::log1p(x(latent::prior_loans)) + 0.6 * (h(history::payment_share) - 1) - 0.5 * late +
                        0.25 * x(column::moved_home);
  return index;
}

}  // namespace

std::vector<Column> history_columns() {
  std::vector<Column> columns;
  for (const char* name : {"account_months", "account_utilisation", "utilisation_trend", "payment_share",
                           "missed_payments_6m", "days_past_due", "worst_days_past_due_12m"})
    columns.emplace_back().name = name;
  return columns;
}

std::optional<std::array<float, history::size>> draw_history(std::uint64_t seed, std::uint64_t id,
                                                             std::span<const float> values) {
  const std::uint64_t months = oldest_account(seed, id);
  if (months == 0) return {};
  parallel::RandomStream stream(seed, id, "generate.history");
  const auto normal = [&] { return statistics::normal_quantile(stream.uniform()); };
  const double risk = risk_index(values);
  const double use = std::clamp(0.35 + 0.25 * risk + 0.25 * normal(), 0.0, 1.2);
  const double trend = 0.05 * risk + 0.1 * normal();
  const double stress = 0.8 * risk + normal();  // what shows in missed payments
  double missed = 0;
  for (const double step : {1.2, 1.7, 2.1, 2.5, 2.9, 3.3}) missed += stress > step ? 1 : 0;
  const double excess = stress + 0.5 * normal() - 1.4;
  const double late = excess > 0 ? std::clamp(std::round(5 * std::exp(1.3 * excess)), 1.0, 89.0) : 0;
  const double before = std::round(30 * std::max(0.0, stress - 1.2 + 0.3 * normal()));
  const double paid = std::clamp(1.05 - 0.12 * missed + 0.1 * normal(), 0.0, 2.0);
  const auto f32 = [](double value) { return static_cast<float>(value); };
  return std::array<float, history::size>{
      f32(static_cast<double>(months)), f32(use), f32(trend), f32(paid), f32(missed), f32(late),
      f32(std::max(before, late))};
}

Prospects plant_prospects(std::span<const float> values, std::span<const float> past,
                          const HistoryIntercepts& intercepts) {
  const Indices index = indices(values, past);
  const double behind = normal_cdf(intercepts.falls_behind + index.falls_behind);
  return {
      .leaves = static_cast<float>((1 - behind) * normal_cdf(intercepts.leaves + index.leaves)),
      .borrows_again = static_cast<float>((1 - behind) * normal_cdf(intercepts.borrows_again + index.borrows_again)),
      .falls_behind = static_cast<float>(behind)};
}

CustomerOutcome draw_customer(std::uint64_t seed, std::uint64_t id, const Prospects& prospects) {
  parallel::RandomStream stream(seed, id, "generate.customer");
  const auto behind = static_cast<double>(prospects.falls_behind);
  const bool delinquent = stream.uniform() < behind;
  // The planted probabilities are of all customers; these of those who do not fall behind.
  const bool leaves = !delinquent && stream.uniform() * (1 - behind) < static_cast<double>(prospects.leaves);
  const bool again = !delinquent && stream.uniform() * (1 - behind) < static_cast<double>(prospects.borrows_again);
  const auto code = [](bool yes) { return yes ? outcome::yes : outcome::no; };
  return {.attrited = code(leaves), .repeated = code(again), .delinquent = code(delinquent)};
}

HistoryIntercepts calibrate_history(const GenerateSettings& settings, std::uint64_t seed) {
  std::vector<std::uint64_t> ids(reference_borrowers);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = first_reference_id + i;
  People people;
  Crowd(seed, settings.drift, settings.hidden).draw(ids, std::vector<int>(ids.size(), 0), people);
  std::vector<Indices> customers;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (const auto past = draw_history(seed, ids[i], people.true_row(i)))
      customers.push_back(indices(people.true_row(i), *past));
  // The sums run over the same borrowers in the same order on every rank.
  HistoryIntercepts found;
  found.falls_behind = solve_intercept([&](double c) {
    double sum = 0;
    for (const Indices& one : customers) sum += normal_cdf(c + one.falls_behind) - settings.history->delinquent_rate;
    return sum;
  });
  const auto of_the_others = [&](double Indices::*which, double rate) {
    return solve_intercept([&](double c) {
      double sum = 0;
      for (const Indices& one : customers)
        sum += (1 - normal_cdf(found.falls_behind + one.falls_behind)) * normal_cdf(c + one.*which) - rate;
      return sum;
    });
  };
  found.leaves = of_the_others(&Indices::leaves, settings.history->attrition_rate);
  found.borrows_again = of_the_others(&Indices::borrows_again, settings.history->repeat_rate);
  return found;
}

}  // namespace proffer::borrowers
