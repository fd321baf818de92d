#include "boosting/objective.hpp"

#include "statistics/logistic.hpp"

namespace proffer::boosting {
namespace {

class Logistic : public Objective {
 public:
  explicit Logistic(std::span<const std::uint8_t> labels) : labels_(labels) {}
  [[nodiscard]] std::size_t rows() const override { return labels_.size(); }
  [[nodiscard]] bool takes_part(std::size_t row) const final { return labels_[row] <= 1; }
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      gradient[i] = curvature[i] = 0;
      if (!takes_part(first + i)) continue;
      const double p = statistics::sigmoid(static_cast<double>(margins[i]));
      gradient[i] = p - (labels_[first + i] == 1 ? 1.0 : 0.0);
      curvature[i] = p * (1 - p);
    }
  }
  void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const auto margin = static_cast<double>(margins[i]);
      loss[i] = statistics::log1pexp(labels_[first + i] == 1 ? -margin : margin);
    }
  }

 private:
  std::span<const std::uint8_t> labels_;
};

}  // namespace

std::unique_ptr<Objective> logistic(std::span<const std::uint8_t> labels) {
  return std::make_unique<Logistic>(labels);
}

}  // namespace proffer::boosting
