// What an application shares with others: devices, phones, addresses, and through them whole groups of applications.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::links {

/// This rank's rows (applications). A link of one kind (a device, say) is a number that rows share; 0 = none.
struct LinkedRows {
  std::size_t kinds = 0;
  std::vector<std::int32_t> as_of;        ///< YYYYMMDD; from this day on the row and its links are there
  std::vector<std::uint64_t> links;       ///< rows × kinds, row-major
  std::vector<std::int32_t> fraud_known;  ///< day from which the row is known to be a fraud, after as_of; 0 = never
  [[nodiscard]] std::size_t rows() const { return as_of.size(); }
};

/// What was known of each row at its own as_of, in the order of the rows. Rows of the same day know of each other.
struct RowLinks {
  std::vector<std::uint32_t> component;         ///< rows that hang together with this one, itself included
  std::vector<std::uint32_t> component_frauds;  ///< known frauds among them
  std::vector<std::uint32_t> sharing;           ///< rows × kinds: other rows with the same link
  std::vector<std::uint32_t> sharing_frauds;    ///< known frauds with the same link, summed over kinds
};

struct LinkOptions {
  /// A link that more rows than this have had by a day joins no row of that day or later: a public device or a
  /// placeholder would make one group of everybody. It is still counted in `sharing`.
  std::uint32_t hub = 100;
};

/// Collective. Connected components of rows and links, kept up to date day by day: rows of a day join the groups that
/// were there (label propagation to the smaller label with pointer jumping, Shiloach & Vishkin 1982), so that no row
/// knows anything that came later. Links are dealt out by hash; all results are counts, the same on any number of
/// ranks. std::logic_error where a fraud is known no later than its as_of. Memory: about 24 bytes per link that several
/// rows share and 40 per row and kind, over all ranks.
[[nodiscard]] RowLinks find_links(const parallel::Communicator& comm, const LinkedRows& rows,
                                  const LinkOptions& options = {});

}  // namespace proffer::links
