// Rows of offers.h5 and, where they were stored, of scores.h5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/table_file.hpp"

namespace proffer::verify {

/// Names of decision codes 0 … 7.
[[nodiscard]] const std::vector<std::string>& decision_names();
enum Decision : std::uint8_t {
  offered = 0,
  eligible_not_selected = 1,
  policy_decline = 2,
  model_decline = 3,
  fraud_refer = 4,
  suppressed_borrower = 5,
  control_borrower = 6,
};
inline constexpr std::uint16_t no_reason = 65535;

struct ListRows {
  std::vector<std::uint64_t> id;
  std::vector<std::uint8_t> code, product, channel;
  std::vector<std::int32_t> offer, runner_up;
  std::vector<double> limit, value, reduced_value, runner_up_reduced_value;
  std::vector<float> apr, p_take, p_default, p_fraud;
  std::vector<float> propensity;             ///< empty where the file has none
  std::vector<std::uint16_t> term, reasons;  ///< four reasons a row
};

/// Independent. DataError where the file is none, or its columns are not those of docs/formats.md.
class ListFile {
 public:
  explicit ListFile(const std::filesystem::path& path);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const storage::TableReader& table() const { return table_; }
  [[nodiscard]] ListRows read(std::uint64_t first, std::uint64_t count) const;

 private:
  storage::TableReader table_;
  std::uint64_t rows_ = 0;
};

/// Matrices are rows × offers.
struct ScoreRows {
  std::vector<std::uint64_t> id, unit;
  std::vector<float> p_take, p_default, value, p_fraud;
  std::vector<std::uint32_t> reason;
  std::vector<std::uint8_t> segment;
};

/// Independent. DataError as above.
class ScoreFile {
 public:
  ScoreFile(const std::filesystem::path& path, std::uint64_t offers);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const storage::TableReader& table() const { return table_; }
  [[nodiscard]] ScoreRows read(std::uint64_t first, std::uint64_t count) const;

 private:
  storage::TableReader table_;
  std::uint64_t rows_ = 0;
};

}  // namespace proffer::verify
