#include "borrowers/synthetic.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "borrowers/synthetic_calendar.hpp"
#include "borrowers/synthetic_history.hpp"
#include "borrowers/synthetic_links.hpp"
#include "borrowers/synthetic_outcomes.hpp"
#include "borrowers/synthetic_people.hpp"
#include "borrowers/synthetic_side_tables.hpp"
#include "borrowers/synthetic_world.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::uint64_t batch_rows = 4 * storage::block_rows;
constexpr std::uint64_t first_training_id = 1'000'000'000;
constexpr std::uint64_t first_population_id = 2'000'000'000;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// /truth of some rows that depends on the offer made.
struct OfferTruth {
  std::vector<float> p_take, p_default, p_fraud;
  std::vector<std::uint8_t> default_month, fraud_kind;
};

/// One book in the making.
class Book {
 public:
  Book(const parallel::Communicator& comm, const GenerateSettings& settings, std::uint64_t seed,
       const std::filesystem::path& path, std::uint64_t rows, bool training)
      : comm_(comm),
        settings_(settings),
        seed_(seed),
        training_(training),
        first_id_(training ? first_training_id : first_population_id),
        rows_(rows),
        mine_(storage::rows_of_rank(comm, rows)),
        intercepts_(calibrate(settings, seed)),
        history_intercepts_(settings.history ? calibrate_history(settings, seed) : HistoryIntercepts{}),
        crowd_(seed, settings.drift, settings.hidden),
        layout_(make_layout()),
        writer_(comm, path, layout_) {
    declare_truth();
  }

  /// Collective.
  storage::Published write(Log& log) {
    parallel::together(comm_, [&] {
      Progress progress(log, training_ ? "training book" : "population book", mine_.size());
      for (std::uint64_t first = mine_.begin; first < mine_.end; first += batch_rows) {
        const std::uint64_t count = std::min(batch_rows, mine_.end - first);
        write_batch(first, count);
        progress.advance(count);
      }
    });
    return writer_.publish();
  }

 private:
  BookLayout make_layout() {
    SideRows mine;
    for (std::uint64_t row = mine_.begin; row < mine_.end; ++row) {
      const SideRows one = side_rows(seed_, first_id_ + row);
      mine.accounts += one.accounts;
      mine.contacts += one.contacts;
    }
    next_.accounts = parallel::sum_before(comm_, mine.accounts);
    next_.contacts = parallel::sum_before(comm_, mine.contacts);
    return {.schema = synthetic_schema(settings_),
            .rows = rows_,
            .offers = training_,
            .responded = training_,
            .booked = training_,
            .defaulted = training_,
            .fraud = training_,
            .attrited = training_ && settings_.history,
            .repeated = training_ && settings_.history,
            .delinquent = training_ && settings_.history,
            .contacts = parallel::sum_over_ranks(comm_, mine.contacts),
            .accounts = parallel::sum_over_ranks(comm_, mine.accounts)};
  }

  [[nodiscard]] bool with_truth() const { return training_ || settings_.population.truth; }

  void declare_truth() {
    auto& table = writer_.table();
    table.attribute("seed", static_cast<std::int64_t>(seed_));
    table.attribute("rho", settings_.rho);
    if (!with_truth()) return;
    table.small("/truth/name", truth_names());
    table.dataset("/truth/row", storage::Type::f32, {{rows_, truth_width}});
    if (settings_.history) table.dataset("/truth/prospects", storage::Type::f32, {{rows_, prospects_width}});
    if (!training_) return;
    for (const char* path : {"/truth/p_take", "/truth/p_default", "/truth/p_fraud"})
      table.dataset(path, storage::Type::f32, {{rows_}});
    table.dataset("/truth/default_month", storage::Type::u8, {{rows_}});
    if (settings_.links) table.dataset("/truth/fraud_kind", storage::Type::u8, {{rows_}});
  }

  [[nodiscard]] std::int32_t as_of(std::uint64_t id) const {
    if (!training_) return settings_.population.as_of;
    const int from = month_of(settings_.training.from);
    const auto months = static_cast<std::uint64_t>(month_of(settings_.training.to) - from + 1);
    return month_end(from + static_cast<int>(parallel::RandomStream(seed_, id, "generate.month").below(months)));
  }

  void write_batch(std::uint64_t first, std::uint64_t count) {
    Batch batch;
    batch.first_row = first;
    batch.columns = layout_.schema.columns.size();
    std::vector<int> months(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t id = first_id_ + first + i;
      batch.id.push_back(id);
      batch.unit.push_back(unit_of(seed_, id));
      if (settings_.links) append_links(settings_, seed_, id, batch.links);
      batch.as_of.push_back(as_of(id));
      months[i] = month_of(batch.as_of.back()) - month_of(settings_.training.from);
    }
    crowd_.draw(batch.id, months, people_);
    std::vector<TruthRow> truth(count);
    for (std::size_t i = 0; i < count; ++i)
      truth[i] =
          plant(settings_, people_.true_row(i), months[i], intercepts_, ring_fraud(settings_, seed_, batch.id[i]));
    if (training_) add_offers(batch, truth);
    if (settings_.history) {
      add_history(batch);
      writer_.write(batch);
    } else {
      batch.features.swap(people_.shown);
      writer_.write(batch);
      people_.shown.swap(batch.features);
    }
    if (with_truth()) {
      std::vector<float> flat(count * truth_width);
      std::memcpy(flat.data(), truth.data(), flat.size() * sizeof(float));
      writer_.table().write_rows<float>("/truth/row", first, flat);
    }
    write_side_tables(batch);
  }

  /// Features and outcomes of a batch with histories, and what is planted for them.
  void add_history(Batch& batch) {
    std::vector<float> planted_here;
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      const auto shown = people_.shown_row(i);
      batch.features.insert(batch.features.end(), shown.begin(), shown.end());
      const auto past = draw_history(seed_, batch.id[i], people_.true_row(i));
      Prospects prospects{nan, nan, nan};
      if (past) prospects = plant_prospects(people_.true_row(i), *past, history_intercepts_);
      if (past)
        batch.features.insert(batch.features.end(), past->begin(), past->end());
      else
        batch.features.insert(batch.features.end(), history::size, nan);
      planted_here.insert(planted_here.end(), {prospects.leaves, prospects.borrows_again, prospects.falls_behind});
      if (!training_) continue;
      const bool known = month_end(month_of(batch.as_of[i]) + settings_.history->months) <= settings_.training.cut_off;
      const CustomerOutcome drawn = past && known ? draw_customer(seed_, batch.id[i], prospects) : CustomerOutcome{};
      batch.outcomes->attrited.push_back(drawn.attrited);
      batch.outcomes->repeated.push_back(drawn.repeated);
      batch.outcomes->delinquent.push_back(drawn.delinquent);
    }
    if (with_truth()) writer_.table().write_rows<float>("/truth/prospects", batch.first_row, planted_here);
  }

  void add_offers(Batch& batch, std::span<const TruthRow> truth) {
    const std::size_t rows = batch.rows();
    Offers& offers = batch.offers.emplace();
    offers.resize(rows);
    Outcomes& outcomes = batch.outcomes.emplace();
    for (auto* column : {&outcomes.responded, &outcomes.booked, &outcomes.defaulted, &outcomes.fraud})
      column->resize(rows);
    OfferTruth planted_here{std::vector<float>(rows), std::vector<float>(rows), std::vector<float>(rows),
                            std::vector<std::uint8_t>(rows), std::vector<std::uint8_t>(rows)};
    for (std::size_t i = 0; i < rows; ++i) {
      const PastOffer offer = draw_offer(settings_, seed_, batch.id[i], people_.shown_row(i));
      tell(offer, i, offers);
      const DrawnOutcome drawn = draw_outcome(settings_, seed_, batch.id[i], batch.as_of[i], truth[i], offer);
      outcomes.responded[i] = drawn.responded;
      outcomes.booked[i] = drawn.booked;
      outcomes.defaulted[i] = drawn.defaulted;
      outcomes.fraud[i] = drawn.fraud;
      planted_here.default_month[i] = drawn.default_month;
      if (settings_.links)
        planted_here.fraud_kind[i] = static_cast<std::uint8_t>(fraud_kind(
            settings_, people_.true_row(i), intercepts_, ring_fraud(settings_, seed_, batch.id[i]), drawn.fraud_draw));
      const PlantedProbabilities p = planted(truth[i], offer.terms, settings_.rho);
      planted_here.p_take[i] = offer.contacted ? static_cast<float>(p.p_take) : nan;
      planted_here.p_default[i] = offer.contacted ? static_cast<float>(p.p_default_given_take) : nan;
      planted_here.p_fraud[i] = offer.contacted ? static_cast<float>(p.p_fraud) : nan;
    }
    auto& table = writer_.table();
    table.write_rows<float>("/truth/p_take", batch.first_row, planted_here.p_take);
    table.write_rows<float>("/truth/p_default", batch.first_row, planted_here.p_default);
    table.write_rows<float>("/truth/p_fraud", batch.first_row, planted_here.p_fraud);
    table.write_rows<std::uint8_t>("/truth/default_month", batch.first_row, planted_here.default_month);
    if (settings_.links) table.write_rows<std::uint8_t>("/truth/fraud_kind", batch.first_row, planted_here.fraud_kind);
  }

  static void tell(const PastOffer& offer, std::size_t i, Offers& offers) {
    offers.contacted[i] = offer.contacted ? 1 : 0;
    offers.product[i] = offer.contacted ? offer.terms.product : no_code;
    offers.channel[i] = offer.contacted ? offer.terms.channel : no_code;
    offers.limit[i] = offer.contacted ? offer.terms.limit : std::numeric_limits<double>::quiet_NaN();
    offers.apr[i] = offer.contacted ? static_cast<float>(offer.terms.apr) : nan;
    offers.contract_apr[i] = offer.contacted ? static_cast<float>(offer.terms.contract_apr) : nan;
    offers.term[i] = offer.terms.term;
    offers.propensity[i] = offer.contacted && offer.randomised ? static_cast<float>(offer.propensity) : nan;
  }

  void write_side_tables(const Batch& batch) {
    Accounts accounts;
    Contacts contacts;
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      append_accounts(seed_, batch.id[i], batch.as_of[i], people_.true_row(i), accounts);
      append_contacts(seed_, batch.id[i], batch.as_of[i], contacts);
    }
    writer_.write_accounts(next_.accounts, accounts);
    writer_.write_contacts(next_.contacts, contacts);
    next_.accounts += accounts.id.size();
    next_.contacts += contacts.id.size();
  }

  const parallel::Communicator& comm_;
  const GenerateSettings& settings_;
  std::uint64_t seed_;
  bool training_;
  std::uint64_t first_id_, rows_;
  parallel::RowRange mine_;
  Intercepts intercepts_;
  HistoryIntercepts history_intercepts_;
  Crowd crowd_;
  People people_;
  SideRows next_;  // where this rank's next rows of the side tables go
  BookLayout layout_;
  BookWriter writer_;
};

storage::Published generate(const parallel::Communicator& comm, const GenerateSettings& settings, std::uint64_t seed,
                            const std::filesystem::path& path, std::uint64_t rows, bool training, Log& log) {
  Book book(comm, settings, seed, path, rows, training);
  return book.write(log);
}

}  // namespace

storage::Published generate_training(const parallel::Communicator& comm, const GenerateSettings& settings,
                                     std::uint64_t seed, const std::filesystem::path& path, Log& log) {
  return generate(comm, settings, seed, path, settings.training.borrowers, true, log);
}

storage::Published generate_population(const parallel::Communicator& comm, const GenerateSettings& settings,
                                       std::uint64_t seed, const std::filesystem::path& path, Log& log) {
  return generate(comm, settings, seed, path, settings.population.borrowers, false, log);
}

}  // namespace proffer::borrowers
