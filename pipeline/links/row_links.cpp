#include "links/row_links.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "foundation/error.hpp"
#include "links/forest.hpp"
#include "parallel/collectives.hpp"

namespace proffer::links {
namespace {

/// The different days of all ranks' rows, in order.
std::vector<std::int32_t> days_of(const parallel::Communicator& comm, std::vector<std::int32_t> days) {
  const auto distinct = [](std::vector<std::int32_t>& some) {
    std::sort(some.begin(), some.end());
    some.erase(std::unique(some.begin(), some.end()), some.end());
  };
  distinct(days);
  std::vector<std::int32_t> all = parallel::all_gather(comm, std::span<const std::int32_t>(days));
  distinct(all);
  return all;
}

/// Numbers of rows in order of a day, with a cursor.
class ByDay {
 public:
  explicit ByDay(std::span<const std::int32_t> days) : days_(days), order_(days.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return days_[a] < days_[b]; });
  }
  /// The rows up to and including this day that were not taken yet.
  std::span<const std::size_t> take_until(std::int32_t day) {
    const std::size_t first = next_;
    while (next_ < order_.size() && days_[order_[next_]] <= day) ++next_;
    return std::span(order_).subspan(first, next_ - first);
  }

 private:
  std::span<const std::int32_t> days_;
  std::vector<std::size_t> order_;
  std::size_t next_ = 0;
};

/// Rows and links as they come, day by day.
class Days {
 public:
  Days(const parallel::Communicator& comm, const LinkedRows& rows, const LinkOptions& options)
      : rows_(rows), options_(options), forest_(comm), anchor_(rows.rows(), no_node), nodes_(rows.links.size()) {
    std::vector<std::uint64_t> numbers(rows.rows());
    for (std::size_t kind = 0; kind < rows.kinds; ++kind) {
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = rows.links[i * rows.kinds + kind];
      const std::vector<Node> nodes = forest_.add_kind(numbers);
      for (std::size_t i = 0; i < nodes.size(); ++i) nodes_[i * rows.kinds + kind] = nodes[i];
    }
    found_.component.resize(rows.rows());
    found_.component_frauds.resize(rows.rows());
    found_.sharing.resize(rows.links.size());
    found_.sharing_frauds.resize(rows.rows());
  }

  /// Collective. Rows of the day arrive, then what is known by now is counted in, then the rows are told.
  void pass(std::span<const std::size_t> arriving, std::span<const std::size_t> frauds) {
    arrive(arriving);
    learn(frauds);
    tell(arriving);
  }

  [[nodiscard]] RowLinks result() && { return std::move(found_); }

 private:
  [[nodiscard]] std::vector<Node> nodes_of(std::span<const std::size_t> rows) const {
    std::vector<Node> nodes;
    nodes.reserve(rows.size() * rows_.kinds);
    for (const std::size_t row : rows)
      for (std::size_t kind = 0; kind < rows_.kinds; ++kind) nodes.push_back(nodes_[row * rows_.kinds + kind]);
    return nodes;
  }
  [[nodiscard]] std::vector<Node> anchors_of(std::span<const std::size_t> rows) const {
    std::vector<Node> anchors;
    anchors.reserve(rows.size());
    for (const std::size_t row : rows) anchors.push_back(anchor_[row]);
    return anchors;
  }

  void arrive(std::span<const std::size_t> rows) {
    const std::vector<Node> nodes = nodes_of(rows);
    forest_.count_rows(nodes);
    const std::vector<LinkCounts> counts = forest_.counts(nodes);
    std::vector<NodePair> pairs;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Node& anchor = anchor_[rows[i]];
      for (std::size_t k = i * rows_.kinds; k < (i + 1) * rows_.kinds; ++k) {
        if (nodes[k] == no_node || counts[k].rows > options_.hub) continue;
        if (anchor == no_node)
          anchor = nodes[k];
        else
          pairs.push_back({anchor, nodes[k]});
      }
    }
    forest_.join(std::move(pairs));
    forest_.add_group_rows(anchors_of(rows));
  }

  void learn(std::span<const std::size_t> frauds) {
    forest_.count_frauds(nodes_of(frauds));
    forest_.add_group_frauds(anchors_of(frauds));
  }

  void tell(std::span<const std::size_t> rows) {
    const std::vector<LinkCounts> counts = forest_.counts(nodes_of(rows));
    const std::vector<GroupCounts> groups = forest_.groups(anchors_of(rows));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t row = rows[i];
      const bool alone = anchor_[row] == no_node;
      found_.component[row] = alone ? 1 : groups[i].rows;
      found_.component_frauds[row] = alone ? 0 : groups[i].frauds;
      for (std::size_t kind = 0; kind < rows_.kinds; ++kind) {
        const LinkCounts& link = counts[i * rows_.kinds + kind];
        found_.sharing[row * rows_.kinds + kind] = link.rows > 0 ? link.rows - 1 : 0;
        found_.sharing_frauds[row] += link.frauds;
      }
    }
  }

  const LinkedRows& rows_;
  LinkOptions options_;
  LinkForest forest_;
  std::vector<Node> anchor_;  // of each row: the link by which it is in a group
  std::vector<Node> nodes_;   // rows × kinds
  RowLinks found_;
};

void check(const LinkedRows& rows) {
  expects(rows.links.size() == rows.rows() * rows.kinds && rows.fraud_known.size() == rows.rows(),
          "links and fraud_known of every row");
  for (std::size_t i = 0; i < rows.rows(); ++i)
    expects(rows.fraud_known[i] == 0 || rows.fraud_known[i] > rows.as_of[i], "a fraud is known after its as_of");
}

}  // namespace

RowLinks find_links(const parallel::Communicator& comm, const LinkedRows& rows, const LinkOptions& options) {
  check(rows);
  std::vector<std::size_t> fraud_rows;
  std::vector<std::int32_t> fraud_days;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (rows.fraud_known[i] != 0) {
      fraud_rows.push_back(i);
      fraud_days.push_back(rows.fraud_known[i]);
    }
  ByDay arrivals(rows.as_of);
  ByDay discoveries(fraud_days);
  Days days(comm, rows, options);
  for (const std::int32_t day : days_of(comm, rows.as_of)) {
    std::vector<std::size_t> frauds;
    for (const std::size_t f : discoveries.take_until(day)) frauds.push_back(fraud_rows[f]);
    days.pass(arrivals.take_until(day), frauds);
  }
  return std::move(days).result();
}

}  // namespace proffer::links
