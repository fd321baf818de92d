// Collectives in which ranks give and get different amounts. Where everything fits one MPI call it is one call; else
// the bytes go in chunks, because counts and displacements of MPI are ints.
#include <algorithm>
#include <numeric>

#include "foundation/checked_cast.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "parallel/handle.hpp"

namespace proffer::parallel::detail {
namespace {

constexpr int tag = 7001;

std::vector<int> to_ints(std::span<const std::size_t> sizes) {
  std::vector<int> ints;
  ints.reserve(sizes.size());
  for (const std::size_t size : sizes) ints.push_back(checked_cast<int>(size));
  return ints;
}

/// Where each part begins, and at the end the total.
std::vector<std::size_t> offsets_of(std::span<const std::size_t> sizes) {
  std::vector<std::size_t> offsets(sizes.size() + 1, 0);
  std::partial_sum(sizes.begin(), sizes.end(), offsets.begin() + 1);
  return offsets;
}

std::vector<int> displacements(const std::vector<std::size_t>& offsets) {
  return to_ints(std::span(offsets).first(offsets.size() - 1));
}

std::vector<std::size_t> sizes_of_all(const Communicator& comm, std::size_t mine) {
  const std::uint64_t size = mine;
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(comm.size()));
  check(MPI_Allgather(&size, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, comm.handle().comm), "MPI_Allgather");
  return {sizes.begin(), sizes.end()};
}

/// Two ranks exchange any number of bytes; either side may be empty. Both compute the same number of rounds from the
/// sizes they both know.
void exchange_with(const Communicator& comm, int to, std::span<const std::byte> sent, int from,
                   std::span<std::byte> received, std::size_t chunk) {
  std::vector<MPI_Request> requests;
  for (std::size_t begin = 0; begin < received.size(); begin += chunk) {
    const auto part = received.subspan(begin, std::min(chunk, received.size() - begin));
    check(MPI_Irecv(part.data(), checked_cast<int>(part.size()), MPI_BYTE, from, tag, comm.handle().comm,
                    &requests.emplace_back()),
          "MPI_Irecv");
  }
  for (std::size_t begin = 0; begin < sent.size(); begin += chunk) {
    const auto part = sent.subspan(begin, std::min(chunk, sent.size() - begin));
    check(MPI_Isend(part.data(), checked_cast<int>(part.size()), MPI_BYTE, to, tag, comm.handle().comm,
                    &requests.emplace_back()),
          "MPI_Isend");
  }
  check(MPI_Waitall(checked_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
}

}  // namespace

std::vector<std::byte> all_gather_bytes(const Communicator& comm, std::span<const std::byte> mine,
                                        std::vector<std::size_t>& sizes, std::size_t chunk) {
  sizes = sizes_of_all(comm, mine.size());
  const auto offsets = offsets_of(sizes);
  std::vector<std::byte> all(offsets.back());
  if (all.size() <= chunk) {
    const auto counts = to_ints(sizes);
    const auto places = displacements(offsets);
    check(MPI_Allgatherv(mine.data(), checked_cast<int>(mine.size()), MPI_BYTE, all.data(), counts.data(),
                         places.data(), MPI_BYTE, comm.handle().comm),
          "MPI_Allgatherv");
    return all;
  }
  std::copy(mine.begin(), mine.end(), all.begin() + static_cast<std::ptrdiff_t>(offsets[comm.rank()]));
  for (int root = 0; root < comm.size(); ++root)
    broadcast_bytes(comm, std::span(all).subspan(offsets[root], sizes[root]), root, chunk);
  return all;
}

std::vector<std::byte> gather_bytes(const Communicator& comm, std::span<const std::byte> mine, int root,
                                    std::size_t chunk) {
  const auto sizes = sizes_of_all(comm, mine.size());
  const auto offsets = offsets_of(sizes);
  std::vector<std::byte> all(comm.rank() == root ? offsets.back() : 0);
  if (offsets.back() <= chunk) {
    const auto counts = to_ints(sizes);
    const auto places = displacements(offsets);
    check(MPI_Gatherv(mine.data(), checked_cast<int>(mine.size()), MPI_BYTE, all.data(), counts.data(), places.data(),
                      MPI_BYTE, root, comm.handle().comm),
          "MPI_Gatherv");
    return all;
  }
  if (comm.rank() != root) {
    exchange_with(comm, root, mine, root, {}, chunk);
    return all;
  }
  for (int rank = 0; rank < comm.size(); ++rank) {
    const auto place = std::span(all).subspan(offsets[rank], sizes[rank]);
    if (rank == root)
      std::copy(mine.begin(), mine.end(), place.begin());
    else
      exchange_with(comm, rank, {}, rank, place, chunk);
  }
  return all;
}

std::vector<std::byte> all_to_all_bytes(const Communicator& comm, std::span<const std::byte> bytes,
                                        std::span<const std::size_t> counts, std::size_t chunk) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  expects(counts.size() == ranks, "all_to_all: one count per rank");
  const auto sent_at = offsets_of(counts);
  expects(sent_at.back() == bytes.size(), "all_to_all: the counts must add up to the values given");
  const std::vector<std::uint64_t> sent(counts.begin(), counts.end());
  std::vector<std::uint64_t> coming(ranks);
  check(MPI_Alltoall(sent.data(), 1, MPI_UINT64_T, coming.data(), 1, MPI_UINT64_T, comm.handle().comm), "MPI_Alltoall");
  const std::vector<std::size_t> sizes(coming.begin(), coming.end());
  const auto came_at = offsets_of(sizes);
  std::vector<std::byte> received(came_at.back());
  if (!any_over_ranks(comm, bytes.size() > chunk || received.size() > chunk)) {
    const auto send_counts = to_ints(counts);
    const auto send_places = displacements(sent_at);
    const auto receive_counts = to_ints(sizes);
    const auto receive_places = displacements(came_at);
    check(MPI_Alltoallv(bytes.data(), send_counts.data(), send_places.data(), MPI_BYTE, received.data(),
                        receive_counts.data(), receive_places.data(), MPI_BYTE, comm.handle().comm),
          "MPI_Alltoallv");
    return received;
  }
  for (std::size_t step = 0; step < ranks; ++step) {  // in step s everyone sends to the rank s further on
    const std::size_t to = (static_cast<std::size_t>(comm.rank()) + step) % ranks;
    const std::size_t from = (static_cast<std::size_t>(comm.rank()) + ranks - step) % ranks;
    exchange_with(comm, static_cast<int>(to), bytes.subspan(sent_at[to], counts[to]), static_cast<int>(from),
                  std::span(received).subspan(came_at[from], sizes[from]), chunk);
  }
  return received;
}

}  // namespace proffer::parallel::detail
