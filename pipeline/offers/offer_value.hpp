// The economics of every offer of a catalog: what it costs the borrower, what it exposes, what it is worth.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "offers/economics.hpp"
#include "offers/value_curve.hpp"

namespace proffer::offers {

/// Made once per run; const afterwards, so that threads may share it. Independent.
class OfferEconomics {
 public:
  /// `horizon_months`: of the default model, 1 or more (std::logic_error else). UsageError for an offer whose fees use
  /// up its limit.
  OfferEconomics(const Catalog& catalog, const Economics& economics, int horizon_months);

  /// One number per offer, as /catalog of the scores holds them.
  [[nodiscard]] std::span<const double> exposure() const { return exposure_; }  ///< at default, per acceptance
  [[nodiscard]] std::span<const double> effective_apr() const { return effective_apr_; }
  [[nodiscard]] std::span<const double> monthly_payment() const { return monthly_payment_; }
  [[nodiscard]] std::span<const double> lgd() const { return lgd_; }
  [[nodiscard]] std::span<const double> fraud_loss() const { return fraud_loss_; }  ///< fraction of the limit
  [[nodiscard]] std::span<const double> contact_cost() const { return contact_cost_; }
  /// Of the capital formula: asset class, LGD with its floor, least PD.
  [[nodiscard]] std::span<const std::uint8_t> asset_class() const { return asset_class_; }
  [[nodiscard]] std::span<const double> capital_lgd() const { return capital_lgd_; }
  [[nodiscard]] double capital_pd_floor() const { return capital_pd_floor_; }
  [[nodiscard]] const std::vector<std::string>& assumptions() const { return assumptions_; }

  /// V(PD, L): of a booked loan that is no fraud.
  [[nodiscard]] Money value_of_loan(std::size_t offer, Probability pd) const;
  /// What an accepted and booked offer brings: (1 − p_fraud)·V(PD, L) − p_fraud·fraud_loss·L.
  [[nodiscard]] Money value_if_taken(std::size_t offer, Probability p_default, Probability p_fraud) const;
  /// Value of making the offer: p_take·[(1 − p_fraud)·V(PD, L) − p_fraud·fraud_loss·L] − contact cost.
  [[nodiscard]] Money value(std::size_t offer, Probability p_take, Probability p_default, Probability p_fraud) const;
  /// The same for rows × offers pairs, row-major; `p_fraud` one per row.
  void values(std::span<const float> p_take, std::span<const float> p_default, std::span<const float> p_fraud,
              std::span<float> out) const;

 private:
  std::vector<double> limit_, exposure_, effective_apr_, monthly_payment_, lgd_, fraud_loss_, contact_cost_;
  std::vector<std::uint8_t> asset_class_;
  std::vector<double> capital_lgd_;
  double capital_pd_floor_ = 0;
  std::vector<std::uint32_t> curve_of_;
  std::vector<ValueCurve> curves_;  // one per product, rate and term
  std::vector<std::string> assumptions_;
};

/// Exposure at default of an accepted offer: the amount, or for a revolving limit L·(utilisation + ccf·(1 −
/// utilisation)).
[[nodiscard]] Money exposure_at_default(const Product& product, Money limit);

}  // namespace proffer::offers
