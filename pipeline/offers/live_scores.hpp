// Scored rows made on the way from a book and models, stored nowhere.
#pragma once

#include <filesystem>
#include <optional>

#include "borrowers/book.hpp"
#include "borrowers/decided_rows.hpp"
#include "offers/row_scorer.hpp"
#include "offers/score.hpp"
#include "offers/scored_batches.hpp"

namespace proffer::offers {

/// The decided rows of this rank's part of a book against the catalog. What a visit gives does not depend on threads or
/// `batch_rows` (except where the batches end), nor the rows of all ranks together on the ranks.
class LiveScores final : public ScoredBatches {
 public:
  /// Collective. Errors of reading and of settings are agreed. Memory per rank: what finding the decided rows takes
  /// (32 bytes per row of its part), then at most 24 bytes per row and two batches.
  LiveScores(const parallel::Communicator& comm, const std::filesystem::path& population, const ScoreModels& models,
             ScoreSettings settings, std::uint64_t seed, int threads, std::uint64_t batch_rows);
  LiveScores(const LiveScores&) = delete;
  LiveScores& operator=(const LiveScores&) = delete;

  [[nodiscard]] const ScoreSchema& schema() const override { return schema_; }
  [[nodiscard]] std::uint64_t rows() const override { return rows_; }
  [[nodiscard]] std::uint64_t first_row() const override { return first_row_; }
  [[nodiscard]] std::uint64_t total_rows() const override { return total_rows_; }
  void visit(const Take& take, const Wanted& wanted = {}) const override;
  [[nodiscard]] SecondValues second() const override;

  /// Where second() of this rank stands among all ranks', and how many there are.
  [[nodiscard]] std::uint64_t first_second() const { return first_second_; }
  [[nodiscard]] std::uint64_t total_second() const { return total_second_; }
  using TakeSecond = std::function<void(const SecondValues&)>;
  /// Independent. visit and second in one pass: after each batch its borrowers in the sample, where there are any.
  void visit_with_second(const Take& take, const TakeSecond& take_second) const;

 private:
  struct Part;
  void find_rows(const parallel::Communicator& comm, std::uint64_t seed);
  void count_rows(const parallel::Communicator& comm);
  [[nodiscard]] bool sampled(std::uint64_t id) const;
  /// Rows of the book before `first` are gone through, `done` of them decided ones.
  struct Cursor {
    std::uint64_t first;
    std::size_t done;
  };
  [[nodiscard]] std::optional<Part> next_part(Cursor& cursor, const Wanted& wanted) const;
  [[nodiscard]] std::optional<Part> next_wanted(Cursor& cursor, const Wanted& wanted) const;
  void each_part(const std::function<void(const Part&)>& work, const Wanted& wanted) const;
  void each_scored(const std::function<void(const Part&, const ScoreRows&)>& work, const Wanted& wanted) const;
  void values_of_sample(const Part& part, SecondValues& second) const;

  ScoreSettings settings_;
  std::optional<borrowers::BookReader> book_;
  std::optional<RowScorer> scorer_;
  ScoreSchema schema_;
  std::uint64_t batch_rows_;
  parallel::RowRange range_;            // of the book
  std::vector<std::uint64_t> decided_;  // rows of the book, ascending; empty where all of the range are
  borrowers::Existing existing_;        // of each decided row; empty where nobody has accounts or nothing asks
  std::uint64_t rows_ = 0, first_row_ = 0, total_rows_ = 0;
  std::uint64_t sample_seed_ = 0, sample_threshold_ = 0;
  std::uint64_t first_second_ = 0, total_second_ = 0;
};

}  // namespace proffer::offers
