// certificate.json (docs/formats.md, "Certificate").
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "allocation/solver.hpp"
#include "combine/chosen.hpp"
#include "combine/honest_value.hpp"
#include "combine/limit_use.hpp"
#include "combine/offer_list.hpp"
#include "parallel/communicator.hpp"

namespace proffer::combine {

/// The part of the certificate that every allocation has.
[[nodiscard]] nlohmann::json certificate_json(const allocation::Certificate& certificate);

/// Mean and standard deviation of the realised use of each limit, before it is known who accepts and who defaults:
/// borrowers independent given a common shock, which multiplies the mean by 1 ± common_shock.
struct RealisedUse {
  double mean = 0, deviation = 0;
};
/// Collective. The same on every rank at any number of ranks (exact sums).
[[nodiscard]] std::vector<RealisedUse> realised_use(const parallel::Communicator& comm,
                                                    const std::vector<LimitUse>& limits, const ChosenPairs& chosen,
                                                    double common_shock);

/// Probability that the realised use breaks the limit (normal approximation); nothing where the use is certain.
[[nodiscard]] double probability_of_breaking(const LimitSettings& limit, const RealisedUse& use);

}  // namespace proffer::combine
