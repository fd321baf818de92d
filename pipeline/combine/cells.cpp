#include "combine/cells.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::combine {

Cell cell_of(const CellSettings& cells, std::uint64_t seed, std::uint64_t unit) {
  if (cells.control == 0 && cells.exploration == 0) return Cell::chosen;
  const double place =
      parallel::to_unit_interval(parallel::random_bits(seed, unit, parallel::purpose("combine.cells")));
  if (place < cells.control) return Cell::control;
  return place < cells.control + cells.exploration ? Cell::exploration : Cell::chosen;
}

Draw draw_offer(std::uint64_t seed, std::uint64_t id, std::span<const std::uint32_t> reasons) {
  const auto allowed = static_cast<std::uint64_t>(std::ranges::count(reasons, std::uint32_t{0}));
  if (allowed == 0) return {-1, std::numeric_limits<float>::quiet_NaN()};
  std::uint64_t left = parallel::RandomStream(seed, id, "combine.exploration").below(allowed);
  for (std::size_t j = 0; j < reasons.size(); ++j)
    if (reasons[j] == 0 && left-- == 0)
      return {static_cast<std::int32_t>(j), static_cast<float>(1.0 / static_cast<double>(allowed))};
  return {};
}

const Explored* Cells::find(std::uint64_t id) const {
  const auto at = std::ranges::lower_bound(explored, id, {}, &Explored::id);
  return at == explored.end() || at->id != id ? nullptr : &*at;
}

std::vector<parallel::ExactSum> Cells::negative_uses(const parallel::Communicator& comm,
                                                     const std::vector<LimitUse>& limits) const {
  std::vector<parallel::ExactSum> sums(limits.size());
  for (const Explored& one : explored)
    for (std::size_t k = 0; k < limits.size(); ++k) sums[k].subtract(limits[k].use(one.pair));
  parallel::all_reduce(comm, std::span(sums));
  return sums;
}

Cells find_cells(const parallel::Communicator& comm, const offers::ScoredBatches& scores, const PreviousList& previous,
                 const CellSettings& settings, std::uint64_t seed) {
  Cells cells;
  cells.settings = settings;
  cells.seed = seed;
  if (!cells.any()) return cells;
  const std::size_t offers = scores.schema().catalog.size();
  const auto take = [&](const offers::ScoreRows& rows) {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const Cell cell = cells.of(rows.unit[i]);
      cells.control += cell == Cell::control;
      cells.exploration += cell == Cell::exploration;
      if (cell != Cell::exploration) continue;
      const Draw draw = draw_offer(seed, rows.id[i], std::span(rows.reason).subspan(i * offers, offers));
      if (draw.offer < 0) continue;
      const auto j = static_cast<std::size_t>(draw.offer);
      Explored one;
      one.id = rows.id[i];
      one.pair = pair_facts(rows, i, j, offers, previous.offer_of(rows.id[i]));
      one.value = rows.value[i * offers + j];
      one.propensity = draw.propensity;
      cells.value.add(one.value);
      cells.explored.push_back(one);
    }
  };
  parallel::together(comm, [&] { scores.visit(take); });
  std::ranges::sort(cells.explored, {}, &Explored::id);
  std::array<std::uint64_t, 3> counts{cells.control, cells.exploration, cells.explored.size()};
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  cells.control = counts[0];
  cells.exploration = counts[1];
  cells.offered = counts[2];
  parallel::all_reduce(comm, std::span(&cells.value, 1));
  return cells;
}

}  // namespace proffer::combine
