// Scored rows wherever they come from: a score file, or book and models on the way.
#pragma once

#include <cstdint>
#include <functional>

#include "offers/score_file.hpp"

namespace proffer::offers {

/// This rank's part of a scored population, in the order of the rows. Independent; const.
class ScoredBatches {
 public:
  using Wanted = std::function<bool(std::uint64_t id)>;
  using Take = std::function<void(const ScoreRows&)>;

  virtual ~ScoredBatches() = default;
  [[nodiscard]] virtual const ScoreSchema& schema() const = 0;
  [[nodiscard]] virtual std::uint64_t rows() const = 0;        ///< of this rank
  [[nodiscard]] virtual std::uint64_t first_row() const = 0;   ///< of this rank's, among all
  [[nodiscard]] virtual std::uint64_t total_rows() const = 0;  ///< of all ranks
  /// Calls `take` with every row once, batch by batch, in the same order each time; with `wanted`, only with the rows
  /// whose id it accepts (first_row then says nothing).
  virtual void visit(const Take& take, const Wanted& wanted = {}) const = 0;
  /// This rank's borrowers that the second opinions value too; empty where there are none.
  [[nodiscard]] virtual SecondValues second() const = 0;
};

}  // namespace proffer::offers
