// What a limit counts: how its use of a pair comes from the numbers of the pair (docs/methods.md, "Limits").
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "combine/settings.hpp"
#include "offers/capital.hpp"
#include "offers/score_file.hpp"

namespace proffer::combine {

inline constexpr std::int16_t no_offer = -1;    ///< RowFacts::previous: none, or not in that list
inline constexpr std::int16_t offer_gone = -2;  ///< … an offer that the catalog no longer has

/// A borrower, as far as limits look at him.
struct RowFacts {
  double p_fraud = 0;
  std::uint8_t segment = 255, group = 255;  ///< codes of the scores; 255 = none
  std::int16_t previous = no_offer;         ///< offer in the previous list, as one of this catalog
};

/// A borrower with one offer.
struct PairFacts {
  RowFacts row;
  std::size_t offer = 0;
  double take = 0, pd = 0;
};

[[nodiscard]] inline PairFacts pair_facts(const offers::ScoreRows& rows, std::size_t i, std::size_t offer,
                                          std::size_t offers, std::int16_t previous) {
  const std::size_t pair = i * offers + offer;
  return {{rows.p_fraud[i], rows.segment[i], rows.group.empty() ? std::uint8_t{255} : rows.group[i], previous},
          offer,
          rows.p_take[pair],
          rows.p_default[pair]};
}

/// What formulas refer to besides the pair: capital of each offer, scenarios. Const; shared by the limits.
class Surroundings {
 public:
  /// UsageError ("did you mean") for scenarios that name segments the scores do not have.
  Surroundings(const offers::ScoreSchema& schema, const std::vector<Scenario>& scenarios);
  /// K, capital per unit of exposure at default, at the PD of twelve months: over a horizon of other length at the
  /// same constant hazard.
  [[nodiscard]] double capital(std::size_t offer, double pd) const;
  /// The pair as it is in a scenario.
  [[nodiscard]] PairFacts in_scenario(std::size_t scenario, const PairFacts& pair) const;
  [[nodiscard]] std::size_t scenarios() const { return multipliers_.size(); }

 private:
  struct Capital {
    offers::AssetClass asset_class;
    double lgd, pd_floor, exponent;
  };
  std::vector<Capital> capital_;                           // [offers]
  std::vector<std::array<Multipliers, 256>> multipliers_;  // [scenarios] by code of segment
};

/// Offers and segments that a limit speaks about.
struct Filter {
  std::vector<bool> offers;  ///< [offers]
  std::array<bool, 256> segments{};
  [[nodiscard]] bool holds(std::size_t offer, std::uint8_t segment) const { return offers[offer] && segments[segment]; }
  friend bool operator==(const Filter&, const Filter&) = default;
};

/// The number of a pair that the weight of the offer multiplies. Limits with equal quantities share one.
struct Quantity {
  enum class Kind {
    one,
    take,
    take_default,
    take_fraud,
    take_default_minus,  ///< take · (pd − threshold)
    capital,
    take_capital,
    changed,  ///< +1: an offer where there was none, −1: the same as before, 0: another than before
    lost,     ///< −1 where there was an offer
    groups,   ///< 1 for the group, −threshold for the group it is compared with
  } kind = Kind::one;
  double threshold = 0;
  std::vector<std::pair<std::size_t, double>> mix;   ///< scenarios and their weights; empty: as scored
  std::pair<std::uint8_t, std::uint8_t> compared{};  ///< the two groups
  /// A limit on a share: times 1 − share within the filter, −share outside.
  std::shared_ptr<const Filter> part;
  double share = 0;

  [[nodiscard]] double of(const PairFacts& pair, const Surroundings& surroundings) const;
  [[nodiscard]] bool is_one() const { return kind == Kind::one && !part; }
  friend bool operator==(const Quantity& a, const Quantity& b);
};

/// One limit of the solver's. A declared limit with basis worst_case or cvar becomes several.
struct LimitUse {
  LimitSettings settings;
  std::size_t declared = 0;    ///< its number among the declared limits
  std::string name;            ///< the solver's: that of the settings, with the scenario behind it
  std::vector<double> weight;  ///< [offers]
  Filter filter;
  Quantity quantity;
  std::shared_ptr<const Surroundings> surroundings;
  double bound = 0;          ///< on Σ weight · quantity: opening balances are taken off
  double opening = 0;        ///< what was taken off
  double whole_opening = 0;  ///< of a share: of the whole
  double group_share = 0;    ///< of groups: borrowers of the reference over those of the group

  /// Whether rows of this segment count at all.
  [[nodiscard]] bool counts(std::uint8_t segment) const { return quantity.part || filter.segments[segment]; }
  /// Use of a pair as the solver has it: weight · quantity, 0 where the row does not count.
  [[nodiscard]] double use(const PairFacts& pair) const;
  /// Random use of one offered borrower, before it is known who accepts: mean and variance. `scenario`: −1 as scored.
  struct Moments {
    double mean = 0, variance = 0;
  };
  [[nodiscard]] Moments moments(const PairFacts& pair, int scenario = -1) const;
  /// Of limits on a ratio: what a pair adds to its numerator and denominator.
  [[nodiscard]] bool is_ratio() const;
  [[nodiscard]] std::pair<double, double> ratio_parts(const PairFacts& pair) const;
};

/// Borrowers with an offer in the previous list, by code of segment.
struct PreviousCounts {
  std::array<std::uint64_t, 256> offered{};
};

/// The limits against a score file's catalog and segments. UsageError ("did you mean") for labels that are not there,
/// for limits that need what the scores do not have. Independent.
[[nodiscard]] std::vector<LimitUse> resolve_limits(const CombineSettings& settings, const offers::ScoreSchema& schema,
                                                   const PreviousCounts& previous = {});

}  // namespace proffer::combine
