// What a limit counts: one line of a table for each measure.
#pragma once

#include <cstdint>
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

  /// What the use of the list may be: the opening balance taken off; an average is held against 0.
  [[nodiscard]] double bound() const;
  /// "expected", "quantile(0.95)", …
  [[nodiscard]] std::string basis_text() const;
};

/// Independent. `prefix` is "combine." or nothing.
[[nodiscard]] std::vector<Limit> read_limits(const RecordedSettings& settings, const std::string& prefix);

/// One offered borrower, as far as limits look.
struct Chances {
  double take = 0, pd = 0, fraud = 0;
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

/// How much one limit counts. Independent; const.
class Counting {
 public:
  /// `segments`: labels of the codes of the segment column.
  Counting(const Limit& limit, const Catalog& catalog, const std::vector<std::string>& segments);
  [[nodiscard]] const Limit& limit() const { return limit_; }
  /// Whether it counts this offer to a borrower of this segment.
  [[nodiscard]] bool counts(std::size_t offer, std::optional<std::size_t> segment) const;
  /// Use of the pair: weight × mean, 0 where not counted.
  [[nodiscard]] double use(std::size_t offer, std::optional<std::size_t> segment, const Chances& chances) const;
  [[nodiscard]] double variance(std::size_t offer, std::optional<std::size_t> segment, const Chances& chances) const;

 private:
  [[nodiscard]] bool is_certain() const;
  Limit limit_;
  const Measure& measure_;
  std::vector<double> weight_;  ///< of each offer; 0: not counted
  std::set<std::size_t> segments_;
};

/// Exact sums of one limit over a list.
struct Tally {
  parallel::ExactSum use, variance;
};

}  // namespace proffer::verify
