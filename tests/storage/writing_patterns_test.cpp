// The same rows give the same bytes, whoever writes them and in which pieces.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "foundation/hash.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"
#include "storage/publish.hpp"
#include "storage/table_file.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::storage {
namespace {

using parallel::RowRange;
using test::world;

constexpr std::uint64_t features = 7;

std::vector<float> feature_rows(RowRange rows) {
  std::vector<float> values;
  for (std::uint64_t row = rows.begin; row < rows.end; ++row)
    for (std::uint64_t f = 0; f < features; ++f)
      values.push_back(static_cast<float>(parallel::random_bits(1, row, f) >> 40));
  return values;
}

std::vector<std::uint64_t> id_rows(RowRange rows) {
  std::vector<std::uint64_t> ids(rows.size());
  std::iota(ids.begin(), ids.end(), rows.begin + 1'000'000'000'000ULL);
  return ids;
}

/// Pieces of rows, in the order in which this rank writes them.
using Pattern = std::vector<RowRange>;

Published write_table(const parallel::Communicator& comm, const std::filesystem::path& path, std::uint64_t rows,
                      const Pattern& pieces) {
  TableWriter writer(comm, path);
  writer.attribute("format", "proffer-test");
  writer.attribute("format_version", "1.0");
  writer.attribute("rate", 0.25);
  writer.attribute("months", std::int64_t{12});
  for (int i = 0; i < 12; ++i) writer.attribute("note_" + std::to_string(i), "text");
  writer.small("/schema/name", std::vector<std::string>{"income", "âge", ""});
  const std::vector<double> limits{1000, 2000, 5000};
  writer.small("/catalog/limit", std::span<const double>(limits), {{3}});
  writer.dataset("/borrower/id", Type::u64, {{rows}});
  writer.dataset("/borrower/features", Type::f32, {{rows, features}});
  for (const auto& piece : pieces) {
    writer.write_rows("/borrower/id", piece.begin, std::span<const std::uint64_t>(id_rows(piece)));
    writer.write_rows("/borrower/features", piece.begin, std::span<const float>(feature_rows(piece)));
  }
  return writer.publish();
}

Pattern cut(RowRange rows, std::uint64_t step) {
  Pattern pieces;
  for (std::uint64_t row = rows.begin; row < rows.end; row += step)
    pieces.push_back({row, std::min(rows.end, row + step)});
  return pieces;
}

/// Every row belongs to the rank that hashing its piece gives: ranks' rows are interleaved, some ranks may get none.
Pattern scattered(std::uint64_t rows, std::uint64_t step) {
  Pattern mine;
  for (const auto& piece : cut({0, rows}, step))
    if (static_cast<int>(mix64(piece.begin) % static_cast<std::uint64_t>(world().size())) == world().rank())
      mine.push_back(piece);
  return mine;
}

class WritingPatterns : public testing::TestWithParam<std::uint64_t> {};

TEST_P(WritingPatterns, GiveTheSameBytes) {
  const std::uint64_t rows = GetParam();
  const test::Scratch scratch;
  std::string expected;
  const std::filesystem::path reference = scratch.path() / ("alone_" + std::to_string(world().rank()) + ".h5");
  expected = write_table(parallel::self(), reference, rows, {{0, rows}}).sha256;
  EXPECT_EQ(expected, parallel::broadcast(world(), expected));

  const RowRange blocks = rows_of_rank(world(), rows);
  const RowRange even = parallel::part_of(rows, world().rank(), world().size());
  Pattern backwards = cut(even, 777);
  std::reverse(backwards.begin(), backwards.end());
  const int last = world().size() - 1;
  const std::vector<std::pair<const char*, Pattern>> patterns{
      {"whole blocks at once", {blocks}},  {"blocks in small steps", cut(blocks, 1000)},
      {"cuts inside blocks", {even}},      {"backwards", backwards},
      {"scattered", scattered(rows, 333)}, {"last rank alone", world().rank() == last ? Pattern{{0, rows}} : Pattern{}},
  };
  for (const auto& [name, pattern] : patterns) {
    const auto published = write_table(world(), scratch.path() / "table.h5", rows, pattern);
    EXPECT_EQ(published.sha256, expected) << name;
    EXPECT_EQ(published.bytes, std::filesystem::file_size(reference)) << name;
    EXPECT_EQ(published.path, scratch.path() / "table.h5");
    EXPECT_FALSE(std::filesystem::exists(scratch.path() / "table.h5.partial"));
    TableReader reader(scratch.path() / "table.h5", "proffer-test", 1);
    EXPECT_EQ(reader.read_all<std::uint64_t>("/borrower/id"), id_rows({0, rows})) << name;
    EXPECT_EQ(reader.read_all<float>("/borrower/features"), feature_rows({0, rows})) << name;
    parallel::barrier(world());
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, WritingPatterns, testing::Values(0, 1, 4095, 4096, 4097, 3 * 4096, 50'001));

TEST(WrittenFile, HasTheBytesItAlwaysHad) {
  // The digest of this file as HDF5 1.10.8 wrote it; HDF5 1.14.5 writes the same. A change here breaks the promise
  // that a run can be repeated on another machine.
  const test::Scratch scratch;
  const auto published = write_table(world(), scratch.path() / "table.h5", 50'001, {rows_of_rank(world(), 50'001)});
  EXPECT_EQ(published.sha256, "5d660d54722aa014c5e4a08e9020d2e6526d4f0c5acbe6b355f797f520e9e9c9");
}

TEST(WrittenFile, KeepsItsSmallDatasetsAndAttributes) {
  const test::Scratch scratch;
  (void)write_table(world(), scratch.path() / "table.h5", 10, {rows_of_rank(world(), 10)});
  TableReader reader(scratch.path() / "table.h5", "proffer-test", 1);
  EXPECT_EQ(reader.texts("/schema/name"), (std::vector<std::string>{"income", "âge", ""}));
  EXPECT_EQ(reader.read_all<double>("catalog/limit"), (std::vector<double>{1000, 2000, 5000}));
  EXPECT_EQ(reader.number_attribute("rate"), 0.25);
  EXPECT_EQ(reader.integer_attribute("months"), 12);
  EXPECT_EQ(reader.number_attribute("months"), 12.0);
  EXPECT_EQ(reader.text_attribute("note_11"), "text");
  EXPECT_EQ(reader.version(), "1.0");
  EXPECT_TRUE(reader.has_attribute("rate"));
  EXPECT_FALSE(reader.has_attribute("Rate"));
  EXPECT_TRUE(reader.has("/borrower/id"));
  EXPECT_FALSE(reader.has("/borrower"));
  EXPECT_FALSE(reader.has("/offer/product"));
  std::vector<std::string> paths;
  for (const auto& info : reader.datasets()) {
    paths.push_back(info.path);
    EXPECT_TRUE(info.checksummed) << info.path;
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"/borrower/features", "/borrower/id", "/catalog/limit", "/schema/name"}));
}

TEST(WrittenFile, DigestIsOverTheDigestsOfBlocks) {
  // 40 MiB: two whole blocks of 16 MiB and a part, against SHA-256 of the whole blocks taken one by one.
  const test::Scratch scratch;
  const auto path = scratch.path() / "plain.bin";
  std::string text(40 << 20, 'x');
  for (std::size_t i = 0; i < text.size(); i += 4096) text[i] = static_cast<char>(i >> 12);
  if (world().is_root()) write_text_file(path, text);
  parallel::barrier(world());
  std::string digests;
  for (std::size_t begin = 0; begin < text.size(); begin += 16 << 20) {
    const auto digest = sha256(std::string_view(text).substr(begin, 16 << 20));
    digests.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  EXPECT_EQ(file_digest(world(), path), hex(sha256(digests)));
  EXPECT_EQ(read_text_file(path), text);
}

TEST(UnfinishedFile, HasNoFinalName) {
  const test::Scratch scratch;
  {
    TableWriter writer(world(), scratch.path() / "table.h5");
    writer.dataset("/id", Type::u64, {{10'000}});
    EXPECT_TRUE(std::filesystem::exists(scratch.path() / "table.h5.partial"));
  }
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "table.h5"));
}

TEST(UnfinishedFile, IsRefusedWhereRowsAreMissing) {
  const test::Scratch scratch;
  TableWriter writer(world(), scratch.path() / "table.h5");
  writer.dataset("/id", Type::u64, {{10'000}});
  if (world().is_root()) writer.write_rows("/id", 0, std::span<const std::uint64_t>(id_rows({0, 9'999})));
  EXPECT_THROW((void)writer.publish(), std::logic_error);
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "table.h5"));
}

}  // namespace
}  // namespace proffer::storage
