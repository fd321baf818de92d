// Default models that also learn from applicants whom the lender declined (docs/methods.md, "Declined applicants").
#pragma once

#include <nlohmann/json.hpp>

#include "boosting/communicator/session.hpp"
#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/fit_model.hpp"
#include "models/model_rows.hpp"
#include "models/reject_rows.hpp"
#include "models/settings.hpp"

namespace proffer::models {

struct RejectFit {
  ModelFit fit;
  nlohmann::json report;  ///< {method, declined, increase, bands, comparison} for metrics.json
};

/// Collective. Fits settings.rejects.method to the booked rows that were collected and the declined ones of the book,
/// and for the report those of settings.rejects.compare. The same bytes at any number of ranks: outcomes are drawn by a
/// hash of the borrower's id. DataError (agreed) where nobody was declined among the rows that train.
[[nodiscard]] RejectFit fit_with_rejects(const boosting::CommunicatorSession& session,
                                         const borrowers::BookReader& book, const TrainSettings& train,
                                         const ModelSettings& settings, const ModelRows& booked, std::uint64_t seed,
                                         int threads, Log& log);

}  // namespace proffer::models
