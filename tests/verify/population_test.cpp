// Who is decided, and what accounts they have, against looking at every row; at any number of ranks.
#include "verify/population.hpp"

#include <gtest/gtest.h>

#include <map>

#include "foundation/hash.hpp"
#include "support/scratch.hpp"
#include "verify/who_is_decided.hpp"

namespace proffer::verify {
namespace {

using proffer::test::Scratch;
using proffer::test::world;

constexpr std::uint64_t rows = 9000;  // three blocks: the fourth rank has none

std::uint64_t id_of(std::uint64_t row) {
  return mix64(row);
}
std::uint64_t unit_of(std::uint64_t row) {
  return mix64(row + 77) % 3000;
}
std::int32_t date_of(std::uint64_t row) {
  return 20240101 + static_cast<std::int32_t>(mix64(row + 5) % 2);
}

void write_book(const std::filesystem::path& path) {
  borrowers::BookLayout layout;
  layout.schema.columns = {{"x", borrowers::Kind::numeric, borrowers::Role::feature, {}}};
  layout.rows = rows;
  layout.accounts = 3;
  borrowers::BookWriter writer(world(), path, layout);
  const auto mine = storage::rows_of_rank(world(), rows);
  borrowers::Batch batch;
  batch.first_row = mine.begin;
  batch.columns = 1;
  for (std::uint64_t row = mine.begin; row < mine.end; ++row) {
    batch.id.push_back(id_of(row));
    batch.unit.push_back(unit_of(row));
    batch.as_of.push_back(date_of(row));
    batch.features.push_back(0);
  }
  if (mine.size() > 0) writer.write(batch);
  if (world().is_root()) writer.write_accounts(0, {{4, 4, 9}, {20230101, 20240101, 20200101}, {10, 20, 30}, {1, 2, 3}});
  (void)writer.publish();
}

TEST(RowsToDecide, TheLatestRowOfEachUnitTiesBySmallestId) {
  const Scratch folder;
  write_book(folder.path() / "book.h5");
  const borrowers::BookReader book(folder.path() / "book.h5");
  const RowSet decided = rows_to_decide(world(), book);
  std::map<std::uint64_t, std::uint64_t> wanted;  // of each unit
  for (std::uint64_t row = 0; row < rows; ++row) {
    const auto [best, is_new] = wanted.try_emplace(unit_of(row), row);
    const auto key = [](std::uint64_t r) { return std::pair(-date_of(r), id_of(r)); };
    if (!is_new && key(row) < key(best->second)) best->second = row;
  }
  EXPECT_EQ(decided.size(), wanted.size());
  for (const auto& [unit, row] : wanted) EXPECT_TRUE(decided.contains(row)) << unit;
  const Part part = part_of_rank(world(), book);
  EXPECT_EQ(part.total, wanted.size());
  for (const std::uint64_t row : part.book_rows) EXPECT_TRUE(decided.contains(row));
}

TEST(ExistingAccounts, OpenedUntilTheDay) {
  const Scratch folder;
  write_book(folder.path() / "book.h5");
  const borrowers::BookReader book(folder.path() / "book.h5");
  const ExistingAccounts accounts(book);
  EXPECT_EQ(accounts.of(4, 20231231).instalments, 1);
  EXPECT_EQ(accounts.of(4, 20240101).instalments, 3);
  EXPECT_EQ(accounts.of(4, 20240101).exposure, 30);
  EXPECT_EQ(accounts.of(5, 20240101).instalments, 0);
  EXPECT_EQ(accounts.of(9, 20240101).exposure, 30);
}

}  // namespace
}  // namespace proffer::verify
