// A model file (docs/formats.md, "Model") read plainly: trees on raw feature values, walked one row at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "borrowers/book.hpp"
#include "statistics/bivariate_normal_table.hpp"
#include "verify/catalog.hpp"
#include "verify/findings.hpp"

namespace proffer::verify {

struct Node {
  std::int32_t left = -1, right = -1;  ///< −1: a leaf
  std::uint32_t input = 0;
  float below = 0;  ///< smaller values go left
  bool missing_left = false;
  float leaf = 0;
};

struct Trees {
  float base = 0;
  std::vector<std::vector<Node>> trees;
  /// The base and the leaves reached, added up in float in the order of the trees.
  [[nodiscard]] float margin(std::span<const float> inputs) const;
};

/// How often terms were offered in the past.
struct Trial {
  std::string product;
  double limit = 0;
  float apr = 0;
  std::uint64_t count = 0;
};

/// A rising map from log-odds to a probability (docs/methods.md, "Calibration").
struct CalibrationMap {
  std::string method;
  double slope = 1, slope_no = 1, intercept = 0, shift = 0;
  std::vector<std::pair<double, double>> knots;  ///< log-odds, probability
  [[nodiscard]] double of(double log_odds) const;
};

struct ModelFile {
  std::string link;
  int horizon_months = 0;
  std::vector<std::string> features, terms, products, channels;
  std::vector<std::vector<std::string>> dictionaries;
  Trees trees;
  std::optional<CalibrationMap> calibration;
  std::optional<Trees> second;
  double second_intercept = 0;
  std::optional<double> rho;  ///< of a joint default model: its margin is g, and PD needs the response's margin f
  std::vector<Trial> trials;

  [[nodiscard]] double log_odds(float margin) const;
  [[nodiscard]] double probability(float margin) const;
  /// By the second opinion, of its own margin.
  [[nodiscard]] double second_probability(float margin) const;
};

/// Independent. DataError where it is no model of this format.
[[nodiscard]] ModelFile read_model(const std::filesystem::path& path);
/// Independent. The exported XGBoost model beside it, where there is one: its trees must be the same ones.
void check_export(const std::filesystem::path& model_path, const ModelFile& model, Findings& findings);

/// One model against a book's columns and the offers of a catalog. Independent; const.
class ModelOnBook {
 public:
  ModelOnBook(ModelFile model, const borrowers::Schema& schema, const Catalog& catalog);
  [[nodiscard]] const ModelFile& file() const { return model_; }
  /// Probability (rounded to float, as it is stored) of every offer for a row of the book; of `only` where given (the
  /// others are left as they are). `response`: needed by a joint default model.
  void probabilities(std::span<const float> row, std::optional<std::size_t> only, bool second, std::vector<float>& out,
                     const ModelOnBook* response = nullptr) const;

 private:
  [[nodiscard]] float margin(std::vector<float>& inputs, std::size_t offer, bool second) const;
  /// f of every offer, as a joint default model takes it.
  [[nodiscard]] std::vector<float> take_up(std::span<const float> row, std::optional<std::size_t> only,
                                           bool second) const;
  [[nodiscard]] std::vector<float> inputs_of(std::span<const float> row) const;
  ModelFile model_;
  std::vector<std::size_t> columns_;
  std::vector<std::vector<float>> code_of_book_code_;                      ///< of each feature; empty: taken as it is
  std::vector<std::vector<float>> terms_;                                  ///< of each offer
  std::vector<std::size_t> first_alike_;                                   ///< the first offer with the same terms
  std::shared_ptr<const statistics::ConditionalQuantileTable> of_takers_;  ///< of a joint model
};

}  // namespace proffer::verify
