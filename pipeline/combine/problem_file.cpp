#include "combine/problem_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "foundation/error.hpp"
#include "parallel/partition.hpp"
#include "storage/table_file.hpp"

namespace proffer::combine {
namespace {

using allocation::Sense;
using storage::TableReader;
using storage::Type;

[[noreturn]] void refuse(const TableReader& table, std::string problem, std::string why, std::string suggestion) {
  throw DataError({fmt::format("{}: {}", table.path().string(), problem), std::move(why), std::move(suggestion)});
}

struct Sizes {
  std::uint64_t rows = 0, offers = 0, limits = 0;
  bool per_pair = false;
};

Sizes sizes_of(const TableReader& table) {
  Sizes sizes;
  const storage::DatasetInfo value = table.info("/value");
  if (value.type != Type::f64 || value.shape.dims.size() != 2)
    refuse(table, "/value has the wrong type or shape", "it must be f64 [rows, offers]", "see docs/formats.md");
  sizes.rows = value.shape.dims[0];
  sizes.offers = value.shape.dims[1];
  sizes.limits = table.has("/limit") ? table.info("/limit").shape.rows() : 0;
  if (sizes.offers == 0 || sizes.offers > allocation::max_offers || sizes.limits > allocation::max_limits)
    refuse(table, fmt::format("{} offers and {} limits", sizes.offers, sizes.limits),
           fmt::format("1 to {} offers and at most {} limits are possible", allocation::max_offers,
                       allocation::max_limits),
           "split or merge offers and limits");
  table.require("/id", Type::u64, {{sizes.rows}});
  if (table.has("/eligible")) table.require("/eligible", Type::u8, {{sizes.rows, sizes.offers}});
  if (sizes.limits == 0) return sizes;
  table.require("/limit", Type::f64, {{sizes.limits}});
  table.require("/sense", Type::u8, {{sizes.limits}});
  if (table.has("/tolerance")) table.require("/tolerance", Type::f64, {{sizes.limits}});
  sizes.per_pair = table.info("/use").shape.dims.size() == 3;
  if (sizes.per_pair)
    table.require("/use", Type::f64, {{sizes.limits, sizes.rows, sizes.offers}});
  else
    table.require("/use", Type::f64, {{sizes.limits, sizes.offers}});
  return sizes;
}

allocation::Choose choose_of(const TableReader& table) {
  if (!table.has_attribute("choose")) return allocation::Choose::at_most_one;
  const std::string text = table.text_attribute("choose");
  if (text == "at_most_one") return allocation::Choose::at_most_one;
  if (text != "exactly_one")
    refuse(table, fmt::format("attribute choose is '{}'", text), "it must be at_most_one or exactly_one",
           "see docs/formats.md");
  return allocation::Choose::exactly_one;
}

Sense sense_of(const TableReader& table, std::uint8_t code, std::size_t k) {
  if (code > 2) refuse(table, fmt::format("/sense:{} is {}", k, code), "0 is ≤, 1 is ≥, 2 is =", "use one of these");
  return static_cast<Sense>(code);
}

/// Numbers of pairs in row-major order; those that are not eligible may be anything.
void check_finite(const TableReader& table, const std::string& dataset, std::uint64_t first_row, std::size_t offers,
                  std::span<const double> numbers, std::span<const std::uint8_t> eligible) {
  for (std::size_t p = 0; p < numbers.size(); ++p)
    if (!std::isfinite(numbers[p]) && (eligible.empty() || eligible[p] != 0))
      refuse(table, fmt::format("{} row {}, offer {} is {}", dataset, first_row + p / offers, p % offers, numbers[p]),
             "every eligible pair needs finite numbers", "correct it, or mark the pair as not eligible");
}

/// Ties are broken by id. One look at the whole file is enough, so only the root does.
void check_ids(const TableReader& table) {
  auto ids = table.read_all<std::uint64_t>("/id");
  std::ranges::sort(ids);
  const auto twice = std::ranges::adjacent_find(ids);
  if (twice != ids.end())
    refuse(table, fmt::format("/id holds {} more than once", *twice), "ids tell the rows apart", "number the rows");
}

void check_equality(const TableReader& table, const allocation::Limit& limit, std::span<const double> uses,
                    std::span<const std::uint8_t> eligible) {
  if (limit.sense != Sense::equal || limit.tolerance > 0) return;
  for (std::size_t p = 0; p < uses.size(); ++p)
    if (uses[p] != std::nearbyint(uses[p]) && (eligible.empty() || eligible[p] != 0))
      refuse(table, fmt::format("limit '{}' is an equality without tolerance", limit.name), "its uses are not integers",
             "give /tolerance");
}

void read_limits(const TableReader& table, const Sizes& sizes, ProblemPart& part) {
  if (sizes.limits == 0) return;
  const auto bound = table.read_all<double>("/limit");
  const auto sense = table.read_all<std::uint8_t>("/sense");
  const auto tolerance =
      table.has("/tolerance") ? table.read_all<double>("/tolerance") : std::vector<double>(sizes.limits, 0.0);
  const auto names = table.has("/name") ? table.texts("/name") : std::vector<std::string>();
  const auto per_offer = sizes.per_pair ? std::vector<double>() : table.read_all<double>("/use");
  for (std::size_t k = 0; k < sizes.limits; ++k) {
    if (!std::isfinite(bound[k]) || !std::isfinite(tolerance[k]) || tolerance[k] < 0)
      refuse(table, fmt::format("/limit:{} or /tolerance:{} is not a finite number", k, k), "", "give finite limits");
    allocation::Limit limit;
    limit.name = k < names.size() ? names[k] : fmt::format("limit {}", k);
    limit.sense = sense_of(table, sense[k], k);
    limit.bound = bound[k];
    limit.tolerance = tolerance[k];
    if (sizes.per_pair) {
      limit.quantity = k;
    } else {
      limit.weight.assign(per_offer.begin() + static_cast<std::ptrdiff_t>(k * sizes.offers),
                          per_offer.begin() + static_cast<std::ptrdiff_t>((k + 1) * sizes.offers));
      check_finite(table, fmt::format("/use of limit '{}':", limit.name), 0, sizes.offers, limit.weight, {});
      check_equality(table, limit, limit.weight, {});
    }
    part.rules.limits.push_back(std::move(limit));
  }
}

/// Rows first … of every limit: /use is [k, n, m], so limit k's part starts at row k of width n·m.
void read_pair_uses(const TableReader& table, const Sizes& sizes, const parallel::RowRange& range, ProblemPart& part) {
  for (std::size_t k = 0; k < sizes.limits; ++k) {
    const std::vector<double> whole = table.read_rows<double>("/use", k, 1);
    const auto first = whole.begin() + static_cast<std::ptrdiff_t>(range.begin * sizes.offers);
    const auto mine = std::span(whole).subspan(range.begin * sizes.offers, range.size() * sizes.offers);
    check_finite(table, fmt::format("/use of limit '{}':", part.rules.limits[k].name), range.begin, sizes.offers, mine,
                 part.source.eligible);
    check_equality(table, part.rules.limits[k], mine, part.source.eligible);
    part.source.quantity.emplace_back(first, first + static_cast<std::ptrdiff_t>(range.size() * sizes.offers));
  }
}

}  // namespace

ProblemPart read_problem(const std::filesystem::path& file, int rank, int size, std::uint64_t& total_rows) {
  const TableReader table(file, "proffer-allocation", 1);
  const Sizes sizes = sizes_of(table);
  const parallel::RowRange range = parallel::part_of(sizes.rows, rank, size);
  ProblemPart part;
  part.first_row = range.begin;
  part.rules.choose = choose_of(table);
  part.source.offer_count = sizes.offers;
  part.source.id = table.read_rows<std::uint64_t>("/id", range.begin, range.size());
  if (rank == 0) check_ids(table);
  part.source.value = table.read_rows<double>("/value", range.begin, range.size());
  if (table.has("/eligible"))
    part.source.eligible = table.read_rows<std::uint8_t>("/eligible", range.begin, range.size());
  check_finite(table, "/value", range.begin, sizes.offers, part.source.value, part.source.eligible);
  read_limits(table, sizes, part);
  if (sizes.per_pair) read_pair_uses(table, sizes, range, part);
  total_rows = sizes.rows;
  return part;
}

}  // namespace proffer::combine
