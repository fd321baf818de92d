// Stored scores and the lender's limits as an allocation problem.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "allocation/problem.hpp"
#include "combine/settings.hpp"
#include "offers/score_file.hpp"

namespace proffer::combine {

/// How the use of one limit comes from a pair: use = weight[offer] · quantity(pair), 0 outside its segments.
struct LimitUse {
  LimitSettings settings;
  std::vector<double> weight;                    ///< [offers]
  std::uint64_t segment_bits[4] = {0, 0, 0, 0};  ///< segment codes counted; all where unrestricted
  bool every_segment = true;
  /// Random use of one offered borrower, before it is known who accepts: mean and variance.
  [[nodiscard]] double mean(std::size_t offer, double p_take, double p_default, double p_fraud) const;
  [[nodiscard]] double variance(std::size_t offer, double p_take, double p_default, double p_fraud) const;
  [[nodiscard]] bool counts(std::uint8_t segment) const;
};

/// The limits against a score file's catalog and segments. UsageError ("did you mean") for labels that are not there.
[[nodiscard]] std::vector<LimitUse> resolve_limits(const CombineSettings& settings, const offers::ScoreSchema& schema);

/// This rank's rows of a score file, in memory as stored (16 bytes a pair), given to the solver as numbers of the
/// limits. A pair is eligible where it has no reason against it.
class ScoreSource : public allocation::PairSource {
 public:
  ScoreSource(offers::ScoreRows rows, const offers::ScoreCatalog& catalog, const std::vector<LimitUse>& limits);
  [[nodiscard]] std::size_t rows() const override { return rows_.rows(); }
  [[nodiscard]] std::size_t offers() const override { return offers_; }
  [[nodiscard]] std::size_t quantities() const override { return formulas_.size(); }
  void visit(const Take& take, const Wanted& wanted = {}) const override;

  [[nodiscard]] const offers::ScoreRows& scores() const { return rows_; }
  /// The limits as the solver wants them. `bounds`: one per limit, opening balances already taken off.
  [[nodiscard]] allocation::Rules rules(const std::vector<double>& bounds) const;

 private:
  /// A quantity: p_take to the power of `take`, times p_default − threshold or p_fraud.
  struct Formula {
    enum class Kind { take, take_default, take_fraud, take_default_minus } kind;
    double threshold = 0;
    friend bool operator==(const Formula&, const Formula&) = default;
  };
  [[nodiscard]] std::size_t quantity_of(const LimitSettings& limit);
  void fill(const Formula& formula, std::size_t first, std::size_t count, std::vector<double>& into) const;

  offers::ScoreRows rows_;
  std::size_t offers_;
  const std::vector<LimitUse>* limits_;
  std::vector<Formula> formulas_;
  std::vector<std::size_t> quantity_of_limit_;
};

}  // namespace proffer::combine
