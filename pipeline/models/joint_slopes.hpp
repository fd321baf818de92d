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
  std::size_t bins = 0;
  int monotone = 0;  ///< 1 the margin must not fall with it, −1 must not rise, 0 free
};

/// This rank's rows; those per term are rows × terms, row-major.
struct SlopeRows {
  const boosting::Objective& objective;
  std::span<const float> margins;
  std::span<const float> values;        ///< NaN: missing
  std::span<const float> own;           ///< what of the value the borrower does not tell (own_terms); missing: 0
  std::span<const std::uint8_t> codes;  ///< of the values
};

/// A line that is added.
struct OfferSlope {
  std::uint32_t input = 0;
  std::size_t bins = 0;
  double slope = 0;          ///< per unit of the term
  double error = 0;          ///< its standard error
  double lowest = 0;         ///< of the values that were told
  double highest = 0;        ///< of them
  PerCode value{}, cover{};  ///< per code: what is added (missing: 0), and the curvature of the rows
};

/// Collective. One step of Newton's method from the margins, on an intercept (which is not told: the level stays) and a
/// straight line per term, in what of it the borrower does not tell: so a line takes up nothing that the margins miss
/// of the borrower (Robinson 1988; Chernozhukov et al. 2018). A bin stands for the mean of its rows by curvature, one
/// without rows for the nearest below that has some, so that nothing goes on beyond what was told. No line: against
/// `monotone`; of a term with one value only, that follows from others, or of which the borrower tells nineteen
/// twentieths. The same bits at any number of ranks and threads.
[[nodiscard]] std::vector<OfferSlope> offer_slopes(const parallel::Communicator& comm, const SlopeRows& rows,
                                                   std::span<const SlopeTerm> terms, int threads);

/// Adds a tree per line to the forest. Pure.
void add_slopes(std::span<const OfferSlope> slopes, boosting::Forest& forest);

/// [{"input", "lowest", "highest", "per_unit", "standard_error"}, …]; `names`: of the inputs. Pure.
[[nodiscard]] nlohmann::json slopes_json(std::span<const OfferSlope> slopes, std::span<const std::string> names);

}  // namespace proffer::models
