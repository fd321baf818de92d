#include "verify/verify.hpp"

#include <optional>

#include "parallel/agreement.hpp"
#include "verify/parts.hpp"

namespace proffer::verify {

Report verify(const parallel::Communicator& comm, const std::filesystem::path& list_or_run, const Options& options,
              Log& log) {
  Report report;
  std::optional<Sources> sources;
  parallel::together(comm, [&] { sources = find_sources(list_or_run); });
  if (comm.is_root()) {
    sources->run.check_hash(report.findings);
    if (sources->scoring.folder() != sources->run.folder()) sources->scoring.check_hash(report.findings);
  }
  for (const RecordedFile& file : sources->files()) check_digest(comm, file, report.findings);
  if (sources->problem)
    verify_choice(comm, *sources, report);
  else
    verify_list(comm, *sources, options, log, report);
  report.findings.merge(comm);
  return report;
}

}  // namespace proffer::verify
