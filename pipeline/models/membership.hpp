// Cold start: rows of an external book weighted so that together they look like the lender's own borrowers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "settings/section.hpp"

namespace proffer::models {

/// The section `train.look_alike`.
struct LookAlikeSettings {
  std::filesystem::path book;  ///< the lender's own borrowers; outcomes are not needed
  double clip = 20;            ///< most and, inverted, least weight before they are scaled to a mean of 1
  int rounds = 100, depth = 3;
  double eta = 0.1;
  std::vector<std::string> exclude;
};
/// Independent. UsageError with file:line:column.
[[nodiscard]] LookAlikeSettings read_look_alike(const settings::Section& section);

/// P(a row is from the lender's own book | features), and the weights p/(1 − p) · (external rows / own rows) that
/// follow from it: the ratio of densities by which the loss under covariate shift is that of the own population
/// (Bickel, Brückner & Scheffer 2009; Sugiyama, Krauledat & Müller 2007).
class Membership {
 public:
  struct Learnt;
  explicit Membership(std::shared_ptr<const Learnt> learnt) : learnt_(std::move(learnt)) {}
  /// Independent. One weight per row of the external book, clipped, with mean 1 over the book.
  [[nodiscard]] std::vector<double> weights(const borrowers::Batch& batch) const;
  /// rows, auc (how far the books can be told apart; 0.5: not at all), effective_rows = (Σw)²/Σw², clipped …
  [[nodiscard]] const nlohmann::json& facts() const;

 private:
  std::shared_ptr<const Learnt> learnt_;
};

/// Collective. Learns it by boosted trees on the features that both books have, from a hash sample of about half a
/// million rows of each; a fifth of the units stops the training early and gives the AUC. DataError (agreed) where the
/// books have no feature in common or one has no rows.
[[nodiscard]] Membership learn_membership(const boosting::CommunicatorSession& session,
                                          const borrowers::BookReader& external, const LookAlikeSettings& settings,
                                          std::uint64_t seed, int threads, Log& log);

}  // namespace proffer::models
