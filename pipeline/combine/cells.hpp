// Cells of an experiment, reserved before anything is chosen: a control cell that gets no offer, an exploration cell
// that gets offers at random.
#pragma once

#include <cstdint>
#include <vector>

#include "combine/limit_use.hpp"
#include "combine/previous_list.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/communicator.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::combine {

enum class Cell : std::uint8_t { chosen, control, exploration };

/// A function of seed and unit: whole households stand in one cell. Independent.
[[nodiscard]] Cell cell_of(const CellSettings& cells, std::uint64_t seed, std::uint64_t unit);

/// The offer drawn for a borrower of the exploration cell: each allowed one (reason 0) with the same probability.
struct Draw {
  std::int32_t offer = -1;  ///< −1: none is allowed
  float propensity = 0;     ///< with which this offer was drawn; NaN where none is allowed
};
/// Independent. A function of seed, id and what is allowed.
[[nodiscard]] Draw draw_offer(std::uint64_t seed, std::uint64_t id, std::span<const std::uint32_t> reasons);

/// One borrower of the exploration cell who gets an offer.
struct Explored {
  std::uint64_t id = 0;
  PairFacts pair;
  double value = 0;
  float propensity = 0;
};

/// The cells of this rank's borrowers.
struct Cells {
  CellSettings settings;
  std::uint64_t seed = 0;
  std::vector<Explored> explored;              ///< by id
  std::uint64_t control = 0, exploration = 0;  ///< borrowers of all ranks in the cell
  std::uint64_t offered = 0;                   ///< … of them explored
  parallel::ExactSum value;                    ///< of all ranks' explored offers

  [[nodiscard]] bool explores() const { return settings.exploration > 0; }
  [[nodiscard]] bool any() const { return settings.control > 0 || settings.exploration > 0; }
  [[nodiscard]] Cell of(std::uint64_t unit) const { return cell_of(settings, seed, unit); }
  /// The borrower among `explored`, or nothing. Independent.
  [[nodiscard]] const Explored* find(std::uint64_t id) const;
  /// Collective. The negative of what the explored offers use, exactly.
  [[nodiscard]] std::vector<parallel::ExactSum> negative_uses(const parallel::Communicator& comm,
                                                              const std::vector<LimitUse>& limits) const;
};

/// Collective. Finds them: one reading of the scores where a cell is declared, else none.
[[nodiscard]] Cells find_cells(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                               const PreviousList& previous, const CellSettings& settings, std::uint64_t seed);

}  // namespace proffer::combine
