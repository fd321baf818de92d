// Random models of the small book, and a catalog whose labels stand in another order than the models'.
#pragma once

#include "models/model.hpp"
#include "models/small_book.hpp"
#include "offers/catalog.hpp"
#include "offers/random_forest.hpp"

namespace proffer::test {

inline offers::Catalog small_catalog() {
  offers::Catalog catalog;
  catalog.products.resize(2);
  catalog.products[0].name = "loan";
  catalog.products[0].lgd = 0.5;
  catalog.products[1].name = "card";
  catalog.products[1].lgd = 0.6;
  catalog.products[1].convention = offers::RateConvention::revolving;
  catalog.channels = {{"web", 0.1}, {"mail", 1}};
  catalog.offers = {{0, 1, 5000, 0.1, 24}, {0, 0, 5000, 0.1, 24}, {0, 1, 1000, 0.2, 12}, {1, 1, 1000, 0.2, 24}};
  return catalog;
}

/// Features region and income (not the book's order), terms product, channel, limit, apr; a second opinion.
inline models::Model small_model(std::string name, std::uint64_t seed, bool with_terms = true) {
  models::Model model;
  model.name = std::move(name);
  model.horizon_months = 12;
  model.features = {"region", "income"};
  model.dictionaries = {{"south", "east", "north"}, {}};  // not the book's order, and without its west
  model.products = {"card", "loan"};
  model.channels = {"mail"};  // web is unknown to it
  model.bins.names = {"region", "income"};
  model.bins.cuts = {{1, 2}, {}};
  for (int cut = 1; cut < 20; ++cut) model.bins.cuts[1].push_back(static_cast<float>(cut) / 20);
  if (with_terms) {
    using models::Term;
    model.offer_terms = {Term::product, Term::channel, Term::limit, Term::apr};
    for (const char* term : {"offer.product", "offer.channel", "offer.limit", "offer.apr"})
      model.bins.names.emplace_back(term);
    model.bins.cuts.insert(model.bins.cuts.end(), {{1}, {}, {2000}, {0.15F}});
  }
  const std::size_t terms = model.offer_terms.size();
  const auto forest = [&](std::uint64_t of) {
    boosting::Forest grown = random_forest({.trees = 15, .depth = 3, .borrower_features = 2, .offer_terms = terms}, of);
    // Splits where the few codes of these features are.
    for (auto& tree : grown.trees)
      for (auto& node : tree.nodes)
        node.split_code = static_cast<std::uint8_t>(node.split_code % model.bins.bins(node.feature));
    return grown;
  };
  model.forest = forest(seed);
  model.second = models::SecondOpinion{forest(seed + 100), 0.3};
  return model;
}

}  // namespace proffer::test
