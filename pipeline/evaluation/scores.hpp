// A view of scores of either width, so that no measure exists twice.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace proffer::evaluation {

/// Scores of this rank's rows, float or double. Does not own them.
class Scores {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a view converts from what it shows, as std::span does
  Scores(std::span<const float> values) : floats_(values), is_float_(true) {}
  Scores(std::span<const double> values) : doubles_(values) {}
  Scores(const std::vector<float>& values) : Scores(std::span<const float>(values)) {}
  Scores(const std::vector<double>& values) : Scores(std::span<const double>(values)) {}
  // NOLINTEND(google-explicit-constructor)
  [[nodiscard]] std::size_t size() const { return is_float_ ? floats_.size() : doubles_.size(); }
  [[nodiscard]] double operator[](std::size_t row) const {
    return is_float_ ? static_cast<double>(floats_[row]) : doubles_[row];
  }

 private:
  std::span<const float> floats_;
  std::span<const double> doubles_;
  bool is_float_ = false;
};

}  // namespace proffer::evaluation
