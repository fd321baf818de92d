// Global quantile bins: cut points per feature that do not depend on how rows are spread over ranks, and 8-bit codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "parallel/communicator.hpp"

namespace proffer::features {

inline constexpr std::uint8_t missing_code = 255;  ///< code of NaN
inline constexpr std::size_t max_bins = 255;       ///< codes 0 … 254, hence at most 254 cuts

/// Cut points per feature. code(x) = number of cuts ≤ x, so "code < c" is exactly "x < cuts[c − 1]" in float.
struct BinTable {
  std::vector<std::string> names;        ///< of the features, in the order of the columns
  std::vector<std::vector<float>> cuts;  ///< per feature, finite, strictly ascending, at most 254

  [[nodiscard]] std::size_t features() const { return names.size(); }
  /// Number of bins of a feature: its codes are 0 … bins − 1 (and missing_code).
  [[nodiscard]] std::size_t bins(std::size_t feature) const { return cuts[feature].size() + 1; }
  friend bool operator==(const BinTable&, const BinTable&) = default;
};

/// {"names": […], "cuts": [[…], …]}; reading gives back the same floats. Throws DataError where it is no such object.
void to_json(nlohmann::json& json, const BinTable& table);
void from_json(const nlohmann::json& json, BinTable& table);

/// Where a batch of rows comes from, for messages: row r of the batch is row first_row + r of `dataset`, or first_row +
/// chosen[r] where some were chosen.
struct RowOrigin {
  std::string_view dataset = "features";
  std::uint64_t first_row = 0;
  std::span<const std::size_t> chosen = {};
};

/// DataError "dataset:row: 'NAME' is infinite" for the first ±Inf of rows × names values, row-major. Independent.
void refuse_infinite(std::span<const float> values, std::span<const std::string> names, RowOrigin origin);

/// Encodes batches with one table; make it once and use it for many. Serial and const: threads may share it.
class Encoder {
 public:
  /// `portable`: without vector instructions, which change no code.
  explicit Encoder(const BinTable& table, bool portable = false);
  /// `values`: rows × features, row-major, NaN = missing; `codes`: as many, row-major. Independent.
  /// DataError for ±Inf. std::logic_error where the sizes do not fit.
  void encode(std::span<const float> values, std::span<std::uint8_t> codes, RowOrigin origin = {}) const;
  /// The same where a row has `stride` ≥ features codes and the features stand at column `offset` … of it.
  void encode_into(std::span<const float> values, std::span<std::uint8_t> codes, std::size_t stride, std::size_t offset,
                   RowOrigin origin = {}) const;
  /// The same from wider rows: feature f of a row of `columns` values is its value number column_of[f]. For values that
  /// are known to be finite or NaN, as a book's are: infinite ones are not looked for.
  void encode_columns(std::span<const float> values, std::size_t columns, std::span<const std::size_t> column_of,
                      std::span<std::uint8_t> codes) const;

 private:
  struct Column {
    std::size_t first;   // of its padded cuts in padded_
    std::size_t groups;  // of sixteen padded cuts
    std::size_t coarse;  // of the sixteen in coarse_ that part the groups
  };
  void encode_column(const Column& column, const float* values, std::size_t value_stride, std::uint8_t* codes,
                     std::size_t code_stride, std::size_t rows) const;
  std::vector<std::string> names_;
  bool vectorised_;
  std::vector<Column> columns_;
  std::vector<float> padded_;  // cuts padded with +Inf to whole groups per feature
  std::vector<float> coarse_;  // the last cut of each group but the last, then +Inf
};

/// Encodes one batch (see Encoder::encode). Independent.
void encode(const BinTable& table, std::span<const float> values, std::span<std::uint8_t> codes, RowOrigin origin = {});

struct BinOptions {
  std::size_t max_bins = features::max_bins;  ///< 2 … 255 (affects: results)
  std::uint64_t sample_rows = 200'000;        ///< about so many rows are looked at; all rows while there are no more
  std::uint64_t seed = 0;
};

/// Collects the sample of rows from which cuts are chosen: a row is in the sample or not by a hash of its unit, so that
/// every partition of the rows chooses the same ones.
class BinSampler {
 public:
  /// `total_rows`: rows of all ranks together that will be added; the same on every rank.
  BinSampler(std::vector<std::string> names, std::uint64_t total_rows, BinOptions options);
  /// Whether a row of this unit is in the sample; others need not be added. Independent.
  [[nodiscard]] bool looks_at(std::uint64_t unit) const;
  /// A batch of this rank: `units` one per row, `values` rows × features. Independent. DataError for ±Inf.
  void add(std::span<const std::uint64_t> units, std::span<const float> values, RowOrigin origin = {});
  /// Collective. The same table on every rank; the sample is given back to the system. A feature with at most max_bins
  /// distinct values in the sample gets a bin for each; else bins of about equal counts, a frequent value (almost)
  /// alone in its.
  [[nodiscard]] BinTable finish(const parallel::Communicator& comm);

 private:
  std::vector<std::string> names_;
  BinOptions options_;
  std::uint64_t threshold_;                 // units whose bits are at most this are in the sample
  std::vector<std::vector<float>> sample_;  // per feature, without NaN
};

/// The cuts of one feature from its non-missing values (in any order). Independent.
[[nodiscard]] std::vector<float> choose_cuts(std::span<const float> values, std::size_t most_bins);

}  // namespace proffer::features
