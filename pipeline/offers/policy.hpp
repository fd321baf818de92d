// Which offers may be made to whom: the policy applied to rows of borrowers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "borrowers/book.hpp"
#include "offers/offer_value.hpp"
#include "offers/policy_settings.hpp"
#include "offers/reasons.hpp"

namespace proffer::offers {

/// What the policy looks at, for some rows. A model that is not there leaves its span empty.
struct PolicyRows {
  std::span<const std::uint64_t> id;
  std::span<const float> features;                 ///< rows × columns of the book, row-major
  std::span<const float> p_default;                ///< rows × offers
  std::span<const float> p_fraud;                  ///< one per row
  std::span<const double> existing_instalments;    ///< one per row; empty: nobody has any
  std::span<const double> existing_exposure = {};  ///< one per row; empty: nobody has any
};

/// What the policy knows besides the config.
struct PolicyFacts {
  std::span<const std::uint64_t> trials;  ///< per offer, near its terms (count_trials); empty where none is asked for
  std::vector<std::uint64_t> suppressed;  ///< ids, sorted
};

/// Rules that do not depend on the row are folded into bits per offer at construction. Const afterwards: threads may
/// share it. Independent.
class Policy {
 public:
  /// UsageError with file:line:column for features, labels and regions that the book does not have, and for
  /// post-outcome columns.
  Policy(const PolicySettings& settings, const Catalog& catalog, const OfferEconomics& economics,
         const borrowers::Schema& schema, PolicyFacts facts);
  ~Policy();
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;

  /// Reason bits of rows × offers pairs, row-major; 0 = eligible. std::logic_error where sizes do not fit.
  void evaluate(const PolicyRows& rows, std::span<std::uint32_t> out) const;
  [[nodiscard]] const Reasons& reasons() const { return reasons_; }

 private:
  struct RowRule;
  void add(RowRule rule);
  void evaluate_row(const PolicyRows& rows, std::size_t row, std::span<std::uint32_t> out) const;
  void check_affordability(const PolicyRows& rows, std::size_t row, std::span<std::uint32_t> out) const;

  Reasons reasons_;
  std::size_t columns_;
  std::vector<std::uint32_t> bits_of_offer_;  // of the rules that hold for every row
  std::vector<RowRule> row_rules_;
  std::optional<std::size_t> income_column_;
  double income_share_ = 1;
  bool refuse_missing_income_ = true;
  std::vector<double> monthly_payment_;
  std::vector<double> amount_;
  std::optional<double> maximum_exposure_;
  std::optional<float> maximum_pd_, maximum_fraud_;
  std::vector<std::uint64_t> suppressed_;
};

}  // namespace proffer::offers
