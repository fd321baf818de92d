#include "borrowers/synthetic_links.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "parallel/random.hpp"

namespace proffer::borrowers {
namespace {

/// How borrowers come by one kind of link. Shares are assumed.
struct Habit {
  std::string_view kind;
  std::string_view purpose;
  double unknown;          // of the borrowers
  double ring;             // of the members of a ring use one of the ring's
  std::uint64_t ring_has;  // so many
  double household;        // of the households use the same
  double of_the_public;    // of the borrowers use one that anybody may use
};
constexpr std::array habits{Habit{"device", "generate.device", 0.03, 0.6, 3, 0.3, 0.004},
                            Habit{"phone", "generate.phone", 0.02, 0.5, 4, 0.15, 0},
                            Habit{"address", "generate.address", 0.01, 0.4, 3, 1, 0}};

constexpr std::uint64_t ids_of_a_book = 1'000'000'000;  // so that both books have the same rings
constexpr std::uint64_t borrowers_of_a_library = 100'000;

bool in_ring(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id) {
  return settings.links &&
         parallel::RandomStream(seed, id, "generate.ring_member").uniform() < settings.links->ring_share;
}

/// The borrowers of one stretch of ids have one ring.
std::uint64_t ring_of(const GenerateSettings::Links& links, std::uint64_t id) {
  const double stretch = std::max(1.0, std::round(links.ring_members / links.ring_share));
  return id % ids_of_a_book / static_cast<std::uint64_t>(stretch);
}

}  // namespace

std::vector<std::string> synthetic_links() {
  std::vector<std::string> names;
  for (const Habit& habit : habits) names.emplace_back(habit.kind);
  return names;
}

std::uint64_t unit_of(std::uint64_t seed, std::uint64_t id) {
  const bool together = parallel::RandomStream(seed, id / 2, "generate.household").uniform() < 0.1;
  return together ? id - id % 2 : id;
}

double ring_fraud(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id) {
  return in_ring(settings, seed, id) ? settings.links->ring_fraud : 0;
}

void append_links(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id,
                  std::vector<std::uint64_t>& links) {
  const bool member = in_ring(settings, seed, id);
  const std::uint64_t unit = unit_of(seed, id);
  for (const Habit& habit : habits) {
    parallel::RandomStream stream(seed, id, habit.purpose);
    const double known = stream.uniform(), with_ring = stream.uniform(), in_public = stream.uniform();
    const std::uint64_t which = stream.below(habit.ring_has);
    const bool at_home = parallel::RandomStream(seed, unit, habit.purpose).uniform() < habit.household;
    // One thing per owner: 0 … 9 belong to a ring, 10 to a library, 11 to a household or borrower.
    const auto thing = [&](std::uint64_t owner, std::uint64_t number) {
      return std::max<std::uint64_t>(1, parallel::random_bits(seed, owner, parallel::purpose(habit.kind), number));
    };
    if (known < habit.unknown)
      links.push_back(0);
    else if (member && with_ring < habit.ring)
      links.push_back(thing(ring_of(*settings.links, id), which));
    else if (in_public < habit.of_the_public)
      links.push_back(thing(id % ids_of_a_book / borrowers_of_a_library, 10));
    else
      links.push_back(thing(at_home ? unit : id, 11));
  }
}

}  // namespace proffer::borrowers
