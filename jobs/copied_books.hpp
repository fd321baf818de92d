// The books that a stage copies with further columns: those its section names, or those that this run made.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"
#include "jobs/stage.hpp"
#include "settings/section.hpp"

namespace proffer::jobs {

inline constexpr std::array<const char*, 2> copied_books = {"training", "population"};

class CopiedBooks {
 public:
  CopiedBooks() = default;
  /// Reads the settings training and population of the stage's section. UsageError where the stage runs alone and they
  /// name no book.
  CopiedBooks(const settings::Section& section, std::string_view stage, bool alone, std::string_view doc)
      : stage_(stage) {
    for (const char* name : copied_books)
      if (const auto book = section.maybe_path(name, {.doc = doc})) named_.push_back({name, *book});
    if (alone && named_.empty() && !section.for_reference())
      throw section.error("training", "no book is named", stage_ + " runs alone",
                          "add " + stage_ + ".training and " + stage_ + ".population, or use proffer run");
  }
  [[nodiscard]] std::vector<Input> inputs() const {
    std::vector<Input> inputs;
    for (const auto& [name, book] : named_) inputs.push_back({stage_ + "." + name, book});
    return inputs;
  }
  /// The book that the section names.
  [[nodiscard]] std::optional<std::filesystem::path> named(const std::string& name) const {
    const auto found = std::ranges::find(named_, name, &Input::name);
    return found == named_.end() ? std::nullopt : std::optional(found->path);
  }
  /// What to say where there is none of either sort.
  [[nodiscard]] Message none() const {
    return {stage_ + " has no book", "the run made none and " + stage_ + " names none",
            "add generate, ingest or " + stage_ + ".training"};
  }

 private:
  std::string stage_;
  std::vector<Input> named_;
};

}  // namespace proffer::jobs
