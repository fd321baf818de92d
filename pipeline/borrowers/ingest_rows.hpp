// One row of a CSV file → one row of a book.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "borrowers/book.hpp"
#include "borrowers/ingest_cells.hpp"
#include "borrowers/mapping.hpp"

namespace proffer::borrowers {

struct OfferRow {
  std::uint8_t contacted = 1, product = no_code, channel = no_code;
  double limit = 0;
  float apr = 0, contract_apr = 0;
  std::uint16_t term = 0;
  float propensity = 0;
};

struct OutcomeRow {
  std::uint8_t responded = outcome::unknown, booked = outcome::unknown, defaulted = outcome::unknown,
               fraud = outcome::unknown, attrited = outcome::unknown, repeated = outcome::unknown,
               delinquent = outcome::unknown;
};

struct BookRow {
  std::uint64_t id = 0, unit = 0;
  std::int32_t as_of = 0;
  std::vector<float> features;
  std::vector<std::uint64_t> links;
  OfferRow offer;
  OutcomeRow outcome;
  std::vector<std::pair<std::size_t, std::string>> fresh_labels;  ///< column and label an open dictionary lacks
};

/// Which parts of a book a mapping fills.
[[nodiscard]] BookLayout layout_of(const Mapping& mapping);
/// An empty batch with those parts.
[[nodiscard]] Batch empty_batch(const BookLayout& layout, std::uint64_t first_row);
void append(Batch& batch, const BookRow& row);

/// Reads lines of one CSV file by a mapping. Independent.
class RowReader {
 public:
  /// Binds every name of the mapping to a column of the file; UsageError where one is not there.
  RowReader(const Mapping& mapping, const CsvFile& csv);

  /// `row_number` counts the lines below the header from 1. RowProblem for the first thing that is wrong.
  void read(std::string_view line, std::uint64_t row_number, BookRow& row);

  /// Columns whose dictionary is still open.
  [[nodiscard]] std::vector<std::size_t> open_columns() const;
  [[nodiscard]] Dictionary& dictionary(std::size_t column) { return columns_[column].label->dictionary; }

 private:
  struct BookColumn {
    std::string name;
    std::optional<NumberField> number;
    std::optional<LabelField> label;
    std::optional<BoundExpression> derived;
  };
  struct Date {
    std::optional<std::int32_t> constant;
    std::optional<DateField> field;
    [[nodiscard]] std::int32_t read(const Cells& cells) const { return constant ? *constant : field->read(cells); }
  };
  struct Label {
    std::uint8_t constant = no_code;
    std::optional<LabelField> field;
    [[nodiscard]] std::uint8_t read(const Cells& cells) const;
  };
  struct Offer {
    std::optional<BoundExpression> contacted, limit, apr, contract_apr, term, propensity;
    Label product, channel;
  };
  struct Outcome {
    std::optional<BoundExpression> responded, booked, defaulted, fraud, indeterminate, excluded, bad;
    std::optional<BoundExpression> attrited, repeated, delinquent;
    std::optional<Date> observed, bad_on;
  };

  [[nodiscard]] BookColumn bind_column(const ColumnMapping& column, const CsvFile& csv) const;
  [[nodiscard]] std::optional<BoundExpression> bind(const Formula& formula, const CsvFile& csv) const;
  [[nodiscard]] Date bind(const DateSource& source, const CsvFile& csv) const;
  [[nodiscard]] Label bind(const LabelSource& source, const std::vector<std::string>& labels, const CsvFile& csv) const;
  void bind_outcome(const OutcomeMapping& outcomes, const CsvFile& csv);

  [[nodiscard]] std::int32_t read_as_of(const Cells& cells) const;
  void read_features(const Cells& cells, BookRow& row);
  [[nodiscard]] OfferRow read_offer(const Cells& cells) const;
  [[nodiscard]] OutcomeRow read_outcome(const Cells& cells, std::int32_t as_of) const;
  [[nodiscard]] std::uint8_t read_default(const Cells& cells, std::int32_t as_of, const OutcomeRow& row) const;
  [[nodiscard]] std::uint8_t read_window(const Cells& cells, std::int32_t as_of) const;

  Mapping mapping_;
  CellSplitter splitter_;
  std::size_t cells_per_line_;
  std::optional<IdField> id_, unit_;
  Date as_of_;
  std::optional<BoundExpression> as_of_formula_;
  std::vector<BookColumn> columns_;
  struct Link {
    Field field;
    Markers markers;
    [[nodiscard]] std::uint64_t read(const Cells& cells) const;
  };
  std::vector<Link> links_;
  Offer offer_;
  Outcome outcome_;
};

}  // namespace proffer::borrowers
