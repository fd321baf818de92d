// What was found to differ, by kind.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::verify {

/// "borrower 17", "limit 'contact budget'", "file offers.h5", …; what stands there, and what it should be.
struct Finding {
  std::string where;
  std::string found;
  std::string recomputed;
};

/// Differences, kept by kind: the first few of each, and how many there are.
class Findings {
 public:
  static constexpr std::size_t shown = 20;

  /// Independent.
  void add(std::string_view kind, std::string where, std::string found, std::string recomputed);
  /// Collective. Every rank gets all ranks' findings, in the order of ranks (so of rows, as ranks hold rows in order).
  void merge(const parallel::Communicator& comm);

  [[nodiscard]] bool empty() const { return kinds_.empty(); }
  [[nodiscard]] std::size_t kinds() const { return kinds_.size(); }
  [[nodiscard]] std::uint64_t total() const;
  [[nodiscard]] std::uint64_t count(std::string_view kind) const;
  /// A line for each of the first findings of each kind, and a line that counts the rest.
  [[nodiscard]] std::string text() const;

 private:
  struct Kind {
    std::uint64_t count = 0;
    std::vector<Finding> first;
  };
  std::map<std::string, Kind, std::less<>> kinds_;
};

/// Numbers as messages show them: shortest text that reads back the same.
[[nodiscard]] std::string shown(double value);
[[nodiscard]] std::string shown(float value);
[[nodiscard]] std::string borrower(std::uint64_t id);

}  // namespace proffer::verify
