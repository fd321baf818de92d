// The expected discounted value of one booked loan, month by month, as a function of its PD.
#pragma once

#include <vector>

#include "offers/economics.hpp"

namespace proffer::offers {

/// A quantity that is affine in the amount or limit.
struct Affine {
  double fixed = 0;
  double per_unit = 0;
  [[nodiscard]] double at(Money limit) const { return fixed + per_unit * limit; }
};

/// V(PD, L) of a product at a rate and term. Month t = 1 … term of an open account, in this order:
/// - its balance (from the end of month t − 1) has cost funding, hurdle × K × exposure at default, and servicing;
/// - with the hazard 1 − exp(−κ·s_t) it defaults: no payment, the exposure at default is written off and 1 − LGD of it
///   comes back recovery_lag_months later;
/// - else it pays interest, principal and fees, and then is repaid whole with the probability of prepayment (revolving:
///   attrition).
/// The balance is funded in full while it is owed, so that principal paid out and back nets to zero; with the funding
/// rate equal to the discount rate this is the net present value of the gross flows.
/// κ makes the share of loans that default within min(horizon, term) months, among all booked, equal to the PD. K uses
/// the same curve's PD of twelve months. PDs above `highest_pd` count as that.
class LoanValue {
 public:
  static constexpr Probability highest_pd = 0.999;

  LoanValue(const Product& product, AnnualRate apr, int term, const Economics& economics, int horizon_months);
  [[nodiscard]] Affine operator()(Probability pd) const;
  /// Default hazard of months 1 … term of an open account.
  [[nodiscard]] std::vector<double> hazards(Probability pd) const;

 private:
  /// Share of the booked loans that default within `months`, and its derivative by κ.
  struct Cumulative {
    double value;
    double slope;
  };
  [[nodiscard]] Cumulative cumulative_default(double scale, int months) const;
  [[nodiscard]] double scale_for(Probability pd) const;
  [[nodiscard]] double capital_charge(double scale) const;  // monthly, per unit of exposure at default

  struct Month {
    double balance = 0;   // owed during the month, per unit
    double exposure = 0;  // at default in this month
    double interest = 0;  // paid at its end
    double repaid = 0;    // probability of early repayment or attrition
    double relative_hazard = 0;
    double discount = 0;
    double recovery_discount = 0;
  };
  std::vector<Month> months_;
  int scaled_months_;
  double origination_fee_, monthly_fee_, annual_fee_, servicing_, funding_, lgd_;
  Capital capital_;
};

}  // namespace proffer::offers
