#include "offers/live_scores.hpp"

#include <algorithm>
#include <future>
#include <limits>
#include <numeric>

#include "borrowers/decided_rows.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"
#include "parallel/random.hpp"

namespace proffer::offers {
namespace {

/// The rows of `batch` whose numbers are listed (offsets into the batch, ascending).
borrowers::Batch pick(borrowers::Batch batch, const std::vector<std::size_t>& wanted) {
  if (wanted.size() == batch.rows()) return batch;
  borrowers::Batch picked;
  picked.first_row = batch.first_row;
  picked.columns = batch.columns;
  picked.features.reserve(wanted.size() * batch.columns);
  for (std::size_t i : wanted) {
    picked.id.push_back(batch.id[i]);
    picked.unit.push_back(batch.unit[i]);
    picked.as_of.push_back(batch.as_of[i]);
    const auto row = batch.row(i);
    picked.features.insert(picked.features.end(), row.begin(), row.end());
  }
  return picked;
}

/// Random bits up to this are in a sample of about `wanted` of so many rows.
std::uint64_t threshold_of(std::uint64_t rows, std::uint64_t wanted) {
  if (rows <= wanted) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(0x1p64 * (static_cast<double>(wanted) / static_cast<double>(rows)));
}

}  // namespace

/// Some rows to be scored: those of `batch`, with what else is needed of each.
struct LiveScores::Part {
  borrowers::Batch batch;
  borrowers::Existing existing;  // empty: nobody has any
  std::uint64_t first = 0;       // among this rank's decided rows
};

LiveScores::LiveScores(const parallel::Communicator& comm, const std::filesystem::path& population,
                       const ScoreModels& models, ScoreSettings settings, std::uint64_t seed, int threads,
                       std::uint64_t batch_rows)
    : settings_(std::move(settings)), batch_rows_(std::max<std::uint64_t>(batch_rows, 1)) {
  parallel::together(comm, [&] {
    book_.emplace(population);
    scorer_.emplace(*book_, models, settings_, threads);
    schema_ = scorer_->schema(book_->schema());
    range_ = storage::rows_of_rank(comm, book_->rows());
  });
  find_rows(comm, seed);
}

void LiveScores::find_rows(const parallel::Communicator& comm, std::uint64_t seed) {
  decided_ = borrowers::decided_rows(comm, *book_);
  rows_ = decided_.size();
  first_row_ = parallel::sum_before(comm, rows_);
  total_rows_ = parallel::sum_over_ranks(comm, rows_);
  sample_seed_ = seed;
  sample_threshold_ = threshold_of(total_rows_, settings_.second_sample);
  const bool with_second = scorer_->has_second() && settings_.second_sample > 0;
  std::uint64_t in_sample = 0;
  parallel::together(comm, [&] {
    const auto ids = book_->table().read_rows<std::uint64_t>("/borrower/id", range_.begin, range_.size());
    std::vector<std::uint64_t> decided_ids;
    for (const std::uint64_t row : decided_) {
      decided_ids.push_back(ids[row - range_.begin]);
      in_sample += with_second && sampled(decided_ids.back()) ? 1 : 0;
    }
    if (book_->table().has("/accounts/id")) {
      const auto dates = book_->table().read_rows<std::int32_t>("/borrower/as_of", range_.begin, range_.size());
      std::vector<std::int32_t> as_of;
      for (const std::uint64_t row : decided_) as_of.push_back(dates[row - range_.begin]);
      existing_ = borrowers::existing_of(*book_, decided_ids, as_of);
    }
  });
  first_second_ = parallel::sum_before(comm, in_sample);
  total_second_ = parallel::sum_over_ranks(comm, in_sample);
  if (decided_.size() == range_.size()) decided_ = {};
  count_rows(comm);
  if (!settings_.policy.maximum_exposure) existing_.exposure = {};
}

/// Borrowers of each monitored group, and what the borrowers of each segment owe already.
void LiveScores::count_rows(const parallel::Communicator& comm) {
  std::vector<parallel::ExactSum> opening;
  if (book_->table().has("/accounts/id")) opening.resize(schema_.segments.size() + 1);
  if (opening.empty() && schema_.groups.empty()) return;
  const auto count = [&](const Part& part) {
    for (std::size_t i = 0; i < part.batch.rows(); ++i) {
      const auto row = part.batch.row(i);
      const std::uint8_t group = scorer_->group_of(row);
      if (group < schema_.groups.size()) ++schema_.group_rows[group];
      if (!opening.empty())
        opening[std::min<std::size_t>(scorer_->segment_of(row), schema_.segments.size())].add(
            part.existing.exposure[i]);
    }
  };
  parallel::together(comm, [&] { each_part(count, {}); });
  parallel::all_reduce(comm, std::span(opening));
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(schema_.group_rows));
  for (const parallel::ExactSum& sum : opening) schema_.opening.push_back(sum.rounded());
}

bool LiveScores::sampled(std::uint64_t id) const {
  return parallel::random_bits(sample_seed_, id, parallel::purpose("offers.second_sample")) <= sample_threshold_;
}

/// The wanted ones among the decided rows of the next batch. Nothing where none is.
std::optional<LiveScores::Part> LiveScores::next_part(Cursor& cursor, const Wanted& wanted) const {
  auto& [first, done] = cursor;
  const std::uint64_t end = std::min(first + batch_rows_, range_.end);
  Part part;
  part.first = done;
  std::vector<std::uint64_t> rows;  // of the book
  if (decided_.empty()) {
    rows.resize(end - first);
    std::iota(rows.begin(), rows.end(), first);
  } else {
    for (std::size_t i = done; i < decided_.size() && decided_[i] < end; ++i) rows.push_back(decided_[i]);
  }
  std::vector<std::size_t> numbers(rows.size());  // among the decided rows
  std::iota(numbers.begin(), numbers.end(), done);
  done += rows.size();
  if (wanted && !rows.empty()) {
    const auto ids = book_->table().read_rows<std::uint64_t>("/borrower/id", first, end - first);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (wanted(ids[rows[i] - first])) {
        rows[kept] = rows[i];
        numbers[kept++] = numbers[i];
      }
    rows.resize(kept);
  }
  first = end;
  if (rows.empty()) return std::nullopt;
  const std::uint64_t from = rows.front();
  std::vector<std::size_t> offsets;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    offsets.push_back(rows[i] - from);
    if (!existing_.instalment.empty()) part.existing.instalment.push_back(existing_.instalment[numbers[i]]);
    if (!existing_.exposure.empty()) part.existing.exposure.push_back(existing_.exposure[numbers[i]]);
  }
  part.batch = pick(book_->read(from, rows.back() - from + 1), offsets);
  return part;
}

std::optional<LiveScores::Part> LiveScores::next_wanted(Cursor& cursor, const Wanted& wanted) const {
  while (rows_ > 0 && cursor.first < range_.end)
    if (auto part = next_part(cursor, wanted)) return part;
  return std::nullopt;
}

void LiveScores::each_part(const std::function<void(const Part&)>& work, const Wanted& wanted) const {
  Cursor cursor{range_.begin, 0};
  while (const auto part = next_wanted(cursor, wanted)) work(*part);
}

// This thread alone reads (and, in what it calls, writes) files: others compute meanwhile.
void LiveScores::each_scored(const std::function<void(const Part&, const ScoreRows&)>& work,
                             const Wanted& wanted) const {
  Cursor cursor{range_.begin, 0};
  ScoreRows rows;
  std::optional<Part> part = next_wanted(cursor, wanted);
  while (part) {
    std::future<void> scoring = std::async(std::launch::async, [&] {
      scorer_->score(part->batch, {part->existing.instalment, part->existing.exposure}, rows);
      rows.first_row = first_row_ + part->first;
    });
    std::optional<Part> next = next_wanted(cursor, wanted);
    scoring.get();
    work(*part, rows);
    part = std::move(next);
  }
}

void LiveScores::values_of_sample(const Part& part, SecondValues& second) const {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < part.batch.rows(); ++i)
    if (sampled(part.batch.id[i])) rows.push_back(i);
  second.id.clear();
  second.value.clear();
  if (rows.empty()) return;
  const borrowers::Batch batch = pick(part.batch, rows);
  second.id = batch.id;
  scorer_->second_values(batch, second.value);
}

void LiveScores::visit(const Take& take, const Wanted& wanted) const {
  each_scored([&](const Part&, const ScoreRows& rows) { take(rows); }, wanted);
}

void LiveScores::visit_with_second(const Take& take, const TakeSecond& take_second) const {
  SecondValues second;
  each_scored(
      [&](const Part& part, const ScoreRows& rows) {
        take(rows);
        if (total_second_ == 0) return;
        values_of_sample(part, second);
        if (!second.id.empty()) take_second(second);
      },
      {});
}

SecondValues LiveScores::second() const {
  SecondValues all;
  if (total_second_ == 0) return all;
  SecondValues some;
  each_part(
      [&](const Part& part) {
        values_of_sample(part, some);
        all.id.insert(all.id.end(), some.id.begin(), some.id.end());
        all.value.insert(all.value.end(), some.value.begin(), some.value.end());
      },
      [this](std::uint64_t id) { return sampled(id); });
  return all;
}

}  // namespace proffer::offers
