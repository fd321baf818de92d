// The code matrix of all ranks in the form XGBoost trains on, built once and used for every model on these rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boosting/code_tiles.hpp"
#include "boosting/communicator/session.hpp"

namespace proffer::boosting {

/// Codes of this rank's rows; labels, weights and subsets of rows come with the objective and the options of a model.
class TrainingData {
 public:
  /// Collective. `codes`: rows × bins.size(), row-major, of this rank; it may have none. `bins`: number of bins per
  /// feature, the same on every rank; a code is below its feature's bins or missing. `units`: one per row, what
  /// row sampling hashes (may be empty where no rows are sampled). `threads`: affects speed only.
  /// DataError where no rank has a row or a code is out of range.
  TrainingData(const CommunicatorSession& session, std::vector<std::uint8_t> codes, std::span<const std::size_t> bins,
               std::vector<std::uint64_t> units, int threads);
  ~TrainingData();
  TrainingData(TrainingData&&) noexcept;
  TrainingData& operator=(TrainingData&&) noexcept;

  [[nodiscard]] const CommunicatorSession& session() const { return *session_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }                ///< of this rank
  [[nodiscard]] std::uint64_t total_rows() const { return total_rows_; }  ///< of all ranks
  [[nodiscard]] std::size_t features() const { return features_; }
  /// The codes of this rank's rows.
  [[nodiscard]] const CodeTiles& tiles() const { return tiles_; }
  [[nodiscard]] std::span<const std::uint64_t> units() const { return units_; }
  /// Rows of the matrix inside XGBoost: rows(), and perhaps one of padding, whose derivatives must be 0.
  [[nodiscard]] std::size_t matrix_rows() const { return matrix_rows_; }
  /// XGBoost's handle of the matrix.
  [[nodiscard]] void* matrix() const;

 private:
  struct Matrix;
  const CommunicatorSession* session_;
  std::size_t features_;
  std::size_t rows_;
  std::uint64_t total_rows_ = 0;
  std::size_t matrix_rows_ = 0;
  CodeTiles tiles_;
  std::vector<std::uint64_t> units_;
  std::unique_ptr<Matrix> matrix_;
};

}  // namespace proffer::boosting
