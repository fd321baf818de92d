// What a config remembers while it is read: which keys are known, what they resolved to, how they were declared.
// Internal to settings/.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "settings/section.hpp"
#include "settings/tree.hpp"

namespace proffer::settings {

/// A setting or a container of settings as its reader declared it.
struct Declared {
  enum class Kind { setting, section, list, named };
  Kind kind = Kind::setting;
  std::string parent;  ///< path of the mapping in which it stands
  std::string key;
  std::string doc;
  std::string expected;                 ///< "a number from 0 to 1"; empty for containers
  std::optional<std::string> fallback;  ///< as YAML
  bool required = false;
  std::optional<Affects> affects;  ///< empty for paths: they never enter the hash
};

struct Resolved {
  std::string value;
  std::optional<Affects> affects;
};

struct Record {
  std::filesystem::path file;
  TreePtr tree;
  bool reference = false;  ///< Config::for_reference
  bool narrowed = false;   ///< other jobs' sections stand beside the one that is read
  std::map<std::string, std::string> environment;

  std::map<std::string, std::set<std::string>> known;  ///< keys asked for, by path of their mapping
  std::set<std::string> shared;                        ///< mappings of which other jobs read the rest
  std::set<std::string> opened;                        ///< paths read as mappings or lists of mappings
  std::vector<Declared> declared;                      ///< in order of first declaration
  std::map<std::string, Resolved> resolved;            ///< by path
  std::map<std::string, std::string> digests;

  void declare(Declared declaration);
  /// The value of ${name}: as the root rank saw it when the file was loaded, else this process's own.
  [[nodiscard]] std::optional<std::string> environment_variable(const std::string& name) const;

 private:
  std::set<std::pair<std::string, std::string>> seen_;
};

/// `text` with each ${NAME} replaced. UsageError at `at` for a variable that is not set.
[[nodiscard]] std::string with_environment(const Record& record, const Position& at, std::string_view text);

/// The names of all ${NAME} in a text.
[[nodiscard]] std::vector<std::string> environment_names(std::string_view text);

}  // namespace proffer::settings
