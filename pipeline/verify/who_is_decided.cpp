#include "verify/who_is_decided.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::verify {
namespace {

/// Root, where something differs: who is missing, twice, unknown, or not the one of its unit.
void name_them(const borrowers::BookReader& book, const ListFile& list, const RowSet& decided, Findings& findings) {
  const auto listed = list.table().read_all<std::uint64_t>("/borrower/id");
  const auto ids = book.table().read_all<std::uint64_t>("/borrower/id");
  const auto units = book.table().read_all<std::uint64_t>("/borrower/unit");
  std::map<std::uint64_t, int> times;
  for (const std::uint64_t id : listed) ++times[id];
  std::unordered_map<std::uint64_t, std::uint64_t> decided_of_unit, unit_of;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    unit_of[ids[row]] = units[row];
    if (!decided.contains(row)) continue;
    decided_of_unit[units[row]] = ids[row];
    const auto found = times.find(ids[row]);
    if (found == times.end()) findings.add("borrower missing", borrower(ids[row]), "no row", "a row");
    if (found != times.end() && found->second > 1)
      findings.add("borrower listed twice", borrower(ids[row]), fmt::format("{} rows", found->second), "one row");
    if (found != times.end()) found->second = 0;
  }
  for (const auto& [id, count] : times) {
    if (count == 0) continue;
    const auto unit = unit_of.find(id);
    if (unit == unit_of.end())
      findings.add("borrower unknown", borrower(id), "a row", "nobody of this id in the book");
    else
      findings.add("borrower not to be decided", borrower(id), "a row",
                   fmt::format("unit {} is decided by its latest row, borrower {}", unit->second,
                               decided_of_unit.at(unit->second)));
  }
}

}  // namespace

Part part_of_rank(const parallel::Communicator& comm, const borrowers::BookReader& book) {
  const RowSet decided = rows_to_decide(comm, book);
  const parallel::RowRange range = storage::rows_of_rank(comm, book.rows());
  Part part;
  for (std::uint64_t row = range.begin; row < range.end; ++row)
    if (decided.contains(row)) part.book_rows.push_back(row);
  part.first = parallel::sum_before(comm, part.book_rows.size());
  part.total = parallel::sum_over_ranks(comm, std::uint64_t{part.book_rows.size()});
  return part;
}

bool check_borrowers(const parallel::Communicator& comm, const borrowers::BookReader& book, const ListFile& list,
                     const Part& part, Findings& findings) {
  const bool as_many = list.rows() == part.total;
  std::uint64_t wrong = 0;
  parallel::together(comm, [&] {
    if (!as_many) return;
    constexpr std::uint64_t batch = 64 * storage::block_rows;
    for (std::uint64_t done = 0; done < part.book_rows.size(); done += batch) {
      const std::uint64_t count = std::min<std::uint64_t>(batch, part.book_rows.size() - done);
      const std::uint64_t first = part.book_rows[done], end = part.book_rows[done + count - 1] + 1;
      const auto listed = list.table().read_rows<std::uint64_t>("/borrower/id", part.first + done, count);
      const auto ids = book.table().read_rows<std::uint64_t>("/borrower/id", first, end - first);
      for (std::size_t r = 0; r < count; ++r) wrong += listed[r] != ids[part.book_rows[done + r] - first] ? 1 : 0;
    }
  });
  wrong = parallel::sum_over_ranks(comm, wrong);
  if (as_many && wrong == 0) return true;
  const RowSet decided = rows_to_decide(comm, book);
  const std::uint64_t before = findings.total();
  parallel::on_root(comm, [&] {
    name_them(book, list, decided, findings);
    if (findings.total() == before)
      findings.add("order of borrowers", fmt::format("{} rows", wrong), "another order", "that of the book");
  });
  return as_many;
}

}  // namespace proffer::verify
