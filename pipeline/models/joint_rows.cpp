#include "models/joint_rows.hpp"

#include <algorithm>
#include <cmath>

#include "parallel/random.hpp"
#include "storage/table_file.hpp"

namespace proffer::models {
namespace {

constexpr std::uint64_t batch_rows = 4 * storage::block_rows;

void encode_row(const Inputs& inputs, const features::Encoder& encoder, const borrowers::Batch& batch, std::size_t i,
                std::vector<std::uint8_t>& codes) {
  std::vector<float> values(inputs.size());
  inputs.fill(batch, i, values);
  const std::size_t before = codes.size();
  codes.resize(before + values.size());
  encoder.encode(values, std::span(codes).subspan(before), {"/borrower/features", batch.first_row + i});
}

std::uint8_t fold_of(std::uint64_t seed, std::uint64_t unit, std::uint8_t folds) {
  return static_cast<std::uint8_t>(parallel::random_bits(seed, unit, parallel::purpose("models.joint.fold")) % folds);
}

}  // namespace

JointRows collect_joint_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                             const JointInputs& inputs, const Splitter& splitter, std::uint8_t folds,
                             bool drawn_everywhere, std::uint64_t seed) {
  JointRows rows;
  const features::Encoder f(inputs.f_bins), g(inputs.g_bins), excluded(inputs.excluded_bins);
  const auto range = storage::rows_of_rank(comm, book.rows());
  for (std::uint64_t first = range.begin; first < range.end; first += batch_rows) {
    const borrowers::Batch batch =
        book.read(first, std::min(batch_rows, range.end - first), {.offers = true, .outcomes = true});
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      const Part part = splitter.part(batch, i);
      if (part == Part::unused) continue;
      const auto response = label_of(Target::responded, batch, i);
      const auto label = label_of(Target::defaulted, batch, i);
      if (label) rows.of_default.push_back(response && *response == 1 ? rows.rows() : JointRows::not_contacted);
      if (!response) continue;
      rows.response.push_back(*response);
      rows.label.push_back(*response == 1 && label ? *label : JointRows::not_known);
      rows.part.push_back(part);
      rows.unit.push_back(batch.unit[i]);
      rows.as_of.push_back(batch.as_of[i]);
      rows.drawn.push_back(drawn_everywhere || std::isfinite(batch.offers->propensity[i]) ? 1 : 0);
      rows.fold.push_back(fold_of(seed, batch.unit[i], folds));
      encode_row(inputs.f, f, batch, i, rows.f_codes);
      encode_row(inputs.g, g, batch, i, rows.g_codes);
      encode_row(inputs.g, g, batch, i, rows.all_codes);
      encode_row(inputs.excluded, excluded, batch, i, rows.all_codes);
    }
  }
  return rows;
}

}  // namespace proffer::models
