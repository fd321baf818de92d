// Random samples for the tests and ways to deal them out to ranks.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "parallel/random.hpp"
#include "support/world.hpp"

namespace proffer::evaluation::test {

struct Sample {
  std::vector<double> scores;
  std::vector<float> floats;  ///< the same scores, rounded
  std::vector<std::uint8_t> labels;
  std::vector<double> weights;
  std::vector<std::uint64_t> ids;
  std::vector<std::uint8_t> treated;
};

/// Probabilities rounded to multiples of 1/levels (ties; 0: none), labels drawn from them, weights in (0, 4).
inline Sample sample(std::size_t rows, std::uint64_t levels, std::uint64_t seed) {
  Sample result;
  for (std::size_t i = 0; i < rows; ++i) {
    parallel::RandomStream random(seed, i, "test.sample");
    double p = std::pow(random.uniform(), 2);
    if (levels > 0) p = std::round(p * static_cast<double>(levels)) / static_cast<double>(levels);
    result.floats.push_back(static_cast<float>(p));
    result.scores.push_back(levels > 0 ? p : static_cast<double>(result.floats.back()));
    result.labels.push_back(random.uniform() < 0.2 + 0.5 * p);
    result.weights.push_back(4 * random.uniform());
    result.ids.push_back(i);
    result.treated.push_back(random.uniform() < 0.6);
  }
  return result;
}

/// The ways in which the tests deal rows out: evenly; unevenly, with an empty rank; everything on the last rank.
inline constexpr int dealings = 3;

/// This rank's part of a vector of all rows.
template <class T>
std::vector<T> dealt(const std::vector<T>& all, int dealing) {
  const auto& world = proffer::test::world();
  const auto rank = static_cast<std::size_t>(world.rank());
  const auto ranks = static_cast<std::size_t>(world.size());
  const auto start = [&](std::size_t r) {
    if (r == 0 || r == ranks) return r == 0 ? std::size_t{0} : all.size();
    if (dealing == 0) return all.size() * r / ranks;
    if (dealing == 1) return all.size() * ((r + 1) / 2) / (3 * ranks);  // every second rank is empty
    return std::size_t{0};
  };
  return {all.begin() + static_cast<std::ptrdiff_t>(start(rank)),
          all.begin() + static_cast<std::ptrdiff_t>(start(rank + 1))};
}

inline Sample dealt(const Sample& all, int dealing) {
  return {dealt(all.scores, dealing),  dealt(all.floats, dealing), dealt(all.labels, dealing),
          dealt(all.weights, dealing), dealt(all.ids, dealing),    dealt(all.treated, dealing)};
}

}  // namespace proffer::evaluation::test
