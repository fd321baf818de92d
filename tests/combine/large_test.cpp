// A population large enough to be sampled and pruned: the same list from a file and from rows made on the way, at any
// number of ranks, and within its limits.
#include <gtest/gtest.h>

#include "combine/combine.hpp"
#include "combine/small_scores.hpp"
#include "offers/file_scores.hpp"

namespace proffer::combine {
namespace {

using namespace test;

constexpr std::uint64_t row_count = 90'000;
const char* limits = R"(gap_tolerance: 1e-5
limits:
- {name: letters, measure: contacts, channel: mail, limit: 7000}
- {name: volume, measure: amount, basis: quantile, limit: 20000000}
- {name: risk, measure: average_pd, limit: 0.09}
- {name: old, measure: takes, segment: old, sense: at_least, limit: 500}
)";

TEST(LargeList, IsTheSameFromAFileAndOnTheWay) {
  const Scratch scratch;
  Log log = silent();
  write_scores(world(), scratch.path() / "scores.h5", row_count);
  const auto range = storage::rows_of_rank(world(), row_count);
  const Outcome stored = combine_scores(world(), offers::FileScores(world(), scratch.path() / "scores.h5"),
                                        settings_of(limits), scratch.path() / "stored", 1, log);
  const Outcome made = combine_scores(world(), MemoryScores(range.begin, range.size(), row_count), settings_of(limits),
                                      scratch.path() / "made", 2, log);
  const Outcome alone = combine_scores(parallel::self(), MemoryScores(0, row_count, row_count, 5'000),
                                       settings_of(limits), scratch.path() / std::to_string(world().rank()), 1, log);
  ASSERT_EQ(stored.files.size(), made.files.size());
  ASSERT_EQ(stored.files.size(), alone.files.size());
  for (std::size_t f = 0; f < stored.files.size(); ++f) {
    EXPECT_EQ(stored.files[f].sha256, made.files[f].sha256) << stored.files[f].path;
    EXPECT_EQ(stored.files[f].sha256, alone.files[f].sha256) << stored.files[f].path;
  }
  EXPECT_EQ(stored.certificate.at("status"), "certified");
  const storage::TableReader table(scratch.path() / "stored/offers.h5");
  const auto offer = table.read_all<std::int32_t>("/decision/offer");
  const auto take = table.read_all<float>("/decision/p_take");
  const offers::ScoreSchema schema = score_schema(row_count);
  double letters = 0, volume = 0;
  for (std::size_t i = 0; i < offer.size(); ++i) {
    if (offer[i] < 0) continue;
    const auto j = static_cast<std::size_t>(offer[i]);
    letters += schema.catalog.channel[j] == 0;
    volume += static_cast<double>(take[i]) * schema.catalog.limit[j];
  }
  EXPECT_LE(letters, 7000);
  EXPECT_LT(volume, 20e6);
  EXPECT_GT(letters, 6900);
}

}  // namespace
}  // namespace proffer::combine
