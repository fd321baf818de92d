// Scores of a small population against five offers, functions of the row's number.
#pragma once

#include <algorithm>
#include <filesystem>

#include "combine/settings.hpp"
#include "foundation/error.hpp"
#include "foundation/log.hpp"
#include "offers/score_file.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/random.hpp"
#include "support/scratch.hpp"

namespace proffer::combine::test {

using proffer::test::Scratch;
using proffer::test::text_of;
using proffer::test::world;

inline double uniform(std::uint64_t row, std::string_view what) {
  return parallel::to_unit_interval(parallel::random_bits(11, row, parallel::purpose(what)));
}

inline constexpr std::size_t offer_count = 5;

inline std::uint8_t group_of_row(std::uint64_t row) {
  return static_cast<std::uint8_t>(row % 7 == 6 ? 255 : row % 7 < 3 ? 0 : 1);
}

/// `rows`: of the whole population.
inline offers::ScoreSchema score_schema(std::uint64_t rows = 300) {
  offers::ScoreSchema schema;
  offers::ScoreCatalog& catalog = schema.catalog;
  catalog.products = {"card", "loan"};
  catalog.channels = {"mail", "web, \"new\""};
  catalog.name = {"card:1", "card:2", "loan:1", "loan:2", "loan:3"};
  catalog.product = {0, 0, 1, 1, 1};
  catalog.channel = {0, 1, 0, 1, 0};
  catalog.limit = {1000, 2500, 3000, 7000, 12000.5};
  catalog.exposure = {800, 1900, 2700, 6100, 10000};
  catalog.lgd = {0.7, 0.65, 0.4, 0.45, 0.5};
  catalog.fraud_loss = {1, 0.9, 0.8, 0.7, 0.6};
  catalog.contact_cost = {1.5, 0.25, 1.5, 0.25, 1.5};
  catalog.apr = {0.2, 0.18, 0.12, 0.1, 0.09};
  catalog.effective_apr = catalog.apr;
  catalog.term = {0, 0, 24, 36, 48};
  catalog.funders = {"bank", "partner"};
  catalog.funder = {0, 1, 255, 0, 1};
  catalog.asset_class = {2, 2, 1, 1, 1};
  catalog.capital_lgd = {0.7, 0.65, 0.5, 0.5, 0.5};
  catalog.capital_pd_floor = {0.03, 0.03, 0.03, 0.03, 0.03};
  schema.reasons = {"rate_cap", "pd_above_maximum", "fraud_gate", "suppressed"};
  schema.reason_class = {offers::ReasonClass::policy, offers::ReasonClass::model, offers::ReasonClass::fraud,
                         offers::ReasonClass::suppressed};
  schema.segments = {"new", "old"};
  schema.assumptions = {"none"};
  schema.groups = {"women", "men"};
  schema.group_rows = {0, 0};
  for (std::uint64_t r = 0; r < rows; ++r)
    if (group_of_row(r) < 2) ++schema.group_rows[group_of_row(r)];
  schema.opening = {1000, 2500, 400};
  schema.currency = "EUR";
  schema.horizon_months = 12;
  return schema;
}

inline offers::ScoreRows score_rows(std::uint64_t first, std::uint64_t count) {
  offers::ScoreRows rows;
  rows.first_row = first;
  rows.resize(count, offer_count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t r = first + i;
    rows.id[i] = 17 + 5 * r;
    rows.unit[i] = r;
    rows.p_fraud[i] = static_cast<float>(0.02 * uniform(r, "fraud"));
    rows.group[i] = group_of_row(r);
    rows.segment[i] = static_cast<std::uint8_t>(r % 3 == 2 ? 255 : r % 3);
    for (std::size_t j = 0; j < offer_count; ++j) {
      const std::uint64_t pair = r * offer_count + j;
      rows.p_take[i * offer_count + j] = static_cast<float>(0.05 + 0.5 * uniform(pair, "take"));
      rows.p_default[i * offer_count + j] = static_cast<float>(0.01 + 0.2 * uniform(pair, "default"));
      rows.value[i * offer_count + j] = static_cast<float>(200 * uniform(pair, "value") - 40);
      rows.reason[i * offer_count + j] =
          r % 10 == 0 ? 8U : static_cast<std::uint32_t>(uniform(pair, "reason") < 0.2 ? 1 + pair % 3 : 0);
    }
  }
  return rows;
}

/// Scored rows in memory, handed out so many at a time.
class MemoryScores : public offers::ScoredBatches {
 public:
  /// Rows first … first + count − 1 of `total`.
  MemoryScores(std::uint64_t first, std::uint64_t count, std::uint64_t total, std::uint64_t batch = 113)
      : schema_(score_schema(total)), first_(first), count_(count), total_(total), batch_(batch) {}
  [[nodiscard]] const offers::ScoreSchema& schema() const override { return schema_; }
  [[nodiscard]] std::uint64_t rows() const override { return count_; }
  [[nodiscard]] std::uint64_t first_row() const override { return first_; }
  [[nodiscard]] std::uint64_t total_rows() const override { return total_; }
  void visit(const Take& take, const Wanted& wanted = {}) const override {
    for (std::uint64_t at = 0; at < count_; at += wanted ? 1 : batch_) {
      const offers::ScoreRows rows = score_rows(first_ + at, wanted ? 1 : std::min(batch_, count_ - at));
      if (!wanted || wanted(rows.id[0])) take(rows);
    }
  }
  [[nodiscard]] offers::SecondValues second() const override { return {}; }

 private:
  offers::ScoreSchema schema_;
  std::uint64_t first_, count_, total_, batch_;
};

inline Log silent() {
  return Log({.level = LogLevel::off, .quiet = true, .speaks = false});
}

/// Collective over `comm`.
inline void write_scores(const parallel::Communicator& comm, const std::filesystem::path& path, std::uint64_t rows) {
  offers::ScoreWriter writer(comm, path, score_schema(rows), rows, 0);
  const auto range = storage::rows_of_rank(comm, rows);
  writer.write(score_rows(range.begin, range.size()));
  static_cast<void>(writer.publish());
}

inline CombineSettings settings_of(const std::string& yaml) {
  const settings::Config config = settings::Config::from_text(yaml, "c.yaml");
  CombineSettings combine = read_combine(config.root());
  config.refuse_unread();
  return combine;
}

template <class Work>
std::string error_of(const Work& work, ExitCode code) {
  try {
    work();
  } catch (const Error& error) {
    return error.code() == code ? error.what() : std::string("another exit code: ") + error.what();
  }
  return "";
}

}  // namespace proffer::combine::test
