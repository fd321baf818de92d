#include "combine/certificate_file.hpp"

#include <cmath>

#include "parallel/exact_sum.hpp"
#include "statistics/normal.hpp"

namespace proffer::combine {
namespace {

constexpr std::array<const char*, 3> sense_symbols = {"at_most", "at_least", "equal"};

}  // namespace

nlohmann::json certificate_json(const allocation::Certificate& certificate) {
  nlohmann::json limits = nlohmann::json::array();
  for (const allocation::LimitReport& limit : certificate.limits)
    limits.push_back(
        {{"name", limit.name},
         {"sense", sense_symbols[static_cast<std::size_t>(limit.sense)]},
         {"limit", limit.limit},
         {"tolerance", limit.tolerance},
         {"use", limit.use},
         {"slack", limit.sense == allocation::Sense::at_least ? limit.use - limit.limit : limit.limit - limit.use},
         {"holds", limit.holds},
         {"shadow_price", limit.shadow_price}});
  nlohmann::json json = {{"format", "proffer-certificate"},
                         {"format_version", "1.0"},
                         {"status", std::string(to_string(certificate.status))},
                         {"value", certificate.value},
                         {"bound", certificate.bound},
                         {"relaxed_bound", certificate.relaxed_bound},
                         {"gap", certificate.gap},
                         {"limits", limits},
                         {"passes", certificate.passes},
                         {"search_nodes", certificate.search_nodes}};
  if (!certificate.explanation.empty()) json["explanation"] = certificate.explanation;
  if (certificate.status == allocation::Status::infeasible) {
    nlohmann::json conflict = nlohmann::json::array();
    for (std::size_t k : certificate.conflict) conflict.push_back(certificate.limits[k].name);
    json["conflict"] = conflict;
  }
  return json;
}

std::vector<RealisedUse> realised_use(const parallel::Communicator& comm, const std::vector<LimitUse>& limits,
                                      const ChosenPairs& chosen, double common_shock) {
  const std::size_t k_count = limits.size();
  std::vector<parallel::ExactSum> sums(2 * k_count);
  chosen([&](const PairFacts& pair) {
    for (std::size_t k = 0; k < k_count; ++k) {
      const LimitUse::Moments moments = limits[k].moments(pair);
      if (moments.mean == 0 && moments.variance == 0) continue;
      sums[k].add(moments.mean);
      sums[k_count + k].add(moments.variance);
    }
  });
  parallel::all_reduce(comm, sums);
  std::vector<RealisedUse> uses;
  for (std::size_t k = 0; k < k_count; ++k) {
    const double mean = sums[k].rounded();
    const double own = std::max(0.0, sums[k_count + k].rounded());
    const double common = own > 0 ? common_shock * mean : 0.0;
    uses.push_back({mean, std::sqrt(own + common * common)});
  }
  return uses;
}

double probability_of_breaking(const LimitSettings& limit, const RealisedUse& use) {
  const double bound = limit.measure == Measure::average_pd ? 0.0 : limit.limit - limit.opening;
  const auto above = [&](double x) {
    if (use.deviation == 0) return use.mean > x ? 1.0 : 0.0;
    return statistics::normal_cdf((use.mean - x) / use.deviation);
  };
  const double over = above(bound + limit.tolerance);
  const double under = 1.0 - above(bound - limit.tolerance);
  switch (limit.sense) {
    case allocation::Sense::at_most:
      return over;
    case allocation::Sense::at_least:
      return use.deviation == 0 && use.mean >= bound - limit.tolerance ? 0.0 : under;
    case allocation::Sense::equal:
      return std::min(1.0, over + under);
  }
  return over;
}

}  // namespace proffer::combine
