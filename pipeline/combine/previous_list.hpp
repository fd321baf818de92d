// The offers of an earlier list, for limits on how much may change.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "combine/limit_use.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/communicator.hpp"

namespace proffer::combine {

/// What this rank's borrowers were offered before. Empty: there is no earlier list.
class PreviousList {
 public:
  PreviousList() = default;
  /// Collective. Joins an offer list (offers.h5) by borrower id, whatever the order and the ranks that wrote it. Offers
  /// are the same where their names in the two catalogs are. Memory: 8 bytes per borrower of this rank while it joins,
  /// 16 per offer of the earlier list's share of this rank. Errors of reading are agreed.
  PreviousList(const parallel::Communicator& comm, const std::filesystem::path& file,
               const offers::ScoredBatches& scores);

  /// Offer of this catalog, no_offer or offer_gone. Independent.
  [[nodiscard]] std::int16_t offer_of(std::uint64_t id) const;
  /// Collective. Borrowers of all ranks with an earlier offer, by segment; reads their scores once more where
  /// `by_segment`, else all count under code 255.
  [[nodiscard]] PreviousCounts counts(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                                      bool by_segment) const;

 private:
  std::vector<std::uint64_t> id_;  // of this rank's borrowers who had an offer, ascending
  std::vector<std::int16_t> offer_;
};

}  // namespace proffer::combine
