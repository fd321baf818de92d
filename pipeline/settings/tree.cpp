#include "settings/tree.hpp"

#include <algorithm>

namespace proffer::settings {

std::string Position::text() const {
  if (line == 0) return *source;
  return *source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

const Entry* Tree::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &*found;
}

std::vector<std::string> Tree::keys() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.key);
  return names;
}

std::string what_stands_there(const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::null:
      return "has no value";
    case Tree::Kind::scalar:
      return tree.quoted ? "is the text \"" + tree.scalar + "\"" : "is " + tree.scalar;
    case Tree::Kind::sequence:
      return "is a list";
    case Tree::Kind::mapping:
      return "is a mapping";
  }
  return {};
}

std::string joined(std::string_view path, std::string_view key) {
  std::string whole(path);
  if (!whole.empty()) whole += '.';
  return whole.append(key);
}

}  // namespace proffer::settings
