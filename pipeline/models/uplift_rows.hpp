// The rows of an uplift model: every row whose arm and outcome are known, contacted or not.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/model_rows.hpp"
#include "models/settings.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// This rank's rows, in the order of the book. Arm 0 is the control.
struct UpliftRows {
  ModelRows all;                   ///< the label is the outcome; neither arm nor outcome is among the inputs
  std::vector<std::uint8_t> arm;   ///< of each row: below arms.size()
  std::vector<double> weight;      ///< of each row: 1/propensity; empty where arms are as likely for everyone
  std::vector<std::string> arms;   ///< labels
  std::vector<double> arm_shares;  ///< of the training rows, over all ranks

  [[nodiscard]] std::size_t rows() const { return arm.size(); }
};

/// Whether the book has the outcome. Independent.
[[nodiscard]] bool has_outcome(const UpliftSettings& settings, const borrowers::BookReader& book);

/// Collective. Three passes over this rank's rows of the book: which arms there are, bins, codes. UsageError (agreed)
/// for settings that name what is not there; DataError (agreed) where the control or a treatment has only one outcome
/// among the training rows, there is no treatment, or a propensity is none (dataset:row).
[[nodiscard]] UpliftRows collect_uplift_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                                             const TrainSettings& train, const UpliftSettings& settings,
                                             std::uint64_t seed, Log& log);

/// Independent. The rows of one arm.
[[nodiscard]] ModelRows rows_of_arm(const UpliftRows& rows, std::size_t arm);

/// Independent. All rows, with an input of 0 or 1 for each treatment behind the others.
[[nodiscard]] ModelRows rows_with_arms(const UpliftRows& rows);

}  // namespace proffer::models
