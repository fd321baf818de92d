#include "borrowers/ingest_outcome.hpp"

#include "borrowers/csv_cells.hpp"

namespace proffer::borrowers {

std::uint8_t window_code(const WindowFacts& facts, int months, std::int32_t cut_off) {
  if (facts.bad_on && *facts.bad_on < facts.observed) return outcome::excluded;
  const std::int32_t end = add_months(facts.observed, months);
  if (end > cut_off) return outcome::unknown;
  if (facts.bad) return *facts.bad ? outcome::yes : outcome::no;
  return facts.bad_on && *facts.bad_on <= end ? outcome::yes : outcome::no;
}

}  // namespace proffer::borrowers
