// The rows that one model learns from and is judged by, on 8-bit codes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "borrowers/book.hpp"
#include "features/binning.hpp"
#include "foundation/log.hpp"
#include "models/inputs.hpp"
#include "models/model.hpp"
#include "models/split.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// This rank's rows, in the order of the book.
struct TrainingRows {
  features::BinTable bins;
  std::vector<std::uint8_t> codes;  ///< rows × inputs, row-major
  std::vector<std::uint8_t> label;
  std::vector<Part> part;
  std::vector<std::uint64_t> unit;
  std::vector<std::int32_t> as_of;  ///< YYYYMMDD
  std::vector<double> weight{};     ///< empty: 1 each
  std::vector<float> monitored;     ///< rows × the columns asked for, row-major: to judge by, never to train on
  /// Rows of all ranks that the target asks about, by outcome code: 0, 1, 253 excluded, 254 indeterminate, 255 unknown.
  std::array<std::uint64_t, 5> outcomes{};
  [[nodiscard]] std::size_t rows() const { return label.size(); }
};

/// Where bins and weights of rows come from; where a pointer is absent: the rows themselves, and 1 each.
struct RowSources {
  const features::BinTable* bins = nullptr;
  const Membership* membership = nullptr;
  /// Of what is read first and kept, so that it is read once; of all ranks of a host.
  std::size_t most_kept_bytes = std::size_t{1} << 30;
};

/// Collective. Two passes over this rank's rows of the book: the first chooses bins from the training rows (the same on
/// any number of ranks), the second encodes; what fits into sources.most_kept_bytes is read once. DataError
/// (agreed) where no training row has a label, or only one class.
[[nodiscard]] TrainingRows collect_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                                        const ModelSettings& settings, const Inputs& inputs, const Splitter& splitter,
                                        std::size_t max_bins, std::uint64_t seed, Log& log,
                                        std::span<const std::size_t> monitored = {}, const RowSources& sources = {});

/// Collective. How often each combination of product, limit, rate and term was offered (contacted rows); sorted, the
/// same on every rank. Rates are counted to 0.0001.
[[nodiscard]] std::vector<Trials> count_trials(const parallel::Communicator& comm, const borrowers::BookReader& book);

/// Collective. The latest as_of of all rows, of whatever part; 0 where no rank has one.
[[nodiscard]] std::int32_t last_row(const parallel::Communicator& comm, const TrainingRows& rows);

}  // namespace proffer::models
