#include "links/linked_book.hpp"

#include <algorithm>
#include <span>
#include <string>

#include "borrowers/extended_book.hpp"
#include "borrowers/synthetic_calendar.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "links/row_links.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::links {
namespace {

/// This rank's rows of a book, appended.
void append_rows(const parallel::Communicator& comm, const borrowers::BookReader& book, const LinkSettings& settings,
                 LinkedRows& rows) {
  const parallel::RowRange mine = storage::rows_of_rank(comm, book.rows());
  const auto as_of = book.table().read_rows<std::int32_t>("/borrower/as_of", mine.begin, mine.size());
  rows.as_of.insert(rows.as_of.end(), as_of.begin(), as_of.end());
  const auto links = book.read_links(mine.begin, mine.size());
  rows.links.insert(rows.links.end(), links.begin(), links.end());
  std::vector<std::uint8_t> fraud(mine.size(), borrowers::outcome::unknown);
  if (book.has_outcome("fraud"))
    fraud = book.table().read_rows<std::uint8_t>("/outcome/fraud", mine.begin, mine.size());
  for (std::size_t i = 0; i < fraud.size(); ++i)
    rows.fraud_known.push_back(fraud[i] == borrowers::outcome::yes
                                   ? borrowers::month_end(borrowers::month_of(as_of[i]) + settings.fraud_known_after)
                                   : 0);
}

borrowers::MoreColumns columns_of(const std::vector<std::string>& kinds, const RowLinks& links, std::size_t first,
                                  std::size_t rows) {
  borrowers::MoreColumns more;
  for (const char* name : {"link_component", "link_component_frauds", "link_degree", "link_sharing_frauds"})
    more.columns.emplace_back().name = name;
  for (const std::string& kind : kinds) more.columns.emplace_back().name = "link_" + kind;
  more.values.reserve(rows * more.columns.size());
  const auto add = [&](std::uint32_t count) { more.values.push_back(static_cast<float>(count)); };
  for (std::size_t i = first; i < first + rows; ++i) {
    const auto sharing = std::span(links.sharing).subspan(i * kinds.size(), kinds.size());
    std::uint32_t degree = 0;
    for (const std::uint32_t others : sharing) degree += others;
    add(links.component[i]);
    add(links.component_frauds[i]);
    add(degree);
    add(links.sharing_frauds[i]);
    for (const std::uint32_t others : sharing) add(others);
  }
  return more;
}

void require_links(const borrowers::BookReader& book, const std::vector<std::string>& kinds) {
  const std::vector<std::string>& own = book.schema().links;
  if (own.empty())
    throw DataError({book.table().path().string() + " has no links", "/schema/links names none",
                     "map them when the book is made, or remove the section links"});
  if (own != kinds)
    throw DataError({book.table().path().string() + " has other links than the first book",
                     "links of the same kinds are compared", "map the same links in the same order"});
}

/// Collective.
LinkedBooks counted(const parallel::Communicator& comm, const RowLinks& links) {
  std::uint64_t counts[] = {links.component.size(), 0, 0};
  LinkedBooks linked;
  for (std::size_t i = 0; i < links.component.size(); ++i) {
    counts[1] += links.component[i] > 1 ? 1 : 0;
    counts[2] += links.component_frauds[i] > 0 ? 1 : 0;
    linked.largest = std::max<std::uint64_t>(linked.largest, links.component[i]);
  }
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  parallel::all_reduce_max(comm, std::span<std::uint64_t>(&linked.largest, 1));
  linked.rows = counts[0];
  linked.sharing = counts[1];
  linked.with_fraud = counts[2];
  return linked;
}

void report(const LinkedBooks& linked, Log& log) {
  const auto number = [](std::uint64_t value) { return with_thousands(static_cast<long long>(value)); };
  log.info("links: of " + number(linked.rows) + " rows, " + number(linked.sharing) + " share something, " +
           number(linked.with_fraud) + " are in a group with a fraud known by then; the largest group has " +
           number(linked.largest));
}

}  // namespace

LinkSettings read_links(const settings::Section& section) {
  LinkSettings read;
  read.fraud_known_after = static_cast<int>(section.integer(
      "fraud_known_after", {.doc = "a fraud is known from the end of the month so many months after as_of",
                            .fallback = 3,
                            .min = 1,
                            .max = 120,
                            .unit = "months"}));
  read.hub = static_cast<std::uint32_t>(section.integer(
      "hub", {.doc = "a link that more rows than this share (a public device, a placeholder) joins no further ones",
              .fallback = 100,
              .min = 1,
              .max = 1'000'000'000}));
  return read;
}

LinkedBooks link_books(const parallel::Communicator& comm, const std::vector<LinkedCopy>& books,
                       const LinkSettings& settings, Log& log) {
  LinkedRows rows;
  std::vector<borrowers::BookReader> readers;
  parallel::together(comm, [&] {
    for (const LinkedCopy& book : books) {
      readers.emplace_back(book.from);
      require_links(readers.back(), readers.front().schema().links);
      rows.kinds = readers.front().schema().links.size();
      append_rows(comm, readers.back(), settings, rows);
    }
  });
  const RowLinks links = find_links(comm, rows, {.hub = settings.hub});
  LinkedBooks linked = counted(comm, links);
  report(linked, log);
  std::size_t first = 0;
  for (std::size_t b = 0; b < books.size(); ++b) {
    const std::uint64_t count = storage::rows_of_rank(comm, readers[b].rows()).size();
    linked.files.push_back(borrowers::extend_book(
        comm, readers[b], columns_of(readers[b].schema().links, links, first, count), books[b].to));
    first += count;
  }
  return linked;
}

}  // namespace proffer::links
