#include "offers/file_scores.hpp"

#include <algorithm>
#include <unordered_map>

namespace proffer::offers {
namespace {

template <class T>
void keep(std::vector<T>& values, const std::vector<std::size_t>& rows, std::size_t width) {
  for (std::size_t to = 0; to < rows.size(); ++to)
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(rows[to] * width), width,
                values.begin() + static_cast<std::ptrdiff_t>(to * width));
  values.resize(rows.size() * width);
}

/// Keeps these rows (ascending) of a batch.
void keep_rows(ScoreRows& batch, const std::vector<std::size_t>& rows, std::size_t offers) {
  keep(batch.id, rows, 1);
  keep(batch.unit, rows, 1);
  keep(batch.p_take, rows, offers);
  keep(batch.p_default, rows, offers);
  keep(batch.value, rows, offers);
  keep(batch.reason, rows, offers);
  keep(batch.p_fraud, rows, 1);
  keep(batch.segment, rows, 1);
  keep(batch.group, rows, 1);
}

}  // namespace

FileScores::FileScores(const parallel::Communicator& comm, const std::filesystem::path& path, std::uint64_t batch_rows)
    : reader_(path),
      range_(storage::rows_of_rank(comm, reader_.rows())),
      batch_rows_(std::max<std::uint64_t>(batch_rows, 1)) {}

void FileScores::visit(const Take& take, const Wanted& wanted) const {
  for (std::uint64_t first = range_.begin; first < range_.end; first += batch_rows_) {
    const std::uint64_t count = std::min(batch_rows_, range_.end - first);
    if (!wanted) {
      take(reader_.read(first, count));
      continue;
    }
    const std::vector<std::uint64_t> ids = reader_.read_ids(first, count);
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (wanted(ids[i])) rows.push_back(i);
    if (rows.empty()) continue;
    ScoreRows batch = reader_.read(first, count);
    keep_rows(batch, rows, schema().catalog.size());
    take(batch);
  }
}

// /second stands in the order of the rows, so that this rank's entries are consecutive.
SecondValues FileScores::second() const {
  const std::uint64_t entries = reader_.second_rows();
  if (entries == 0 || rows() == 0) return {};
  std::unordered_map<std::uint64_t, std::uint64_t> entry_of;
  const std::vector<std::uint64_t> second_ids = reader_.read_second_ids();
  for (std::uint64_t entry = 0; entry < entries; ++entry) entry_of.emplace(second_ids[entry], entry);
  std::uint64_t first = entries, end = 0;
  for (std::uint64_t row = range_.begin; row < range_.end; row += batch_rows_)
    for (const std::uint64_t id : reader_.read_ids(row, std::min(batch_rows_, range_.end - row)))
      if (const auto found = entry_of.find(id); found != entry_of.end()) {
        first = std::min(first, found->second);
        end = std::max(end, found->second + 1);
      }
  if (first >= end) return {};
  return reader_.read_second(first, end - first);
}

}  // namespace proffer::offers
