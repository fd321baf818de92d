#include "combine/previous_list.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/table_file.hpp"

namespace proffer::combine {
namespace {

/// Ids asked about at a time.
constexpr std::size_t round_ids = std::size_t{1} << 20;

struct Offered {
  std::uint64_t id;
  std::int64_t offer;
};

std::size_t owner_of(std::uint64_t id, int ranks) {
  return static_cast<std::size_t>(mix64(id) % static_cast<std::uint64_t>(ranks));
}

/// Sorts values by owner of their id and sends them there; `counts` gets how many went to each rank, `order` the
/// place that each value had before.
template <class T, class IdOf>
std::vector<T> send_to_owner(const parallel::Communicator& comm, const std::vector<T>& values, IdOf id_of,
                             std::vector<std::size_t>& order) {
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  for (const T& value : values) ++counts[owner_of(id_of(value), comm.size())];
  std::vector<std::size_t> at(counts.size(), 0);
  std::exclusive_scan(counts.begin(), counts.end(), at.begin(), std::size_t{0});
  std::vector<T> sorted(values.size());
  order.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t place = at[owner_of(id_of(values[i]), comm.size())]++;
    sorted[place] = values[i];
    order[place] = i;
  }
  return parallel::all_to_all(comm, std::span<const T>(sorted), counts);
}

/// Offers of the earlier list's catalog as offers of this one.
std::vector<std::int16_t> offers_of_today(const storage::TableReader& list, const offers::ScoreCatalog& catalog) {
  std::vector<std::int16_t> today;
  for (const std::string& name : list.texts("/catalog/name")) {
    const auto found = std::ranges::find(catalog.name, name);
    today.push_back(found == catalog.name.end() ? offer_gone : static_cast<std::int16_t>(found - catalog.name.begin()));
  }
  return today;
}

std::vector<Offered> read_part(const parallel::Communicator& comm, const std::filesystem::path& file,
                               const offers::ScoreCatalog& catalog) {
  const storage::TableReader list(file, "proffer-offers", 1);
  const std::vector<std::int16_t> today = offers_of_today(list, catalog);
  const parallel::RowRange range = storage::rows_of_rank(comm, list.info("/borrower/id").shape.rows());
  std::vector<Offered> offered;
  constexpr std::uint64_t batch = 16 * storage::block_rows;
  for (std::uint64_t first = range.begin; first < range.end; first += batch) {
    const std::uint64_t count = std::min(batch, range.end - first);
    const auto id = list.read_rows<std::uint64_t>("/borrower/id", first, count);
    const auto offer = list.read_rows<std::int32_t>("/decision/offer", first, count);
    for (std::size_t i = 0; i < id.size(); ++i) {
      if (offer[i] < 0) continue;
      if (static_cast<std::size_t>(offer[i]) >= today.size())
        throw DataError(
            {file.string() + ":/decision/offer row " + std::to_string(first + i) + " is " + std::to_string(offer[i]),
             "the list's catalog has " + std::to_string(today.size()) + " offers", "check what wrote the file"});
      offered.push_back({id[i], today[static_cast<std::size_t>(offer[i])]});
    }
  }
  return offered;
}

/// The ids of this rank's borrowers: a visit that wants nobody reads no more than them.
std::vector<std::uint64_t> ids_of(const offers::ScoredBatches& scores) {
  std::vector<std::uint64_t> ids;
  ids.reserve(scores.rows());
  scores.visit([](const offers::ScoreRows&) {},
               [&](std::uint64_t id) {
                 ids.push_back(id);
                 return false;
               });
  return ids;
}

}  // namespace

PreviousList::PreviousList(const parallel::Communicator& comm, const std::filesystem::path& file,
                           const offers::ScoredBatches& scores) {
  std::vector<Offered> mine;
  std::vector<std::uint64_t> ids;
  parallel::together(comm, [&] {
    mine = read_part(comm, file, scores.schema().catalog);
    ids = ids_of(scores);
  });
  std::vector<std::size_t> order;
  mine = send_to_owner(
      comm, mine, [](const Offered& offered) { return offered.id; }, order);
  std::unordered_map<std::uint64_t, std::int64_t> offer_of_id;
  for (const Offered& offered : mine) offer_of_id.emplace(offered.id, offered.offer);
  mine = {};
  std::uint64_t rounds = (ids.size() + round_ids - 1) / round_ids;
  parallel::all_reduce_max(comm, std::span(&rounds, 1));
  std::vector<Offered> found;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::size_t first = std::min<std::size_t>(round * round_ids, ids.size());
    const std::size_t end = std::min<std::size_t>(first + round_ids, ids.size());
    const std::vector<std::uint64_t> some(ids.begin() + static_cast<std::ptrdiff_t>(first),
                                          ids.begin() + static_cast<std::ptrdiff_t>(end));
    // The asker's rank goes with the question, so that only hits come back.
    std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
    std::vector<Offered> questions;
    for (const std::uint64_t id : some) questions.push_back({id, comm.rank()});
    std::vector<Offered> hits;
    for (const Offered& question : send_to_owner(
             comm, questions, [](const Offered& q) { return q.id; }, order)) {
      const auto at = offer_of_id.find(question.id);
      if (at == offer_of_id.end()) continue;
      hits.push_back({question.id, at->second});
      ++counts[static_cast<std::size_t>(question.offer)];
    }
    // Questions arrive in order of the asking ranks, so the hits are sorted by them too.
    const std::vector<Offered> answers = parallel::all_to_all(comm, std::span<const Offered>(hits), counts);
    found.insert(found.end(), answers.begin(), answers.end());
  }
  std::ranges::sort(found, {}, &Offered::id);
  for (const Offered& offered : found) {
    id_.push_back(offered.id);
    offer_.push_back(static_cast<std::int16_t>(offered.offer));
  }
}

std::int16_t PreviousList::offer_of(std::uint64_t id) const {
  const auto at = std::ranges::lower_bound(id_, id);
  return at == id_.end() || *at != id ? no_offer : offer_[static_cast<std::size_t>(at - id_.begin())];
}

PreviousCounts PreviousList::counts(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                                    bool by_segment) const {
  PreviousCounts counts;
  if (by_segment) {
    parallel::together(comm, [&] {
      scores.visit(
          [&](const offers::ScoreRows& rows) {
            for (const std::uint8_t segment : rows.segment) ++counts.offered[segment];
          },
          [&](std::uint64_t id) { return offer_of(id) != no_offer; });
    });
  } else {
    counts.offered[255] = id_.size();
  }
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts.offered));
  return counts;
}

}  // namespace proffer::combine
