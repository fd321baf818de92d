// Links and groups against plain union-find, made anew for every day.
#include "links/row_links.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "parallel/collectives.hpp"
#include "parallel/random.hpp"
#include "support/world.hpp"

namespace proffer::links {
namespace {

/// One row of all ranks' rows together.
struct Row {
  std::int32_t as_of = 0;
  std::vector<std::uint64_t> links;
  std::int32_t fraud_known = 0;
};

struct Told {
  std::uint32_t component = 0, component_frauds = 0, sharing_frauds = 0;
  std::vector<std::uint32_t> sharing;
  friend bool operator==(const Told&, const Told&) = default;
};

/// What is known on the day of row i, found by looking at every row up to that day.
class PlainGroups {
 public:
  PlainGroups(const std::vector<Row>& rows, std::int32_t day, std::uint32_t hub)
      : rows_(rows), day_(day), parent_(rows.size()) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    for (std::size_t kind = 0; kind < rows[0].links.size(); ++kind) {
      std::map<std::uint64_t, std::vector<std::size_t>> by_link;
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].as_of <= day && rows[i].links[kind] != 0) by_link[rows[i].links[kind]].push_back(i);
      for (const auto& [link, sharers] : by_link) join(sharers, hub);
    }
  }

  [[nodiscard]] Told told(std::size_t i) {
    Told told;
    told.sharing.resize(rows_[i].links.size());
    for (std::size_t j = 0; j < rows_.size(); ++j) {
      if (rows_[j].as_of > day_) continue;
      const std::uint32_t fraud = rows_[j].fraud_known != 0 && rows_[j].fraud_known <= day_ ? 1 : 0;
      if (root(j) == root(i)) {
        ++told.component;
        told.component_frauds += fraud;
      }
      for (std::size_t kind = 0; kind < told.sharing.size(); ++kind) {
        if (rows_[i].links[kind] == 0 || rows_[j].links[kind] != rows_[i].links[kind]) continue;
        told.sharing[kind] += j != i ? 1 : 0;
        told.sharing_frauds += fraud;
      }
    }
    return told;
  }

 private:
  /// Rows with one link, less those that came when it was a hub already.
  void join(const std::vector<std::size_t>& sharers, std::uint32_t hub) {
    std::size_t first = rows_.size();
    for (const std::size_t i : sharers) {
      std::uint32_t by_then = 0;
      for (const std::size_t j : sharers) by_then += rows_[j].as_of <= rows_[i].as_of ? 1 : 0;
      if (by_then > hub) continue;
      if (first == rows_.size()) first = i;
      parent_[root(i)] = root(first);
    }
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }
  const std::vector<Row>& rows_;
  std::int32_t day_;
  std::vector<std::size_t> parent_;
};

/// Rows in groups of all shapes: links are drawn from few numbers, some rows have none, days are few or many.
std::vector<Row> draw(std::uint64_t seed, std::size_t count, std::uint64_t numbers, std::uint64_t days) {
  std::vector<Row> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    parallel::RandomStream random(seed, i, "test.links");
    rows[i].as_of = 20240101 + static_cast<std::int32_t>(random.below(days));
    for (int kind = 0; kind < 3; ++kind)
      rows[i].links.push_back(random.uniform() < 0.3 ? 0 : 1 + random.below(numbers) * 0x123456789abcdefULL);
    if (random.uniform() < 0.3) rows[i].fraud_known = rows[i].as_of + 1 + static_cast<std::int32_t>(random.below(days));
  }
  return rows;
}

/// This rank's rows when they are dealt out at random, unevenly; rank 1 gets none.
LinkedRows deal(const parallel::Communicator& comm, const std::vector<Row>& rows, std::vector<std::size_t>& mine) {
  LinkedRows dealt;
  dealt.kinds = 3;
  mine.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    parallel::RandomStream random(7, i, "test.deal");
    std::uint64_t rank = std::min(random.below(static_cast<std::uint64_t>(comm.size())),
                                  random.below(static_cast<std::uint64_t>(comm.size())));
    if (rank == 1) rank = 0;
    if (rank != static_cast<std::uint64_t>(comm.rank())) continue;
    mine.push_back(i);
    dealt.as_of.push_back(rows[i].as_of);
    dealt.links.insert(dealt.links.end(), rows[i].links.begin(), rows[i].links.end());
    dealt.fraud_known.push_back(rows[i].fraud_known);
  }
  return dealt;
}

/// What find_links tells of every row, on every rank.
std::vector<Told> told_by_links(const std::vector<Row>& rows, std::uint32_t hub) {
  struct Sent {
    std::uint64_t row;
    std::array<std::uint32_t, 6> told;
  };
  const parallel::Communicator comm = test::world();
  std::vector<std::size_t> mine;
  const RowLinks links = find_links(comm, deal(comm, rows, mine), {.hub = hub});
  std::vector<Sent> sent;
  for (std::size_t i = 0; i < mine.size(); ++i)
    sent.push_back({mine[i],
                    {links.component[i], links.component_frauds[i], links.sharing_frauds[i], links.sharing[3 * i],
                     links.sharing[3 * i + 1], links.sharing[3 * i + 2]}});
  std::vector<Told> told(rows.size());
  for (const Sent& one : parallel::all_gather(comm, std::span<const Sent>(sent)))
    told[one.row] = {one.told[0], one.told[1], one.told[2], {one.told[3], one.told[4], one.told[5]}};
  return told;
}

struct Case {
  std::uint64_t seed;
  std::size_t rows;
  std::uint64_t numbers, days;
  std::uint32_t hub;
};

class RowLinksTest : public testing::TestWithParam<Case> {};

TEST_P(RowLinksTest, AgreeWithPlainUnionFind) {
  const Case& c = GetParam();
  const std::vector<Row> rows = draw(c.seed, c.rows, c.numbers, c.days);
  const std::vector<Told> told = told_by_links(rows, c.hub);
  std::map<std::int32_t, PlainGroups> by_day;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int32_t day = rows[i].as_of;
    PlainGroups& groups = by_day.try_emplace(day, rows, day, c.hub).first->second;
    ASSERT_EQ(told[i], groups.told(i)) << "row " << i << " of day " << day;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RowLinksTest,
                         testing::Values(Case{1, 400, 300, 5, 1000},   // many small groups
                                         Case{2, 400, 120, 8, 1000},   // one large group and some small
                                         Case{3, 300, 8, 6, 20},       // hubs
                                         Case{4, 400, 200, 1, 3},      // one day
                                         Case{5, 300, 150, 25, 1000},  // many days
                                         Case{6, 3, 50, 2, 1000}));

TEST(RowLinks, KnowNothingThatCameLater) {
  const std::vector<Row> rows = draw(11, 400, 90, 10);
  const std::vector<Told> all = told_by_links(rows, 12);
  for (std::int32_t last = 20240101; last < 20240110; last += 3) {
    std::vector<Row> until;  // the same rows, as a lender would have had them on the last day
    std::vector<std::size_t> number;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].as_of > last) continue;
      until.push_back(rows[i]);
      if (until.back().fraud_known > last) until.back().fraud_known = 0;
      number.push_back(i);
    }
    const std::vector<Told> then = told_by_links(until, 12);
    for (std::size_t i = 0; i < then.size(); ++i) EXPECT_EQ(then[i], all[number[i]]) << "row " << number[i];
  }
}

TEST(RowLinks, FollowAChainHoweverLong) {
  // Row i shares a device with row i−1 and a phone with row i+1: one component, found in few rounds.
  const parallel::Communicator comm = test::world();
  constexpr std::uint64_t length = 20000;
  LinkedRows rows;
  rows.kinds = 2;
  for (std::uint64_t i = 0; i < length; ++i) {
    if (i % static_cast<std::uint64_t>(comm.size()) != static_cast<std::uint64_t>(comm.rank())) continue;
    rows.as_of.push_back(20240101);
    rows.links.insert(rows.links.end(), {1 + (i + 1) / 2, 1 + i / 2});
    rows.fraud_known.push_back(0);
  }
  const RowLinks links = find_links(comm, rows);
  for (const std::uint32_t size : links.component) EXPECT_EQ(size, length);
}

TEST(RowLinks, OfNoRows) {
  LinkedRows none;
  none.kinds = 2;
  const RowLinks links = find_links(test::world(), none);
  EXPECT_TRUE(links.component.empty());
}

TEST(RowLinks, RefuseAFraudThatIsKnownAtOnce) {
  LinkedRows rows;
  rows.kinds = 1;
  rows.as_of = {20240101};
  rows.links = {5};
  rows.fraud_known = {20240101};
  EXPECT_THROW((void)find_links(test::world(), rows), std::logic_error);
}

}  // namespace
}  // namespace proffer::links
