#include "borrowers/synthetic_outcomes.hpp"

#include <algorithm>
#include <cmath>

#include "borrowers/synthetic_calendar.hpp"
#include "parallel/random.hpp"
#include "statistics/normal.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::uint8_t default_month_without_offer = 255;

std::uint8_t code(bool yes) {
  return yes ? outcome::yes : outcome::no;
}

}  // namespace

int default_month(double u, int horizon) {
  const auto hazard = [](int month) { return month * std::exp(-month / 8.0); };
  double all = 0;
  for (int month = 1; month <= horizon; ++month) all += hazard(month);
  double left = u * all;
  int month = 1;
  while (month < horizon && (left -= hazard(month)) >= 0) ++month;
  return month;
}

DrawnOutcome draw_outcome(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id, std::int32_t as_of,
                          const TruthRow& row, const PastOffer& offer) {
  parallel::RandomStream stream(seed, id, "generate.outcome");
  const double u = statistics::normal_quantile(stream.uniform());
  const double own = statistics::normal_quantile(stream.uniform());
  const double v = settings.rho * u + std::sqrt(1 - settings.rho * settings.rho) * own;
  const bool completes = stream.uniform() < static_cast<double>(row.p_booked);
  const double fraud_draw = stream.uniform();
  const bool cheats = fraud_draw < static_cast<double>(row.p_fraud);
  const double when = stream.uniform();

  const double f = offer.contacted ? planted_f(row, offer.terms) : static_cast<double>(row.f_uncontacted);
  const bool accepts = f + u > 0;
  DrawnOutcome drawn{.responded = code(accepts),
                     .booked = code(accepts && completes),
                     .defaulted = outcome::unknown,
                     .fraud = outcome::unknown,
                     .fraud_draw = fraud_draw,
                     .default_month = default_month_without_offer};
  if (!offer.contacted) return drawn;
  const bool fails = planted_g(row, offer.terms) + v > 0;
  drawn.default_month = static_cast<std::uint8_t>(fails ? default_month(when, settings.default_months) : 0);
  if (drawn.booked != outcome::yes) return drawn;
  const auto known = [&](int months) { return month_end(month_of(as_of) + months) <= settings.training.cut_off; };
  if (known(settings.training.fraud_months)) drawn.fraud = code(cheats);
  if (known(settings.default_months)) drawn.defaulted = cheats ? outcome::excluded : code(fails);
  return drawn;
}

}  // namespace proffer::borrowers
