#include "parallel/collectives.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "foundation/checked_cast.hpp"
#include "foundation/error.hpp"
#include "parallel/handle.hpp"

namespace proffer::parallel {
namespace {

template <class T>
MPI_Datatype mpi_type();
template <>
MPI_Datatype mpi_type<double>() {
  return MPI_DOUBLE;
}
template <>
MPI_Datatype mpi_type<std::int64_t>() {
  return MPI_INT64_T;
}
template <>
MPI_Datatype mpi_type<std::uint64_t>() {
  return MPI_UINT64_T;
}

/// Collective. In debug builds, a std::logic_error on every rank where the ranks' counts differ: better than a hang.
void expect_equal_counts([[maybe_unused]] const Communicator& comm, [[maybe_unused]] std::size_t count) {
#ifndef NDEBUG
  std::array<std::int64_t, 2> extremes{static_cast<std::int64_t>(count), -static_cast<std::int64_t>(count)};
  check(MPI_Allreduce(MPI_IN_PLACE, extremes.data(), 2, MPI_INT64_T, MPI_MAX, comm.handle().comm), "MPI_Allreduce");
  expects(extremes[0] == -extremes[1], "a collective was called with different counts on different ranks");
#endif
}

template <class T>
void all_reduce(const Communicator& comm, std::span<T> values, MPI_Op operation) {
  expect_equal_counts(comm, values.size());
  constexpr std::size_t most = detail::chunk_bytes / sizeof(T);
  for (std::size_t begin = 0; begin < values.size(); begin += most) {
    const auto part = values.subspan(begin, std::min(most, values.size() - begin));
    check(MPI_Allreduce(MPI_IN_PLACE, part.data(), checked_cast<int>(part.size()), mpi_type<T>(), operation,
                        comm.handle().comm),
          "MPI_Allreduce");
  }
}

/// Which of +0 and -0 is the smaller one depends on the order of the ranks: make it +0 always.
void all_reduce_extreme(const Communicator& comm, std::span<double> values, MPI_Op operation) {
  all_reduce(comm, values, operation);
  for (double& value : values) value += 0.0;
}

template <class T>
T reduced(const Communicator& comm, T value, MPI_Op operation) {
  all_reduce(comm, std::span<T>(&value, 1), operation);
  return value;
}

}  // namespace

void barrier(const Communicator& comm) {
  check(MPI_Barrier(comm.handle().comm), "MPI_Barrier");
}

void all_reduce_sum(const Communicator& comm, std::span<std::int64_t> values) {
  all_reduce(comm, values, MPI_SUM);
}
void all_reduce_sum(const Communicator& comm, std::span<std::uint64_t> values) {
  all_reduce(comm, values, MPI_SUM);
}
void all_reduce_min(const Communicator& comm, std::span<double> values) {
  all_reduce_extreme(comm, values, MPI_MIN);
}
void all_reduce_max(const Communicator& comm, std::span<double> values) {
  all_reduce_extreme(comm, values, MPI_MAX);
}
void all_reduce_min(const Communicator& comm, std::span<std::int64_t> values) {
  all_reduce(comm, values, MPI_MIN);
}
void all_reduce_max(const Communicator& comm, std::span<std::int64_t> values) {
  all_reduce(comm, values, MPI_MAX);
}
void all_reduce_min(const Communicator& comm, std::span<std::uint64_t> values) {
  all_reduce(comm, values, MPI_MIN);
}
void all_reduce_max(const Communicator& comm, std::span<std::uint64_t> values) {
  all_reduce(comm, values, MPI_MAX);
}

std::int64_t sum_over_ranks(const Communicator& comm, std::int64_t value) {
  return reduced(comm, value, MPI_SUM);
}
std::uint64_t sum_over_ranks(const Communicator& comm, std::uint64_t value) {
  return reduced(comm, value, MPI_SUM);
}

double max_over_ranks(const Communicator& comm, double value) {
  all_reduce_max(comm, std::span(&value, 1));
  return value;
}

double min_over_ranks(const Communicator& comm, double value) {
  all_reduce_min(comm, std::span(&value, 1));
  return value;
}

bool any_over_ranks(const Communicator& comm, bool value) {
  return reduced<std::int64_t>(comm, value ? 1 : 0, MPI_MAX) != 0;
}

std::uint64_t sum_before(const Communicator& comm, std::uint64_t value) {
  std::uint64_t before = 0;
  check(MPI_Exscan(&value, &before, 1, MPI_UINT64_T, MPI_SUM, comm.handle().comm), "MPI_Exscan");
  return comm.is_root() ? 0 : before;  // MPI leaves rank 0's result undefined
}

std::string broadcast(const Communicator& comm, std::string text, int root) {
  std::uint64_t size = text.size();
  broadcast(comm, std::span(&size, 1), root);
  text.resize(size);
  broadcast(comm, std::span(text), root);
  return text;
}

namespace detail {

void broadcast_bytes(const Communicator& comm, std::span<std::byte> bytes, int root, std::size_t chunk) {
  expect_equal_counts(comm, bytes.size());
  for (std::size_t begin = 0; begin < bytes.size(); begin += chunk) {
    const auto part = bytes.subspan(begin, std::min(chunk, bytes.size() - begin));
    check(MPI_Bcast(part.data(), checked_cast<int>(part.size()), MPI_BYTE, root, comm.handle().comm), "MPI_Bcast");
  }
}

}  // namespace detail
}  // namespace proffer::parallel
