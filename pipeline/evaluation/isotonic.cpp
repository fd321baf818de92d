#include "evaluation/isotonic.hpp"

#include <algorithm>
#include <ranges>

#include "evaluation/wide.hpp"
#include "parallel/collectives.hpp"

namespace proffer::evaluation {
namespace {

/// Whether a's rate is at least b's.
bool not_below(const IsotonicBlock& a, const IsotonicBlock& b) {
  return static_cast<Wide>(a.positives) * b.negatives >= static_cast<Wide>(b.positives) * a.negatives;
}

/// Appends a block of higher scores and pools while the rates do not rise.
void push(std::vector<IsotonicBlock>& blocks, const IsotonicBlock& next) {
  blocks.push_back(next);
  while (blocks.size() > 1) {
    IsotonicBlock& last = blocks.back();
    IsotonicBlock& before = blocks[blocks.size() - 2];
    if (!not_below(before, last)) return;
    before.highest = last.highest;
    before.negatives += last.negatives;
    before.positives += last.positives;
    blocks.pop_back();
  }
}

}  // namespace

std::vector<IsotonicBlock> isotonic(const Ranking& ranking) {
  std::vector<IsotonicBlock> scores;
  ranking.for_each_score([&](double score, const Counts& here) {
    if (here[0] + here[1] > 0) scores.push_back({score, score, here[0], here[1]});
  });
  std::vector<IsotonicBlock> mine;
  for (const IsotonicBlock& block : std::views::reverse(scores)) push(mine, block);
  // What is pooled within a stretch stays pooled in the whole: few blocks travel. Rank 0 holds the highest scores.
  std::ranges::reverse(mine);
  const std::vector<IsotonicBlock> all = parallel::all_gather<IsotonicBlock>(ranking.comm(), mine);
  std::vector<IsotonicBlock> blocks;
  for (const IsotonicBlock& block : std::views::reverse(all)) push(blocks, block);
  return blocks;
}

}  // namespace proffer::evaluation
