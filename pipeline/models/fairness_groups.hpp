// The groups that a model is watched by: labels of monitor_only columns, bands of numbers, and one segment. They never
// train.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "parallel/communicator.hpp"
#include "settings/section.hpp"

namespace proffer::models {

/// What the config says of monitoring (train.monitor).
struct MonitorSettings {
  std::vector<std::string> segments;                 ///< further columns to show calibration by
  std::map<std::string, std::vector<double>> bands;  ///< edges that a numeric column is cut at
  std::map<std::string, std::string> reference;      ///< per column: label that other groups are compared with
  std::optional<double> acceptance_rate;             ///< share of rows accepted: those least likely to be positive
  std::optional<double> cut_off;                     ///< or: accepted below this probability
  std::optional<std::uint64_t> review_capacity;      ///< cases per part that can be looked at: recall_at_capacity
};
/// `bands` and `reference` alone: how columns are grouped.
[[nodiscard]] MonitorSettings read_grouping(const settings::Section& section);
/// All of it.
[[nodiscard]] MonitorSettings read_monitor(const settings::Section& section);

/// Columns of the book to group by: every monitor_only one, then the segments. UsageError for a segment or a band that
/// the book does not have.
[[nodiscard]] std::vector<std::size_t> monitored_columns(const MonitorSettings& settings,
                                                         const borrowers::Schema& schema);

/// One column's groups.
struct Grouping {
  std::string column;
  bool monitored = false;           ///< role monitor_only; else a segment
  std::vector<std::string> labels;  ///< of its groups
  std::vector<std::uint8_t> code;   ///< group per row; no_group: missing
};
inline constexpr std::uint8_t no_group = 255;

/// Collective. Groups of rows × columns values (NaN: missing). Categorical columns by their labels; numeric ones by the
/// bands of the config, "below 25", "25 to 40", "40 and more", else by value. A numeric column without bands and with
/// more than twelve values has no groups and is left out. The same labels on every rank, at any number of ranks.
[[nodiscard]] std::vector<Grouping> group_rows(const parallel::Communicator& comm, const borrowers::Schema& schema,
                                               const MonitorSettings& settings, std::span<const std::size_t> columns,
                                               std::span<const float> values);

}  // namespace proffer::models
