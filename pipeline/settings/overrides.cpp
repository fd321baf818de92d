#include <algorithm>
#include <charconv>
#include <optional>

#include "foundation/error.hpp"
#include "settings/tree.hpp"

namespace proffer::settings {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments(1);
  for (const char c : path) {
    if (c == '.') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  return segments;
}

std::optional<std::size_t> index_of(const std::string& segment) {
  std::size_t index = 0;
  const char* end = segment.data() + segment.size();
  const auto [stop, problem] = std::from_chars(segment.data(), end, index);
  if (segment.empty() || problem != std::errc() || stop != end) return std::nullopt;
  return index;
}

/// Everything in an override stands at the override itself.
TreePtr placed_at(const Tree& tree, const Position& at) {
  auto placed = std::make_shared<Tree>(tree);
  placed->at = at;
  for (TreePtr& item : placed->items) item = placed_at(*item, at);
  for (Entry& entry : placed->entries) entry = {entry.key, at, placed_at(*entry.value, at)};
  return placed;
}

struct Override {
  Position at;
  std::vector<std::string> segments;
  TreePtr value;

  [[nodiscard]] UsageError error(const std::string& problem, std::string why, std::string suggestion) const {
    return UsageError({at.text() + ": " + problem, std::move(why), std::move(suggestion)});
  }

  [[nodiscard]] std::string path_to(std::size_t depth) const {
    std::string path;
    for (std::size_t i = 0; i < depth; ++i) path = joined(path, segments[i]);
    return path;
  }

  /// `tree` (the value at the first `depth` segments) with the override applied below it.
  [[nodiscard]] TreePtr applied(const TreePtr& tree, std::size_t depth) const {
    if (depth == segments.size()) return value;
    switch (tree->kind) {
      case Tree::Kind::null:
      case Tree::Kind::mapping:
        return in_mapping(*tree, depth);
      case Tree::Kind::sequence:
        return in_sequence(*tree, depth);
      case Tree::Kind::scalar:
        break;
    }
    throw error(path_to(depth) + " " + what_stands_there(*tree), "nothing stands below a single value",
                "check the path");
  }

  [[nodiscard]] TreePtr in_mapping(const Tree& tree, std::size_t depth) const {
    auto changed = std::make_shared<Tree>(tree);
    changed->kind = Tree::Kind::mapping;
    const std::string& key = segments[depth];
    auto entry = std::ranges::find(changed->entries, key, &Entry::key);
    if (entry == changed->entries.end()) {
      auto missing = std::make_shared<Tree>();
      missing->at = at;
      changed->entries.push_back({key, at, std::move(missing)});
      entry = changed->entries.end() - 1;
    }
    entry->value = applied(entry->value, depth + 1);
    if (depth + 1 == segments.size()) entry->at = at;
    return changed;
  }

  [[nodiscard]] TreePtr in_sequence(const Tree& tree, std::size_t depth) const {
    const std::optional<std::size_t> index = index_of(segments[depth]);
    if (!index || *index >= tree.items.size())
      throw error(path_to(depth) + " is a list without an entry " + segments[depth],
                  "it has " + std::to_string(tree.items.size()) + ", counted from 0", "check the index");
    auto changed = std::make_shared<Tree>(tree);
    changed->items[*index] = applied(changed->items[*index], depth + 1);
    return changed;
  }
};

}  // namespace

TreePtr with_override(const TreePtr& root, std::string_view assignment) {
  const Position at{std::make_shared<const std::string>("--set " + std::string(assignment)), 0, 0};
  const std::size_t equals = assignment.find('=');
  Override change{at, segments_of(assignment.substr(0, equals)), nullptr};
  if (equals == std::string_view::npos || std::ranges::count(change.segments, std::string()) > 0)
    throw change.error("this is no override", "it has the form path.to.key=value", "for example --set seed=7");
  change.value = placed_at(*parse_yaml(assignment.substr(equals + 1), *at.source), at);
  return change.applied(root, 0);
}

}  // namespace proffer::settings
