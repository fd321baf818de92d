// true_value CONFIG RUNDIR: the true value of a run's list on a synthetic population, from the planted probabilities.
// Prints JSON {planned, honest, true}. Knows only the list, /truth and the economics of the config.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "borrowers/truth.hpp"
#include "offers/economics.hpp"
#include "offers/offer_value.hpp"
#include "parallel/exact_sum.hpp"
#include "settings/section.hpp"
#include "storage/publish.hpp"
#include "storage/table_file.hpp"

int main(int argc, char** argv) {
  using namespace proffer;
  if (argc != 3) {
    std::fprintf(stderr, "usage: true_value CONFIG RUNDIR\n");
    return 2;
  }
  const std::filesystem::path run = argv[2];
  const auto config = settings::Config::from_text(storage::read_text_file(argv[1]), argv[1]);
  const offers::Catalog catalog = offers::read_catalog(config.root().section("catalog", ""));
  const offers::Economics economics = offers::read_economics(config.root().section("economics", ""));
  const storage::TableReader list(run / "offers/offers.h5", "proffer-offers", 1);
  const std::filesystem::path book = run / "books/population.h5";
  const storage::TableReader population(book, "proffer-book", 1);
  const borrowers::TruthReader truth(book);
  const offers::OfferEconomics value(catalog, economics, 12);

  const auto ids = population.read_all<std::uint64_t>("/borrower/id");
  std::unordered_map<std::uint64_t, std::uint64_t> row_of;
  for (std::uint64_t row = 0; row < ids.size(); ++row) row_of[ids[row]] = row;
  const auto truths = truth.read(0, truth.rows());
  const auto id = list.read_all<std::uint64_t>("/borrower/id");
  const auto offer = list.read_all<std::int32_t>("/decision/offer");
  parallel::ExactSum sum, take, take_planned, loss, fraud, fraud_planned, loss_planned;
  const auto p_take = list.read_all<float>("/decision/p_take");
  const auto p_default = list.read_all<float>("/decision/p_default");
  const auto p_fraud = list.read_all<float>("/decision/p_fraud");
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (offer[i] < 0) continue;
    const auto j = static_cast<std::size_t>(offer[i]);
    const offers::Offer& made = catalog.offers[j];
    const borrowers::TruthRow& row = truths[row_of.at(id[i])];
    const auto p =
        borrowers::planted(row, {made.product, made.limit, made.apr, made.apr, made.term, made.channel}, truth.rho());
    const double booked = p.p_take * static_cast<double>(row.p_booked);
    sum.add(value.value(j, booked, p.p_default_given_take, p.p_fraud));
    take.add(booked);
    take_planned.add(static_cast<double>(p_take[i]));
    loss.add(booked * p.p_default_given_take);
    loss_planned.add(static_cast<double>(p_take[i]) * static_cast<double>(p_default[i]));
    fraud.add(booked * p.p_fraud);
    fraud_planned.add(static_cast<double>(p_take[i]) * static_cast<double>(p_fraud[i]));
  }
  const auto certificate = nlohmann::json::parse(storage::read_text_file(run / "offers/certificate.json"));
  const nlohmann::json result = {{"planned", certificate["planned_value"]},
                                 {"honest", certificate["honest_value"]},
                                 {"true", sum.rounded()},
                                 {"honest_over_true", certificate["honest_value"].get<double>() / sum.rounded()},
                                 {"take", {take_planned.rounded(), take.rounded()}},
                                 {"defaults", {loss_planned.rounded(), loss.rounded()}},
                                 {"fraud", {fraud_planned.rounded(), fraud.rounded()}}};
  std::printf("%s\n", result.dump().c_str());
  return 0;
}
