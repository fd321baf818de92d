// PD of those who take an offer, from a default model that was learnt together with the response.
#pragma once

#include <optional>
#include <span>

#include "models/model.hpp"
#include "statistics/bivariate_normal_table.hpp"

namespace proffer::offers {

/// Independent; const after construction.
class JointDefault {
 public:
  /// Nothing where the default model is not joint. UsageError where it was learnt with another response model.
  [[nodiscard]] static std::optional<JointDefault> of(const models::Model& defaults, const models::Model& response);

  /// Of each pair: the margin g of default becomes Φ⁻¹(Φ₂(f, g; ρ)/Φ(f)), within 1e-7 (and the rounding of float), f
  /// the margin of the response.
  void compose(std::span<const float> f, std::span<float> g) const;

 private:
  explicit JointDefault(double rho) : table_(rho) {}
  statistics::ConditionalQuantileTable table_;
};

/// f by a second opinion, whose level is moved on the scale of log-odds: Φ⁻¹ of its probabilities, in place.
void to_probit(std::span<float> probabilities);

}  // namespace proffer::offers
