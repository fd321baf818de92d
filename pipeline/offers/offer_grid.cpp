#include "offers/offer_grid.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <thread>

#include "foundation/error.hpp"
#include "offers/grid_kernel.hpp"

namespace proffer::offers {
namespace {

/// Numbers the offers by their codes: equal codes, equal number. Returns the codes of each number, one after another.
std::vector<std::uint8_t> merge_equal_offers(std::span<const std::uint8_t> codes, std::size_t terms,
                                             std::vector<std::uint32_t>& column) {
  std::map<std::vector<std::uint8_t>, std::uint32_t> seen;
  std::vector<std::uint8_t> distinct;
  for (std::size_t offer = 0; offer < column.size(); ++offer) {
    const auto of_offer = codes.subspan(offer * terms, terms);
    const auto [place, fresh] = seen.try_emplace(std::vector<std::uint8_t>(of_offer.begin(), of_offer.end()),
                                                 static_cast<std::uint32_t>(seen.size()));
    if (fresh) distinct.insert(distinct.end(), of_offer.begin(), of_offer.end());
    column[offer] = place->second;
  }
  return distinct;
}

}  // namespace

OfferBits GridProblem::sent_left(const boosting::Node& node) const {
  const std::size_t terms = forest.features - borrower_features;
  OfferBits bits{};
  for (std::size_t offer = 0; offer < offers; ++offer) {
    const std::uint8_t code = offer_codes[offer * terms + (node.feature - borrower_features)];
    if (code == features::missing_code ? node.default_left : code < node.split_code) insert(bits, offer);
  }
  return bits;
}

OfferGridScorer::OfferGridScorer(const boosting::Forest& forest, std::size_t borrower_features, std::size_t offers,
                                 std::span<const std::uint8_t> offer_codes, GridPath path)
    : borrower_features_(borrower_features), column_(offers) {
  expects(offers >= 1 && offers <= max_offers, "an offer grid has 1 to 256 offers");
  expects(forest.features >= borrower_features, "the forest has at least the borrower features");
  const std::size_t terms = forest.features - borrower_features;
  expects(offer_codes.size() == offers * terms, "one code per offer and offer term");
  const std::vector<std::uint8_t> distinct = merge_equal_offers(offer_codes, terms, column_);
  distinct_ = 1 + *std::max_element(column_.begin(), column_.end());
  const GridProblem problem{forest, borrower_features, distinct_, distinct};
  for (const GridPath fast : {GridPath::wide, GridPath::vectorised})
    if ((path == GridPath::automatic || path == fast) && kernel_ == nullptr && grid_runs_here(fast)) {
      kernel_ = make_class_programs(problem, fast);
      path_ = fast;
    }
  const bool any_path = path == GridPath::automatic || path == GridPath::mask_walk;
  expects(any_path || kernel_ != nullptr, "the vectorised paths need a CPU that has them and trees of 256 leaves");
  if (kernel_ == nullptr) {
    kernel_ = make_mask_walk(problem);
    path_ = GridPath::mask_walk;
  }
}

OfferGridScorer::~OfferGridScorer() = default;
OfferGridScorer::OfferGridScorer(OfferGridScorer&&) noexcept = default;
OfferGridScorer& OfferGridScorer::operator=(OfferGridScorer&&) noexcept = default;

void OfferGridScorer::margins_of_rows(std::span<const std::uint8_t> codes, std::size_t rows,
                                      std::span<float> out) const {
  const std::size_t block_rows = kernel_->block_rows();
  std::vector<float> block(block_rows * distinct_);
  for (std::size_t first = 0; first < rows; first += block_rows) {
    const std::size_t count = std::min(block_rows, rows - first);
    const auto block_codes = codes.subspan(first * borrower_features_, count * borrower_features_);
    const auto block_out = out.subspan(first * offers(), count * offers());
    if (distinct_ == offers()) {  // then column_ counts 0, 1, 2, …
      kernel_->block(block_codes, count, block_out);
      continue;
    }
    kernel_->block(block_codes, count, block);
    for (std::size_t row = 0; row < count; ++row)
      for (std::size_t offer = 0; offer < offers(); ++offer)
        block_out[row * offers() + offer] = block[row * distinct_ + column_[offer]];
  }
}

void OfferGridScorer::distinct_margins(std::span<const std::uint8_t> codes, std::span<float> out) const {
  const std::size_t rows = out.size() / distinct_;
  expects(out.size() == rows * distinct_ && codes.size() == rows * borrower_features_, "rows of codes and of margins");
  for (std::size_t first = 0; first < rows; first += kernel_->block_rows()) {
    const std::size_t count = std::min(kernel_->block_rows(), rows - first);
    kernel_->block(codes.subspan(first * borrower_features_, count * borrower_features_), count,
                   out.subspan(first * distinct_, count * distinct_));
  }
}

void OfferGridScorer::margins(std::span<const std::uint8_t> codes, std::span<float> out, int threads) const {
  const std::size_t rows = out.size() / offers();
  expects(out.size() == rows * offers() && codes.size() == rows * borrower_features_, "rows of codes and of margins");
  const std::size_t blocks = (rows + kernel_->block_rows() - 1) / kernel_->block_rows();
  const std::size_t workers =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), 1, std::max<std::size_t>(blocks, 1));
  std::vector<std::exception_ptr> failures(workers);
  const auto work = [&](std::size_t worker) {
    try {
      const std::size_t first = std::min(blocks * worker / workers * kernel_->block_rows(), rows);
      const std::size_t end = std::min(blocks * (worker + 1) / workers * kernel_->block_rows(), rows);
      margins_of_rows(codes.subspan(first * borrower_features_, (end - first) * borrower_features_), end - first,
                      out.subspan(first * offers(), (end - first) * offers()));
    } catch (...) {
      failures[worker] = std::current_exception();
    }
  };
  std::vector<std::thread> pool;
  for (std::size_t worker = 1; worker < workers; ++worker) pool.emplace_back(work, worker);
  work(0);
  for (auto& thread : pool) thread.join();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace proffer::offers
