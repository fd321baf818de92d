#include "allocation/survivors.hpp"

#include <algorithm>
#include <cmath>

namespace proffer::allocation {
namespace {

/// Far more than the relative rounding of a reduced value: at most 64 limits and their quantities give (64 + 64 + 4)
/// roundings of 2^-53 each.
constexpr double rounding = 0x1p-40;

}  // namespace

Survivors::Survivors(const PairStore& store, const MultiplierBox& box, int depth, double margin)
    : store_(store), depth_(static_cast<std::size_t>(depth)), margin_(margin), at_centre_(store), change_(store) {
  for (std::size_t k = 0; k < box.lowest.size(); ++k) {
    centre_.push_back(box.centre(k));
    half_width_.push_back(box.half_width(k));
    size_.push_back(std::abs(centre_[k]) + half_width_[k]);
  }
  price_groups();
}

void Survivors::price_groups() {
  std::vector<double> change(centre_.size());
  for (std::size_t k = 0; k < change.size(); ++k) change[k] = half_width_[k] + rounding * size_[k];
  at_centre_.set(centre_);
  change_.set(change, Prices::Of::sizes);
  groups_ = store_.group_limits.size();
}

bool Survivors::surely_less(std::size_t i, std::size_t option, std::size_t other) const {
  const double ahead = reduced_[other] - reduced_[option] - margin_;
  if (!(ahead > 0)) return false;
  if (ahead > reach_[option] + reach_[other]) return true;
  const std::size_t p = store_.first[i] + option, r = store_.first[i] + other;
  const bool offer_p = option < pairs_, offer_r = other < pairs_;
  double least = rounding * ((offer_p ? std::abs(store_.value[p]) : 0.0) + (offer_r ? std::abs(store_.value[r]) : 0.0));
  for (std::size_t k = 0; k < half_width_.size(); ++k) {
    if (size_[k] == 0) continue;
    const double a = offer_p ? store_.use(k, i, p) : 0.0, b = offer_r ? store_.use(k, i, r) : 0.0;
    least += half_width_[k] * std::abs(a - b) + rounding * size_[k] * (std::abs(a) + std::abs(b));
    if (least >= ahead) return false;
  }
  return true;
}

bool Survivors::look(std::size_t i, std::vector<std::size_t>& kept) {
  if (groups_ != store_.group_limits.size()) price_groups();
  pairs_ = at_centre_.reduced_values(i, 1.0, reduced_);
  change_.reduced_values(i, 0.0, reach_);  // minus the sum of changes times |a|
  for (std::size_t c = 0; c < pairs_; ++c)
    reach_[c] = rounding * std::abs(store_.value[store_.first[i] + c]) - reach_[c];
  const bool none_allowed = store_.rules->choose == Choose::at_most_one;
  const std::size_t options = pairs_ + (none_allowed ? 1 : 0);
  reduced_[pairs_] = reach_[pairs_] = 0.0;

  // The best options at the centre are those that beat the others.
  std::array<std::size_t, 2> top{options, options};
  for (std::size_t c = 0; c < options; ++c) {
    if (top[0] == options || reduced_[c] > reduced_[top[0]]) {
      top[1] = top[0];
      top[0] = c;
    } else if (top[1] == options || reduced_[c] > reduced_[top[1]]) {
      top[1] = c;
    }
  }
  kept.clear();
  const auto stays = [&](std::size_t c) {
    if (options <= depth_) return true;
    for (std::size_t t = depth_; t-- > 0;)
      if (c == top[t] || !surely_less(i, c, top[t])) return true;
    return false;
  };
  for (std::size_t c = 0; c < pairs_; ++c)
    if (stays(c)) kept.push_back(store_.first[i] + c);
  return none_allowed && stays(pairs_);
}

}  // namespace proffer::allocation
