// Recomputes a finished list, or the choice for a bare allocation problem, with plain code of its own: nothing of
// features, boosting, models, offers, combine or allocation is used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "foundation/log.hpp"
#include "parallel/communicator.hpp"
#include "verify/findings.hpp"

namespace proffer::verify {

struct Options {
  bool full = false;  ///< rescore every borrower against every offer, however many there are
  std::uint64_t pairs =
      20'000'000;  ///< else: all where there are no more pairs than this, or a hash sample of about so many
};

struct Report {
  Findings findings;               ///< of all ranks
  std::vector<std::string> lines;  ///< what was recomputed, and what was not
};

/// Collective. `list_or_run` as find_sources takes it. Errors in reading are UsageError and DataError, as elsewhere;
/// whatever can be read and is not what it should be is a finding. Writes nothing. The report is the same at any number
/// of ranks.
[[nodiscard]] Report verify(const parallel::Communicator& comm, const std::filesystem::path& list_or_run,
                            const Options& options, Log& log);

}  // namespace proffer::verify
