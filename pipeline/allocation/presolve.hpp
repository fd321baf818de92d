// Where the multipliers of a large problem will lie, from a hash sample of its rows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "allocation/infeasibility.hpp"
#include "allocation/multiplier_box.hpp"
#include "allocation/newton.hpp"
#include "allocation/problem.hpp"
#include "allocation/solver.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

struct Presolved {
  std::vector<double> lambda;        ///< [limits] of the sample
  std::vector<double> half_width;    ///< [limits] how far the population's may lie from them
  Curvature curvature;               ///< of g near λ
  MultiplierBox box;                 ///< that, for all wanted bounds
  std::optional<Conflict> conflict;  ///< proved for the whole population instead
  double value_mean = 0.0;           ///< mean |v| of the sample's pairs
  bool found = false;                ///< neither where false: no minimum was found
  std::uint64_t passes = 0;          ///< over the whole source
};

/// Collective. Reads a hash sample of the source and minimises the sample's dual. How far its multipliers may lie from
/// the population's is seen from parts of the sample: the population's lie nearer to the sample's than an eighth of the
/// sample's does (jackknife in eight groups). `other_bounds`: further right-hand sides the box should serve too. Where
/// the sample's limits conflict or its multipliers run away, passes over the whole source decide.
[[nodiscard]] Presolved presolve(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
                                 std::uint64_t total_rows, const std::vector<std::vector<double>>& other_bounds,
                                 const Options& options);

/// Independent. `box` wider, where λ lies on its faces more so.
[[nodiscard]] MultiplierBox widened(const Rules& rules, const MultiplierBox& box, const std::vector<double>& lambda);

}  // namespace proffer::allocation
