// A bare allocation problem (docs/formats.md, "Allocation problem"): scores from elsewhere, only the choice made here.
#pragma once

#include <filesystem>

#include "allocation/problem.hpp"

namespace proffer::combine {

/// One rank's rows of the problem.
struct ProblemPart {
  allocation::MemorySource source;
  allocation::Rules rules;
  std::uint64_t first_row = 0;
};

/// Independent. Reads the rows of `rank` out of `size`; `total_rows` gets the rows of the whole file. DataError for
/// wrong shapes, senses other than 0–2, equalities over fractional uses without tolerance, numbers that are not finite.
[[nodiscard]] ProblemPart read_problem(const std::filesystem::path& file, int rank, int size,
                                       std::uint64_t& total_rows);

}  // namespace proffer::combine
