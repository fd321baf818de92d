// Which options of a row matter while the multipliers stay in a box.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "allocation/dual.hpp"
#include "allocation/multiplier_box.hpp"
#include "allocation/pair_store.hpp"

namespace proffer::allocation {

/// An option goes out where `depth` other options of the row are worth more by more than `margin` at every λ of the
/// box: it is then never among the best `depth`. The difference of two reduced values is linear in λ, so over the box
/// it is its value at the centre, plus or minus Σ_k half_width_k · |a^k_j − a^k_l|; roundings are added to that.
class Survivors {
 public:
  /// Independent. `store` may grow, rows and groups, between looks.
  Survivors(const PairStore& store, const MultiplierBox& box, int depth, double margin);
  /// Pairs of row i that stay, ascending, in `kept`. Returns whether no offer stays an option.
  bool look(std::size_t i, std::vector<std::size_t>& kept);

 private:
  void price_groups();
  [[nodiscard]] bool surely_less(std::size_t i, std::size_t option, std::size_t other) const;

  const PairStore& store_;
  std::vector<double> centre_, half_width_, size_;  ///< [limits]
  std::size_t depth_;
  double margin_;
  std::size_t groups_ = 0;
  Prices at_centre_, change_;
  std::size_t pairs_ = 0;  ///< of the row looked at; this number stands for no offer
  std::array<double, max_offers + 1> reduced_{}, reach_{};
};

}  // namespace proffer::allocation
