#include "combine/certificate_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "foundation/error.hpp"
#include "statistics/normal.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

constexpr std::array<const char*, 3> sense_symbols = {"at_most", "at_least", "equal"};

}  // namespace

nlohmann::json limit_json(const allocation::LimitReport& limit) {
  return {{"name", limit.name},
          {"sense", sense_symbols[static_cast<std::size_t>(limit.sense)]},
          {"limit", limit.limit},
          {"tolerance", limit.tolerance},
          {"use", limit.use},
          {"slack", limit.sense == allocation::Sense::at_least ? limit.use - limit.limit : limit.limit - limit.use},
          {"holds", limit.holds},
          {"shadow_price", limit.shadow_price}};
}

nlohmann::json certificate_json(const allocation::Certificate& certificate) {
  nlohmann::json limits = nlohmann::json::array();
  for (const allocation::LimitReport& limit : certificate.limits) limits.push_back(limit_json(limit));
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

std::map<std::string, double> read_shadow_prices(const std::filesystem::path& certificate) {
  const std::string text = storage::read_text_file(certificate);
  std::map<std::string, double> prices;
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    if (json.at("format") != "proffer-certificate")
      throw std::invalid_argument("its format is not proffer-certificate");
    for (const nlohmann::json& limit : json.at("limits"))
      prices[limit.at("name").get<std::string>()] = limit.at("shadow_price").get<double>();
  } catch (const std::exception& error) {
    throw DataError({fmt::format("{} cannot be read as a certificate", certificate.string()), error.what(),
                     "name the certificate.json of an earlier run"});
  }
  return prices;
}

double probability_of_breaking(const LimitSettings& limit, const RealisedUse& use, double bound) {
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
