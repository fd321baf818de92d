#pragma once

#include "settings/section.hpp"

namespace proffer::jobs {

/// The section of a stage. In a job of its own the rest of the file is other jobs' business (and the file may be the
/// section itself); in `run` every key of the file must be known.
[[nodiscard]] inline settings::Section stage_section(const settings::Config& config, bool alone, std::string_view key,
                                                     std::string_view doc) {
  return alone ? config.section_or_root(key, doc) : config.root().section(key, doc);
}

}  // namespace proffer::jobs
