#include "allocation/window.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::allocation {
namespace {

/// Bounds over the box: a pair's reduced value at the centre, plus or minus what the box can change.
class Reach {
 public:
  Reach(const PairStore& store, const MultiplierBox& box)
      : store_(store), at_centre_(store, box.centre), change_(store, box.half_width, Prices::Of::sizes) {}

  /// Marks the options of row i that may be best somewhere in the box; `none` tells whether no offer may. Returns how
  /// many options are left.
  std::size_t look(std::size_t i, std::vector<std::size_t>& kept, bool& none) {
    const std::size_t n = at_centre_.reduced_values(i, 1.0, reduced_);
    change_.reduced_values(i, 0.0, spread_);  // minus the sum of half widths times |a|
    const bool none_allowed = store_.rules->choose == Choose::at_most_one;
    double surely = none_allowed ? 0.0 : -infinity;
    for (std::size_t c = 0; c < n; ++c) surely = std::max(surely, reduced_[c] + spread_[c]);
    const double floor = surely - 1e-9 * std::abs(surely);
    kept.clear();
    for (std::size_t c = 0; c < n; ++c)
      if (reduced_[c] - spread_[c] >= floor) kept.push_back(store_.first[i] + c);
    none = none_allowed && 0.0 >= floor;
    return kept.size() + (none ? 1 : 0);
  }

 private:
  const PairStore& store_;
  Prices at_centre_, change_;
  std::array<double, max_offers> reduced_{}, spread_{};
};

void keep_row(const PairStore& store, std::size_t i, const std::vector<std::size_t>& pairs, PairStore& open) {
  open.id.push_back(store.id[i]);
  open.group.push_back(store.group[i]);
  for (std::size_t p : pairs) {
    open.offer.push_back(store.offer[p]);
    open.value.push_back(store.value[p]);
    for (std::size_t q = 0; q < store.quantity.size(); ++q) open.quantity[q].push_back(store.quantity[q][p]);
  }
  open.first.push_back(open.value.size());
}

/// Collective. Splits the rows: undecided ones are returned; value (last) and uses of the others go to `fixed`.
PairStore split(const parallel::Communicator& comm, const PairStore& store, const MultiplierBox& box,
                std::vector<double>& fixed) {
  PairStore open;
  open.offers = store.offers;
  open.rules = store.rules;
  open.group_limits = store.group_limits;
  open.limit_quantity = store.limit_quantity;
  open.quantity.resize(store.quantity.size());
  open.first.push_back(0);
  const std::size_t limits = store.rules->limits.size();
  std::vector<parallel::ExactSum> sums(limits + 1);
  Reach reach(store, box);
  std::vector<std::size_t> kept;
  bool none = false;
  for (std::size_t i = 0; i < store.rows(); ++i) {
    if (reach.look(i, kept, none) > 1) {
      keep_row(store, i, kept, open);
    } else if (!kept.empty()) {
      sums[limits].add(store.value[kept.front()]);
      for (std::size_t k = 0; k < limits; ++k)
        if (const double use = store.use(k, i, kept.front()); use != 0) sums[k].add(use);
    }
  }
  parallel::all_reduce(comm, std::span(sums));
  for (const auto& sum : sums) fixed.push_back(sum.rounded());
  open.facts = store.facts;
  open.facts.rows = parallel::sum_over_ranks(comm, std::uint64_t{open.rows()});
  return open;
}

}  // namespace

WindowDual::WindowDual(const parallel::Communicator& comm, const PairStore& store, const MultiplierBox& box,
                       int threads)
    : whole_(comm, store, threads), open_(split(comm, store, box, fixed_use_)), open_dual_(comm, open_, threads) {
  fixed_value_ = fixed_use_.back();
  fixed_use_.pop_back();
}

DualPoint WindowDual::evaluate(std::span<const double> lambda) {
  DualPoint point = open_dual_.evaluate(lambda);
  point.value += fixed_value_;
  point.intercept += fixed_value_;
  for (std::size_t k = 0; k < fixed_use_.size(); ++k) {
    point.value -= lambda[k] * fixed_use_[k];
    point.slope[k] -= fixed_use_[k];
  }
  return point;
}

}  // namespace proffer::allocation
