// Stored scores and the lender's limits as an allocation problem.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "allocation/problem.hpp"
#include "combine/limit_use.hpp"
#include "offers/score_file.hpp"

namespace proffer::combine {

/// This rank's rows of a score file, in memory as stored (16 bytes a pair), given to the solver as numbers of the
/// limits. A pair is eligible where it has no reason against it.
class ScoreSource : public allocation::PairSource {
 public:
  ScoreSource(offers::ScoreRows rows, const offers::ScoreCatalog& catalog, const std::vector<LimitUse>& limits);
  [[nodiscard]] std::size_t rows() const override { return rows_.rows(); }
  [[nodiscard]] std::size_t offers() const override { return offers_; }
  [[nodiscard]] std::size_t quantities() const override { return limit_of_quantity_.size(); }
  void visit(const Take& take, const Wanted& wanted = {}) const override;

  [[nodiscard]] const offers::ScoreRows& scores() const { return rows_; }
  /// The limits as the solver wants them. `bounds`: one per limit, opening balances already taken off.
  [[nodiscard]] allocation::Rules rules(const std::vector<double>& bounds) const;

 private:
  [[nodiscard]] std::size_t quantity_of(const LimitUse& limit);
  void fill(const LimitUse& limit, std::size_t first, std::size_t count, std::vector<double>& into) const;

  offers::ScoreRows rows_;
  std::size_t offers_;
  const std::vector<LimitUse>* limits_;
  std::vector<std::size_t> limit_of_quantity_;  // one of the limits that share it
  std::vector<std::size_t> quantity_of_limit_;
};

}  // namespace proffer::combine
