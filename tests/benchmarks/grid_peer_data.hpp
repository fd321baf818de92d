// A planted population for the comparison of the offer grid with XGBoost: 40 borrower features of many shapes, 4 offer
// terms that matter, a model trained on them, and rows with every value that is awkward.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "boosting/trainer.hpp"
#include "features/binning.hpp"

namespace proffer::bench {

inline constexpr std::size_t borrower_features = 40;
inline constexpr std::size_t offer_terms = 4;  // product, limit, rate, months
inline constexpr std::size_t inputs = borrower_features + offer_terms;

/// `count` offers: 24 or 96 are products × limits × rates × months in full.
inline std::vector<float> planted_offers(std::size_t count) {
  std::vector<float> offers;
  for (std::size_t j = 0; j < count; ++j) {
    const std::size_t rest = j / 2;
    offers.insert(offers.end(),
                  {static_cast<float>(j % 2), 1000.0F * static_cast<float>(1 + rest % 4),
                   0.06F + 0.03F * static_cast<float>(rest / 4 % 6), 12.0F * static_cast<float>(1 + rest / 24 % 4)});
  }
  return offers;
}

/// A number that many things shape: normal, log-normal, counts, a few labels, a mass at zero; 4 % are missing.
inline float planted_feature(std::size_t feature, std::mt19937_64& random) {
  const double normal = std::normal_distribution<double>()(random);
  if (random() % 25 == 0) return std::numeric_limits<float>::quiet_NaN();
  switch (feature % 5) {
    case 0:
      return static_cast<float>(normal);
    case 1:
      return static_cast<float>(std::exp(7 + normal));
    case 2:
      return static_cast<float>(std::floor(std::abs(3 * normal)));
    case 3:
      return static_cast<float>(random() % 6);
    default:
      return random() % 3 == 0 ? 0.0F : static_cast<float>(normal * 0.1);
  }
}

inline std::vector<float> planted_rows(std::size_t rows, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> values(rows * borrower_features);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = planted_feature(i % borrower_features, random);
  return values;
}

inline double or_zero(float value) {
  return std::isnan(value) ? 0.5 : static_cast<double>(value);
}

/// Log-odds of acceptance: levels, interactions of borrower and offer, and of offer terms.
inline double planted_log_odds(const float* x, const float* offer) {
  const double income = std::log1p(std::abs(or_zero(x[1]))) - 7;
  const double rate = static_cast<double>(offer[2]), limit = static_cast<double>(offer[1]) / 2000;
  double z =
      -0.6 - 9 * (rate - 0.12) * (1 + 0.4 * std::tanh(or_zero(x[0]))) + 0.5 * std::log(limit) * (1 - 0.5 * income);
  z += (offer[0] > 0 ? 0.4 : -0.2) * or_zero(x[3]) / 3 - 0.01 * static_cast<double>(offer[3]) * or_zero(x[2]) / 4;
  for (std::size_t f = 4; f < borrower_features; ++f)
    z += 0.25 / std::sqrt(static_cast<double>(f)) *
         std::sin(or_zero(x[f]) * (f % 5 == 1 ? 0.001 : 1) + static_cast<double>(f));
  return z;
}

struct PlantedModel {
  features::BinTable bins;  // of borrower features, then offer terms
  boosting::Forest forest;
};

inline features::BinTable part_of(const features::BinTable& bins, std::size_t first, std::size_t end) {
  const auto from = static_cast<std::ptrdiff_t>(first), to = static_cast<std::ptrdiff_t>(end);
  return {{bins.names.begin() + from, bins.names.begin() + to}, {bins.cuts.begin() + from, bins.cuts.begin() + to}};
}

/// 200 trees of depth 6, trained on `rows` contacts with offers drawn at random.
inline PlantedModel planted_model(const parallel::Communicator& comm, std::size_t rows, int threads) {
  std::mt19937_64 random(4);
  const std::vector<float> borrowers = planted_rows(rows, 3), offers = planted_offers(96);
  std::vector<float> x;
  std::vector<std::uint8_t> labels;
  x.reserve(rows * inputs);
  for (std::size_t i = 0; i < rows; ++i) {
    const float* borrower = borrowers.data() + i * borrower_features;
    const float* offer = offers.data() + random() % 96 * offer_terms;
    x.insert(x.end(), borrower, borrower + borrower_features);
    x.insert(x.end(), offer, offer + offer_terms);
    const double p = 1 / (1 + std::exp(-planted_log_odds(borrower, offer)));
    labels.push_back(std::uniform_real_distribution<double>()(random) < p ? 1 : 0);
  }
  PlantedModel model;
  std::vector<std::size_t> bins;
  for (std::size_t f = 0; f < inputs; ++f) {
    std::vector<float> column;
    for (std::size_t i = 0; i < rows; ++i)
      if (!std::isnan(x[i * inputs + f])) column.push_back(x[i * inputs + f]);
    model.bins.names.push_back("x" + std::to_string(f));
    model.bins.cuts.push_back(features::choose_cuts(column, features::max_bins));
    bins.push_back(model.bins.bins(f));
  }
  std::vector<std::uint8_t> codes(x.size());
  features::encode(model.bins, x, codes);
  const boosting::CommunicatorSession session(comm, {});
  const boosting::TrainingData data(session, std::move(codes), bins, {}, threads);
  const auto objective = boosting::logistic(labels);
  boosting::TrainOptions options;
  options.rounds = 200;
  options.max_depth = 6;
  options.eta = 0.1;
  options.threads = threads;
  model.forest = boosting::train(data, {*objective, {}}, options).forest;
  return model;
}

/// Overwrites a tenth of the values with missing ones, zeros of both signs, subnormals, cut points and their
/// neighbours, and the largest numbers.
inline void make_awkward(std::span<float> values, const features::BinTable& bins, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  using limits = std::numeric_limits<float>;
  const std::array plain{limits::quiet_NaN(),
                         0.0F,
                         -0.0F,
                         limits::denorm_min(),
                         -limits::denorm_min(),
                         limits::min() / 2,
                         limits::max(),
                         limits::lowest(),
                         -limits::min() / 4,
                         limits::min()};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (random() % 10 != 0) continue;
    const std::vector<float>& cuts = bins.cuts[i % borrower_features];
    if (random() % 2 == 0 || cuts.empty()) {
      values[i] = plain[random() % plain.size()];
    } else {
      const float cut = cuts[random() % cuts.size()];
      const std::array around{cut, std::nextafter(cut, limits::lowest()), std::nextafter(cut, limits::max())};
      values[i] = around[random() % 3];
    }
  }
}

}  // namespace proffer::bench
