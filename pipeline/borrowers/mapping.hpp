// The mapping that says what the columns of a CSV file mean in a book. Read from YAML; docs in read_mapping.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "borrowers/csv.hpp"
#include "borrowers/csv_cells.hpp"
#include "settings/section.hpp"

namespace proffer::borrowers {

struct CsvSource {
  std::filesystem::path path;
  CsvFormat format;
  std::string where;  ///< file:line:column of the setting
};

/// An expression over columns (a column's name and a number are expressions too); empty: not given.
struct Formula {
  std::string text;
  std::string where;
  [[nodiscard]] bool given() const { return !text.empty(); }
};

struct IdSource {
  std::string column;  ///< empty: the number of the row below the header, from 1
  bool hashed = false;
  std::string where;
};

struct DateSource {
  std::optional<std::int32_t> constant;
  std::string column;
  DateFormat format = DateFormat::iso;
  std::string where;
  [[nodiscard]] bool given() const { return constant || !column.empty(); }
};

/// A label of every row, or a column that holds it; neither: none.
struct LabelSource {
  std::string constant, column;
  std::string where;
};

struct ColumnMapping {
  Column column;
  std::string from;  ///< column of the CSV file, unless derived
  Formula derived;
  bool auto_dictionary = false;
  std::vector<std::string> missing;  ///< markers besides those of the whole file
  std::string where;
};

/// What a row shares with others: the text of a column, by its hash.
struct LinkMapping {
  std::string name, column;
  std::string where;
};

struct OfferMapping {
  Formula contacted, limit, apr, contract_apr, term, propensity;
  LabelSource product, channel;
};

/// The outcome window of methods.md, section 2: default within `months` of `observed`, known until `cut_off`.
struct WindowMapping {
  DateSource observed;  ///< not given: as_of
  DateSource bad_on;    ///< day on which the account first was bad; missing = never
  Formula bad;          ///< or: whether it was bad within the window
  int months = 0;
  std::int32_t cut_off = 0;
  std::string where;
};

struct OutcomeMapping {
  Formula responded, booked, defaulted, fraud, indeterminate, excluded;
  Formula attrited, repeated, delinquent;
  std::optional<WindowMapping> window;
};

struct ContactsMapping {
  CsvSource csv;
  IdSource id;
  DateSource day;
  LabelSource channel;
};
struct AccountsMapping {
  CsvSource csv;
  IdSource id;
  DateSource opened;
  Formula exposure, instalment;
};

struct Mapping {
  CsvSource csv;
  bool reject = false;  ///< bad rows go to a file instead of ending the job
  std::uint64_t max_rejected = 0;
  std::vector<std::string> missing;
  IdSource id;
  IdSource unit;  ///< no column: the id
  DateSource as_of;
  Formula as_of_formula;  ///< or: an expression that gives YYYYMMDD
  std::vector<ColumnMapping> columns;
  std::vector<std::string> products, channels;
  std::string currency;
  int default_months = 0;
  int customer_months = 0;
  std::vector<LinkMapping> links;
  std::optional<OfferMapping> offers;
  std::optional<OutcomeMapping> outcomes;
  std::optional<ContactsMapping> contacts;
  std::optional<AccountsMapping> accounts;
};

/// Independent. Reads the settings of `proffer ingest`; UsageError with file:line:column.
[[nodiscard]] Mapping read_mapping(const settings::Section& section);

}  // namespace proffer::borrowers
