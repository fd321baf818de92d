// What a run directory's manifest records: settings as resolved, inputs, files made, with their digests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"
#include "verify/findings.hpp"

namespace proffer::verify {

/// Settings by their full name, as text. DataError naming the manifest where one is missing or cannot be read.
class RecordedSettings {
 public:
  RecordedSettings() = default;
  RecordedSettings(std::string file, std::map<std::string, std::string> values);

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  /// Whether anything stands below "name.".
  [[nodiscard]] bool has_section(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name, const std::string& fallback) const;
  [[nodiscard]] double number(const std::string& name) const;
  [[nodiscard]] double number(const std::string& name, double fallback) const;
  [[nodiscard]] std::optional<double> maybe_number(const std::string& name) const;
  /// "[a, b]" and, of a named mapping, "{a, b}"; absent gives none.
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, std::string>& all() const { return values_; }

 private:
  [[nodiscard]] double parsed(const std::string& name, const std::string& text) const;
  std::string file_;
  std::map<std::string, std::string> values_;
};

struct RecordedFile {
  std::filesystem::path path;
  std::string sha256;
};

class RecordedRun {
 public:
  /// Independent. UsageError where the folder holds no run, DataError where its manifest cannot be read.
  explicit RecordedRun(std::filesystem::path folder);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const RecordedSettings& settings() const { return settings_; }
  [[nodiscard]] bool complete(const std::string& stage) const { return complete_.contains(stage); }
  [[nodiscard]] std::optional<RecordedFile> input(const std::string& name) const;
  /// A file that a complete stage made, by its path in the run directory.
  [[nodiscard]] std::optional<RecordedFile> made(const std::string& path) const;
  [[nodiscard]] std::filesystem::path manifest() const { return folder_ / "manifest.json"; }
  /// The hash that the manifest names against the one that its settings and input digests give.
  void check_hash(Findings& findings) const;

 private:
  std::filesystem::path folder_;
  RecordedSettings settings_;
  std::string hash_;
  std::set<std::string> complete_;
  std::map<std::string, RecordedFile> inputs_, files_;
};

/// Collective. The digest of the file against the recorded one. DataError where the file is gone.
void check_digest(const parallel::Communicator& comm, const RecordedFile& file, Findings& findings);

}  // namespace proffer::verify
