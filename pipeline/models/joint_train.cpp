#include "models/joint_train.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/fit_model.hpp"
#include "models/joint_forests.hpp"
#include "models/joint_report.hpp"
#include "models/joint_rows.hpp"
#include "models/price_identification.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "statistics/bivariate_normal_table.hpp"

namespace proffer::models {
namespace {

/// Whether the book says how likely its offers were.
bool any_drawn(const parallel::Communicator& comm, const JointRows& rows) {
  return parallel::any_over_ranks(comm, std::ranges::any_of(rows.drawn, [](std::uint8_t drawn) { return drawn != 0; }));
}

std::uint64_t count(const parallel::Communicator& comm, const std::vector<std::uint8_t>& values, std::uint8_t wanted) {
  return parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(std::ranges::count(values, wanted)));
}

void check_takers(const parallel::Communicator& comm, const ModelSettings& settings, const ProfileRows& rows) {
  const std::uint64_t bad = count(comm, rows.label, 1), good = count(comm, rows.label, 0);
  const std::uint64_t refused = count(comm, rows.response, 0);
  constexpr std::uint64_t least = 30;
  if (bad >= least && good >= least && refused >= least) return;
  throw parallel::AgreedError(
      ExitCode::bad_data,
      {fmt::format("model {}: rho cannot be estimated", settings.name),
       fmt::format("of the contacts whose offer was drawn at random {} defaulted, {} did not, and {} did not take",
                   with_thousands(static_cast<long long>(bad)), with_thousands(static_cast<long long>(good)),
                   with_thousands(static_cast<long long>(refused))),
       "set joint.rho to a number, or train without joint"});
}

/// Contacts that ρ is learnt from.
std::uint64_t contacts_drawn(const parallel::Communicator& comm, const JointRows& rows) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) count += rows.learns(i) && rows.drawn[i] == 1 ? 1 : 0;
  return parallel::sum_over_ranks(comm, count);
}

/// What a reader must know before using the numbers.
std::vector<std::string> warnings_of(const JointModel& joint, const std::optional<RhoEstimate>& estimate) {
  std::vector<std::string> warnings;
  if (!joint.identified)
    warnings.emplace_back(
        "rho and the effects of prices are not identified (no offer has a propensity, and joint.drawn_within is not "
        "set): they rest on the assumption that the excluded inputs were as good as drawn at random");
  if (estimate && estimate->undetermined)
    warnings.emplace_back(
        "the data hardly tell rho (the excluded inputs move take-up too little, or too few takers are known): it is "
        "that of the profile, every value in the interval is possible; compare lists over joint.rho");
  if (estimate && estimate->standard_error > 0.3)
    warnings.push_back(
        fmt::format("rho is known to {:.2f} only (the excluded inputs move take-up little, or few "
                    "takers are known): see the interval and the grid",
                    estimate->standard_error));
  return warnings;
}

}  // namespace

JointFit fit_joint(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                   const TrainSettings& train, const ModelSettings& settings, const ModelRows& collected,
                   const JointResponse* trained, std::uint64_t seed, int threads, Log& log) {
  const parallel::Communicator& comm = session.communicator();
  const JointSettings& joint = *settings.joint;
  expects(trained != nullptr, "a response model");
  const JointResponse& response = *trained;
  JointInputs inputs;
  JointRows rows;
  parallel::together(comm, [&] {
    inputs = joint_inputs(joint, settings, collected, response, book);
    rows = collect_joint_rows(comm, book, inputs, Splitter(train.split, book.schema(), seed),
                              static_cast<std::uint8_t>(joint.folds), seed);
  });
  const bool propensities = any_drawn(comm, rows);
  const bool identified = propensities || !joint.drawn_within.empty();
  if (!propensities) rows.drawn.assign(rows.rows(), 1);
  JointForests forests(settings, session, rows, inputs,
                       {.response = response_options(response, inputs.f, seed, threads),
                        .defaults = boosting_options(settings, collected, seed, threads),
                        .response_trees = response.model->forest.trees.size(),
                        .excluded_places = inputs.excluded_places,
                        .identified = identified});
  JointFit fit;
  fit.joint = {.rho = joint.rho.value_or(0),
               .response = joint.response,
               .excluded = inputs.excluded(),
               .identified = identified};
  const boosting::Forest without = forests.without_excluded(), with = forests.with_excluded();
  const CrossFitted take = forests.cross_fitted_f(response.model->forest);
  const std::vector<float>& f = take.margins;
  std::optional<RhoEstimate> estimate;
  if (!joint.rho) {
    const ProfileRows profile = forests.profile(take, without.trees.size());
    check_takers(comm, settings, profile);
    estimate = estimate_rho(comm, profile, joint.bootstrap, seed, threads);
    fit.joint.rho = estimate->rho;
    fit.report = rho_json(*estimate);
    fit.report["contacts"] = contacts_drawn(comm, rows);
    fit.report["known_takers"] = count(comm, profile.label, 0) + count(comm, profile.label, 1);
    fit.report["variance_of_f_by_excluded"] = excluded_share(comm, profile);
  }
  fit.forest = forests.joint(f, fit.joint.rho);
  const std::size_t grown = fit.forest.trees.size();
  const std::vector<OfferSlope> slopes = forests.slopes(f, fit.joint.rho, fit.forest);
  add_slopes(slopes, fit.forest);
  fit.report["offer_slopes"] = slopes_json(slopes, inputs.g.names);
  const statistics::ConditionalQuantileTable table(fit.joint.rho);
  if (settings.second_opinion) fit.second = forests.second(f, table, grown);
  const ComparedMargins margins = forests.compared(f, fit.forest, without, with);
  fit.report["rho"] = fit.joint.rho;
  fit.report["estimated"] = !joint.rho.has_value();
  fit.report["identified"] = fit.joint.identified;
  fit.report["identified_by"] = identified_by(joint, propensities);
  fit.report["excluded"] = fit.joint.excluded;
  fit.report["folds"] = joint.folds;
  fit.report["comparison"] = comparison_json(comm, rows, margins, fit.joint.rho);
  fit.report["warnings"] = warnings_of(fit.joint, estimate);
  for (const std::string& warning : warnings_of(fit.joint, estimate))
    log.warning(fmt::format("model {}: {}", settings.name, warning));
  fit.margins = boosting::margins(fit.forest, collected.rows.codes, collected.rows.rows(), threads);
  for (std::size_t d = 0; d < rows.of_default.size(); ++d)
    if (const std::size_t i = rows.of_default[d]; i != JointRows::not_contacted)
      fit.margins[d] = static_cast<float>(table(static_cast<double>(margins.f[i]), static_cast<double>(margins.g[i])));
  return fit;
}

}  // namespace proffer::models
