// Who the synthetic borrowers are: their true characteristics and what of them a book shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "borrowers/book.hpp"
#include "borrowers/marginals.hpp"

namespace proffer::borrowers {

/// Columns of a synthetic book: the latent variables' features (same numbers as in namespace latent), then these.
namespace column {
enum : std::size_t {
  employment = latent::size,
  region,
  city_tier,
  sex,
  marital_status,
  hour_of_application,
  phone_verified,
  salary_increase,
  moved_home,
  overdraft_30d,
  job_change,
  large_withdrawal,
  size
};
}  // namespace column

/// Codes of `employment`, in the order of employment_by_age().
namespace employment_code {
enum : int {
  blue_collar,
  management,
  technician,
  admin,
  services,
  retired,
  self_employed,
  entrepreneur,
  unemployed,
  housemaid,
  student,
  size
};
}  // namespace employment_code

[[nodiscard]] std::vector<Column> synthetic_columns();

/// Some borrowers, row-major, column::size per row.
struct People {
  std::vector<float> truth;  ///< complete
  std::vector<float> shown;  ///< as the book has them: NaN = missing
  [[nodiscard]] std::span<const float> true_row(std::size_t i) const {
    return std::span(truth).subspan(i * column::size, column::size);
  }
  [[nodiscard]] std::span<const float> shown_row(std::size_t i) const {
    return std::span(shown).subspan(i * column::size, column::size);
  }
};

/// Draws borrowers. Independent; thread-compatible.
class Crowd {
 public:
  /// `hidden` times the probabilities that values are missing from the book.
  Crowd(std::uint64_t seed, double drift, double hidden = 1)
      : seed_(seed), drift_(drift), hidden_(hidden), marginals_(latent_marginals()) {}
  /// months[i] = months since the first campaign, on which the drift depends.
  void draw(std::span<const std::uint64_t> ids, std::span<const int> months, People& people);

 private:
  void draw_latent(std::span<const std::uint64_t> ids, std::span<const int> months);
  void complete(std::uint64_t id, std::size_t row, std::size_t rows, std::span<float> values) const;
  void hide(std::uint64_t id, std::span<const float> values, std::span<float> shown) const;
  std::uint64_t seed_;
  double drift_, hidden_;
  Copula copula_;
  std::vector<Marginal> marginals_;
  std::vector<double> normals_;  // latent::size × rows of the borrowers being drawn
};

}  // namespace proffer::borrowers
