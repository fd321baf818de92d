#include "models/card_inputs.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluation/stability.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

constexpr std::size_t codes = 256;
constexpr std::size_t wanted_groups = 10;

/// Rows per input, code, part and label, over all ranks.
class CodeCounts {
 public:
  CodeCounts(const parallel::Communicator& comm, const TrainingRows& rows)
      : inputs_(rows.bins.features()), counts_(inputs_ * codes * part_count * 2) {
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t f = 0; f < inputs_; ++f)
        ++counts_[place(f, rows.codes[i * inputs_ + f], rows.part[i]) + rows.label[i]];
    parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts_));
  }
  [[nodiscard]] GroupCount at(std::size_t input, std::size_t code, Part part) const {
    const std::size_t p = place(input, code, part);
    return {counts_[p], counts_[p + 1]};
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t input, std::size_t code, Part part) const {
    return ((input * codes + code) * part_count + static_cast<std::size_t>(part)) * 2;
  }
  std::size_t inputs_;
  std::vector<std::uint64_t> counts_;
};

std::uint64_t rows_of(const GroupCount& count) {
  return count[0] + count[1];
}

/// First code of each group; the last group but one ends where the codes do, the last is the missing one.
std::vector<std::size_t> group_starts(const CodeCounts& counts, std::size_t input, std::size_t bins, bool category) {
  std::uint64_t rows = 0;
  for (std::size_t c = 0; c < bins; ++c) rows += rows_of(counts.at(input, c, Part::train));
  std::vector<std::size_t> starts = {0};
  std::uint64_t before = 0;
  for (std::size_t c = 0; c + 1 < bins; ++c) {
    before += rows_of(counts.at(input, c, Part::train));
    const bool full = before * wanted_groups >= rows * starts.size() && before > 0;
    if (category || bins <= wanted_groups || full) starts.push_back(c + 1);
  }
  starts.push_back(features::missing_code);
  return starts;
}

std::vector<GroupCount> in_groups(const CodeCounts& counts, std::size_t input, const std::vector<std::size_t>& starts,
                                  Part part) {
  std::vector<GroupCount> groups;
  for (std::size_t g = 0; g < starts.size(); ++g) {
    GroupCount sum{};
    const std::size_t end = g + 1 < starts.size() ? starts[g + 1] : codes;
    for (std::size_t c = starts[g]; c < end; ++c)
      for (std::size_t label = 0; label < 2; ++label) sum[label] += counts.at(input, c, part)[label];
    groups.push_back(sum);
  }
  return groups;
}

/// How the rate of positives goes over the groups that have rows, the missing one left out.
const char* direction_of(std::vector<GroupCount> groups) {
  groups.pop_back();
  std::erase_if(groups, [](const GroupCount& group) { return rows_of(group) == 0; });
  const auto compare = [](const GroupCount& a, const GroupCount& b) {  // sign of b's rate − a's
    const double left = static_cast<double>(a[1]) * static_cast<double>(rows_of(b));
    const double right = static_cast<double>(b[1]) * static_cast<double>(rows_of(a));
    return (right > left) - (right < left);
  };
  bool rises = false, falls = false;
  for (std::size_t g = 1; g < groups.size(); ++g) {
    const int way = compare(groups[g - 1], groups[g]);
    rises |= way > 0;
    falls |= way < 0;
  }
  if (rises && falls) return "mixed";
  if (rises) return "rising";
  return falls ? "falling" : "flat";
}

/// Somers' D of the label by the order of the groups, the missing one left out: the share of pairs of a positive and a
/// negative in which the positive stands higher, less that in which it stands lower.
nlohmann::json trend_of(const std::vector<GroupCount>& groups) {
  double won = 0, negatives = 0, positives = 0;
  for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
    const auto n = static_cast<double>(groups[g][0]), p = static_cast<double>(groups[g][1]);
    won += p * negatives - n * positives;
    negatives += n;
    positives += p;
  }
  return negatives > 0 && positives > 0 ? nlohmann::json(won / (negatives * positives)) : nlohmann::json();
}

std::vector<std::uint64_t> totals(const std::vector<GroupCount>& groups) {
  std::vector<std::uint64_t> rows;
  for (const GroupCount& group : groups) rows.push_back(rows_of(group));
  return rows;
}

const char* constraint_of(const ModelSettings& settings, const std::string& name) {
  const std::string term = name.starts_with("offer.") ? name.substr(6) : name;
  const auto found = settings.monotone.contains(name) ? settings.monotone.find(name) : settings.monotone.find(term);
  if (found == settings.monotone.end()) return "none";
  return found->second == Direction::increasing ? "increasing" : "decreasing";
}

nlohmann::json stability_json(const std::vector<std::uint64_t>& expected, const std::vector<std::uint64_t>& actual) {
  const evaluation::Stability moved = evaluation::stability(expected, actual);
  return {{"csi", moved.psi}, {"threshold", moved.threshold}, {"shift", std::string(name_of(moved.shift))}};
}

}  // namespace

double information_value(std::span<const GroupCount> groups) {
  double negatives = 0, positives = 0;
  bool smooth = false;
  std::size_t used = 0;
  for (const GroupCount& group : groups) {
    negatives += static_cast<double>(group[0]);
    positives += static_cast<double>(group[1]);
    used += rows_of(group) > 0;
    smooth |= (group[0] == 0) != (group[1] == 0);
  }
  if (negatives == 0 || positives == 0) return 0;
  const double extra = smooth ? 0.5 : 0, all_extra = extra * static_cast<double>(used);
  double value = 0;
  for (const GroupCount& group : groups) {
    if (rows_of(group) == 0) continue;
    const double g = (static_cast<double>(group[0]) + extra) / (negatives + all_extra);
    const double b = (static_cast<double>(group[1]) + extra) / (positives + all_extra);
    value += (g - b) * std::log(g / b);
  }
  return value;
}

nlohmann::json card_inputs(const parallel::Communicator& comm, const CardSubject& subject, Part later) {
  const TrainingRows& rows = subject.rows;
  const CodeCounts counts(comm, rows);
  nlohmann::json list = nlohmann::json::array();
  for (std::size_t f = 0; f < subject.inputs.size(); ++f) {
    const bool category = f < subject.model.dictionaries.size() ? !subject.model.dictionaries[f].empty() : false;
    const auto starts = group_starts(counts, f, rows.bins.bins(f), category);
    const auto train = in_groups(counts, f, starts, Part::train);
    const auto train_rows = totals(train), later_rows = totals(in_groups(counts, f, starts, later));
    double all = 0, any_later = 0;
    for (std::size_t g = 0; g < train_rows.size(); ++g) {
      all += static_cast<double>(train_rows[g]);
      any_later += static_cast<double>(later_rows[g]);
    }
    list.push_back({{"name", subject.inputs.names[f]},
                    {"groups", std::ranges::count_if(train_rows, [](std::uint64_t n) { return n > 0; })},
                    {"missing_share", all > 0 ? static_cast<double>(train_rows.back()) / all : 0.0},
                    {"information_value", information_value(train)},
                    {"observed", category ? "category" : direction_of(train)},
                    {"trend", category ? nlohmann::json() : trend_of(train)},
                    {"constraint", constraint_of(subject.settings, subject.inputs.names[f])},
                    {"stability", all > 0 && any_later > 0 ? stability_json(train_rows, later_rows) : nlohmann::json()},
                    {"splits", 0},
                    {"gain", 0.0},
                    {"cover", 0.0}});
  }
  for (const boosting::Importance& entry : boosting::importance(subject.model.forest)) {
    nlohmann::json& input = list[entry.feature];
    input["splits"] = entry.splits;
    input["gain"] = entry.gain;
    input["cover"] = entry.cover;
  }
  return list;
}

}  // namespace proffer::models
