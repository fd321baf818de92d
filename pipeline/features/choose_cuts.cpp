#include <algorithm>
#include <cstdint>

#include "features/binning.hpp"
#include "foundation/error.hpp"

namespace proffer::features {
namespace {

struct Distinct {
  float value;
  std::uint64_t count;
};

/// Sorts the values; −0 becomes +0.
void put_in_order(std::span<float> values) {
  for (float& value : values) value += 0.0F;
  std::sort(values.begin(), values.end());
}

/// The values and their counts; `sorted` is ascending.
std::vector<Distinct> count_distinct(std::span<const float> sorted) {
  std::vector<Distinct> distinct;
  for (const float value : sorted) {
    if (distinct.empty() || distinct.back().value != value) distinct.push_back({value, 0});
    ++distinct.back().count;
  }
  return distinct;
}

/// Marks the values that fill a bin by themselves: those with at least the mean count of a bin, until the others fit
/// the rest of the bins evenly.
std::vector<bool> mark_frequent(const std::vector<Distinct>& distinct, std::uint64_t& rows, std::size_t& bins) {
  std::vector<bool> frequent(distinct.size(), false);
  for (bool again = true; again && bins > 1;) {
    again = false;
    const std::uint64_t rows_now = rows;
    const std::size_t bins_now = bins;
    for (std::size_t i = 0; i < distinct.size() && bins > 1; ++i) {
      if (frequent[i] || distinct[i].count * bins_now < rows_now) continue;
      frequent[i] = again = true;
      rows -= distinct[i].count;
      --bins;
    }
  }
  return frequent;
}

}  // namespace

std::vector<float> choose_cuts(std::span<const float> values, std::size_t most_bins) {
  expects(most_bins >= 2 && most_bins <= max_bins, "2 to 255 bins");
  std::vector<float> sorted(values.begin(), values.end());
  put_in_order(sorted);
  const std::vector<Distinct> distinct = count_distinct(sorted);
  std::vector<float> cuts;
  if (distinct.size() <= most_bins) {
    for (std::size_t i = 1; i < distinct.size(); ++i) cuts.push_back(distinct[i].value);
    return cuts;
  }

  std::uint64_t rows = values.size();  // of rare values not yet in a bin
  std::size_t bins = most_bins;        // left for them
  const std::vector<bool> frequent = mark_frequent(distinct, rows, bins);
  std::uint64_t held = 0;  // rows of rare values in the bin that is open
  bool ends = false;       // the value before was the last of its bin
  for (std::size_t i = 0; i < distinct.size() && cuts.size() + 1 < most_bins; ++i) {
    // A frequent value ends the bin before it, unless that holds less than half of its share: then they share one.
    if (frequent[i] && held * bins * 2 >= rows && held > 0) ends = true;
    if (ends) {
      cuts.push_back(distinct[i].value);
      if (held > 0 && bins > 1) --bins;
      rows -= held;
      held = 0;
    }
    if (!frequent[i]) held += distinct[i].count;
    ends = frequent[i] || held * bins >= rows;
  }
  return cuts;
}

}  // namespace proffer::features
