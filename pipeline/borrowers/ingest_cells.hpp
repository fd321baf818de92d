// Cells of a CSV file bound to what they mean: found in the header once, then read row by row.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "borrowers/csv.hpp"
#include "borrowers/derived.hpp"
#include "borrowers/mapping.hpp"

namespace proffer::borrowers {

using Cells = std::vector<std::string_view>;

/// A column of the file.
struct Field {
  std::size_t index = 0;
  std::string name;
  [[nodiscard]] RowProblem problem(std::string_view value, std::string reason) const {
    return {index + 1, name, std::string(value), std::move(reason)};
  }
};

/// The column called `name`, or the N-th for "#N". UsageError at `where`, with "did you mean", where the header lacks
/// it or has it twice.
[[nodiscard]] Field find_field(const CsvFile& csv, const std::string& name, const std::string& where);

/// Cells that mean missing; a marker that is a number also stands for its other spellings (-1, -1.0).
class Markers {
 public:
  Markers() = default;
  Markers(const std::vector<std::string>& of_file, const std::vector<std::string>& of_column);
  [[nodiscard]] bool has(std::string_view cell) const;
  [[nodiscard]] bool has(double value) const;

 private:
  std::vector<std::string> texts_;
  std::vector<double> numbers_;
};

struct NumberField {
  Field field;
  Markers markers;
  /// NaN where missing; RowProblem where it is no number.
  [[nodiscard]] double read(const Cells& cells) const;
};

struct DateField {
  Field field;
  Markers markers;
  DateFormat format = DateFormat::iso;
  /// YYYYMMDD; 0 where missing.
  [[nodiscard]] std::int32_t read(const Cells& cells) const;
};

struct IdField {
  Field field;
  Markers markers;
  bool hashed = false;
  [[nodiscard]] std::uint64_t read(const Cells& cells) const;
};

/// Labels and their codes 0, 1, … An open dictionary accepts any label; it is closed once the whole file was seen.
class Dictionary {
 public:
  static constexpr std::size_t most_labels = 65536;
  Dictionary() = default;
  explicit Dictionary(const std::vector<std::string>& labels, bool open = false);
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] const std::vector<std::string>& labels() const { return labels_; }
  /// The code, or labels().size() where unknown.
  [[nodiscard]] std::size_t find(std::string_view label) const;
  void add(const std::string& label);
  /// The labels of an open dictionary in their final order: numbers by size where all are numbers, else by bytes.
  void close(std::vector<std::string> labels);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::vector<std::string> labels_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> codes_;
  bool open_ = false;
};

struct LabelField {
  Field field;
  Markers markers;
  Dictionary dictionary;
  /// The code; nothing where missing. RowProblem where a closed dictionary lacks the label, or where a label that an
  /// open one does not know is no UTF-8; such labels go to `fresh` and have the code labels().size() for now.
  [[nodiscard]] std::optional<std::size_t> read(const Cells& cells, std::vector<std::string>* fresh = nullptr) const;
};

/// An expression whose variables are bound to columns.
class BoundExpression {
 public:
  /// UsageError where a column is not there, or cannot be used as a number.
  BoundExpression(const Formula& formula, const CsvFile& csv, const Mapping& mapping);
  [[nodiscard]] double read(const Cells& cells) const;
  [[nodiscard]] const Formula& formula() const { return expression_.formula(); }

 private:
  struct Slot {
    NumberField number;
    std::optional<LabelField> code;  ///< a categorical column: its code
    bool compares = false;
    std::string label;
  };
  static Slot bind(const Variable& variable, const std::string& where, const CsvFile& csv, const Mapping& mapping);
  Expression expression_;
  std::vector<Slot> slots_;
  mutable std::vector<double> values_;
};

}  // namespace proffer::borrowers
