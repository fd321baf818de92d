// Margins of one forest for every borrower × every offer, without expanding the rows: for one borrower only the offer
// terms vary, so each tree is walked once for all offers together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boosting/forest.hpp"

namespace proffer::offers {

class GridKernel;

/// How the margins are computed. Every path gives the same bits.
enum class GridPath {
  automatic,   ///< the fastest that this CPU and this forest allow
  mask_walk,   ///< a bit mask of the offers still on the path goes down each tree; any CPU, any forest
  vectorised,  ///< classes of offers × 64 borrowers at once; AVX2 and trees of at most 256 leaves
  wide,        ///< the same with AVX-512
};

/// Scores borrowers against a fixed set of offers with one forest. Inputs of the forest are the borrower features
/// followed by the offer terms. Const after construction: threads may share it. Independent; no MPI, no files.
class OfferGridScorer {
 public:
  /// `offer_codes`: offers × (forest.features − borrower_features) codes, row-major; empty
  /// where the forest has no offer terms, and then every offer gets the same margin. std::logic_error where sizes do
  /// not fit or where `vectorised` or `wide` is asked for and impossible.
  OfferGridScorer(const boosting::Forest& forest, std::size_t borrower_features, std::size_t offers,
                  std::span<const std::uint8_t> offer_codes, GridPath path = GridPath::automatic);
  ~OfferGridScorer();
  OfferGridScorer(OfferGridScorer&&) noexcept;
  OfferGridScorer& operator=(OfferGridScorer&&) noexcept;

  /// `codes`: rows × borrower_features, row-major. `out`: rows × offers, row-major: bit for bit boosting::margin of the
  /// borrower's codes with the offer's behind them. `threads` threads share the rows; their number changes no bit.
  void margins(std::span<const std::uint8_t> codes, std::span<float> out, int threads = 1) const;
  /// The same for the distinct offers only, by this thread: rows × distinct_offers(). Offer j is number
  /// distinct_of_offer()[j] among them.
  void distinct_margins(std::span<const std::uint8_t> codes, std::span<float> out) const;
  [[nodiscard]] std::span<const std::uint32_t> distinct_of_offer() const { return column_; }

  [[nodiscard]] std::size_t offers() const { return column_.size(); }
  /// Offers that differ in some term of this forest; the others are copies.
  [[nodiscard]] std::size_t distinct_offers() const { return distinct_; }
  [[nodiscard]] std::size_t borrower_features() const { return borrower_features_; }
  [[nodiscard]] GridPath path() const { return path_; }

 private:
  void margins_of_rows(std::span<const std::uint8_t> codes, std::size_t rows, std::span<float> out) const;

  std::size_t borrower_features_;
  std::vector<std::uint32_t> column_;  // of each offer: which distinct offer it is
  std::size_t distinct_ = 0;
  GridPath path_ = GridPath::mask_walk;
  std::unique_ptr<const GridKernel> kernel_;
};

/// Whether this CPU runs the path.
[[nodiscard]] bool grid_runs_here(GridPath path);

}  // namespace proffer::offers
