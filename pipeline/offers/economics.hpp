// What lending costs and how loans end: the settings behind the value of an offer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "offers/catalog.hpp"
#include "settings/section.hpp"

namespace proffer::offers {

struct Capital {
  double hurdle_rate = 0;  ///< yearly cost of a unit of capital, on top of the funding of the balance
  AssetClass asset_class = AssetClass::none;
  Probability pd_floor = 0;
  double lgd_floor = 0;
};

/// Who takes a loan without contact: what they are worth is not what contact brings.
struct WithoutContact {
  std::string model;  ///< of train.uplift: its NAME.control.json says who responds without contact
  std::string offer;  ///< catalog name of the loan they take; empty: the one that would have been offered
};

/// What rates change, where past offers cannot tell: constant elasticities about each product's reference_apr.
struct Prices {
  double take_up = 0;   ///< % by which take-up changes for a rate higher by 1 %
  double defaults = 0;  ///< the same of the PD
};

struct Economics {
  AnnualRate discount_rate = 0;  ///< nominal, compounded monthly, as are all rates here
  AnnualRate funding_rate = 0;
  Money servicing_per_month = 0;           ///< per open account
  std::vector<double> prepayment_monthly;  ///< by month on book; the last one goes on
  std::vector<double> seasoning;           ///< relative default hazard by month on book; the last one goes on
  int recovery_lag_months = 0;
  double fraud_loss = 1;  ///< share of the limit lost, given fraud
  Capital capital;
  std::optional<WithoutContact> without_contact{};  ///< absent: nobody takes a loan without contact

  std::optional<Prices> prices{};  ///< absent: the models know

  [[nodiscard]] double prepayment(int month) const;  ///< month = 1, 2, …
  [[nodiscard]] double relative_hazard(int month) const;
  [[nodiscard]] bool has_constant_hazard() const { return seasoning.size() == 1; }
};

/// Reads the `economics` section. UsageError with file:line:column. Independent.
[[nodiscard]] Economics read_economics(const settings::Section& section);

/// The loan that those take who are not contacted, by its place in the catalog; nothing: the one that is offered.
/// UsageError ("did you mean") where the catalog has no such offer. Independent.
[[nodiscard]] std::optional<std::size_t> loan_without_contact(const Economics& economics, const Catalog& catalog);

/// Every assumption behind the value of the catalog's offers, one sentence each, in a fixed order.
/// `horizon_months`: of the default model.
[[nodiscard]] std::vector<std::string> assumptions(const Catalog& catalog, const Economics& economics,
                                                   int horizon_months);

}  // namespace proffer::offers
