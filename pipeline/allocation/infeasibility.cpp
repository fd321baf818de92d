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

std::optional<std::vector<double>> proof_of_conflict(DualFunction& dual, std::span<const double> start,
                                                     std::uint64_t evaluation_limit) {
  BundleOptions options;
  options.radius_limit = options.radius;  // g is positively homogeneous: the sign in the unit box decides
  options.stop_at_or_below = -1e-300;
  options.tolerance = 1e-13;
  options.evaluation_limit = evaluation_limit;
  BundleResult result = minimise(dual, start, options);
  if (!result.below) return std::nullopt;
  return std::move(result.best.lambda);
}

std::optional<Conflict> conflict_of_relaxation(const parallel::Communicator& comm, const PairStore& store, int threads,
                                               double share) {
  const std::size_t limits = store.rules->limits.size();
  const std::vector<double> start(limits, 0.0);
  std::optional<std::vector<double>> proof;
  const auto conflicts = [&](const std::vector<bool>& left_out) {
    StoreDual dual(comm, store, threads, share, false);
    for (std::size_t k = 0; k < limits; ++k)
      if (left_out[k]) dual.leave_out(k);
    auto found = proof_of_conflict(dual, start);
    const bool is_proved = found.has_value();
    if (is_proved) proof = std::move(found);
    return is_proved;
  };
  if (!conflicts(std::vector<bool>(limits, false))) return std::nullopt;
  Conflict conflict;
  conflict.limits = deletion_filter(limits, conflicts);
  conflict.lambda = std::move(*proof);
  return conflict;
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

std::string explain_conflict(const Rules& rules, const std::vector<std::size_t>& limits) {
  if (limits.empty()) return "the limits cannot hold together";
  std::string text = "these limits cannot hold together:";
  for (std::size_t k : limits) text += (k == limits.front() ? " '" : ", '") + rules.limits[k].name + "'";
  return text;
}

}  // namespace proffer::allocation
