#include <cmath>

#include "borrowers/synthetic_calendar.hpp"
#include "borrowers/synthetic_links.hpp"
#include "borrowers/synthetic_people.hpp"
#include "borrowers/synthetic_world.hpp"
#include "parallel/random.hpp"
#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"
#include "statistics/roots.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::size_t reference_borrowers = 40'000;
constexpr std::uint64_t first_reference_id = std::uint64_t{1} << 62;  // no book has ids from there on

/// A contacted reference borrower before the intercepts.
struct Reference {
  double f = 0, g = 0, h = 0, booked = 0, taken = 0, ring = 0;
};

std::vector<Reference> references(const GenerateSettings& settings, std::uint64_t seed) {
  std::vector<std::uint64_t> ids(reference_borrowers);
  std::vector<int> months(reference_borrowers);
  const auto campaigns =
      static_cast<std::uint64_t>(month_of(settings.training.to) - month_of(settings.training.from) + 1);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids[i] = first_reference_id + i;
    months[i] = static_cast<int>(parallel::RandomStream(seed, ids[i], "generate.month").below(campaigns));
  }
  People people;
  Crowd(seed, settings.drift, settings.hidden).draw(ids, months, people);
  GenerateSettings all_contacted = settings;
  all_contacted.training.control_share = 0;
  constexpr double fraud_shift = -3;  // away from 1, where a probability in f32 would lose its index
  std::vector<Reference> made;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const TruthRow row = plant(settings, people.true_row(i), months[i], {.fraud = fraud_shift});
    const PastOffer offer = draw_offer(all_contacted, seed, ids[i], people.shown_row(i));
    made.push_back({.f = planted_f(row, offer.terms),
                    .g = planted_g(row, offer.terms),
                    .h = statistics::normal_quantile(static_cast<double>(row.p_fraud)) - fraud_shift,
                    .booked = static_cast<double>(row.p_booked),
                    .ring = ring_fraud(settings, seed, ids[i])});
  }
  return made;
}

}  // namespace

double solve_intercept(const std::function<double(double)>& excess) {
  return statistics::brent_root(excess, {.low = -12, .high = 12}, 1e-9);
}

Intercepts calibrate(const GenerateSettings& settings, std::uint64_t seed) {
  using statistics::normal_cdf;
  std::vector<Reference> sample = references(settings, seed);
  Intercepts found;
  // The sums below run over the same borrowers in the same order on every rank.
  found.take = solve_intercept([&](double c) {
    double sum = 0;
    for (const Reference& one : sample) sum += normal_cdf(one.f + c) - settings.training.take_up;
    return sum;
  });
  for (Reference& one : sample) one.taken = normal_cdf(one.f + found.take);
  found.fail = solve_intercept([&](double c) {
    double sum = 0;
    for (const Reference& one : sample)
      sum += statistics::bivariate_normal_cdf(one.f + found.take, one.g + c, settings.rho) -
             settings.training.default_rate * one.taken;
    return sum;
  });
  found.fraud = solve_intercept([&](double c) {
    double sum = 0;
    for (const Reference& one : sample)
      sum +=
          one.taken * one.booked * (one.ring + (1 - one.ring) * normal_cdf(one.h + c) - settings.training.fraud_rate);
    return sum;
  });
  return found;
}

}  // namespace proffer::borrowers
