// Decided rows and existing accounts against looking at every row.
#include "borrowers/decided_rows.hpp"

#include <map>

#include "ingest_support.hpp"
#include "parallel/random.hpp"

namespace proffer::borrowers::test {
namespace {

constexpr std::uint64_t row_count = 10000;  // three blocks: the fourth rank has none

std::uint64_t bits(std::uint64_t row, std::string_view what) {
  return parallel::random_bits(3, row, parallel::purpose(what));
}
std::uint64_t id_of(std::uint64_t row) {
  return mix64(row);  // not in the order of the rows
}
std::uint64_t unit_of(std::uint64_t row) {
  return bits(row, "unit") % 4000;
}
std::int32_t as_of(std::uint64_t row) {
  return 20240101 + static_cast<std::int32_t>(bits(row, "day") % 3);  // many ties
}

/// Accounts sorted by (id, opened), for every other row up to three.
Accounts accounts_of_all() {
  std::map<std::pair<std::uint64_t, std::int32_t>, std::pair<double, double>> sorted;
  for (std::uint64_t row = 0; row < row_count; row += 2)
    for (std::uint64_t a = 0; a < bits(row, "accounts") % 4; ++a)
      sorted[{id_of(row), 20240100 + static_cast<std::int32_t>(2 * a)}] = {0.1 * static_cast<double>(row + a),
                                                                           0.01 * static_cast<double>(row)};
  Accounts accounts;
  for (const auto& [key, owed] : sorted) {
    accounts.id.push_back(key.first);
    accounts.opened.push_back(key.second);
    accounts.exposure.push_back(owed.first);
    accounts.instalment.push_back(owed.second);
  }
  return accounts;
}

using UnitOf = std::uint64_t (*)(std::uint64_t row);

void write_book(const std::filesystem::path& path, const Accounts& accounts, UnitOf unit_of_row = unit_of) {
  BookLayout layout;
  layout.schema.columns = {{"x", Kind::numeric, Role::feature, {}}};
  layout.rows = row_count;
  layout.accounts = accounts.id.size();
  BookWriter writer(world(), path, layout);
  const auto range = storage::rows_of_rank(world(), row_count);
  Batch batch;
  batch.first_row = range.begin;
  batch.columns = 1;
  for (std::uint64_t row = range.begin; row < range.end; ++row) {
    batch.id.push_back(id_of(row));
    batch.unit.push_back(unit_of_row(row));
    batch.as_of.push_back(as_of(row));
    batch.features.push_back(0);
  }
  writer.write(batch);
  if (world().is_root() && !accounts.id.empty()) writer.write_accounts(0, accounts);
  static_cast<void>(writer.publish());
}

void expect_latest_of_each_unit(UnitOf unit_of_row) {
  const Scratch scratch;
  write_book(scratch.path() / "x.h5", {}, unit_of_row);
  const BookReader book(scratch.path() / "x.h5");
  std::map<std::uint64_t, std::uint64_t> best;
  for (std::uint64_t row = 0; row < row_count; ++row) {
    const auto [at, is_new] = best.emplace(unit_of_row(row), row);
    if (is_new) continue;
    const std::uint64_t other = at->second;
    if (as_of(row) > as_of(other) || (as_of(row) == as_of(other) && id_of(row) < id_of(other))) at->second = row;
  }
  std::vector<std::uint64_t> expected;
  for (const auto& [unit, row] : best) expected.push_back(row);
  std::ranges::sort(expected);
  const auto mine = decided_rows(world(), book);
  EXPECT_EQ(parallel::all_gather(world(), std::span<const std::uint64_t>(mine)), expected);
  const auto range = storage::rows_of_rank(world(), row_count);
  for (const std::uint64_t row : mine) EXPECT_TRUE(range.begin <= row && row < range.end);
}

TEST(DecidedRows, AreTheLatestOfEachUnitAndTiesGoById) {
  expect_latest_of_each_unit(unit_of);
}

TEST(DecidedRows, AreTheSameWhereUnitsAscend) {
  for (const UnitOf ascending : {UnitOf([](std::uint64_t row) { return row; }),             // every row alone
                                 UnitOf([](std::uint64_t row) { return row / 3; }),         // across the ranks' parts
                                 UnitOf([](std::uint64_t row) { return 7 + row / 9000; }),  // a unit on three ranks
                                 UnitOf([](std::uint64_t) { return std::uint64_t{0}; })})
    expect_latest_of_each_unit(ascending);
}

TEST(DecidedRows, NoticeThatUnitsAscendOnEachRankOnly) {
  expect_latest_of_each_unit([](std::uint64_t row) { return row % 4096; });
}

TEST(Existing, AddsUpWhatWasOpenOnTheDay) {
  const Scratch scratch;
  const Accounts accounts = accounts_of_all();
  write_book(scratch.path() / "x.h5", accounts);
  const BookReader book(scratch.path() / "x.h5");
  std::vector<std::uint64_t> ids;
  std::vector<std::int32_t> days;
  for (std::uint64_t row = 0; row < row_count; row += 7) {
    ids.push_back(id_of(row));
    days.push_back(as_of(row));
  }
  ids.push_back(ids.front());  // the same borrower on an earlier day
  days.push_back(20230101);
  const Existing existing = existing_of(book, ids, days);
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    double exposure = 0, instalment = 0;
    for (std::size_t a = 0; a < accounts.id.size(); ++a) {
      if (accounts.id[a] != ids[i]) continue;
      if (accounts.opened[a] > days[i]) {
        ++left_out;
        continue;
      }
      exposure += accounts.exposure[a];
      instalment += accounts.instalment[a];
    }
    ASSERT_EQ(existing.exposure[i], exposure);
    ASSERT_EQ(existing.instalment[i], instalment);
  }
  EXPECT_GT(left_out, 100U) << "accounts opened later are among them";
}

TEST(Existing, IsNothingWithoutAccounts) {
  const Scratch scratch;
  write_book(scratch.path() / "x.h5", {});
  const std::vector<std::uint64_t> ids{id_of(1)};
  const std::vector<std::int32_t> days{20250101};
  EXPECT_EQ(existing_of(BookReader(scratch.path() / "x.h5"), ids, days).exposure, std::vector<double>{0});
}

}  // namespace
}  // namespace proffer::borrowers::test
