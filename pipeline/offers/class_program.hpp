// A tree compiled for a set of offers. Offers that the tree cannot tell apart form a class; for one class the tree has
// borrower splits only, and becomes a list of selections evaluated bottom-up for many borrowers at once. Subtrees that
// classes have in common are evaluated once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "offers/grid_kernel.hpp"

namespace proffer::offers {

/// References below this are constants (the number of a leaf), the others scratch slots.
inline constexpr std::size_t leaf_references = 256;

/// slot = test ? left : right, for the offers whose subtrees these are.
struct Selection {
  std::uint16_t left = 0;  ///< references
  std::uint16_t right = 0;
  std::uint16_t slot = 0;  ///< reference
};

/// input ≤ threshold, where input is a plane of codes: made once for the selections first … end − 1.
struct Test {
  std::uint16_t input = 0;  ///< 2·feature: codes; 2·feature + 1: codes + 1 modulo 256, so that missing becomes 0
  std::uint8_t threshold = 0;
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

/// The offers columns[first … end) get the leaf that `reference` holds.
struct OfferClass {
  std::uint16_t reference = 0;
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

struct TreeProgram {
  std::vector<Test> tests;
  std::vector<Selection> selections;
  std::vector<OfferClass> classes;
  std::vector<std::uint16_t> columns;  ///< distinct offers, class after class
  std::vector<float> leaves;
  std::size_t slots = 0;
};

/// Nothing where the tree has more than 256 leaves or needs more than 65,280 slots.
[[nodiscard]] std::optional<TreeProgram> compile(const GridProblem& problem, const boosting::Tree& tree);

}  // namespace proffer::offers
