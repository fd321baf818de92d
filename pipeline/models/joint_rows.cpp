#include "models/joint_rows.hpp"

#include <algorithm>

#include "models/book_batches.hpp"
#include "models/price_identification.hpp"
#include "parallel/random.hpp"

namespace proffer::models {
namespace {

/// Adds the codes of these rows of a batch to those that are there, and tells their values.
std::vector<float> encode(const Inputs& inputs, const features::Encoder& encoder, const borrowers::Batch& batch,
                          std::span<const std::size_t> rows, std::vector<std::uint8_t>& codes) {
  std::vector<float> values(rows.size() * inputs.size());
  for (std::size_t k = 0; k < rows.size(); ++k)
    inputs.fill(batch, rows[k], std::span(values).subspan(k * inputs.size(), inputs.size()));
  const std::size_t before = codes.size();
  codes.resize(before + values.size());
  encoder.encode(values, std::span(codes).subspan(before), {"/borrower/features", batch.first_row, rows});
  return values;
}

/// Codes of g, and of the excluded inputs as the response model has them.
std::vector<std::uint8_t> with_excluded(const JointInputs& inputs, const JointRows& rows) {
  const std::size_t f = inputs.f.size(), g = inputs.g.size();
  std::vector<std::uint8_t> all;
  all.reserve(rows.rows() * (g + inputs.excluded_places.size()));
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto own = rows.g_codes.begin() + static_cast<std::ptrdiff_t>(i * g);
    all.insert(all.end(), own, own + static_cast<std::ptrdiff_t>(g));
    for (const std::size_t place : inputs.excluded_places) all.push_back(rows.f_codes[i * f + place]);
  }
  return all;
}

std::uint8_t fold_of(std::uint64_t seed, std::uint64_t unit, std::uint8_t folds) {
  return static_cast<std::uint8_t>(parallel::random_bits(seed, unit, parallel::purpose("models.joint.fold")) % folds);
}

}  // namespace

std::vector<std::string> JointInputs::excluded() const {
  std::vector<std::string> names;
  for (const std::size_t place : excluded_places) names.push_back(f.names[place]);
  return names;
}

JointRows collect_joint_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                             const JointInputs& inputs, const Splitter& splitter, std::uint8_t folds,
                             std::uint64_t seed) {
  JointRows rows;
  const features::Encoder f(inputs.f_bins), g(inputs.g_bins);
  std::vector<std::size_t> contacted;  // of a batch
  each_batch(comm, book, learnt_parts(book), [&](const borrowers::Batch& batch) {
    contacted.clear();
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
      rows.drawn.push_back(is_drawn(batch.offers->propensity[i]) ? 1 : 0);
      rows.fold.push_back(fold_of(seed, batch.unit[i], folds));
      contacted.push_back(i);
    }
    encode(inputs.f, f, batch, contacted, rows.f_codes);
    const std::vector<float> values = encode(inputs.g, g, batch, contacted, rows.g_codes);
    for (std::size_t at = 0; at < values.size(); at += inputs.g.size())
      rows.g_terms.insert(rows.g_terms.end(),
                          values.begin() + static_cast<std::ptrdiff_t>(at + inputs.g.columns.size()),
                          values.begin() + static_cast<std::ptrdiff_t>(at + inputs.g.size()));
  });
  rows.all_codes = with_excluded(inputs, rows);
  return rows;
}

}  // namespace proffer::models
