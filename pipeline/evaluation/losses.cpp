#include "evaluation/losses.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>

#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::evaluation {
namespace {

using parallel::ExactSum;

struct Mean {
  std::array<ExactSum, 2> sums;  // of weight · value, of weight
  std::uint64_t rows = 0;        // without weights: how many

  void add(double value) {
    sums[0].add(value);
    ++rows;
  }
  void add(double value, double weight) {
    sums[0].add_product(weight, value);
    sums[1].add(weight);
  }
  [[nodiscard]] std::optional<double> over_ranks(const parallel::Communicator& comm) {
    parallel::all_reduce(comm, sums);
    rows = parallel::sum_over_ranks(comm, rows);
    const double weight = rows > 0 ? static_cast<double>(rows) : sums[1].rounded();
    if (weight == 0) return std::nullopt;
    return sums[0].rounded() / weight;
  }
};

void check_row(double weight, std::uint64_t row) {
  if (!(weight >= 0 && std::isfinite(weight)))
    throw DataError({"the weight of row " + std::to_string(row) + " is " + std::to_string(weight),
                     "weights are finite and not negative", "check where the weights come from"});
}

void check_row(double probability, std::uint8_t label, std::uint64_t row) {
  if (!(probability >= 0 && probability <= 1))
    throw DataError({"the probability of row " + std::to_string(row) + " is " + std::to_string(probability),
                     "it must be from 0 to 1", "pass probabilities, not margins"});
  if (label > 1)
    throw DataError({"the label of row " + std::to_string(row) + " is " + std::to_string(label), "it must be 0 or 1",
                     "leave out rows whose outcome is not known"});
}

/// Collective. The weighted mean of value(row), where value may throw for a row (counted over ranks).
template <class Value>
std::optional<double> mean_of(const parallel::Communicator& comm, std::size_t rows, std::span<const double> weights,
                              Value value) {
  const std::uint64_t first = parallel::sum_before(comm, static_cast<std::uint64_t>(rows));
  const bool weighted = parallel::any_over_ranks(comm, !weights.empty());
  Mean mean;
  parallel::together(comm, [&] {
    expects(weights.size() == (weighted ? rows : 0), "as many weights as rows, or none on any rank");
    for (std::size_t i = 0; i < rows; ++i) {
      if (weighted) {
        check_row(weights[i], first + i);
        mean.add(value(i, first + i), weights[i]);
      } else {
        mean.add(value(i, first + i));
      }
    }
  });
  return mean.over_ranks(comm);
}

}  // namespace

double log_loss_of(double probability, bool positive, double clip) {
  const double p = std::clamp(probability, clip, 1 - clip);
  return -std::log(positive ? p : 1 - p);
}

std::optional<double> log_loss(const parallel::Communicator& comm, Scores probabilities,
                               std::span<const std::uint8_t> labels, std::span<const double> weights, double clip) {
  return mean_of(comm, probabilities.size(), weights, [&](std::size_t i, std::uint64_t row) {
    expects(labels.size() == probabilities.size(), "log_loss: as many labels as probabilities");
    check_row(probabilities[i], labels[i], row);
    return log_loss_of(probabilities[i], labels[i] == 1, clip);
  });
}

std::optional<double> brier(const parallel::Communicator& comm, Scores probabilities,
                            std::span<const std::uint8_t> labels, std::span<const double> weights) {
  return mean_of(comm, probabilities.size(), weights, [&](std::size_t i, std::uint64_t row) {
    expects(labels.size() == probabilities.size(), "brier: as many labels as probabilities");
    check_row(probabilities[i], labels[i], row);
    const double difference = probabilities[i] - labels[i];
    return difference * difference;
  });
}

std::optional<double> exact_mean(const parallel::Communicator& comm, std::span<const double> values,
                                 std::span<const double> weights) {
  return mean_of(comm, values.size(), weights, [&](std::size_t i, std::uint64_t row) {
    if (!std::isfinite(values[i]))
      throw DataError({"the value of row " + std::to_string(row) + " is " + std::to_string(values[i]),
                       "a mean needs finite values", "leave such rows out"});
    return values[i];
  });
}

void GridSum::refuse() {
  throw std::logic_error("GridSum: a value is NaN or 2^22 or more");
}

double GridSum::over_ranks(const parallel::Communicator& comm) const {
  std::array<Wide, 1> sum{static_cast<Wide>(sum_)};  // two's complement adds up modulo 2^128
  all_reduce_sum(comm, sum);
  __extension__ using Signed = __int128;
  return static_cast<double>(static_cast<Signed>(sum[0])) * unit;
}

std::optional<double> grid_mean(const parallel::Communicator& comm, std::span<const double> values) {
  GridSum sum;
  parallel::together(comm, [&] {
    for (const double value : values) sum.add(value);
  });
  const std::uint64_t rows = parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(values.size()));
  const double total = sum.over_ranks(comm);
  if (rows == 0) return std::nullopt;
  return total / static_cast<double>(rows);
}

std::optional<double> grid_log_loss(const parallel::Communicator& comm, Scores probabilities,
                                    std::span<const std::uint8_t> labels, double clip) {
  GridSum sum;
  parallel::together(comm, [&] {
    expects(labels.size() == probabilities.size(), "grid_log_loss: as many labels as probabilities");
    for (std::size_t i = 0; i < labels.size(); ++i) sum.add(log_loss_of(probabilities[i], labels[i] == 1, clip));
  });
  const std::uint64_t rows = parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(labels.size()));
  const double total = sum.over_ranks(comm);
  if (rows == 0) return std::nullopt;
  return total / static_cast<double>(rows);
}

}  // namespace proffer::evaluation
