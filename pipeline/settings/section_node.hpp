// What a Section points at. Internal to settings/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "settings/record.hpp"
#include "settings/section.hpp"
#include "settings/tree.hpp"

namespace proffer::settings {

struct Section::Node {
  std::shared_ptr<Record> record;
  TreePtr tree;      ///< a mapping, or null where it is absent or empty
  std::string path;  ///< empty for the root
  Position at;       ///< of the key under which it stands; of the nearest mapping around it where absent
  bool present = false;

  [[nodiscard]] const Entry* find(std::string_view key) const { return tree ? tree->find(key) : nullptr; }
  [[nodiscard]] std::string path_of(std::string_view key) const { return joined(path, key); }
  [[nodiscard]] Position position(std::string_view key) const {
    const Entry* entry = find(key);
    return entry ? entry->at : at;
  }

  /// Marks the key as known and keeps its declaration.
  void declare(Declared declaration) const;
  void keep(std::string_view key, std::string value, std::optional<Affects> affects) const;

  /// The mapping under `key`, where it must be one.
  [[nodiscard]] Section mapping_at(const std::string& child_path, const Position& where, const TreePtr& value) const;
  [[nodiscard]] Section child(std::string path_of_child, Position where, TreePtr value, bool stands_there) const;

  /// "where: path is 5 (it must be …): suggestion"
  [[nodiscard]] static UsageError unexpected(const Position& where, const std::string& path, const Tree& value,
                                             const std::string& expected, const std::string& suggestion);

  template <class Setting>
  [[nodiscard]] auto read(std::string_view key, const Setting& setting, bool required) const;
  template <class Setting>
  [[nodiscard]] auto read_each(std::string_view key, const Setting& each) const;
  template <class Setting>
  [[nodiscard]] auto checked(const Position& where, const std::string& value_path, const Tree& value,
                             const Setting& setting) const;
  [[nodiscard]] UsageError missing(std::string_view key, const std::string& expected, std::string_view doc) const;
};

struct Config::State {
  std::shared_ptr<Record> record = std::make_shared<Record>();
};

}  // namespace proffer::settings
