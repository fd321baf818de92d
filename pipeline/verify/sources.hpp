// Which files a list was made from: read off the manifests of its run and, where scores came from another run, of that.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"
#include "verify/recorded_run.hpp"

namespace proffer::verify {

struct Sources {
  RecordedRun run;      ///< that made the list
  RecordedRun scoring;  ///< that scored: the same, or that in whose directory the score file lies
  RecordedFile list, csv, certificate;
  std::optional<RecordedFile> problem;  ///< then there is a choice instead of a list, and nothing below
  std::optional<RecordedFile> scores;   ///< nothing where they were not stored
  std::optional<RecordedFile> population, suppression;
  std::optional<RecordedFile> previous;        ///< an earlier list
  std::map<std::string, RecordedFile> models;  ///< response, booking, default, fraud, as far as there are

  /// Every file named above.
  [[nodiscard]] std::vector<RecordedFile> files() const;
  /// "combine." where the settings of that stage stand in a section, nothing where they are the whole config.
  [[nodiscard]] std::string combine_prefix() const;
};

/// Independent. `list_or_run`: a run directory, or offers.h5, choice.h5 or certificate.json inside one. UsageError
/// where it is neither, or the run has made no list; DataError where the run that scored is not to be found.
[[nodiscard]] Sources find_sources(const std::filesystem::path& list_or_run);

}  // namespace proffer::verify
