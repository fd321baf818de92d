// What an offer's rate changes, where the settings say it instead of the models (economics.prices).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "offers/catalog.hpp"
#include "offers/economics.hpp"

namespace proffer::offers {

/// Models are asked about every offer at its product's reference_apr; an offer at another rate has take-up and PD
/// times (rate / reference)^elasticity, at most 1. Without economics.prices the models are asked about the offers as
/// they are. Const after construction. Independent.
class PriceEffects {
 public:
  /// UsageError where a product of an offer has no reference_apr, or an offer a rate of 0.
  PriceEffects(const Catalog& catalog, const Economics& economics);

  /// The offers as the models are asked about them.
  [[nodiscard]] const Catalog& asked() const { return asked_; }
  /// Of rows × offers, in place.
  void apply(std::span<float> take, std::span<float> defaults) const;
  /// One sentence per assumption; none without economics.prices.
  [[nodiscard]] const std::vector<std::string>& assumptions() const { return assumptions_; }

 private:
  Catalog asked_;
  std::vector<double> take_, defaults_;  // factors by offer; empty: there is nothing to apply
  std::vector<std::string> assumptions_;
};

}  // namespace proffer::offers
