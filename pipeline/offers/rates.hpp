// What a borrower pays: instalments, and the effective yearly rate that fees and conventions amount to.
#pragma once

#include <span>

#include "offers/catalog.hpp"

namespace proffer::offers {

/// Interest of one month per unit: apr × the part of a year that a month is.
[[nodiscard]] double monthly_rate(AnnualRate apr, DayCount day_count);

/// Equal instalment per unit of amount at a monthly rate on the balance: rate/(1 − (1 + rate)^−term).
[[nodiscard]] double annuity(double rate, int term);

/// Monthly payment without fees. Amortising: the annuity. Flat: (L + L·rate·term)/term. Revolving: minimum_payment × L.
[[nodiscard]] Money instalment(const Product& product, const Offer& offer);

/// All that is due in a month, at most: the instalment and the monthly fee. What affordability counts.
[[nodiscard]] Money monthly_payment(const Product& product, const Offer& offer);

/// The rate r > −1 per period at which Σ flows[t]·(1 + r)^−t = 0, by Newton's method in a bracket. The flows change
/// sign once, as those of a loan do, so the rate is unique; std::domain_error where they do not change sign.
[[nodiscard]] double internal_rate(std::span<const double> flows);

/// The monthly rate on the balance that a flat loan amounts to.
[[nodiscard]] double rate_on_balance(const Product& product, AnnualRate apr, int term);

/// Effective yearly rate including fees, (1 + r)^12 − 1 with r the internal rate of the borrower's monthly flows
/// (Directive 2008/48/EC, Annex I, part I). A revolving limit is taken as drawn in full at once and repaid in twelve
/// equal parts with interest on the balance (part II of the Annex). UsageError where the fees leave nothing to pay out.
[[nodiscard]] AnnualRate effective_apr(const Catalog& catalog, const Offer& offer);

}  // namespace proffer::offers
