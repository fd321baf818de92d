// A book whose rows are functions of their number, with effects that a model finds.
#pragma once

#include <cmath>
#include <filesystem>
#include <limits>
#include <string_view>

#include "borrowers/book.hpp"
#include "foundation/error.hpp"
#include "foundation/log.hpp"
#include "parallel/random.hpp"
#include "support/scratch.hpp"

namespace proffer::test {

/// Uniform in [0, 1), by row and purpose.
inline double uniform(std::uint64_t row, std::string_view what) {
  return parallel::to_unit_interval(parallel::random_bits(7, row, parallel::purpose(what)));
}

/// split: 0, 1, 2, 3 or missing. Two rows per unit.
inline borrowers::Schema small_schema() {
  using borrowers::Kind, borrowers::Role;
  borrowers::Schema schema;
  schema.columns = {{"income", Kind::numeric, Role::feature, {}},
                    {"region", Kind::categorical, Role::feature, {"north", "south", "west"}},
                    {"split", Kind::numeric, Role::monitor_only, {}},
                    {"later", Kind::numeric, Role::post_outcome, {}}};
  schema.products = {"card", "loan"};
  schema.channels = {"mail"};
  schema.currency = "EUR";
  schema.default_months = 12;
  return schema;
}

inline void add_terms(borrowers::Offers& offers, std::size_t i, std::uint64_t r) {
  offers.contacted[i] = uniform(r, "contacted") < 0.9 ? 1 : 0;
  offers.product[i] = static_cast<std::uint8_t>(r % 2);
  offers.channel[i] = 0;
  offers.limit[i] = r % 3 == 0 ? 5000 : 1000;
  offers.apr[i] = r % 5 < 2 ? 0.1F : 0.2F;
  offers.contract_apr[i] = offers.apr[i];
  offers.term[i] = r % 7 == 0 ? 24 : 12;
}

inline void add_outcomes(borrowers::Batch& batch, std::size_t i, std::uint64_t r) {
  using namespace borrowers::outcome;
  const double income = uniform(r, "income");
  const bool contacted = batch.offers->contacted[i] == 1;
  const double margin = 2 * income - 8 * static_cast<double>(batch.offers->apr[i]) + (r % 3 == 0 ? 0.5 : 0);
  const bool responded = contacted && uniform(r, "responded") < 1 / (1 + std::exp(-margin));
  const bool booked = responded && uniform(r, "booked") < 0.8;
  batch.outcomes->responded.push_back(responded ? yes : no);
  batch.outcomes->booked.push_back(booked ? yes : no);
  std::uint8_t defaulted = uniform(r, "default") < 0.4 - 0.3 * income ? yes : no;
  if (r % 11 == 0) defaulted = r % 2 == 0 ? indeterminate : excluded;
  batch.outcomes->defaulted.push_back(booked ? defaulted : unknown);
}

inline borrowers::Batch small_rows(std::uint64_t first, std::uint64_t count) {
  borrowers::Batch batch;
  batch.first_row = first;
  batch.columns = 4;
  batch.offers.emplace();
  batch.outcomes.emplace();
  batch.offers->resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t r = first + i;
    batch.id.push_back(1000 + r * 3);
    batch.unit.push_back(r / 2);
    batch.as_of.push_back(20240101 + static_cast<std::int32_t>(r % 28));
    const float split = r % 5 == 4 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(r % 5);
    batch.features.insert(batch.features.end(), {static_cast<float>(uniform(r, "income")), static_cast<float>(r % 3),
                                                 split, static_cast<float>(r)});
    add_terms(*batch.offers, i, r);
    add_outcomes(batch, i, r);
  }
  return batch;
}

/// Collective over `comm`.
template <class Change>
void write_small_book(const parallel::Communicator& comm, const std::filesystem::path& path, std::uint64_t rows,
                      const Change& change) {
  borrowers::BookLayout layout;
  layout.schema = small_schema();
  layout.rows = rows;
  layout.offers = layout.responded = layout.booked = layout.defaulted = true;
  borrowers::BookWriter writer(comm, path, layout);
  const auto range = storage::rows_of_rank(comm, rows);
  borrowers::Batch batch = small_rows(range.begin, range.size());
  change(batch);
  writer.write(batch);
  static_cast<void>(writer.publish());
}
inline void write_small_book(const parallel::Communicator& comm, const std::filesystem::path& path,
                             std::uint64_t rows) {
  write_small_book(comm, path, rows, [](borrowers::Batch&) {});
}

inline Log silent() {
  return Log({.level = LogLevel::off, .quiet = true, .speaks = false});
}

/// The text of whatever proffer error `work` throws; "" where it throws none.
template <class Work>
std::string error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace proffer::test
