// The contacted rows of a book as the joint model needs them: response, default where known, and codes for both models.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "borrowers/book.hpp"
#include "models/inputs.hpp"
#include "models/split.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// This rank's contacted rows with a known response, in the order of the book.
struct JointRows {
  static constexpr std::uint8_t not_known = 255;
  static constexpr std::size_t not_contacted = std::numeric_limits<std::size_t>::max();

  std::vector<std::uint8_t> response;  ///< 1 accepted
  std::vector<std::uint8_t> label;     ///< default: 0, 1; not_known where not accepted, declined, immature, fraud …
  std::vector<Part> part;
  std::vector<std::uint64_t> unit;
  std::vector<std::int32_t> as_of;
  std::vector<std::uint8_t> drawn;                        ///< the offer was drawn at random (is_drawn)
  std::vector<std::uint8_t> fold;                         ///< 0 … folds − 1, by a hash of the unit
  std::vector<std::uint8_t> f_codes, g_codes, all_codes;  ///< inputs of the response model, of g, of g and the excluded
  std::vector<float> g_terms;                             ///< rows × terms of the offer that g learns from
  /// Of each row of the default model (TrainingRows, in its order): its number here, or not_contacted.
  std::vector<std::size_t> of_default;

  [[nodiscard]] std::size_t rows() const { return response.size(); }
  /// Rows that ρ and its nuisances are learnt from.
  [[nodiscard]] bool learns(std::size_t i) const { return part[i] == Part::train || part[i] == Part::valid; }
};

/// What is read of a row, and how it is encoded.
struct JointInputs {
  Inputs f, g;
  features::BinTable f_bins, g_bins;
  std::vector<std::size_t> excluded_places;                 ///< of the excluded inputs among those of f
  [[nodiscard]] std::vector<std::string> excluded() const;  ///< their names
};

/// Independent.
[[nodiscard]] JointRows collect_joint_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                                           const JointInputs& inputs, const Splitter& splitter, std::uint8_t folds,
                                           std::uint64_t seed);

}  // namespace proffer::models
