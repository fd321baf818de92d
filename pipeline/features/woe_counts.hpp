// How many rows and events each code of each feature has: all that WOE binning needs to know of the rows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::features {

/// Rows and events (label 1) that share a code or a bin.
struct EventCount {
  std::uint64_t rows = 0;
  std::uint64_t events = 0;
  [[nodiscard]] std::uint64_t nonevents() const { return rows - events; }
  EventCount& operator+=(const EventCount& other) {
    rows += other.rows;
    events += other.events;
    return *this;
  }
  friend bool operator==(const EventCount&, const EventCount&) = default;
};

inline constexpr std::size_t code_values = 256;  ///< codes 0 … 254 and missing_code
/// Counts of one feature by code.
using CodeCounts = std::array<EventCount, code_values>;

/// Counts all features in one pass over the rows, in integers: the sum over rows, threads and ranks is the same in any
/// order. One counter per thread; add them up, then over the ranks.
class CodeCounter {
 public:
  explicit CodeCounter(std::size_t features);
  /// Independent. `codes`: rows × features, row-major; `labels`: one per row, 0 or 1 (std::logic_error otherwise).
  void add(std::span<const std::uint8_t> codes, std::span<const std::uint8_t> labels);
  /// Independent. Another thread's counts.
  void add(const CodeCounter& other);
  /// Collective. Counts of all ranks per feature, the same on every rank.
  [[nodiscard]] std::vector<CodeCounts> over_ranks(const parallel::Communicator& comm) const;

 private:
  void flush();
  std::size_t features_;
  std::uint64_t pending_ = 0;          // rows in packed_
  std::vector<std::uint64_t> packed_;  // feature × lane × code: rows in the low half, events in the high half
  std::vector<EventCount> counts_;     // feature × code
};

}  // namespace proffer::features
