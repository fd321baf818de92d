// Books with what their rows share as ordinary columns, so that every model can learn from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "foundation/log.hpp"
#include "parallel/communicator.hpp"
#include "settings/section.hpp"
#include "storage/table_file.hpp"

namespace proffer::links {

/// Settings of the `links` section.
struct LinkSettings {
  int fraud_known_after = 3;  ///< months
  std::uint32_t hub = 100;
};

/// Independent. UsageError (file:line:column) for values out of bounds.
[[nodiscard]] LinkSettings read_links(const settings::Section& section);

/// A book and the copy to be made of it.
struct LinkedCopy {
  std::filesystem::path from, to;
};

/// What was made, and how the rows of all books hang together, each as known at its as_of.
struct LinkedBooks {
  std::vector<storage::Published> files;
  std::uint64_t rows = 0;
  std::uint64_t sharing = 0;     ///< rows in a group with others
  std::uint64_t with_fraud = 0;  ///< rows in a group with a known fraud
  std::uint64_t largest = 0;     ///< rows of the largest group
};

/// Collective. Copies the books with further columns: link_component (rows that hang together with this one),
/// link_component_frauds (known frauds among them), link_degree (rows that share a link with it, counted once per
/// link), link_sharing_frauds (known frauds among those) and for each kind link_KIND (other rows with the same link);
/// everything as it was known at the row's as_of. The books' rows are one history: those of one book count for the
/// others. A fraud is known from the end of the month `fraud_known_after` months after as_of. DataError (agreed) where
/// a book has no links, or others than the first.
[[nodiscard]] LinkedBooks link_books(const parallel::Communicator& comm, const std::vector<LinkedCopy>& books,
                                     const LinkSettings& settings, Log& log);

}  // namespace proffer::links
