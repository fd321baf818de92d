// Things that each belong to one rank: items go to the ranks that own them, and their answers come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "parallel/communicator.hpp"

namespace proffer::parallel {
namespace detail {

/// Items by the rank that owns them.
struct Routes {
  std::vector<std::size_t> counts;  ///< items per rank
  std::vector<std::size_t> place;   ///< of each item among the items in order of rank
};

template <class T, class Owner>
Routes routes_to(std::span<const T> items, int ranks, const Owner& owner) {
  Routes routes{std::vector<std::size_t>(static_cast<std::size_t>(ranks), 0), {}};
  for (const T& item : items) ++routes.counts[static_cast<std::size_t>(owner(item))];
  std::vector<std::size_t> next(routes.counts.size(), 0);
  for (std::size_t rank = 1; rank < next.size(); ++rank) next[rank] = next[rank - 1] + routes.counts[rank - 1];
  routes.place.reserve(items.size());
  for (const T& item : items) routes.place.push_back(next[static_cast<std::size_t>(owner(item))]++);
  return routes;
}

template <class T>
std::vector<T> in_order_of_ranks(std::span<const T> items, const Routes& routes) {
  std::vector<T> sorted(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) sorted[routes.place[i]] = items[i];
  return sorted;
}

}  // namespace detail

/// Collective. Sends each item to the rank owner(item). Returns the items this rank owns, in order of the ranks they
/// came from, each rank's in their order there.
template <Movable T, class Owner>
[[nodiscard]] std::vector<T> to_owners(const Communicator& comm, std::span<const T> items, const Owner& owner) {
  if (comm.size() == 1) return {items.begin(), items.end()};
  const detail::Routes routes = detail::routes_to(items, comm.size(), owner);
  const std::vector<T> sorted = detail::in_order_of_ranks(items, routes);
  return all_to_all(comm, std::span<const T>(sorted), routes.counts);
}

/// Collective. Asks the owner of each item: reply(items a rank owns) → as many answers, on that rank (no collective in
/// it). Returns the answers to this rank's items, in their order.
template <Movable Answer, Movable T, class Owner, class Reply>
[[nodiscard]] std::vector<Answer> ask_owners(const Communicator& comm, std::span<const T> items, const Owner& owner,
                                             const Reply& reply) {
  if (comm.size() == 1) return reply(items);
  const detail::Routes routes = detail::routes_to(items, comm.size(), owner);
  const std::vector<T> sorted = detail::in_order_of_ranks(items, routes);
  const std::vector<std::size_t> one_each(routes.counts.size(), 1);
  const std::vector<std::size_t> asked = all_to_all(comm, std::span<const std::size_t>(routes.counts), one_each);
  const std::vector<T> mine = all_to_all(comm, std::span<const T>(sorted), routes.counts);
  const std::vector<Answer> answers = reply(std::span<const T>(mine));
  expects(answers.size() == mine.size(), "one answer per item");
  const std::vector<Answer> back = all_to_all(comm, std::span<const Answer>(answers), asked);
  std::vector<Answer> in_order;
  in_order.reserve(items.size());
  for (const std::size_t place : routes.place) in_order.push_back(back[place]);
  return in_order;
}

}  // namespace proffer::parallel
