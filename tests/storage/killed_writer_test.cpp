// A writer that is killed with SIGKILL leaves no final name, and a temporary file whose structure is whole.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <numeric>

#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/table_file.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::storage {
namespace {

using test::world;

constexpr std::uint64_t rows = 100'000;
const char* const file_variable = "PROFFER_TEST_KILLED_WRITER";

std::vector<std::uint64_t> ids(std::uint64_t count) {
  std::vector<std::uint64_t> values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

// Not a test of its own: the process that KilledWriter.LeavesNoFinalName starts and that dies half-way.
TEST(KilledWriter, DISABLED_Victim) {
  const char* file = std::getenv(file_variable);
  ASSERT_NE(file, nullptr);
  TableWriter writer(parallel::self(), file);
  writer.attribute("format", "proffer-test");
  writer.attribute("format_version", "1.0");
  writer.dataset("/id", Type::u64, {{rows}});
  writer.write_rows("/id", 0, std::span<const std::uint64_t>(ids(rows / 2)));
  std::raise(SIGKILL);
}

// A fresh environment: the victim is a world of its own, not a child of this one.
std::string victim_command(const std::filesystem::path& file) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return "env -i PATH=/usr/bin:/bin HOME='" + file.parent_path().string() + "' " + std::string(file_variable) + "='" +
         file.string() + "' '" + self.string() +
         "' --gtest_also_run_disabled_tests --gtest_filter=KilledWriter.DISABLED_Victim > /dev/null 2>&1";
}

TEST(KilledWriter, LeavesNoFinalName) {
  const test::Scratch scratch;
  const auto path = scratch.path() / "ids.h5";
  parallel::on_root(world(), [&] {
    const int status = std::system(victim_command(path).c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL) << status;
    EXPECT_FALSE(std::filesystem::exists(path));
    const TableReader partial(path.string() + ".partial");
    EXPECT_EQ(partial.info("/id").shape.rows(), rows);
  });

  TableWriter again(world(), path);
  again.attribute("format", "proffer-test");
  again.attribute("format_version", "1.0");
  again.dataset("/id", Type::u64, {{rows}});
  if (world().is_root()) again.write_rows("/id", 0, std::span<const std::uint64_t>(ids(rows)));
  (void)again.publish();
  EXPECT_EQ(TableReader(path).read_all<std::uint64_t>("/id"), ids(rows));
}

}  // namespace
}  // namespace proffer::storage
