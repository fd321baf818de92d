// Applicants that the lender declined: they accepted the offer, and nobody knows whether they would have defaulted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "models/model_rows.hpp"
#include "models/split.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// This rank's declined applicants, in the order of the book.
struct RejectRows {
  std::vector<std::uint8_t> codes;  ///< rows × inputs
  std::vector<Part> part;
  std::vector<std::uint64_t> unit, id;
  std::vector<std::int32_t> as_of;
  std::vector<std::uint8_t> outcome;  ///< 0, 1; outcome::unknown where no column tells
  [[nodiscard]] std::size_t rows() const { return part.size(); }
};

/// Independent. Rows with booked = 0, responded not 0 and default not known, by the inputs and bins of `rows`.
/// `outcome`: the column that tells, or empty. UsageError where it is not in the book.
[[nodiscard]] RejectRows collect_reject_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                                             const ModelRows& rows, const Splitter& splitter,
                                             const std::string& outcome);

}  // namespace proffer::models
