#include "verify/experiment.hpp"

#include <algorithm>
#include <limits>

#include "foundation/error.hpp"
#include "parallel/random.hpp"
#include "storage/table_file.hpp"

namespace proffer::verify {

Cells::Cell Cells::of(std::uint64_t unit) const {
  const std::uint64_t bits = parallel::random_bits(seed, unit, parallel::purpose("combine.cells"));
  const double place = parallel::to_unit_interval(bits);
  if (place < control) return Cell::control;
  return place < control + exploration ? Cell::exploration : Cell::none;
}

Cells::Draw Cells::draw(std::uint64_t id, const std::vector<std::uint32_t>& against) const {
  std::vector<std::int32_t> allowed;
  for (std::size_t j = 0; j < against.size(); ++j)
    if (against[j] == 0) allowed.push_back(static_cast<std::int32_t>(j));
  if (allowed.empty()) return {-1, std::numeric_limits<float>::quiet_NaN()};
  const std::uint64_t place = parallel::RandomStream(seed, id, "combine.exploration").below(allowed.size());
  return {allowed[place], static_cast<float>(1.0 / static_cast<double>(allowed.size()))};
}

EarlierList::EarlierList(const std::filesystem::path& file, const Catalog& catalog) {
  const storage::TableReader table(file, "proffer-offers", 1);
  const auto names = table.texts("/catalog/name");
  const std::uint64_t rows = table.info("/borrower/id").shape.rows();
  for (std::uint64_t first = 0; first < rows; first += storage::block_rows) {
    const std::uint64_t count = std::min(storage::block_rows, rows - first);
    const auto id = table.read_rows<std::uint64_t>("/borrower/id", first, count);
    const auto offer = table.read_rows<std::int32_t>("/decision/offer", first, count);
    for (std::size_t i = 0; i < id.size(); ++i) {
      if (offer[i] < 0) continue;
      if (static_cast<std::size_t>(offer[i]) >= names.size())
        throw DataError({file.string() + " names an offer that its catalog does not have", "", "restore it"});
      std::optional<std::size_t> today;
      for (std::size_t j = 0; j < catalog.offers.size(); ++j)
        if (catalog.name_of(catalog.offers[j]) == names[static_cast<std::size_t>(offer[i])]) today = j;
      offer_of_[id[i]] = today;
    }
  }
}

EarlierList::Before EarlierList::of(std::uint64_t id) const {
  const auto found = offer_of_.find(id);
  if (found == offer_of_.end()) return {};
  return {true, found->second};
}

}  // namespace proffer::verify
