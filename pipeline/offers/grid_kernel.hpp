// What stands behind OfferGridScorer: one block of borrowers against the distinct offers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boosting/forest.hpp"

namespace proffer::offers {

inline constexpr std::size_t max_offers = 256;

/// Distinct offers as a bit set.
using OfferBits = std::array<std::uint64_t, max_offers / 64>;

[[nodiscard]] inline bool contains(const OfferBits& bits, std::size_t offer) {
  return (bits[offer / 64] >> (offer % 64) & 1U) != 0;
}
inline void insert(OfferBits& bits, std::size_t offer) {
  bits[offer / 64] |= std::uint64_t{1} << (offer % 64);
}
[[nodiscard]] inline bool empty(const OfferBits& bits) {
  return (bits[0] | bits[1] | bits[2] | bits[3]) == 0;
}
[[nodiscard]] inline OfferBits both(const OfferBits& a, const OfferBits& b) {
  return {a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]};
}
[[nodiscard]] inline OfferBits without(const OfferBits& a, const OfferBits& b) {
  return {a[0] & ~b[0], a[1] & ~b[1], a[2] & ~b[2], a[3] & ~b[3]};
}
[[nodiscard]] inline OfferBits first_offers(std::size_t count) {
  OfferBits bits{};
  for (std::size_t offer = 0; offer < count; ++offer) insert(bits, offer);
  return bits;
}

/// A forest and the distinct offers it is prepared for.
struct GridProblem {
  const boosting::Forest& forest;
  std::size_t borrower_features;
  std::size_t offers;                         ///< distinct ones, 1 … 256
  std::span<const std::uint8_t> offer_codes;  ///< offers × (forest.features − borrower_features)

  [[nodiscard]] bool on_offer(const boosting::Node& node) const { return node.feature >= borrower_features; }
  /// The offers that a split on an offer term sends left.
  [[nodiscard]] OfferBits sent_left(const boosting::Node& node) const;
};

enum class GridPath;

/// Computes margins of blocks of rows. Const: threads may share it.
class GridKernel {
 public:
  virtual ~GridKernel() = default;
  /// Rows that one call of `block` takes at most.
  [[nodiscard]] virtual std::size_t block_rows() const = 0;
  /// `codes`: rows × borrower_features; `out`: rows × offers; both row-major.
  virtual void block(std::span<const std::uint8_t> codes, std::size_t rows, std::span<float> out) const = 0;
};

/// Any CPU, any forest.
[[nodiscard]] std::unique_ptr<GridKernel> make_mask_walk(const GridProblem& problem);
/// `path`: vectorised or wide. Null where a tree has more than 256 leaves. Runs only where grid_runs_here(path).
[[nodiscard]] std::unique_ptr<GridKernel> make_class_programs(const GridProblem& problem, GridPath path);

}  // namespace proffer::offers
