#include "links/forest.hpp"

#include <algorithm>
#include <iterator>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/collectives.hpp"
#include "parallel/owners.hpp"

namespace proffer::links {
namespace {

constexpr int index_bits = 40;  // numbers of nodes per rank; above them the rank
constexpr Node is_root = Node{1} << 63;

int owner_of(Node node) {
  return static_cast<int>(node >> index_bits);
}
std::size_t index_of(Node node) {
  return static_cast<std::size_t>(node & ((Node{1} << index_bits) - 1));
}

std::vector<Node> without_none(std::span<const Node> nodes) {
  std::vector<Node> some;
  some.reserve(nodes.size());
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(some), [](Node node) { return node != no_node; });
  return some;
}

}  // namespace

Node LinkForest::address(std::size_t index) const {
  return static_cast<Node>(comm_.rank()) << index_bits | static_cast<Node>(index);
}
LinkForest::OwnNode& LinkForest::own(Node node) {
  return own_[index_of(node)];
}
const LinkForest::OwnNode& LinkForest::own(Node node) const {
  return own_[index_of(node)];
}

std::vector<Node> LinkForest::add_kind(std::span<const std::uint64_t> numbers) {
  std::vector<std::uint64_t> present;
  std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(present), [](std::uint64_t n) { return n != 0; });
  const auto ranks = static_cast<std::uint64_t>(comm_.size());
  const auto owner = [ranks](std::uint64_t number) { return static_cast<int>(mix64(number) % ranks); };
  const auto reply = [this](std::span<const std::uint64_t> came) {
    std::vector<std::uint64_t> shared(came.begin(), came.end());
    std::sort(shared.begin(), shared.end());
    std::size_t kept = 0;
    for (std::size_t begin = 0, end = 0; begin < shared.size(); begin = end) {
      while (end < shared.size() && shared[end] == shared[begin]) ++end;
      if (end - begin > 1) shared[kept++] = shared[begin];
    }
    shared.resize(kept);
    const std::size_t first = own_.size();
    own_.resize(first + kept);
    for (std::size_t i = first; i < own_.size(); ++i) own_[i].parent = address(i);
    std::vector<Node> nodes;
    nodes.reserve(came.size());
    for (const std::uint64_t number : came) {
      const auto at = std::lower_bound(shared.begin(), shared.end(), number);
      const bool found = at != shared.end() && *at == number;
      nodes.push_back(found ? address(first + static_cast<std::size_t>(at - shared.begin())) : no_node);
    }
    return nodes;
  };
  const auto answers = parallel::ask_owners<Node>(comm_, std::span<const std::uint64_t>(present), owner, reply);
  std::vector<Node> nodes(numbers.size(), no_node);
  for (std::size_t i = 0, next = 0; i < numbers.size(); ++i)
    if (numbers[i] != 0) nodes[i] = answers[next++];
  return nodes;
}

std::vector<Node> LinkForest::arrived(std::span<const Node> nodes) const {
  const std::vector<Node> some = without_none(nodes);
  return parallel::to_owners(comm_, std::span<const Node>(some), owner_of);
}

void LinkForest::count_rows(std::span<const Node> nodes) {
  for (const Node node : arrived(nodes)) ++own(node).link.rows;
}

void LinkForest::count_frauds(std::span<const Node> nodes) {
  for (const Node node : arrived(nodes)) ++own(node).link.frauds;
}

/// What the owners of `at` hold of them, given to those of `nodes` that are nodes, in order.
std::vector<LinkCounts> LinkForest::held(std::span<const Node> nodes, std::span<const Node> at,
                                         LinkCounts OwnNode::*what) const {
  const auto reply = [this, what](std::span<const Node> asked) {
    std::vector<LinkCounts> counted;
    counted.reserve(asked.size());
    for (const Node node : asked) counted.push_back(own(node).*what);
    return counted;
  };
  const auto answers = parallel::ask_owners<LinkCounts>(comm_, at, owner_of, reply);
  std::vector<LinkCounts> all(nodes.size());
  for (std::size_t i = 0, next = 0; i < nodes.size(); ++i)
    if (nodes[i] != no_node) all[i] = answers[next++];
  return all;
}

std::vector<LinkCounts> LinkForest::counts(std::span<const Node> nodes) const {
  return held(nodes, without_none(nodes), &OwnNode::link);
}

/// One step up for each node, several where the way stays on one rank; is_root is set where it has ended.
std::vector<Node> LinkForest::step(std::span<const Node> nodes) {
  const auto reply = [this](std::span<const Node> asked) {
    std::vector<Node> above;
    above.reserve(asked.size());
    for (const Node node : asked) {
      Node at = node;
      while (own(at).parent != at && owner_of(own(at).parent) == comm_.rank()) at = own(at).parent;
      const Node parent = own(at).parent;
      for (Node below = node; below != at;) {  // halves the way for the next one
        const Node next = own(below).parent;
        own(below).parent = parent;
        below = next;
      }
      above.push_back(parent == at ? at | is_root : parent);
    }
    return above;
  };
  return parallel::ask_owners<Node>(comm_, nodes, owner_of, reply);
}

std::vector<Node> LinkForest::roots(std::span<const Node> nodes) {
  std::vector<Node> found(nodes.begin(), nodes.end());
  std::vector<std::size_t> open(found.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  std::vector<Node> asked = found;
  std::vector<NodePair> shortcuts;  // (node, its root), where the way led over several ranks
  for (int steps = 0; parallel::any_over_ranks(comm_, !open.empty()); ++steps) {
    const std::vector<Node> above = step(asked);
    std::vector<std::size_t> left;
    asked.clear();
    for (std::size_t k = 0; k < open.size(); ++k) {
      const std::size_t i = open[k];
      found[i] = above[k] & ~is_root;
      if ((above[k] & is_root) == 0) {
        left.push_back(i);
        asked.push_back(found[i]);
      } else if (steps > 1) {
        shortcuts.push_back({nodes[i], found[i]});
      }
    }
    open = std::move(left);
  }
  const auto owner = [](const NodePair& shortcut) { return owner_of(shortcut.first); };
  for (const auto& [node, root] : parallel::to_owners(comm_, std::span<const NodePair>(shortcuts), owner))
    own(node).parent = root;
  return found;
}

/// Puts the greater root of each pair below the least root that it is paired with. Returns this rank's roots that fell.
std::vector<Node> LinkForest::hook(std::span<const NodePair> pairs) {
  const auto owner = [](const NodePair& pair) { return owner_of(pair.first); };
  std::vector<Node> fallen;
  for (const auto& [greater, less] : parallel::to_owners(comm_, pairs, owner)) {
    OwnNode& node = own(greater);
    if (node.parent == greater) fallen.push_back(greater);
    node.parent = std::min(node.parent, less);
  }
  return fallen;
}

void LinkForest::join(std::vector<NodePair> pairs) {
  std::vector<Node> fallen;
  for (;;) {
    std::vector<Node> ends;
    ends.reserve(2 * pairs.size());
    for (const auto& [a, b] : pairs) {
      ends.push_back(a);
      ends.push_back(b);
    }
    ends = roots(ends);
    pairs.clear();
    for (std::size_t i = 0; i < ends.size(); i += 2)
      if (ends[i] != ends[i + 1]) pairs.push_back({std::max(ends[i], ends[i + 1]), std::min(ends[i], ends[i + 1])});
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    if (!parallel::any_over_ranks(comm_, !pairs.empty())) break;
    const std::vector<Node> more = hook(pairs);
    fallen.insert(fallen.end(), more.begin(), more.end());
  }
  move_counts(fallen);
}

/// A root that fell hands its counts to the root of its group.
void LinkForest::move_counts(const std::vector<Node>& fallen) {
  struct Move {
    Node to;
    GroupCounts counts;
  };
  const std::vector<Node> to = roots(fallen);
  std::vector<Move> moves;
  for (std::size_t i = 0; i < fallen.size(); ++i) {
    moves.push_back({to[i], own(fallen[i]).group});
    own(fallen[i]).group = {};
  }
  const auto owner = [](const Move& move) { return owner_of(move.to); };
  for (const Move& move : parallel::to_owners(comm_, std::span<const Move>(moves), owner)) {
    own(move.to).group.rows += move.counts.rows;
    own(move.to).group.frauds += move.counts.frauds;
  }
}

void LinkForest::add_group_rows(std::span<const Node> nodes) {
  for (const Node root : arrived(roots(without_none(nodes)))) ++own(root).group.rows;
}

void LinkForest::add_group_frauds(std::span<const Node> nodes) {
  for (const Node root : arrived(roots(without_none(nodes)))) ++own(root).group.frauds;
}

std::vector<GroupCounts> LinkForest::groups(std::span<const Node> nodes) {
  return held(nodes, roots(without_none(nodes)), &OwnNode::group);
}

}  // namespace proffer::links
