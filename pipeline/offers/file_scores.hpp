// Scored rows from a score file.
#pragma once

#include <filesystem>

#include "offers/scored_batches.hpp"

namespace proffer::offers {

/// This rank's rows of a score file (storage::rows_of_rank), read batch by batch with their checksums.
class FileScores final : public ScoredBatches {
 public:
  /// Independent. `comm` says only which rows are this rank's. DataError as ScoreReader.
  FileScores(const parallel::Communicator& comm, const std::filesystem::path& path,
             std::uint64_t batch_rows = 4 * storage::block_rows);

  [[nodiscard]] const ScoreSchema& schema() const override { return reader_.schema(); }
  [[nodiscard]] std::uint64_t rows() const override { return range_.size(); }
  [[nodiscard]] std::uint64_t first_row() const override { return range_.begin; }
  [[nodiscard]] std::uint64_t total_rows() const override { return reader_.rows(); }
  void visit(const Take& take, const Wanted& wanted = {}) const override;
  [[nodiscard]] SecondValues second() const override;

 private:
  ScoreReader reader_;
  parallel::RowRange range_;
  std::uint64_t batch_rows_;
};

}  // namespace proffer::offers
