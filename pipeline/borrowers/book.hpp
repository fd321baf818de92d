// The borrower book: one row is one decision unit at one date (docs/formats.md, "Book").
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::borrowers {

enum class Kind { numeric, categorical };
enum class Role { feature, monitor_only, post_outcome, excluded };

struct Column {
  std::string name;
  Kind kind = Kind::numeric;
  Role role = Role::feature;
  std::vector<std::string> dictionary;  ///< labels of codes 0, 1, … of a categorical column
};

/// What the columns of a book mean, and the labels of product and channel codes in /offer.
struct Schema {
  std::vector<Column> columns;
  std::vector<std::string> products;
  std::vector<std::string> channels;
  std::string currency;
  int default_months = 0;
  int customer_months = 0;           ///< horizon of attrited, repeated and delinquent; 0 = none
  std::vector<std::string> links{};  ///< kinds of links (device, phone …) that the book tells, /link
  /// Index of the column, or nothing.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// Index of the column; UsageError with "did you mean" where absent. `where` starts the message (file:line:column).
  [[nodiscard]] std::size_t index_of(std::string_view name, std::string_view where) const;
  /// Names of the columns with role feature, in order.
  [[nodiscard]] std::vector<std::string> feature_names() const;
};

/// Outcome codes (docs/formats.md).
namespace outcome {
inline constexpr std::uint8_t no = 0, yes = 1, excluded = 253, indeterminate = 254, unknown = 255;
}
/// Datasets of /outcome.
inline constexpr std::array<std::string_view, 7> outcome_names = {"responded", "booked",   "default",   "fraud",
                                                                  "attrited",  "repeated", "delinquent"};
inline constexpr std::uint8_t no_code = 255;  ///< no product or channel

/// Columns of /offer for some rows; all of the same length.
struct Offers {
  std::vector<std::uint8_t> contacted, product, channel;
  std::vector<double> limit;
  std::vector<float> apr, contract_apr;
  std::vector<std::uint16_t> term;
  std::vector<float> propensity;
  void resize(std::size_t rows);
};

/// Columns of /outcome for some rows; a column that the book lacks is empty.
struct Outcomes {
  std::vector<std::uint8_t> responded, booked, defaulted, fraud;
  std::vector<std::uint8_t> attrited, repeated, delinquent;  ///< of existing customers
};

/// Some consecutive rows of a book. `features` is rows × columns, row-major, of all columns whatever their role.
struct Batch {
  std::uint64_t first_row = 0;
  std::size_t columns = 0;
  std::vector<std::uint64_t> id, unit;
  std::vector<std::int32_t> as_of;
  std::vector<float> features;
  std::optional<Offers> offers;
  std::optional<Outcomes> outcomes;
  std::vector<std::uint64_t> links{};  ///< rows × schema.links, row-major; 0 = none; empty unless asked for
  [[nodiscard]] std::size_t rows() const { return id.size(); }
  [[nodiscard]] std::span<const float> row(std::size_t i) const {
    expects(!features.empty() || columns == 0, "features that were read");
    return std::span(features).subspan(i * columns, columns);
  }
};

/// Which parts of the rows to read, beside id, unit and as_of. Without features a batch's are empty.
struct Parts {
  bool offers = false;
  bool outcomes = false;
  bool links = false;
  bool features = true;
};

/// Reads a book. Independent (every rank opens it). DataError as TableReader; ±Inf in a feature: DataError naming
/// dataset:row and column.
class BookReader {
 public:
  explicit BookReader(const std::filesystem::path& path);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] bool has_offers() const;
  [[nodiscard]] bool has_outcome(std::string_view name) const;  ///< one of outcome_names
  [[nodiscard]] const storage::TableReader& table() const { return table_; }
  /// Rows first … first+count−1. Parts the book lacks stay empty.
  [[nodiscard]] Batch read(std::uint64_t first, std::uint64_t count, Parts parts = {}) const;
  /// Only their links: rows × schema().links, row-major; 0 = none.
  [[nodiscard]] std::vector<std::uint64_t> read_links(std::uint64_t first, std::uint64_t count) const;
  /// A column of one u64/i32/… dataset whole is read through table().

 private:
  storage::TableReader table_;
  Schema schema_;
  std::uint64_t rows_ = 0;
};

/// Past contacts and existing accounts (optional side tables); small enough to be given whole by the root.
struct Contacts {
  std::vector<std::uint64_t> id;
  std::vector<std::int32_t> day;
  std::vector<std::uint8_t> channel;
};
struct Accounts {
  std::vector<std::uint64_t> id;
  std::vector<std::int32_t> opened;
  std::vector<double> exposure, instalment;
};

struct BookLayout {
  Schema schema;
  std::uint64_t rows = 0;
  bool offers = false;
  bool responded = false, booked = false, defaulted = false, fraud = false;
  bool attrited = false, repeated = false, delinquent = false;
  [[nodiscard]] bool outcomes() const {
    return responded || booked || defaulted || fraud || attrited || repeated || delinquent;
  }
  std::uint64_t contacts = 0, accounts = 0;  ///< rows of the side tables
};

/// Collective. /schema/name, kind, role and dictionary.
void write_columns(storage::TableWriter& table, const Schema& schema);

/// Writes a book. Constructor and publish are collective, write is independent (rows may come in any order).
class BookWriter {
 public:
  BookWriter(const parallel::Communicator& comm, const std::filesystem::path& path, const BookLayout& layout);
  /// Independent. batch.first_row says where; offers and outcomes must be there iff the layout has them.
  void write(const Batch& batch);
  void write_contacts(std::uint64_t first_row, const Contacts& contacts);
  void write_accounts(std::uint64_t first_row, const Accounts& accounts);
  /// The table behind, for further datasets (e.g. /truth), before the first write.
  [[nodiscard]] storage::TableWriter& table() { return table_; }
  /// Collective.
  [[nodiscard]] storage::Published publish();

 private:
  void write_links(const Batch& batch);
  storage::TableWriter table_;
  BookLayout layout_;
};

}  // namespace proffer::borrowers
