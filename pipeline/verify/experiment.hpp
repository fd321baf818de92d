// What was reserved or known before the choice: cells of an experiment, offers of an earlier list.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <vector>

#include "verify/catalog.hpp"

namespace proffer::verify {

/// Cells by a hash of seed and unit.
struct Cells {
  double control = 0, exploration = 0;
  std::uint64_t seed = 0;
  enum class Cell { none, control, exploration };
  /// Independent.
  [[nodiscard]] Cell of(std::uint64_t unit) const;
  /// Independent. The allowed offer (nothing against it) that is drawn for a borrower of the exploration cell, and with
  /// which probability.
  struct Draw {
    std::int32_t offer = -1;
    float propensity = 0;
  };
  [[nodiscard]] Draw draw(std::uint64_t id, const std::vector<std::uint32_t>& against) const;
};

/// Independent. Who had an offer in an earlier list, and which of today's it is. Memory: an entry per offer of the
/// list.
class EarlierList {
 public:
  EarlierList(const std::filesystem::path& file, const Catalog& catalog);
  struct Before {
    bool had_offer = false;
    std::optional<std::size_t> offer;  ///< of today's catalog
  };
  [[nodiscard]] Before of(std::uint64_t id) const;

 private:
  std::unordered_map<std::uint64_t, std::optional<std::size_t>> offer_of_;
};

}  // namespace proffer::verify
