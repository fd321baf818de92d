// The two things that can be verified. Internal to verify/.
#pragma once

#include "verify/sources.hpp"
#include "verify/verify.hpp"

namespace proffer::verify {

/// Collective. An approve-and-offer list.
void verify_list(const parallel::Communicator& comm, const Sources& sources, const Options& options, Log& log,
                 Report& report);
/// Collective. The choice for a bare allocation problem.
void verify_choice(const parallel::Communicator& comm, const Sources& sources, Report& report);

}  // namespace proffer::verify
