#include "models/split.hpp"

#include "parallel/random.hpp"

namespace proffer::models {

Splitter::Splitter(const SplitSettings& settings, const borrowers::Schema& schema, std::uint64_t seed)
    : settings_(settings), seed_(seed) {
  if (settings.by_column) column_ = schema.index_of(settings.column, "train.split.name");
}

bool Splitter::needs_features() const {
  return column_.has_value();
}

Part Splitter::part(const borrowers::Batch& batch, std::size_t i) const {
  if (settings_.out_of_time_from && batch.as_of[i] >= *settings_.out_of_time_from) return Part::out_of_time;
  if (column_) {
    const float value = batch.row(i)[*column_];
    if (value == 0.0F) return Part::train;
    if (value == 1.0F) return Part::test;
    return value == 2.0F ? Part::valid : Part::unused;
  }
  const double u =
      parallel::to_unit_interval(parallel::random_bits(seed_, batch.unit[i], parallel::purpose("models.split")));
  if (u < settings_.test) return Part::test;
  return u < settings_.test + settings_.valid ? Part::valid : Part::train;
}

}  // namespace proffer::models
