// What boosting leaves of straight lines in the terms of an offer. Trees that shrink and stop early learn least where a
// term is rare, at the ends of the rates above all, so that g is a little too flat there.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "boosting/objective.hpp"
#include "models/code_tree.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// A numeric term of the offer among a model's inputs.
struct SlopeTerm {
  std::uint32_t input = 0;
  std::span<const float> cuts;  ///< one at least; a bin stands for its lowest value, the first for one as far below
  int monotone = 0;             ///< 1 the margin must not fall with it, −1 must not rise, 0 free
};

/// This rank's rows.
struct SlopeRows {
  const boosting::Objective& objective;
  std::span<const float> margins;
  std::span<const std::uint8_t> codes;  ///< rows × terms, row-major
};

/// What is added per unit of a term.
struct OfferSlope {
  std::uint32_t input = 0;
  double slope = 0;
  double error = 0;  ///< its standard error
  PerCode value{};   ///< slope × (value of the code − mean); missing: 0
  PerCode cover{};   ///< curvature of the rows
};

/// Collective. One step of Newton's method from the margins, on an intercept (which is not told: the level stays) and a
/// straight line per term. A term has no slope where the step goes against `monotone` or where the rows do not tell it
/// from others. The same bits at any number of ranks and threads.
[[nodiscard]] std::vector<OfferSlope> offer_slopes(const parallel::Communicator& comm, const SlopeRows& rows,
                                                   std::span<const SlopeTerm> terms, int threads);

/// Adds a tree per slope to the forest. Pure.
void add_slopes(std::span<const OfferSlope> slopes, std::span<const SlopeTerm> terms, boosting::Forest& forest);

/// [{"input", "from_lowest_to_highest", "standard_error"}, …], the margin that was given between the ends of the term;
/// `names`: of the inputs. Pure.
[[nodiscard]] nlohmann::json slopes_json(std::span<const OfferSlope> slopes, std::span<const SlopeTerm> terms,
                                         std::span<const std::string> names);

}  // namespace proffer::models
