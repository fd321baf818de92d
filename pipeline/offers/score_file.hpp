// The score file (docs/formats.md, "Scores"): every borrower against every offer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "offers/reasons.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::offers {

/// What combine needs to know of each offer; one entry per offer in every vector.
struct ScoreCatalog {
  std::vector<std::string> products, channels;  ///< labels of the codes
  std::vector<std::string> funders;             ///< labels; none where the catalog names no funder
  std::vector<std::string> name;
  std::vector<std::uint8_t> product, channel;
  std::vector<std::uint8_t> funder;                   ///< 255 = none
  std::vector<double> asked_apr{};                    ///< at which the models were asked; empty: at apr
  std::vector<std::uint8_t> asset_class;              ///< AssetClass of the capital formula
  std::vector<double> capital_lgd, capital_pd_floor;  ///< LGD with its floor, least PD, of the capital formula
  std::vector<double> limit, exposure, lgd, fraud_loss, contact_cost, apr, effective_apr;
  std::vector<std::uint16_t> term;
  [[nodiscard]] std::size_t size() const { return name.size(); }
};

struct ScoreSchema {
  ScoreCatalog catalog;
  std::vector<std::string> reasons;       ///< name of each bit
  std::vector<ReasonClass> reason_class;  ///< of each bit
  std::vector<std::string> segments;      ///< label of each code of /score/segment
  std::vector<std::string> groups;        ///< label of each code of /score/group: of the monitored column
  std::vector<std::uint64_t> group_rows;  ///< decided borrowers of each group
  /// Existing exposure of the decided borrowers by segment, behind them that of borrowers without a segment; empty
  /// where the book has no accounts.
  std::vector<double> opening;
  std::vector<std::string> assumptions;
  std::string currency;
  int horizon_months = 0;
};

/// Some consecutive rows. Matrices are rows × offers, row-major.
struct ScoreRows {
  std::uint64_t first_row = 0;
  std::vector<std::uint64_t> id, unit;
  std::vector<float> p_take, p_default, value;
  std::vector<std::uint32_t> reason;
  std::vector<float> p_fraud;
  std::vector<std::uint8_t> segment;
  std::vector<std::uint8_t> group;  ///< 255 = none
  [[nodiscard]] std::size_t rows() const { return id.size(); }
  void resize(std::size_t rows, std::size_t offers);
};

/// Values of the same pairs by the models' second opinions, for a hash sample of the borrowers (docs/methods.md,
/// "Honest value"). `value` is rows × offers.
struct SecondValues {
  std::vector<std::uint64_t> id;
  std::vector<float> value;
};

/// Constructor and publish are collective, write is independent.
class ScoreWriter {
 public:
  /// `second_rows`: rows of SecondValues in all; 0 = none.
  ScoreWriter(const parallel::Communicator& comm, const std::filesystem::path& path, const ScoreSchema& schema,
              std::uint64_t rows, std::uint64_t second_rows);
  void write(const ScoreRows& rows);
  void write_second(std::uint64_t first_row, const SecondValues& values);
  [[nodiscard]] storage::Published publish();

 private:
  storage::TableWriter table_;
  bool with_groups_;
};

/// Independent. DataError (dataset:row) where a code has no label, or an eligible pair a number that is none.
class ScoreReader {
 public:
  explicit ScoreReader(const std::filesystem::path& path);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const ScoreSchema& schema() const { return schema_; }
  [[nodiscard]] ScoreRows read(std::uint64_t first, std::uint64_t count) const;
  [[nodiscard]] std::vector<std::uint64_t> read_ids(std::uint64_t first, std::uint64_t count) const;
  [[nodiscard]] std::uint64_t second_rows() const;
  [[nodiscard]] SecondValues read_second(std::uint64_t first, std::uint64_t count) const;
  [[nodiscard]] std::vector<std::uint64_t> read_second_ids() const;

 private:
  void check(const ScoreRows& rows) const;

  storage::TableReader table_;
  ScoreSchema schema_;
  std::uint64_t rows_ = 0;
};

/// Writes /catalog/… (for the score file and the offer list). Collective.
void write_catalog(storage::TableWriter& table, const ScoreCatalog& catalog);
/// Independent. DataError (dataset:offer) where a code has no label or a column another length than the names.
[[nodiscard]] ScoreCatalog read_catalog_table(const storage::TableReader& table);

}  // namespace proffer::offers
