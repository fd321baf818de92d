// The minimum of a store's dual where nothing is known yet: few rows first, second-order steps, then a narrow window.
#pragma once

#include <vector>

#include "allocation/newton.hpp"
#include "allocation/pair_store.hpp"
#include "allocation/window.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// Collective. Cutting planes over a hash sample of about two thousand rows, second-order steps over it and, with its
/// curvature, over all rows, then cutting planes where few rows are open. Starts from `lambda` at once where
/// `curvature` is known. NearEnd::inside: λ is the minimum (to the relative tolerance). Else λ is a start for others;
/// so it is at once where rows are so few that it does not pay.
[[nodiscard]] NearResult minimise_cold(const parallel::Communicator& comm, const PairStore& store, double tolerance,
                                       int threads, std::vector<double> lambda, Curvature& curvature);

}  // namespace proffer::allocation
