#include "models/fairness_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

constexpr std::size_t most_values = 12;

std::vector<std::string> band_labels(const std::vector<double>& edges) {
  std::vector<std::string> labels = {fmt::format("below {}", shortest(edges.front()))};
  for (std::size_t e = 1; e < edges.size(); ++e)
    labels.push_back(fmt::format("{} to {}", shortest(edges[e - 1]), shortest(edges[e])));
  labels.push_back(fmt::format("{} and more", shortest(edges.back())));
  return labels;
}

/// Collective. The values of one column, ascending, over all ranks; more than most_values give one too many.
std::vector<float> distinct_values(const parallel::Communicator& comm, std::span<const float> values,
                                   std::size_t column, std::size_t columns) {
  std::set<float> found;
  for (std::size_t i = column; i < values.size() && found.size() <= most_values; i += columns)
    if (!std::isnan(values[i])) found.insert(values[i] + 0.0F);
  const std::vector<float> mine(found.begin(), found.end());
  for (const float value : parallel::all_gather<float>(comm, mine)) found.insert(value);
  return {found.begin(), found.end()};
}

/// Fills the codes of one column.
template <class CodeOf>
void fill(Grouping& group, std::span<const float> values, std::size_t column, std::size_t columns, CodeOf code_of) {
  for (std::size_t i = column; i < values.size(); i += columns)
    group.code.push_back(std::isnan(values[i]) ? no_group : code_of(values[i]));
}

}  // namespace

MonitorSettings read_grouping(const settings::Section& section) {
  MonitorSettings monitor;
  const settings::Section bands =
      section.section("bands", "numeric columns cut into groups: ascending edges, [25, 40, 60]");
  for (const std::string& name : bands.keys()) {
    monitor.bands[name] = bands.numbers(name, {.doc = "edges"});
    const std::vector<double>& edges = monitor.bands[name];
    if (edges.empty() || std::ranges::adjacent_find(edges, std::greater_equal()) != edges.end())
      throw bands.error(name, "the edges do not ascend", "each band ends where the next begins", "sort them");
  }
  const settings::Section reference =
      section.section("reference",
                      "per monitored column: the label others are compared with; absent: the group that "
                      "fares best");
  for (const std::string& name : reference.keys()) monitor.reference[name] = reference.text(name, {.doc = "label"});
  return monitor;
}

MonitorSettings read_monitor(const settings::Section& section) {
  MonitorSettings monitor = read_grouping(section);
  monitor.segments = section.texts("segments", {.doc = "categorical columns to show calibration by, besides the "
                                                       "monitor_only ones"});
  monitor.acceptance_rate = section.maybe_number(
      "acceptance_rate", {.doc = "share of rows taken as accepted when groups are compared", .min = 0, .max = 1});
  monitor.cut_off = section.maybe_number(
      "cut_off", {.doc = "rows below this probability of default or fraud are taken as accepted when groups are "
                         "compared (of the other models: rows above it); absent, and no acceptance_rate: the base rate",
                  .min = 0,
                  .max = 1});
  if (monitor.acceptance_rate && monitor.cut_off && !section.for_reference())
    throw section.error("cut_off", "cut_off and acceptance_rate are both given", "each says who is accepted",
                        "remove one of them");
  const auto capacity = section.maybe_integer(
      "review_capacity", {.doc = "cases that can be looked at: the share of the positives found among so many highest "
                                 "probabilities is reported",
                          .min = 1});
  if (capacity) monitor.review_capacity = static_cast<std::uint64_t>(*capacity);
  return monitor;
}

std::vector<std::size_t> monitored_columns(const MonitorSettings& settings, const borrowers::Schema& schema) {
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < schema.columns.size(); ++c)
    if (schema.columns[c].role == borrowers::Role::monitor_only) columns.push_back(c);
  for (const std::string& name : settings.segments) {
    const std::size_t column = schema.index_of(name, "train.monitor.segments");
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  }
  for (const auto& [name, edges] : settings.bands) (void)schema.index_of(name, "train.monitor.bands");
  for (const auto& [name, label] : settings.reference) (void)schema.index_of(name, "train.monitor.reference");
  return columns;
}

std::vector<Grouping> group_rows(const parallel::Communicator& comm, const borrowers::Schema& schema,
                                 const MonitorSettings& settings, std::span<const std::size_t> columns,
                                 std::span<const float> values) {
  std::vector<Grouping> groupings;
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const borrowers::Column& column = schema.columns[columns[at]];
    Grouping group{column.name, column.role == borrowers::Role::monitor_only, column.dictionary, {}};
    const auto bands = settings.bands.find(column.name);
    if (bands != settings.bands.end()) {
      group.labels = band_labels(bands->second);
      fill(group, values, at, columns.size(), [&](float value) {
        return static_cast<std::uint8_t>(std::ranges::upper_bound(bands->second, static_cast<double>(value)) -
                                         bands->second.begin());
      });
    } else if (column.kind == borrowers::Kind::categorical) {
      if (group.labels.size() > no_group) continue;
      fill(group, values, at, columns.size(), [&](float value) {
        return value >= 0 && value < static_cast<float>(group.labels.size()) ? static_cast<std::uint8_t>(value)
                                                                             : no_group;
      });
    } else {
      const std::vector<float> distinct = distinct_values(comm, values, at, columns.size());
      if (distinct.empty() || distinct.size() > most_values) continue;
      for (const float value : distinct) group.labels.push_back(shortest(value));
      fill(group, values, at, columns.size(), [&](float value) {
        return static_cast<std::uint8_t>(std::ranges::lower_bound(distinct, value) - distinct.begin());
      });
    }
    groupings.push_back(std::move(group));
  }
  return groupings;
}

}  // namespace proffer::models
