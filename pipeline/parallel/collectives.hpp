// Collectives on spans. All of them are collective: every rank of the communicator calls, in the same order.
// There is no sum of floating-point numbers on purpose: see parallel/exact_sum.hpp.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::parallel {

template <class T>
concept Movable = std::is_trivially_copyable_v<T>;

void barrier(const Communicator& comm);

/// In place, element by element; every rank gives a span of the same length (std::logic_error in debug builds where
/// not). Wraps modulo 2^64 for unsigned. Doubles must not be NaN; a zero comes back as +0.
void all_reduce_sum(const Communicator& comm, std::span<std::int64_t> values);
void all_reduce_sum(const Communicator& comm, std::span<std::uint64_t> values);
void all_reduce_min(const Communicator& comm, std::span<double> values);
void all_reduce_max(const Communicator& comm, std::span<double> values);
void all_reduce_min(const Communicator& comm, std::span<std::int64_t> values);
void all_reduce_max(const Communicator& comm, std::span<std::int64_t> values);
void all_reduce_min(const Communicator& comm, std::span<std::uint64_t> values);
void all_reduce_max(const Communicator& comm, std::span<std::uint64_t> values);

/// One value per rank → the same one value on every rank.
[[nodiscard]] std::int64_t sum_over_ranks(const Communicator& comm, std::int64_t value);
[[nodiscard]] std::uint64_t sum_over_ranks(const Communicator& comm, std::uint64_t value);
[[nodiscard]] double max_over_ranks(const Communicator& comm, double value);
[[nodiscard]] double min_over_ranks(const Communicator& comm, double value);
[[nodiscard]] bool any_over_ranks(const Communicator& comm, bool value);
/// Sum of the values of the ranks before this one (0 on rank 0).
[[nodiscard]] std::uint64_t sum_before(const Communicator& comm, std::uint64_t value);

namespace detail {
/// The most bytes that go into one MPI call; what is larger goes in chunks (MPI counts are ints). All ranks give the
/// same `chunk`; it is a parameter only so that tests reach the chunks with few bytes.
inline constexpr std::size_t chunk_bytes = std::size_t{1} << 29;
void broadcast_bytes(const Communicator& comm, std::span<std::byte> bytes, int root, std::size_t chunk = chunk_bytes);
/// Concatenates every rank's bytes in rank order on every rank; `sizes` gets each rank's size.
std::vector<std::byte> all_gather_bytes(const Communicator& comm, std::span<const std::byte> mine,
                                        std::vector<std::size_t>& sizes, std::size_t chunk = chunk_bytes);
std::vector<std::byte> gather_bytes(const Communicator& comm, std::span<const std::byte> mine, int root,
                                    std::size_t chunk = chunk_bytes);
/// Sends counts[r] bytes to rank r; returns what the ranks sent here, in rank order.
std::vector<std::byte> all_to_all_bytes(const Communicator& comm, std::span<const std::byte> bytes,
                                        std::span<const std::size_t> counts, std::size_t chunk = chunk_bytes);
template <Movable T>
std::vector<T> to_values(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(values)).begin());
  return values;
}
}  // namespace detail

/// The root's values on every rank; every rank gives a span of the same length.
template <Movable T>
void broadcast(const Communicator& comm, std::span<T> values, int root = 0) {
  detail::broadcast_bytes(comm, std::as_writable_bytes(values), root);
}
/// The root's text (vector) on every rank, whatever the others gave.
[[nodiscard]] std::string broadcast(const Communicator& comm, std::string text, int root = 0);
template <Movable T>
[[nodiscard]] std::vector<T> broadcast(const Communicator& comm, std::vector<T> values, int root = 0) {
  std::uint64_t size = values.size();
  broadcast(comm, std::span(&size, 1), root);
  values.resize(size);
  broadcast(comm, std::span<T>(values), root);
  return values;
}

/// Every rank's values one after another in rank order, on every rank. Lengths may differ, also be 0.
template <Movable T>
[[nodiscard]] std::vector<T> all_gather(const Communicator& comm, std::span<const T> mine) {
  std::vector<std::size_t> sizes;
  return detail::to_values<T>(detail::all_gather_bytes(comm, std::as_bytes(mine), sizes));
}
/// As all_gather, on the root only; other ranks get an empty vector.
template <Movable T>
[[nodiscard]] std::vector<T> gather(const Communicator& comm, std::span<const T> mine, int root = 0) {
  return detail::to_values<T>(detail::gather_bytes(comm, std::as_bytes(mine), root));
}
/// values = what goes to rank 0, then rank 1, …; counts[r] = how many go to rank r. Returns what came, in rank order.
template <Movable T>
[[nodiscard]] std::vector<T> all_to_all(const Communicator& comm, std::span<const T> values,
                                        std::span<const std::size_t> counts) {
  std::vector<std::size_t> byte_counts(counts.begin(), counts.end());
  for (auto& count : byte_counts) count *= sizeof(T);
  return detail::to_values<T>(detail::all_to_all_bytes(comm, std::as_bytes(values), byte_counts));
}

}  // namespace proffer::parallel
