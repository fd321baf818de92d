#include "allocation/infeasibility.hpp"

#include "allocation/bundle.hpp"
#include "allocation/dual.hpp"

namespace proffer::allocation {
namespace {

/// Leaves out one limit after another for good if the rest still conflicts. `conflicts(left_out)`.
template <class Conflicts>
std::vector<std::size_t> deletion_filter(std::size_t limits, const Conflicts& conflicts) {
  std::vector<bool> left_out(limits, false);
  for (std::size_t k = 0; k < limits; ++k) {
    left_out[k] = true;
    if (!conflicts(left_out)) left_out[k] = false;
  }
  std::vector<std::size_t> conflict;
  for (std::size_t k = 0; k < limits; ++k)
    if (!left_out[k]) conflict.push_back(k);
  return conflict;
}

}  // namespace

bool relaxation_is_infeasible(const parallel::Communicator& comm, const PairStore& store, int threads,
                              const std::vector<bool>& left_out) {
  StoreDual dual(comm, store, threads, 1.0, false);
  for (std::size_t k = 0; k < left_out.size(); ++k)
    if (left_out[k]) dual.leave_out(k);
  BundleOptions options;
  options.radius_limit = options.radius;  // g is positively homogeneous: the sign in the unit box decides
  options.stop_at_or_below = -1e-300;
  options.tolerance = 1e-13;
  options.evaluation_limit = 500;
  const std::vector<double> start(left_out.size(), 0.0);
  return minimise(dual, start, options).below;
}

std::vector<std::size_t> conflict_of_relaxation(const parallel::Communicator& comm, const PairStore& store,
                                                int threads) {
  const std::size_t limits = store.rules->limits.size();
  const auto conflicts = [&](const std::vector<bool>& left_out) {
    return relaxation_is_infeasible(comm, store, threads, left_out);
  };
  if (!conflicts(std::vector<bool>(limits, false))) return {};
  return deletion_filter(limits, conflicts);
}

std::vector<std::size_t> conflict_of_search(const parallel::Communicator& comm, const Core& core,
                                            const SearchOptions& options) {
  return deletion_filter(core.limits(), [&](const std::vector<bool>& left_out) {
    Rules rules = *core.rules;
    Core rest = core;
    rest.rules = &rules;
    for (std::size_t k = 0; k < left_out.size(); ++k) {
      if (!left_out[k]) continue;
      rest.ranges[k] = {};
      rules.limits[k].sense = Sense::at_most;
      rules.limits[k].bound = 1e300;
      rules.limits[k].tolerance = 0.0;
    }
    const SearchResult result = search(comm, rest, options);
    return result.exhausted && !result.found;
  });
}

}  // namespace proffer::allocation
