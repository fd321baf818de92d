// What a booked loan is worth, month by month (docs/methods.md, "Value of an offer").
#pragma once

#include <vector>

#include "verify/catalog.hpp"
#include "verify/recorded_run.hpp"

namespace proffer::verify {

struct Economics {
  double discount_rate = 0, funding_rate = 0, servicing = 0, hurdle_rate = 0, pd_floor = 0, lgd_floor = 0;
  std::vector<double> prepayment, seasoning;  ///< by month on book; the last goes on
  int recovery_lag = 0;
};
/// Independent. From `economics` of the settings.
[[nodiscard]] Economics read_economics(const RecordedSettings& settings);

/// Regulatory capital K per unit of exposure at default, at the PD of twelve months, floors applied.
[[nodiscard]] double capital_per_unit(double pd, double lgd, const std::string& asset_class);

/// Worth of a loan as fixed + per_unit · amount.
struct Worth {
  double fixed = 0, per_unit = 0;
  [[nodiscard]] double of(double amount) const { return fixed + per_unit * amount; }
};

/// The account of one product at one rate and term, walked month by month for each PD. Independent; const.
class LoanAccount {
 public:
  /// `horizon`: months within which the PD is reached.
  LoanAccount(const Product& product, double apr, int term, const Economics& economics, int horizon);
  [[nodiscard]] Worth worth(double pd) const;
  /// By how much a value per unit of amount, or a share of greatest_fixed(), may be off in proffer's tables
  /// (docs/methods.md: V is tabulated within 1e-7 anywhere).
  static constexpr double table_error = 1e-7;
  [[nodiscard]] double greatest_fixed() const { return greatest_fixed_; }

 private:
  [[nodiscard]] double hazard_scale(double pd) const;
  /// Share of booked loans that default within `months` at a hazard scale, and its slope.
  struct Defaults {
    double share = 0, slope = 0;
  };
  [[nodiscard]] Defaults defaults_within(int months, double scale) const;
  [[nodiscard]] double at_month(const std::vector<double>& values, int month) const;

  Product product_;
  Economics economics_;
  double rate_ = 0;  ///< monthly, on the balance
  int term_ = 0, horizon_ = 0;
  double greatest_fixed_ = 0;
};

}  // namespace proffer::verify
