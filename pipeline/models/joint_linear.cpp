#include "models/joint_linear.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "foundation/error.hpp"
#include "parallel/exact_sum.hpp"
#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

using parallel::ExactSum;

double line(const Eigen::VectorXd& theta, Eigen::Index first, std::span<const double> columns) {
  double sum = theta[first];
  for (std::size_t c = 0; c < columns.size(); ++c) sum += theta[first + 1 + static_cast<Eigen::Index>(c)] * columns[c];
  return sum;
}

/// Log-likelihood of a row and its derivatives by f, g, ρ: the table of docs/methods.md.
struct RowScore {
  double value = 0, by_f = 0, by_g = 0, by_rho = 0;
};
RowScore score_of(double f, double g, double rho, std::uint8_t response, std::uint8_t label) {
  if (response == 0) return {statistics::log_normal_cdf(-f), -statistics::inverse_mills_ratio(-f), 0, 0};
  if (label > 1) return {statistics::log_normal_cdf(f), statistics::inverse_mills_ratio(f), 0, 0};
  const double q = label == 1 ? 1 : -1;
  const auto both = statistics::log_bivariate_normal(f, q * g, q * rho);
  return {both.value, both.by_x, q * both.by_y, q * both.by_rho};
}

/// The likelihood of all ranks at theta, with the sum and the sum of outer products of the scores.
struct Climb {
  double value = 0;
  Eigen::VectorXd score;
  Eigen::MatrixXd square;
};

class Likelihood {
 public:
  Likelihood(const parallel::Communicator& comm, const HeckprobitRows& rows)
      : comm_(comm), rows_(rows), size_(static_cast<Eigen::Index>(rows.f_columns + rows.g_columns + 3)) {
    expects(rows.x.size() == rows.response.size() * rows.f_columns &&
                rows.z.size() == rows.response.size() * rows.g_columns && rows.label.size() == rows.response.size(),
            "columns of every row");
  }
  [[nodiscard]] Eigen::Index size() const { return size_; }

  [[nodiscard]] Climb at(const Eigen::VectorXd& theta) const {
    const auto n = static_cast<std::size_t>(size_);
    std::vector<ExactSum> sums(1 + n + n * (n + 1) / 2);
    std::vector<double> score(n);
    for (std::size_t i = 0; i < rows_.response.size(); ++i) {
      sums[0].add(row(theta, i, score));
      std::size_t at = 1 + n;
      for (std::size_t a = 0; a < n; ++a) {
        sums[1 + a].add(score[a]);
        for (std::size_t b = 0; b <= a; ++b) sums[at++].add(score[a] * score[b]);
      }
    }
    parallel::all_reduce(comm_, std::span<ExactSum>(sums));
    Climb climb{sums[0].rounded(), Eigen::VectorXd(size_), Eigen::MatrixXd(size_, size_)};
    std::size_t at = 1 + n;
    for (Eigen::Index a = 0; a < size_; ++a) {
      climb.score[a] = sums[1 + static_cast<std::size_t>(a)].rounded();
      for (Eigen::Index b = 0; b <= a; ++b) climb.square(a, b) = climb.square(b, a) = sums[at++].rounded();
    }
    return climb;
  }

 private:
  /// Log-likelihood of row i; its derivatives by theta into `score`.
  double row(const Eigen::VectorXd& theta, std::size_t i, std::vector<double>& score) const {
    const auto x = rows_.x.subspan(i * rows_.f_columns, rows_.f_columns);
    const auto z = rows_.z.subspan(i * rows_.g_columns, rows_.g_columns);
    const auto first_g = static_cast<Eigen::Index>(rows_.f_columns + 1);
    const double rho = std::tanh(theta[size_ - 1]);
    const RowScore at = score_of(line(theta, 0, x), line(theta, first_g, z), rho, rows_.response[i], rows_.label[i]);
    std::size_t place = 0;
    score[place++] = at.by_f;
    for (const double value : x) score[place++] = at.by_f * value;
    score[place++] = at.by_g;
    for (const double value : z) score[place++] = at.by_g * value;
    score[place] = at.by_rho * (1 - rho * rho);
    return at.value;
  }

  const parallel::Communicator& comm_;
  const HeckprobitRows& rows_;
  Eigen::Index size_;
};

}  // namespace

Heckprobit fit_heckprobit(const parallel::Communicator& comm, const HeckprobitRows& rows) {
  constexpr int most_steps = 200;
  constexpr double close = 1e-12;  // of the gain in log-likelihood that a step promises, per unit of likelihood
  const Likelihood likelihood(comm, rows);
  Eigen::VectorXd theta = Eigen::VectorXd::Zero(likelihood.size());
  Climb here = likelihood.at(theta);
  Heckprobit fit;
  for (int step = 0; step < most_steps && !fit.converged; ++step) {
    const Eigen::VectorXd direction = here.square.ldlt().solve(here.score);
    fit.converged = here.score.dot(direction) < close * (1 + std::fabs(here.value));
    double length = 1;
    Climb next = likelihood.at(theta + direction);
    while (!(next.value >= here.value) && length > 1e-6) {
      length /= 2;
      next = likelihood.at(theta + length * direction);
    }
    if (!(next.value >= here.value)) break;
    theta += length * direction;
    here = next;
  }
  const auto columns = static_cast<Eigen::Index>(rows.f_columns + 1);
  fit.f.assign(theta.data(), theta.data() + columns);
  fit.g.assign(theta.data() + columns, theta.data() + theta.size() - 1);
  fit.rho = std::tanh(theta[theta.size() - 1]);
  fit.log_likelihood = here.value;
  const Eigen::MatrixXd inverse = here.square.ldlt().solve(Eigen::MatrixXd::Identity(theta.size(), theta.size()));
  fit.rho_error = std::sqrt(std::max(0.0, inverse(theta.size() - 1, theta.size() - 1))) * (1 - fit.rho * fit.rho);
  return fit;
}

}  // namespace proffer::models
