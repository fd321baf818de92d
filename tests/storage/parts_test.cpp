// Rectangular parts and small reads give what reading everything gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <numeric>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"
#include "storage/table_file.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::storage {
namespace {

using test::world;

TEST(Parts, OfSeveralAxesAreWhatIndexingGives) {
  constexpr std::uint64_t limits = 3, borrowers = 5'000, offers = 4;
  const test::Scratch scratch;
  const auto path = scratch.path() / "problem.h5";
  {
    TableWriter writer(world(), path);
    writer.attribute("format", "proffer-allocation");
    writer.attribute("format_version", "1.0");
    writer.dataset("/use", Type::f64, {{limits, borrowers, offers}});
    for (std::uint64_t k = 0; k < limits; ++k) {
      if (static_cast<int>(k) % world().size() != world().rank()) continue;
      std::vector<double> values(borrowers * offers);
      std::iota(values.begin(), values.end(), static_cast<double>(k * borrowers * offers));
      writer.write_rows("/use", k, std::span<const double>(values));
    }
    (void)writer.publish();
  }
  const auto check = [&](const TableReader& reader) {
    const auto mine = parallel::part_of(borrowers, world().rank(), world().size());
    std::vector<double> part(limits * mine.size() * 2);
    reader.read_part<double>("/use", std::array<std::uint64_t, 3>{0, mine.begin, 1},
                             std::array<std::uint64_t, 3>{limits, mine.size(), 2}, part);
    std::size_t at = 0;
    for (std::uint64_t k = 0; k < limits; ++k)
      for (std::uint64_t b = mine.begin; b < mine.end; ++b)
        for (std::uint64_t o = 1; o < 3; ++o, ++at)
          ASSERT_EQ(part[at], static_cast<double>((k * borrowers + b) * offers + o));
  };
  check(TableReader(path, "proffer-allocation", 1));

  const TableReader reader(path);
  std::vector<double> none;
  EXPECT_THROW(reader.read_part<double>("/use", std::array<std::uint64_t, 3>{0, 4'999, 0},
                                        std::array<std::uint64_t, 3>{1, 2, 4}, none),
               DataError);
  parallel::barrier(world());  // all have read what is damaged now
  parallel::on_root(world(), [&] {
    std::string text = read_text_file(path);
    const double value = 7.0;  // the last of borrower 1, limit 0
    text[text.find(std::string_view(reinterpret_cast<const char*>(&value), sizeof value))] ^= 1;
    write_text_file(path, text);
  });
  try {
    check(TableReader(path));
    ADD_FAILURE() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("block of rows 0–2 of /use is damaged (checksum mismatch)"));
  }
}

TEST(Parts, ReadsOfAnySizeAndOrderGiveTheSame) {
  constexpr std::uint64_t rows = 3 * block_rows + 100;
  const test::Scratch scratch;
  const auto path = scratch.path() / "table.h5";
  std::vector<std::uint16_t> all(rows * 2);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(mix64(i));
  {
    TableWriter writer(world(), path);
    writer.attribute("format", "proffer-test");
    writer.attribute("format_version", "1.0");
    writer.dataset("/x", Type::u16, {{rows, 2}});
    const auto mine = rows_of_rank(world(), rows);
    writer.write_rows("/x", mine.begin, std::span<const std::uint16_t>(all).subspan(2 * mine.begin, 2 * mine.size()));
    (void)writer.publish();
  }
  const TableReader reader(path, "proffer-test", 1);
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::uint64_t first = mix64(i) % rows;
    const std::uint64_t count = mix64(i + 1'000) % (rows - first + 1);
    const auto part = reader.read_rows<std::uint16_t>("/x", first, count);
    ASSERT_TRUE(std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(2 * first)))
        << first << " " << count;
  }
}

}  // namespace
}  // namespace proffer::storage
