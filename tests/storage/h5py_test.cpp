// Files go both ways between proffer and Python's h5py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <numeric>

#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "storage/table_file.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::storage {
namespace {

using test::world;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> buffer{};
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get())) text += buffer.data();
  return text;
}

/// Collective: the root runs a script beside this file; every rank gets what it printed.
std::string run_script(const char* name, const std::filesystem::path& file) {
  std::string text;
  if (world().is_root())
    text = output_of(std::string("/usr/bin/python3 " PROFFER_SOURCE_DIR "/tests/storage/") + name + " '" +
                     file.string() + "' 2>&1");
  return parallel::broadcast(world(), text);
}

class H5py : public testing::Test {
 protected:
  void SetUp() override {
    std::string here;
    if (world().is_root()) here = output_of("/usr/bin/python3 -c 'import h5py, numpy; print(1)' 2>/dev/null");
    if (parallel::broadcast(world(), here) != "1\n") GTEST_SKIP() << "/usr/bin/python3 has no h5py";
  }
  test::Scratch scratch_;
};

TEST_F(H5py, ReadsWhatProfferWrites) {
  constexpr std::uint64_t rows = 10'000;
  const auto path = scratch_.path() / "book.h5";
  TableWriter writer(world(), path);
  writer.attribute("format", "proffer-book");
  writer.attribute("months", std::int64_t{12});
  writer.attribute("rate", 0.25);
  writer.small("/schema/name", std::vector<std::string>{"income", "âge"});
  writer.dataset("/borrower/features", Type::f32, {{rows, 2}});
  const auto mine = rows_of_rank(world(), rows);
  std::vector<float> values(mine.size() * 2);
  std::iota(values.begin(), values.end(), static_cast<float>(2 * mine.begin));
  writer.write_rows("/borrower/features", mine.begin, std::span<const float>(values));
  (void)writer.publish();
  // The sum of 0 … 19,999.
  EXPECT_EQ(run_script("read_with_h5py.py", path),
            "proffer-book 12 0.25\nincome,âge\n(10000, 2) float32 (4096, 2) 199990000.0\n(3,)\n");
}

TEST_F(H5py, WritesWhatProfferReads) {
  const auto path = scratch_.path() / "problem.h5";
  EXPECT_EQ(run_script("write_with_h5py.py", path), "");
  const TableReader reader(path, "proffer-allocation", 1);
  EXPECT_EQ(reader.number_attribute("scale"), 0.5);
  EXPECT_EQ(reader.integer_attribute("count"), 7);
  EXPECT_FALSE(reader.info("value").checksummed);
  EXPECT_EQ(reader.read_rows<double>("value", 1, 2), (std::vector<double>{3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(reader.read_all<std::uint64_t>("/id"), (std::vector<std::uint64_t>{100, 101, 102, 103}));
  EXPECT_EQ(reader.texts("name"), (std::vector<std::string>{"exposure", "büdget"}));
  EXPECT_EQ(reader.texts("fixed"), (std::vector<std::string>{"one", "three"}));
  EXPECT_EQ(reader.read_rows<std::int32_t>("packed", 4'999, 2), (std::vector<std::int32_t>{4'999, 5'000}));
  std::vector<std::string> known;
  for (const auto& info : reader.datasets()) known.push_back(info.path);
  EXPECT_THAT(known, testing::ElementsAre("/fixed", "/id", "/name", "/packed", "/value"));
  try {
    (void)reader.info("big_endian");
    ADD_FAILURE() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(": /big_endian has a type that proffer does not read"));
  }
}

}  // namespace
}  // namespace proffer::storage
