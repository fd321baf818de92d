// Where the books are that earlier stages of a run have made.
#pragma once

#include <filesystem>
#include <string>

namespace proffer::jobs {

/// The copy that the stage `links` makes, below the run directory.
[[nodiscard]] inline std::string linked_name(const std::string& name) {
  return "books/" + name + ".linked.h5";
}

/// The copy that the stage `enrich` makes, below the run directory.
[[nodiscard]] inline std::string enriched_name(const std::string& name) {
  return "books/" + name + ".enriched.h5";
}

/// The book of that name (training, population) in a run directory before it is enriched: with what rows share, where
/// that was found.
[[nodiscard]] inline std::filesystem::path unenriched_book(const std::filesystem::path& run, const std::string& name) {
  const std::filesystem::path linked = run / linked_name(name);
  return std::filesystem::exists(linked) ? linked : run / ("books/" + name + ".h5");
}

/// The book of that name: with the scores of earlier models, where they were added.
[[nodiscard]] inline std::filesystem::path made_book(const std::filesystem::path& run, const std::string& name) {
  const std::filesystem::path enriched = run / enriched_name(name);
  return std::filesystem::exists(enriched) ? enriched : unenriched_book(run, name);
}

/// The book to decide on. A run without a population book of its own decides on the borrowers of its training book.
[[nodiscard]] inline std::filesystem::path made_population(const std::filesystem::path& run) {
  const std::filesystem::path population = made_book(run, "population");
  return std::filesystem::exists(population) ? population : made_book(run, "training");
}

}  // namespace proffer::jobs
