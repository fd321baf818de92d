// certificate.json (docs/formats.md, "Certificate").
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "allocation/solver.hpp"
#include "combine/settings.hpp"

namespace proffer::combine {

/// The part of the certificate that every allocation has.
[[nodiscard]] nlohmann::json certificate_json(const allocation::Certificate& certificate);

/// One of its limits.
[[nodiscard]] nlohmann::json limit_json(const allocation::LimitReport& limit);

/// Shadow price of each limit named in a certificate file, by name. DataError where the file is no certificate.
/// Independent.
[[nodiscard]] std::map<std::string, double> read_shadow_prices(const std::filesystem::path& certificate);

/// Mean and standard deviation of the realised use of each limit, before it is known who accepts and who defaults:
/// borrowers independent given a common shock, which multiplies the mean by 1 ± common_shock.
struct RealisedUse {
  double mean = 0, deviation = 0;
};
/// Probability that the realised use breaks the limit (normal approximation); nothing where the use is certain.
/// `bound`: of the use, opening balances taken off.
[[nodiscard]] double probability_of_breaking(const LimitSettings& limit, const RealisedUse& use, double bound);

}  // namespace proffer::combine
