// S-, T- and X-learner of incremental response (Künzel, Sekhon, Bickel & Yu 2019), on our own trees.
#pragma once

#include "boosting/communicator/session.hpp"
#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/uplift_model.hpp"
#include "models/uplift_rows.hpp"

namespace proffer::models {

/// Collective. Fits the learner to the rows: one forest per arm (S: read off a forest that knows the arm), and those of
/// the effect (X). The same bytes at any number of ranks and threads.
[[nodiscard]] UpliftModel fit_uplift(const boosting::CommunicatorSession& session, const UpliftSettings& settings,
                                     const UpliftRows& rows, const borrowers::Schema& schema, std::uint64_t seed,
                                     int threads, Log& log);

}  // namespace proffer::models
