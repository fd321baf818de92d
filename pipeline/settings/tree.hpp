// A YAML document as a tree of our own, in which every value knows where it stands. Internal to settings/.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace proffer::settings {

/// Where a value stands: "file:line:column", or "--set path=value" where line is 0.
struct Position {
  std::shared_ptr<const std::string> source;
  int line = 0;
  int column = 0;
  [[nodiscard]] std::string text() const;
};

struct Tree;
using TreePtr = std::shared_ptr<const Tree>;

/// One "key: value" of a mapping; `at` is the position of the key.
struct Entry {
  std::string key;
  Position at;
  TreePtr value;
};

struct Tree {
  enum class Kind { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  Position at;
  std::string scalar;
  bool quoted = false;  ///< "5" in quotes is text, not a number
  std::vector<TreePtr> items;
  std::vector<Entry> entries;

  [[nodiscard]] const Entry* find(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> keys() const;
};

/// Parses one YAML document; anchors and merge keys (<<) are expanded, an empty document is null. UsageError with the
/// position for text that is no YAML, duplicate keys, several documents. Independent.
[[nodiscard]] TreePtr parse_yaml(std::string_view text, std::string_view source);

/// The tree with "path.to.key=value" applied: value is YAML, numbers in the path are indices of a list, mappings that
/// do not exist yet are created. UsageError where the path leads through a scalar or past the end of a list.
[[nodiscard]] TreePtr with_override(const TreePtr& root, std::string_view assignment);

/// "is 0.5", "is the text "abc"", "is a list", … for messages.
[[nodiscard]] std::string what_stands_there(const Tree& tree);

/// path + "." + key; key alone where path is empty.
[[nodiscard]] std::string joined(std::string_view path, std::string_view key);

}  // namespace proffer::settings
