// The forests of a joint model, all of them on the same contacted rows.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "models/joint_nuisance.hpp"
#include "models/joint_report.hpp"
#include "models/joint_rows.hpp"
#include "models/joint_slopes.hpp"
#include "models/model.hpp"
#include "statistics/bivariate_normal_table.hpp"

namespace proffer::models {

/// Functions are collective unless they say otherwise, the constructor too. What is given to it must outlive the
/// object.
class JointForests {
 public:
  JointForests(const ModelSettings& settings, const boosting::CommunicatorSession& session, const JointRows& rows,
               const JointInputs& inputs, JointOptions options);

  /// Collective. Independent probit models of the takers' defaults: on the inputs of g, and with the excluded ones.
  [[nodiscard]] boosting::Forest without_excluded() const;
  [[nodiscard]] boosting::Forest with_excluded() const;
  /// Collective. Margins of take-up: out of fold where the row is learnt from, else the response model's.
  [[nodiscard]] CrossFitted cross_fitted_f(const boosting::Forest& response) const;
  /// Collective. What ρ is estimated from; `trees`: of the reduced form.
  [[nodiscard]] ProfileRows profile(const CrossFitted& take, std::size_t trees) const;
  /// Collective. g at this ρ under the joint likelihood, f held; stops early on that of the valid rows.
  [[nodiscard]] boosting::Forest joint(const std::vector<float>& f, double rho) const;
  /// Collective. What g leaves of straight lines in the numeric terms of the offer among the takers learnt from whose
  /// offers were drawn at random. None where nothing is identified, or few are told.
  [[nodiscard]] std::vector<OfferSlope> slopes(const std::vector<float>& f, double rho,
                                               const boosting::Forest& g) const {
    return slopes(f, rho, g, [this](std::size_t i) { return learnt(i); });
  }
  /// Collective. g of the rows kept from the first, with its slopes, at the table's ρ; the level of PD given take-up is
  /// anchored on the rows learnt from. Nothing where either holds one class only.
  [[nodiscard]] std::optional<SecondOpinion> second(const std::vector<float>& f,
                                                    const statistics::ConditionalQuantileTable& table,
                                                    std::size_t trees) const;
  /// Independent. Margins of all rows but those of the training part, and of g those of every taker whose default is
  /// known; 0 of others.
  [[nodiscard]] ComparedMargins compared(const std::vector<float>& f, const boosting::Forest& g,
                                         const boosting::Forest& without, const boosting::Forest& with) const;

 private:
  [[nodiscard]] bool known(std::size_t i) const { return rows_.label[i] <= 1; }
  [[nodiscard]] bool learnt(std::size_t i) const;
  [[nodiscard]] bool stops(std::size_t i) const { return known(i) && rows_.part[i] == Part::valid; }
  [[nodiscard]] std::vector<OfferSlope> slopes(const std::vector<float>& f, double rho, const boosting::Forest& g,
                                               const std::function<bool(std::size_t)>& among) const;
  /// The constant g that gives such takers their default rate: where boosting starts, for Newton's method may not
  /// arrive there from 0.
  [[nodiscard]] double base(const std::vector<float>& f, double rho,
                            const std::function<bool(std::size_t)>& wanted) const;
  [[nodiscard]] bool both_classes(const std::function<bool(std::size_t)>& wanted, std::uint64_t least = 1) const;

  const boosting::CommunicatorSession& session_;
  const JointRows& rows_;
  JointOptions options_;
  bool stops_early_;
  JointViews views_;
  std::size_t g_columns_;  ///< inputs of g that are the borrower's
  std::vector<SlopeTerm> slope_terms_;
  LearntRows learnt_;  ///< by the inputs of g
};

}  // namespace proffer::models
