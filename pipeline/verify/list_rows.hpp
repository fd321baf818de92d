// The rows of a list against what is recomputed of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verify/certificate.hpp"
#include "verify/experiment.hpp"
#include "verify/list_file.hpp"
#include "verify/pair_scorer.hpp"

namespace proffer::verify {

/// Which borrowers are rescored against every offer; of the others only what they are offered is.
struct Depth {
  std::uint64_t one_in = 1;  ///< by a hash of the id; 1: all
  [[nodiscard]] bool all() const { return one_in == 1; }
  [[nodiscard]] bool whole(std::uint64_t id) const;
};

/// Honest value: the offered borrowers of a hash sample by first and second opinion.
struct HonestSums {
  parallel::ExactSum planned, second, tolerance;
  std::uint64_t count = 0;
};

/// What limits and decisions look at besides the scores.
struct RowFacts {
  std::optional<std::size_t> segment, group;  ///< columns of the book
  Cells cells;
  const EarlierList* earlier = nullptr;  ///< nullptr: there is none
};

/// Independent; gathers findings and sums of this rank's rows.
class ListRowCheck {
 public:
  /// Everything given must outlive it.
  ListRowCheck(const Catalog& catalog, const PairScorer& scorer, const Certificate& certificate,
               const std::vector<Counting>& limits, RowFacts facts, Depth depth, Findings& findings);
  /// Offered borrowers of these ids (random bits of seed and id up to the threshold) enter the honest value.
  void sample(std::uint64_t seed, std::uint64_t threshold);

  /// Row i of the book's batch is row r of `list`, and of `scores` where they were stored.
  void check(const borrowers::Batch& batch, std::size_t i, const ListRows& list, const ScoreRows* scores,
             std::size_t r);

  std::vector<Tally> tallies;                ///< of each limit
  std::vector<parallel::ExactSum> openings;  ///< of each limit: accounts of the borrowers of its segments
  parallel::ExactSum whole_opening;
  parallel::ExactSum explored_value;
  std::uint64_t control = 0, exploration = 0, explored = 0;  ///< borrowers in cells
  parallel::ExactSum value;
  std::vector<std::uint64_t> decisions;  ///< by code
  DualBound dual;
  bool dual_is_known = true;  ///< false where some row's offers were not looked at
  HonestSums honest;

 private:
  struct Row;
  void check_columns(const Row& row);
  void check_chosen(const Row& row, const Pairs& own);
  void check_scores(const Row& row, const Pairs& own);
  void check_decision(const Row& row, const Pairs& known);
  void check_reasons(const Row& row, const Pairs& known, std::uint8_t decision);
  void check_prices(const Row& row, const Pairs& known);
  void check_no_price(const Row& row, double reduced, double rounding);
  void check_control(const Row& row);
  void check_explored(const Row& row, const Pairs& known);
  void add_opening(const Row& row);
  [[nodiscard]] Standing standing_of(const borrowers::Batch& batch, std::size_t i) const;
  [[nodiscard]] std::vector<double> prices_of(const Row& row, std::size_t offer, const Chances& chances) const;
  void add_up(const Row& row, const Pairs& own);
  [[nodiscard]] std::string reasons_text(std::uint32_t bits) const;
  template <class T>
  void same(const char* kind, const Row& row, T there, T right);

  const Catalog& catalog_;
  const PairScorer& scorer_;
  const Certificate& certificate_;
  const std::vector<Counting>& limits_;
  RowFacts facts_;
  Depth depth_;
  Findings& findings_;
  std::optional<std::uint64_t> sample_seed_;
  std::uint64_t sample_threshold_ = 0;
};

}  // namespace proffer::verify
