// Scored rows and the lender's limits as an allocation problem.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "allocation/problem.hpp"
#include "combine/cells.hpp"
#include "combine/decision.hpp"
#include "combine/limit_use.hpp"
#include "combine/previous_list.hpp"
#include "foundation/log.hpp"
#include "offers/scored_batches.hpp"

namespace proffer::combine {

/// What combine keeps of a borrower besides id and options: for realised use, and for the list.
struct KeptRow {
  RowFacts facts;
  Decided decided;  ///< if no offer is made
};
/// What it keeps of a pair besides value and uses.
struct KeptPair {
  float take = 0, pd = 0;
};
[[nodiscard]] allocation::RowNote note_of(const KeptRow& row);
[[nodiscard]] KeptRow kept_row(const allocation::RowNote& note);
[[nodiscard]] std::uint64_t note_of(const KeptPair& pair);
[[nodiscard]] KeptPair kept_pair(std::uint64_t note);

/// Scored rows, read or made anew at every visit, given to the solver as numbers of the limits, with notes of what
/// combine needs again. A pair is eligible where it has no reason against it
/// and its borrower is in no cell of an experiment.
class ScoreSource : public allocation::PairSource {
 public:
  /// What is known or reserved before the choice; either may be absent.
  struct Reserved {
    const PreviousList* previous = nullptr;
    const Cells* cells = nullptr;
  };
  /// All of them must outlive it.
  ScoreSource(const offers::ScoredBatches& scores, const std::vector<LimitUse>& limits, const Log& log,
              Reserved reserved);
  ScoreSource(const offers::ScoredBatches& scores, const std::vector<LimitUse>& limits, const Log& log)
      : ScoreSource(scores, limits, log, Reserved{}) {}
  [[nodiscard]] std::size_t rows() const override { return scores_.rows(); }
  [[nodiscard]] std::size_t offers() const override { return offers_; }
  [[nodiscard]] std::size_t quantities() const override { return limit_of_quantity_.size(); }
  void visit(const Take& take, const Wanted& wanted = {}) const override;

  /// The limits as the solver wants them. `bounds`: one per limit, opening balances already taken off.
  [[nodiscard]] allocation::Rules rules(const std::vector<double>& bounds) const;

 private:
  struct Numbers;
  [[nodiscard]] std::size_t quantity_of(const LimitUse& limit);
  [[nodiscard]] RowFacts facts_of(const offers::ScoreRows& rows, std::size_t i) const;
  void fill_rows(const offers::ScoreRows& rows, std::size_t first, Numbers& numbers) const;
  void fill_pairs(const offers::ScoreRows& rows, std::size_t first, Numbers& numbers) const;
  void take_out_cells(const offers::ScoreRows& rows, std::size_t first, Numbers& numbers) const;
  void fill(const LimitUse& limit, const offers::ScoreRows& rows, std::size_t first, std::vector<double>& into) const;

  const offers::ScoredBatches& scores_;
  std::size_t offers_;
  const std::vector<LimitUse>& limits_;
  const Log& log_;
  Reserved reserved_;
  std::vector<std::size_t> limit_of_quantity_;  // one of the limits that share it
  std::vector<std::size_t> quantity_of_limit_;
};

}  // namespace proffer::combine
