#include "offers/joint_default.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/error.hpp"
#include "statistics/normal.hpp"

namespace proffer::offers {

std::optional<JointDefault> JointDefault::of(const models::Model& defaults, const models::Model& response) {
  if (!defaults.joint) return std::nullopt;
  if (response.name != defaults.joint->response || response.link != models::Link::probit)
    throw UsageError({fmt::format("model {} cannot be used with model {}", defaults.name, response.name),
                      fmt::format("it was learnt together with a probit model named {}", defaults.joint->response),
                      "score with the models of one training"});
  return JointDefault(defaults.joint->rho);
}

void JointDefault::compose(std::span<const float> f, std::span<float> g) const {
  for (std::size_t i = 0; i < g.size(); ++i)
    g[i] = static_cast<float>(table_(static_cast<double>(f[i]), static_cast<double>(g[i])));
}

void to_probit(std::span<float> probabilities) {
  constexpr double least = 1e-15;
  for (float& value : probabilities)
    value = static_cast<float>(statistics::normal_quantile(std::clamp(static_cast<double>(value), least, 1 - least)));
}

}  // namespace proffer::offers
