#include "features/woe_counts.hpp"

#include <algorithm>

#include "foundation/error.hpp"
#include "parallel/collectives.hpp"

namespace proffer::features {
namespace {

constexpr std::size_t block_rows = 256;             // whose codes stay in the cache while every feature passes
constexpr std::size_t lanes = 2;                    // rows in turns: equal codes in a row do not wait for each other
constexpr std::uint64_t most_pending = 0xffffff00;  // 32 bits hold the counts of so many rows

}  // namespace

CodeCounter::CodeCounter(std::size_t features)
    : features_(features), packed_(features * lanes * code_values), counts_(features * code_values) {}

void CodeCounter::add(std::span<const std::uint8_t> codes, std::span<const std::uint8_t> labels) {
  expects(codes.size() == labels.size() * features_, "one label per row of codes");
  expects(std::ranges::all_of(labels, [](std::uint8_t label) { return label <= 1; }), "labels are 0 or 1");
  std::array<std::uint64_t, block_rows> step{};
  for (std::size_t first = 0; first < labels.size(); first += block_rows) {
    const std::size_t rows = std::min(block_rows, labels.size() - first);
    if (pending_ + rows > most_pending) flush();
    pending_ += rows;
    for (std::size_t r = 0; r < rows; ++r) step[r] = 1 + (std::uint64_t{labels[first + r]} << 32);
    for (std::size_t f = 0; f < features_; ++f) {
      const std::uint8_t* code = codes.data() + first * features_ + f;
      std::uint64_t* table = packed_.data() + f * lanes * code_values;
      for (std::size_t r = 0; r < rows; ++r) table[(r % lanes) * code_values + code[r * features_]] += step[r];
    }
  }
}

void CodeCounter::flush() {
  for (std::size_t f = 0; f < features_; ++f)
    for (std::size_t lane = 0; lane < lanes; ++lane)
      for (std::size_t code = 0; code < code_values; ++code) {
        std::uint64_t& packed = packed_[(f * lanes + lane) * code_values + code];
        counts_[f * code_values + code] += {packed & 0xffffffff, packed >> 32};
        packed = 0;
      }
  pending_ = 0;
}

void CodeCounter::add(const CodeCounter& other) {
  expects(other.features_ == features_, "counters of the same features");
  CodeCounter copy = other;
  copy.flush();
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += copy.counts_[i];
}

std::vector<CodeCounts> CodeCounter::over_ranks(const parallel::Communicator& comm) const {
  CodeCounter copy = *this;
  copy.flush();
  std::vector<std::uint64_t> flat;
  for (const EventCount& count : copy.counts_) flat.insert(flat.end(), {count.rows, count.events});
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(flat));
  std::vector<CodeCounts> counts(features_);
  for (std::size_t f = 0; f < features_; ++f)
    for (std::size_t code = 0; code < code_values; ++code) {
      const std::size_t at = 2 * (f * code_values + code);
      counts[f][code] = {flat[at], flat[at + 1]};
    }
  return counts;
}

}  // namespace proffer::features
