// verify: recomputes a finished list with plain code of its own.
#include "verify/verify.hpp"

#include <fmt/format.h>

#include <iostream>

#include "foundation/text.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {

ExitCode verify(const Context& context) {
  const Invocation& invocation = context.invocation;
  parallel::together(context.comm, [&] {
    if (invocation.inputs.size() != 1)
      throw UsageError({"verify takes one list or run directory",
                        fmt::format("{} were given", invocation.inputs.size()), "proffer verify runs/demo"});
  });
  const verify::Report report =
      verify::verify(context.comm, invocation.inputs.front(), {.full = invocation.full}, context.log);
  if (context.comm.is_root()) {
    for (const std::string& line : report.lines) std::cout << line << "\n";
    std::cout << report.findings.text() << (report.findings.empty() ? "all agrees\n" : "") << std::flush;
  }
  if (report.findings.empty()) return ExitCode::done;
  throw parallel::AgreedError(
      ExitCode::difference_found,
      {fmt::format("{} does not agree with what was recomputed", invocation.inputs.front()),
       fmt::format("{} differences of {} kinds", with_thousands(static_cast<long long>(report.findings.total())),
                   report.findings.kinds()),
       "make the list again, or find out who changed what"});
}

}  // namespace proffer::jobs
