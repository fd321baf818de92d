// Settings from YAML. A setting is declared where it is read, once: name, unit, default, bounds, doc, what it affects.
// From these declarations come the errors, --dump-default-config, the reference page and the config hash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/communicator.hpp"

namespace proffer::settings {

/// `speed` settings may not change any output; a test changes each of them and compares bytes.
enum class Affects { results, speed };

// Aggregates for designated initialisers; a missing `fallback` means the setting is required.
struct Number {
  std::string_view doc;
  std::optional<double> fallback = {};
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string_view unit = "";
  Affects affects = Affects::results;
  bool infinite = false;  ///< whether .inf and -.inf are values (NaN never is)
};
struct Integer {
  std::string_view doc;
  std::optional<std::int64_t> fallback = {};
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view unit = "";
  Affects affects = Affects::results;
};
struct Flag {
  std::string_view doc;
  std::optional<bool> fallback = {};
  Affects affects = Affects::results;
};
struct Text {
  std::string_view doc;
  std::optional<std::string> fallback = {};
  std::vector<std::string> choices = {};  ///< empty: any text
  Affects affects = Affects::results;
};
/// A file or folder. Relative paths are taken from the folder of the config file, also those given with --set; ${NAME}
/// is an environment variable (UsageError where it is not set).
/// Paths never enter the config hash: the digests of the files do (Config::add_input_digest).
struct Path {
  std::string_view doc;
  std::optional<std::string> fallback = {};
};

class Config;

/// One mapping of the YAML file. Reading a key marks it as known; what nobody read is refused at the end
/// (Config::refuse_unread). Independent; every rank reads the same.
class Section {
 public:
  [[nodiscard]] bool has(std::string_view key) const;
  /// Whether the mapping itself stands in the file. True in Config::for_reference(), so that the settings of optional
  /// sections are declared too.
  [[nodiscard]] bool present() const;
  /// Whether this belongs to Config::for_reference(): whoever reads one of several alternatives then reads all of them,
  /// and checks nothing across settings.
  [[nodiscard]] bool for_reference() const;
  /// "models.response"
  [[nodiscard]] const std::string& path() const;
  /// "configs/demo.yaml:12:3" of this mapping, or of a key in it.
  [[nodiscard]] std::string where() const;
  [[nodiscard]] std::string where(std::string_view key) const;

  [[nodiscard]] double number(std::string_view key, const Number& setting) const;
  [[nodiscard]] std::int64_t integer(std::string_view key, const Integer& setting) const;
  [[nodiscard]] bool flag(std::string_view key, const Flag& setting) const;
  [[nodiscard]] std::string text(std::string_view key, const Text& setting) const;
  [[nodiscard]] std::filesystem::path path(std::string_view key, const Path& setting) const;
  /// Empty where absent (or null) and without fallback.
  [[nodiscard]] std::optional<double> maybe_number(std::string_view key, const Number& setting) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::string_view key, const Integer& setting) const;
  [[nodiscard]] std::optional<std::string> maybe_text(std::string_view key, const Text& setting) const;
  [[nodiscard]] std::optional<std::filesystem::path> maybe_path(std::string_view key, const Path& setting) const;
  /// A sequence of scalars (a single scalar counts as a sequence of one). Each is checked like the scalar setting;
  /// `fallback` is not used: absent gives an empty list.
  [[nodiscard]] std::vector<double> numbers(std::string_view key, const Number& each) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key, const Integer& each) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key, const Text& each) const;

  /// A mapping below this one; an absent one reads as empty (all defaults; required settings are then missing).
  [[nodiscard]] Section section(std::string_view key, std::string_view doc) const;
  /// A sequence of mappings; absent gives none.
  [[nodiscard]] std::vector<Section> list(std::string_view key, std::string_view doc) const;
  /// A mapping of names of the user's choice to mappings, in the order of the file; absent gives none.
  [[nodiscard]] std::vector<std::pair<std::string, Section>> named(std::string_view key, std::string_view doc) const;
  /// Keys of this mapping in the order of the file (for mappings of free names to scalars).
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Says that this job reads a part of the mapping only: refuse_unread() passes over its other keys.
  void leave_the_rest() const;

  /// A UsageError that starts with file:line:column of the key (or of the section where key is empty).
  [[nodiscard]] UsageError error(std::string_view key, const std::string& problem, std::string why,
                                 std::string suggestion) const;

 private:
  friend class Config;
  struct Node;
  explicit Section(std::shared_ptr<const Node> node);
  [[nodiscard]] std::filesystem::path absolute(std::string_view key, const std::string& written) const;
  std::shared_ptr<const Node> node_;
};

/// A whole config file with --set overrides applied ("models.response.rounds=50"; the value is YAML).
class Config {
 public:
  /// Collective: the root reads the file, every rank parses the same text. UsageError with file:line:column for YAML
  /// that cannot be read, duplicate keys, overrides of no key.
  static Config load(const parallel::Communicator& comm, const std::filesystem::path& file,
                     const std::vector<std::string>& overrides = {});
  /// Independent; for tests and defaults. `name` stands for the file in messages.
  static Config from_text(std::string_view text, std::string_view name = "config",
                          const std::vector<std::string>& overrides = {});
  /// A config in which everything is absent and nothing is required; lists and named mappings have one sample entry.
  /// Reading it records the declarations for the reference page.
  static Config for_reference();

  [[nodiscard]] Section root() const;
  /// The same file seen from another top-level section, e.g. the `train` section of a run config, or the whole file
  /// where that section is absent. Where it stands there, refuse_unread() passes over the other top-level keys: they
  /// are other jobs' business.
  [[nodiscard]] Section section_or_root(std::string_view key, std::string_view doc) const;

  /// UsageError for the first key that nobody read, with "did you mean". Top-level keys that start with "x-" are free
  /// for the user, for example to hold YAML anchors.
  void refuse_unread() const;

  /// Digest of an input (book, model, catalog …) under a name; part of the hash.
  void add_input_digest(std::string_view name, std::string_view hex_digest);
  /// SHA-256 over the resolved `results` settings (name=value lines, sorted) and the input digests, as hex. Values
  /// count in their canonical text (0.10 is 0.1), entries of lists under their index. Settings read so far count: read
  /// all first.
  [[nodiscard]] std::string hash() const;
  /// The resolved settings as pairs of name and value, sorted by name (for manifest and log). Paths, as written, are
  /// among the `speed` ones.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> resolved(Affects affects) const;
  /// YAML with every declared setting at its default, doc and bounds as comments, in order of declaration.
  [[nodiscard]] std::string as_default_yaml() const;
  /// A Markdown table of every declared setting.
  [[nodiscard]] std::string as_reference() const;
  [[nodiscard]] const std::filesystem::path& file() const;

 private:
  struct State;
  explicit Config(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace proffer::settings
