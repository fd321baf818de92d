// What a limit counts: one line of a table for each measure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "parallel/exact_sum.hpp"
#include "verify/catalog.hpp"
#include "verify/findings.hpp"
#include "verify/recorded_run.hpp"

namespace proffer::verify {

/// A limit as the run's settings declare it.
struct Limit {
  std::string name, measure, basis, sense;
  double quantile = 0.95, limit = 0, tolerance = 0, opening = 0;
  std::vector<std::string> products, channels, funders, segments;
  bool opening_book = false;  ///< `opening` comes from the book's accounts
  bool share = false;
  double whole = 0;              ///< of a share: opening of everything
  std::string group, reference;  ///< of impact_ratio

  /// Whether it counts borrowers against an earlier list; `opening` then is how many had an offer.
  [[nodiscard]] bool against_before() const { return measure == "changed" || measure == "lost"; }
  [[nodiscard]] bool over_scenarios() const { return basis == "worst_case" || basis == "cvar"; }
  /// Whether the use is held against 0, or a share of the whole.
  [[nodiscard]] bool is_ratio() const {
    return measure == "average_pd" || measure == "impact_ratio" || (share && !against_before());
  }
  /// What the use of the list may be: the opening balance taken off; an average is held against 0.
  [[nodiscard]] double bound() const;
  /// "expected", "quantile(0.95)", …
  [[nodiscard]] std::string basis_text() const;
};

/// A state of the world: what PD and P(take) are multiplied with.
struct Scenario {
  struct Multipliers {
    double pd = 1, response = 1;
  };
  std::string name;
  double probability = 0;
  Multipliers everywhere;
  std::map<std::size_t, Multipliers> segments;  ///< by code
};

/// Independent. `prefix` is "combine." or nothing.
[[nodiscard]] std::vector<Limit> read_limits(const RecordedSettings& settings, const std::string& prefix);
/// Independent. `segments`: labels of the codes of the segment column.
[[nodiscard]] std::vector<Scenario> read_scenarios(const RecordedSettings& settings, const std::string& prefix,
                                                   const std::vector<std::string>& segments);

/// Chances of a borrower with an offer.
struct Chances {
  double take = 0, pd = 0, fraud = 0;
  double capital = 0;  ///< K of the offer at this PD; filled in by Counting
};

/// A borrower, as far as limits look besides chances.
struct Standing {
  // NOLINTNEXTLINE(google-explicit-constructor): most limits look at the segment alone
  Standing(std::optional<std::size_t> segment_code = {}) : segment(segment_code) {}
  std::optional<std::size_t> segment, group;
  bool had_offer = false;             ///< in the earlier list
  std::optional<std::size_t> before;  ///< that offer, where today's catalog has it
};

/// What a measure counts for an offered borrower: weight × a chance thing with this mean and mean square; a certain
/// one is 1.
struct Measure {
  const char* name;
  double (*weight)(const Catalog&, const Offer&);
  double (*mean)(const Chances&, const Limit&);
  double (*mean_square)(const Chances&, const Limit&);
  bool certain;      ///< whatever the basis
  bool committable;  ///< on the committed basis everyone counts as accepting
};
/// DataError for a measure that is not in the table.
[[nodiscard]] const Measure& measure_of(const Limit& limit);

/// What counting needs to know of run and population.
struct Surroundings {
  std::vector<std::string> groups;        ///< labels of the codes
  std::vector<std::uint64_t> group_rows;  ///< decided borrowers of each group
  std::vector<Scenario> scenarios;
  double pd_floor = 0, lgd_floor = 0;  ///< of capital
  int horizon = 12;                    ///< of the PD, months
};

/// How much one limit counts. Independent; const.
class Counting {
 public:
  /// `segments`: labels of the codes of the segment column.
  Counting(const Limit& limit, const Catalog& catalog, const std::vector<std::string>& segments,
           Surroundings surroundings = {});
  [[nodiscard]] const Limit& limit() const { return limit_; }
  [[nodiscard]] const std::vector<Scenario>& scenarios() const { return around_.scenarios; }
  /// Whether it counts this offer to a borrower of this segment.
  [[nodiscard]] bool counts(std::size_t offer, std::optional<std::size_t> segment) const;
  /// Use of the pair: weight × mean, 0 where not counted; in a scenario, or as scored.
  [[nodiscard]] double use(std::size_t offer, const Standing& who, const Chances& chances, int scenario = -1) const;
  [[nodiscard]] double variance(std::size_t offer, const Standing& who, const Chances& chances,
                                int scenario = -1) const;
  /// Parts of the ratio that the limit is on.
  struct Ratio {
    double numerator = 0, denominator = 0;
  };
  [[nodiscard]] Ratio ratio(std::size_t offer, const Standing& who, const Chances& chances) const;
  /// Whether the borrower's own offer from before is in the limit's `opening`.
  [[nodiscard]] bool had_counted_offer(const Standing& who) const;
  /// Whether the limit's segments hold this one (none named: all).
  [[nodiscard]] bool in_segments(std::optional<std::size_t> segment) const;
  /// Borrowers of the reference group over those of the group.
  [[nodiscard]] double group_share() const;

 private:
  [[nodiscard]] bool is_certain() const;
  [[nodiscard]] Chances in_scenario(std::size_t offer, const Standing& who, Chances chances, int scenario) const;
  [[nodiscard]] double factor(std::size_t offer, const Standing& who) const;
  [[nodiscard]] double standing_count(std::size_t offer, const Standing& who) const;
  Limit limit_;
  const Measure& measure_;
  Surroundings around_;
  struct Regulated {
    std::string asset_class;
    double lgd;
    int term;
  };
  std::vector<Regulated> regulated_;  ///< each offer, as the capital formula sees it
  std::vector<double> weight_;        ///< of each offer
  std::vector<bool> named_;           ///< offers that the limit speaks about
  std::set<std::size_t> segments_;
  std::optional<std::size_t> group_, reference_;
};

/// Exact sums of one limit over a list.
struct Tally {
  parallel::ExactSum use, variance, size;  ///< size: of |use|, the scale of rounding
  std::vector<parallel::ExactSum> scenario_use, scenario_variance;
  parallel::ExactSum numerator, denominator;
  std::uint64_t had_offer = 0;  ///< borrowers that count into `opening` of changed and lost

  /// Every number, for sums over ranks.
  void each(const std::function<void(parallel::ExactSum&)>& take);
};

}  // namespace proffer::verify
