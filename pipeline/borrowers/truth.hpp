// The planted truth of a synthetic book: what a borrower would do with any offer. For evaluation and tests only; no
// training code reads /truth. Formulas: docs/synthetic-population.md, "What is planted".
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "foundation/types.hpp"
#include "storage/table_file.hpp"

namespace proffer::borrowers {

/// Codes of products and channels in synthetic books.
namespace synthetic {
inline constexpr std::uint8_t personal_loan = 0, card = 1, mail = 0, phone = 1;
}

/// One row of /truth/row (f32, in this order; /truth/name holds the names).
struct TruthRow {
  float f_loan;                  ///< f of a personal loan of 5,000 at 15 % over 36 months by mail, no competitor
  float f_card;                  ///< the same for a card with a limit of 5,000
  float f_phone;                 ///< what a call adds to f
  float f_uncontacted;           ///< f of a borrower who comes without being contacted
  float apr_sensitivity;         ///< of f, per unit of yearly rate
  float competitor_apr;          ///< rate of the best other lender for a personal loan
  float competitor_sensitivity;  ///< of f, per unit of yearly rate above the competitor's
  float limit_sensitivity;       ///< of f, per unit of log limit
  float term_sensitivity;        ///< of f, per unit of log term
  float g_base;                  ///< g of a personal loan at 15 %, before the burden of its limit
  float g_card;                  ///< what a card adds to g
  float g_apr_sensitivity;       ///< of g, per unit of contracted yearly rate
  float g_burden;                ///< of g, per unit of log(1 + limit / (2 · income))
  float income;                  ///< true monthly income, also where the feature is missing
  float p_fraud;                 ///< probability that an accepted, booked offer is fraud
  float p_booked;                ///< probability that an accepted offer is booked
};
inline constexpr std::size_t truth_width = sizeof(TruthRow) / sizeof(float);
[[nodiscard]] std::vector<std::string> truth_names();

struct OfferTerms {
  std::uint8_t product = 0;  ///< synthetic::personal_loan or card
  Money limit = 0;
  AnnualRate apr = 0;           ///< offered: moves take-up
  AnnualRate contract_apr = 0;  ///< contracted: moves default
  std::uint16_t term = 0;       ///< months
  std::uint8_t channel = 0;     ///< synthetic::mail or phone
};

/// The linear predictors: accepts when f + u > 0, defaults when g + v > 0, corr(u, v) = ρ.
[[nodiscard]] double planted_f(const TruthRow& row, const OfferTerms& offer);
[[nodiscard]] double planted_g(const TruthRow& row, const OfferTerms& offer);

struct PlantedProbabilities {
  Probability p_take = 0;                ///< Φ(f)
  Probability p_default_given_take = 0;  ///< Φ₂(f, g; ρ)/Φ(f)
  Probability p_default_of_all = 0;      ///< Φ(g)
  Probability p_fraud = 0;
};
[[nodiscard]] PlantedProbabilities planted(const TruthRow& row, const OfferTerms& offer, double rho);

/// Reads /truth. Independent. DataError where the book has none.
class TruthReader {
 public:
  explicit TruthReader(const std::filesystem::path& book);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] double rho() const { return rho_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// Rows first … first+count−1.
  [[nodiscard]] std::vector<TruthRow> read(std::uint64_t first, std::uint64_t count) const;

 private:
  storage::TableReader table_;
  std::uint64_t rows_ = 0;
  double rho_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace proffer::borrowers
