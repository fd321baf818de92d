#pragma once

#include <memory>

#include "jobs/stage.hpp"

namespace proffer::jobs {

/// The last stage of a run: summary.md, what a person wants to know in a minute.
[[nodiscard]] std::unique_ptr<Stage> make_summary(const settings::Config& config, bool alone);

}  // namespace proffer::jobs
