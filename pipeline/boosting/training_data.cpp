#include "boosting/training_data.hpp"

#include <xgboost/c_api.h>

#include <algorithm>
#include <string>
#include <utility>

#include "boosting/array_interface.hpp"
#include "boosting/xgboost_call.hpp"
#include "features/binning.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::boosting {
namespace {

/// A handle of XGBoost's matrices that frees itself.
class Handle {
 public:
  Handle() = default;
  ~Handle() {
    if (handle != nullptr) XGDMatrixFree(handle);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  DMatrixHandle handle = nullptr;
};

/// XGBoost pulls batches through callbacks: one batch, which is the whole matrix.
struct OneBatch {
  DMatrixHandle proxy = nullptr;
  std::string array;
  bool given = false;
};

void start_over(DataIterHandle batches) {
  static_cast<OneBatch*>(batches)->given = false;
}

int next_batch(DataIterHandle batches) {
  auto& self = *static_cast<OneBatch*>(batches);
  if (self.given) return 0;
  self.given = true;
  return XGProxyDMatrixSetDataDense(self.proxy, self.array.c_str()) == 0 ? 1 : 0;
}

std::string matrix_config(int threads) {
  return R"({"missing": )" + std::to_string(features::missing_code) + R"(, "nthread": )" + std::to_string(threads) +
         R"(, "max_bin": 256})";
}

/// One row per code: from it XGBoost takes its bins, the same on every rank, instead of sketching the data.
std::vector<std::uint8_t> one_row_per_code(std::span<const std::size_t> bins) {
  std::vector<std::uint8_t> codes;
  codes.reserve(features::max_bins * bins.size());
  for (std::size_t code = 0; code < features::max_bins; ++code)
    for (const std::size_t count : bins) codes.push_back(static_cast<std::uint8_t>(std::min(code, count - 1)));
  return codes;
}

void check_codes(std::span<const std::uint8_t> codes, std::span<const std::size_t> bins) {
  for (std::size_t row = 0; row < codes.size() / bins.size(); ++row)
    for (std::size_t f = 0; f < bins.size(); ++f) {
      const std::uint8_t code = codes[row * bins.size() + f];
      if (code >= bins[f] && code != features::missing_code)
        throw DataError({"training row " + std::to_string(row) + " has code " + std::to_string(code) + " of feature " +
                             std::to_string(f),
                         "its bins are 0 to " + std::to_string(bins[f] - 1), "encode with the bins of this model"});
    }
}

/// XGBoost 1.7 cannot build a matrix without rows, and hangs where some ranks have missing values and others have not
/// (the latter leave out a reduction). Such ranks get one more row; its derivatives are always 0.
void pad(const parallel::Communicator& comm, std::size_t rows, std::size_t features, std::vector<std::uint8_t>& codes) {
  const bool holes = std::find(codes.begin(), codes.end(), features::missing_code) != codes.end();
  const bool holes_anywhere = parallel::any_over_ranks(comm, holes);
  if (rows == 0 || holes != holes_anywhere)
    codes.resize(codes.size() + features, holes_anywhere ? features::missing_code : std::uint8_t{0});
}

}  // namespace

struct TrainingData::Matrix {
  Handle rows;
};

TrainingData::TrainingData(const CommunicatorSession& session, std::vector<std::uint8_t> codes,
                           std::span<const std::size_t> bins, std::vector<std::uint64_t> units, int threads)
    : session_(&session),
      features_(bins.size()),
      rows_(bins.empty() ? 0 : codes.size() / bins.size()),
      units_(std::move(units)),
      matrix_(std::make_unique<Matrix>()) {
  const auto& comm = session.communicator();
  parallel::together(comm, [&] {
    expects(!bins.empty() && codes.size() == rows_ * features_, "whole rows of codes");
    expects(units_.empty() || units_.size() == rows_, "one unit per row");
    for (const std::size_t count : bins) expects(count >= 1 && count <= features::max_bins, "1 to 255 bins");
    check_codes(codes, bins);
  });
  total_rows_ = parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(rows_));
  if (total_rows_ == 0) throw DataError({"no rows to train on", "", "check the book and the filters of this model"});
  tiles_ = CodeTiles(codes, features_);
  pad(comm, rows_, features_, codes);
  matrix_rows_ = codes.size() / features_;

  parallel::together(comm, [&] {
    const std::string config = matrix_config(threads);
    const auto samples = one_row_per_code(bins);
    Handle reference;
    Handle proxy;
    call(XGDMatrixCreateFromDense(array_interface(samples.data(), features::max_bins, features_).c_str(),
                                  config.c_str(), &reference.handle),
         "XGDMatrixCreateFromDense");
    call(XGProxyDMatrixCreate(&proxy.handle), "XGProxyDMatrixCreate");
    OneBatch batch{proxy.handle, array_interface(codes.data(), matrix_rows_, features_)};
    call(XGQuantileDMatrixCreateFromCallback(&batch, proxy.handle, reference.handle, start_over, next_batch,
                                             config.c_str(), &matrix_->rows.handle),
         "XGQuantileDMatrixCreateFromCallback");
  });
}

TrainingData::~TrainingData() = default;
TrainingData::TrainingData(TrainingData&&) noexcept = default;
TrainingData& TrainingData::operator=(TrainingData&&) noexcept = default;

void* TrainingData::matrix() const {
  return matrix_->rows.handle;
}

}  // namespace proffer::boosting
