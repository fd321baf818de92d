// The small linear program of the cutting-plane method: the lowest point of a few lines' maximum within a box.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace proffer::allocation {

/// min_d max_c (height_c + slope_c·d) over lower ≤ d ≤ upper, by the primal simplex method on its dual
///   max Σ α_c height_c + Σ_k (lower_k p_k − upper_k q_k),  Σ α = 1,  Σ_c α_c slope_c − p + q = 0,  α, p, q ≥ 0,
/// whose constraints do not change when the centre or the box moves: the last basis stays feasible and is the start
/// of the next solve. Serial, deterministic.
class Master {
 public:
  explicit Master(std::size_t dimensions) : dimensions_(dimensions) {}

  /// A new line; returns its number.
  std::size_t add(std::span<const double> slope);
  [[nodiscard]] std::size_t lines() const { return slopes_.size(); }

  struct Answer {
    std::vector<double> step;         ///< d [dimensions]
    double height = 0.0;              ///< the maximum of the lines at d
    std::vector<double> weight;       ///< α [lines]: a convex combination of the lines
    std::vector<double> lower_force;  ///< p [dimensions]: multiplier of d ≥ lower
    std::vector<double> upper_force;  ///< q [dimensions]
  };
  /// At least one line is needed.
  [[nodiscard]] Answer solve(std::span<const double> height, std::span<const double> lower,
                             std::span<const double> upper);

  /// Forgets the lines for which `keep` is false, except those of the current basis; returns the old number of each
  /// line that stays.
  std::vector<std::size_t> forget(const std::vector<bool>& keep);

 private:
  enum class Kind { line, lower, upper };
  struct Column {
    Kind kind = Kind::line;
    std::size_t index = 0;
    friend bool operator==(const Column&, const Column&) = default;
  };
  void start_basis(std::span<const double> height);

  std::size_t dimensions_;
  std::vector<std::vector<double>> slopes_;
  std::vector<Column> basis_;
};

}  // namespace proffer::allocation
