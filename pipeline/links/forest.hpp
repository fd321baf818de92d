// Links as nodes dealt out over the ranks, and the groups they form: a union-find whose parents may live elsewhere.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::links {

/// A node: the rank that owns it and its number there.
using Node = std::uint64_t;
inline constexpr Node no_node = ~Node{0};

/// Two nodes. (Not std::pair, which cannot be sent.)
struct NodePair {
  Node first = no_node, second = no_node;
  friend auto operator<=>(const NodePair&, const NodePair&) = default;
};

/// What is known of one link: rows that have had it, and known frauds among them.
struct LinkCounts {
  std::uint32_t rows = 0, frauds = 0;
};
/// The same of a group of links.
using GroupCounts = LinkCounts;

/// Every rank brings its own nodes, also none.
class LinkForest {
 public:
  /// Independent. `comm` must outlive it.
  explicit LinkForest(const parallel::Communicator& comm) : comm_(comm) {}

  /// Collective. Makes a node of each number that occurs at least twice on all ranks together. Numbers 0 are no links.
  /// Returns the node of each; no_node where there is none. Each call makes nodes of a kind of their own.
  [[nodiscard]] std::vector<Node> add_kind(std::span<const std::uint64_t> numbers);

  /// Collective. Counts rows and known frauds of links (not of groups); no_node is passed over.
  void count_rows(std::span<const Node> nodes);
  /// Collective.
  void count_frauds(std::span<const Node> nodes);
  /// Collective. Of each node; nothing for no_node.
  [[nodiscard]] std::vector<LinkCounts> counts(std::span<const Node> nodes) const;

  /// Collective. Makes one group of the groups of each pair.
  void join(std::vector<NodePair> pairs);
  /// Collective. Adds one row (one fraud) to the group of each node; no_node is passed over.
  void add_group_rows(std::span<const Node> nodes);
  /// Collective.
  void add_group_frauds(std::span<const Node> nodes);
  /// Collective. Of the group of each node; nothing for no_node.
  [[nodiscard]] std::vector<GroupCounts> groups(std::span<const Node> nodes);

 private:
  struct OwnNode {
    Node parent = no_node;
    LinkCounts link;
    GroupCounts group;  // of roots
  };
  [[nodiscard]] Node address(std::size_t index) const;
  [[nodiscard]] OwnNode& own(Node node);
  [[nodiscard]] const OwnNode& own(Node node) const;
  [[nodiscard]] std::vector<LinkCounts> held(std::span<const Node> nodes, std::span<const Node> at,
                                             LinkCounts OwnNode::*what) const;
  [[nodiscard]] std::vector<Node> step(std::span<const Node> nodes);
  [[nodiscard]] std::vector<Node> roots(std::span<const Node> nodes);
  [[nodiscard]] std::vector<Node> hook(std::span<const NodePair> pairs);
  void move_counts(const std::vector<Node>& fallen);
  [[nodiscard]] std::vector<Node> arrived(std::span<const Node> nodes) const;

  const parallel::Communicator& comm_;
  std::vector<OwnNode> own_;
};

}  // namespace proffer::links
