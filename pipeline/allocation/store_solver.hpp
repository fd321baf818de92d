// Dual, choice and bound of the pairs of a store.
#pragma once

#include <vector>

#include "allocation/multiplier_box.hpp"
#include "allocation/newton.hpp"
#include "allocation/pair_store.hpp"
#include "allocation/solver.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

struct StoreAnswer {
  Solution solution;      ///< without exact sums and explanations (see report.hpp)
  bool found = false;     ///< a choice within the limits
  bool left_box = false;  ///< the dual's minimum is not in the box: nothing else is known but multipliers
};

/// Collective. From these multipliers. `box`: for which the store was pruned, null where it holds every pair. Values of
/// the store are changed on the way and restored. `curvature`: as for minimise_near.
[[nodiscard]] StoreAnswer solve_store(const parallel::Communicator& comm, PairStore& store, const Options& options,
                                      std::vector<double> lambda, const MultiplierBox* box, Curvature& curvature);

}  // namespace proffer::allocation
