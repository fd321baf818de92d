// certificate.json, and the arithmetic inside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parallel/exact_sum.hpp"
#include "verify/findings.hpp"
#include "verify/measures.hpp"

namespace proffer::verify {

/// A limit in one scenario.
struct CertifiedScenario {
  std::string name;
  double probability = 0, use = 0, standard_deviation = 0;
  std::optional<double> weight, shadow_price;
};
/// A sum over scenarios that a limit with basis cvar was cut with.
struct CertifiedCut {
  std::vector<double> weights;
  double shadow_price = 0;
};

struct CertifiedLimit {
  std::string name, sense, measure, basis;
  double limit = 0, tolerance = 0, use = 0, slack = 0, shadow_price = 0;
  bool holds = false;
  double declared_limit = 0, opening = 0, standard_deviation = 0, probability_of_exceeding = 0;
  bool share = false;
  std::optional<double> ratio;
  std::vector<CertifiedScenario> scenarios;
  std::vector<CertifiedCut> cuts;
};

struct Certificate {
  std::string status, currency;
  double value = 0, bound = 0, relaxed_bound = 0, gap = 0;
  std::vector<CertifiedLimit> limits;
  // Of a list only.
  std::uint64_t borrowers = 0, offered = 0, honest_sample = 0;
  std::map<std::string, std::uint64_t> decisions;
  double planned_value = 0;
  std::optional<double> honest_value, honest_ratio;
  struct Cells {
    std::uint64_t control = 0, exploration = 0, explored = 0;
    double value = 0;
  };
  std::optional<Cells> cells;
};

/// Independent. DataError where it is no certificate. `of_list`: it must have what certificates of lists have.
[[nodiscard]] Certificate read_certificate(const std::filesystem::path& path, bool of_list);

/// What the certificate must say of one limit.
struct LimitTruth {
  std::string name, sense;
  double tolerance = 0;
  std::optional<double> limit;  ///< nothing: tightened while solving, so only held against the declared one
  parallel::ExactSum use;
  double rounding = 0;  ///< by how much the use may be off
};

/// Independent. Value, uses, slack, what holds, gap, status, signs of prices.
void check_arithmetic(const Certificate& certificate, const std::vector<LimitTruth>& limits,
                      const parallel::ExactSum& value, double gap_tolerance, Findings& findings);

/// The Lagrangian bound of a certificate's shadow prices: g(λ) = Σ_k λ_k b_k + Σ_i max(0, max_j (v_ij − λᵀa_ij)), for
/// the rows added on this rank. Independent, besides `check`.
class DualBound {
 public:
  explicit DualBound(const Certificate& certificate) : certificate_(certificate) {}
  /// v − Σ λ_k a_k; `size` gets |v| + Σ |λ_k a_k|, the scale of its rounding.
  [[nodiscard]] double reduced(double value, const std::vector<double>& uses, double& size) const;
  /// The same, given λ_k a_k of every limit.
  [[nodiscard]] static double reduced_by(double value, const std::vector<double>& prices, double& size);
  /// A row's best reduced value (0 where nothing is better than nothing), its scale, and by how much it may be off.
  void add_row(double best, double size, double tolerance);
  /// Collective. Against relaxed_bound (root adds the finding); gives g(λ).
  double check(const parallel::Communicator& comm, std::uint64_t rows, Findings& findings);

 private:
  const Certificate& certificate_;
  parallel::ExactSum sum_, size_, tolerance_;
};

/// Independent. What a certificate says besides of each limit of a list: measure, basis, declared limit, opening
/// balance, standard deviation and probability of exceeding, ratio, scenarios. `limit`: with its opening balances.
void check_declared(const CertifiedLimit& there, const Limit& limit, const Counting& counting, const Tally& tally,
                    double common_shock, Findings& findings);

/// Independent. Conditional value at risk of a list: the mean of its worst scenarios, of probability 1 − level
/// together.
struct Cvar {
  double value = 0;
  std::vector<double> weights;
};
[[nodiscard]] Cvar cvar_of(const std::vector<double>& uses, const std::vector<Scenario>& scenarios, double level);
/// Independent. What the certificate must say is used: the sum over the list, the scenario nearest to the limit, or
/// CVaR.
[[nodiscard]] LimitTruth truth_of(const Limit& limit, const Counting& counting, const Tally& tally);

}  // namespace proffer::verify
