#include "offers/policy_facts.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "foundation/error.hpp"
#include "models/model.hpp"

namespace proffer::offers {
namespace {

/// Rates and limits of the book went through float: one at the very edge of the neighbourhood is inside.
constexpr double edge = 1e-6;

bool is_near(const Offer& offer, const models::Trials& trial, const Neighbourhood& neighbourhood) {
  const double ratio = neighbourhood.limit_ratio * (1.0 + edge);
  const auto apr = static_cast<double>(trial.apr);
  return trial.limit * ratio >= offer.limit && trial.limit <= offer.limit * ratio &&
         apr >= offer.apr - neighbourhood.apr_band - edge && apr <= offer.apr + neighbourhood.apr_band + edge;
}

std::string_view first_cell(std::string_view line) {
  line = line.substr(0, line.find_first_of(",;\t"));
  const std::string_view around = " \"\r";
  const auto first = line.find_first_not_of(around);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(around) - first + 1);
}

}  // namespace

std::vector<std::uint64_t> count_trials(const Catalog& catalog, std::span<const models::Trials> trials,
                                        std::span<const std::string> products, const Neighbourhood& neighbourhood) {
  std::vector<std::uint64_t> counts;
  for (const Offer& offer : catalog.offers) {
    std::uint64_t count = 0;
    for (const models::Trials& trial : trials)
      if (trial.product < products.size() && products[trial.product] == catalog.product_of(offer).name &&
          is_near(offer, trial, neighbourhood))
        count += trial.count;
    counts.push_back(count);
  }
  return counts;
}

std::vector<std::uint64_t> suppression_from_text(std::string_view text, std::string_view file) {
  std::vector<std::uint64_t> ids;
  bool may_be_heading = true;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    const std::string_view cell = first_cell(line);
    if (cell.empty() || cell.front() == '#') continue;
    std::uint64_t id = 0;
    const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), id);
    const bool is_id = problem == std::errc() && end == cell.data() + cell.size();
    if (!is_id && !may_be_heading)
      throw DataError({std::string(file) + ":" + std::to_string(number) + ": '" + std::string(cell) + "' is no id",
                       "a suppression list has a borrower's id in its first column", "correct or remove the line"});
    if (is_id) ids.push_back(id);
    may_be_heading = false;
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::vector<std::uint64_t> read_suppression(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad())
    throw UsageError({"suppression list " + path.string() + " cannot be read", "no such file, or no right to read it",
                      "check policy.suppression"});
  return suppression_from_text(text, path.string());
}

}  // namespace proffer::offers
