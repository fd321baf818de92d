// The offers of a recorded catalog, and what each costs the borrower.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/table_file.hpp"
#include "verify/findings.hpp"
#include "verify/recorded_run.hpp"

namespace proffer::verify {

struct Product {
  std::string name, convention, day_count, asset_class;
  double origination_fee = 0, monthly_fee = 0, annual_fee = 0, lgd = 0;
  double utilisation = 1, ccf = 0, transactors = 0, minimum_payment = 0, attrition = 0;
  [[nodiscard]] bool revolving() const { return convention == "revolving"; }
};

struct Offer {
  std::size_t product = 0, channel = 0;  ///< in Catalog
  std::optional<std::size_t> funder;     ///< in Catalog; nothing: the lender itself
  double limit = 0, apr = 0;
  double asked_apr = 0;                        ///< that the models are asked about
  double take_factor = 1, default_factor = 1;  ///< what take-up and PD are multiplied with, up to 1
  int term = 0;
  double contact_cost = 0;
  double exposure = 0;         ///< at default
  double monthly_payment = 0;  ///< instalment and monthly fee
  double effective_apr = 0;    ///< with fees
};

struct Catalog {
  std::vector<Product> products;
  std::vector<std::string> channels;
  std::vector<std::string> funders;  ///< as the products name them
  std::vector<Offer> offers;         ///< by product, limit, rate, term, channel, funder
  double fraud_loss = 1;             ///< share of the limit

  [[nodiscard]] const Product& product_of(const Offer& offer) const { return products[offer.product]; }
  /// "personal_loan:5000:0.129:36:mail", and the funder behind it where the product names some
  [[nodiscard]] std::string name_of(const Offer& offer) const;
};

/// Independent. From `catalog` and `economics` of the settings.
[[nodiscard]] Catalog read_catalog(const RecordedSettings& settings);

/// Interest of a month per unit: a month is 1/12 of a year, or 365.25/12 days of a year of 365 or 360.
[[nodiscard]] double monthly_rate(double apr, const std::string& day_count);
/// Equal instalment per unit of amount.
[[nodiscard]] double annuity(double rate, int term);
/// The rate per period at which the flows are worth nothing, by bisection; flows change their sign once.
[[nodiscard]] double internal_rate(const std::vector<double>& flows);

/// Independent. /catalog of a list or score file, column by column, against this catalog.
void check_catalog(const storage::TableReader& table, const Catalog& catalog, Findings& findings);

}  // namespace proffer::verify
