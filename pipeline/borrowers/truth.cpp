#include "borrowers/truth.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "foundation/error.hpp"
#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"

namespace proffer::borrowers {

static_assert(std::is_trivially_copyable_v<TruthRow> && sizeof(TruthRow) == truth_width * sizeof(float));

std::vector<std::string> truth_names() {
  return {"f_loan",
          "f_card",
          "f_phone",
          "f_uncontacted",
          "apr_sensitivity",
          "competitor_apr",
          "competitor_sensitivity",
          "limit_sensitivity",
          "term_sensitivity",
          "g_base",
          "g_card",
          "g_apr_sensitivity",
          "g_burden",
          "income",
          "p_fraud",
          "p_booked"};
}

double planted_f(const TruthRow& row, const OfferTerms& offer) {
  const bool card = offer.product == synthetic::card;
  const double card_premium = 0.08;  // cards cost more everywhere, at competitors too
  double f = static_cast<double>(card ? row.f_card : row.f_loan);
  if (offer.channel == synthetic::phone) f += static_cast<double>(row.f_phone);
  f -= static_cast<double>(row.apr_sensitivity) * (offer.apr - 0.15);
  const double dearer = offer.apr - static_cast<double>(row.competitor_apr) - (card ? card_premium : 0);
  f -= static_cast<double>(row.competitor_sensitivity) * std::max(0.0, dearer);
  f += static_cast<double>(row.limit_sensitivity) * std::log(offer.limit / 5000);
  return f + static_cast<double>(row.term_sensitivity) * std::log(offer.term / 36.0);
}

double planted_g(const TruthRow& row, const OfferTerms& offer) {
  double g = static_cast<double>(row.g_base);
  if (offer.product == synthetic::card) g += static_cast<double>(row.g_card);
  g += static_cast<double>(row.g_apr_sensitivity) * (offer.contract_apr - 0.15);
  return g + static_cast<double>(row.g_burden) * std::log1p(offer.limit / (2 * static_cast<double>(row.income)));
}

PlantedProbabilities planted(const TruthRow& row, const OfferTerms& offer, double rho) {
  const double f = planted_f(row, offer);
  const double g = planted_g(row, offer);
  const double take = statistics::normal_cdf(f);
  const double both = statistics::bivariate_normal_cdf(f, g, rho);
  return {.p_take = take,
          .p_default_given_take = take > 0 ? both / take : 0,
          .p_default_of_all = statistics::normal_cdf(g),
          .p_fraud = static_cast<double>(row.p_fraud)};
}

TruthReader::TruthReader(const std::filesystem::path& book) : table_(book, "proffer-book", 1) {
  if (!table_.has("/truth/row"))
    throw DataError({book.string() + " has no planted truth", "only synthetic books have /truth",
                     "make one with `proffer generate`"});
  if (table_.texts("/truth/name") != truth_names())
    throw DataError(
        {book.string() + ": /truth/name lists other terms than this version plants", "", "generate the book again"});
  table_.require("/truth/row", storage::Type::f32, {{0, truth_width}});
  rows_ = table_.info("/truth/row").shape.rows();
  rho_ = table_.number_attribute("rho");
  seed_ = static_cast<std::uint64_t>(table_.integer_attribute("seed"));
}

std::vector<TruthRow> TruthReader::read(std::uint64_t first, std::uint64_t count) const {
  const std::vector<float> values = table_.read_rows<float>("/truth/row", first, count);
  std::vector<TruthRow> rows(count);
  if (count > 0) std::memcpy(rows.data(), values.data(), values.size() * sizeof(float));
  return rows;
}

}  // namespace proffer::borrowers
