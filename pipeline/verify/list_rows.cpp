#include "verify/list_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "foundation/hash.hpp"
#include "parallel/random.hpp"

namespace proffer::verify {
namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();
/// The bit that stands against whoever is in the control cell.
constexpr std::uint16_t control_reason = 8;
/// Reduced values are sums of up to 64 prices, in whatever order.
constexpr double price_rounding = 1e-11;

bool equal(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// The decision about a borrower to whom no offer is made, by what stands against each.
std::uint8_t decision_without_offer(const std::vector<std::uint32_t>& against, const Reasons& reasons) {
  if (std::ranges::find(against, 0U) != against.end()) return eligible_not_selected;
  std::uint32_t against_all = ~std::uint32_t{0};
  for (const std::uint32_t bits : against) against_all &= bits;
  std::array<std::uint32_t, 4> of_class{};
  for (std::size_t bit = 0; bit < reasons.classes.size(); ++bit)
    of_class[static_cast<std::size_t>(reasons.classes[bit])] |= std::uint32_t{1} << bit;
  const auto of = [&](ReasonClass reason) { return of_class[static_cast<std::size_t>(reason)]; };
  if ((against_all & of(ReasonClass::suppressed)) != 0) return suppressed_borrower;
  if ((against_all & of(ReasonClass::fraud)) != 0) return fraud_refer;
  const bool policy_alone_allows_one =
      std::ranges::any_of(against, [&](std::uint32_t bits) { return (bits & of(ReasonClass::policy)) == 0; });
  return policy_alone_allows_one ? model_decline : policy_decline;
}

/// The four bits that stand against most offers; ties by bit.
std::array<std::uint16_t, 4> main_reasons(const std::vector<std::uint32_t>& against) {
  std::array<std::size_t, 32> count{};
  for (const std::uint32_t bits : against)
    for (std::size_t bit = 0; bit < 32; ++bit) count[bit] += bits >> bit & 1U;
  std::array<std::uint16_t, 4> main{no_reason, no_reason, no_reason, no_reason};
  for (std::uint16_t& reason : main) {
    const auto most = std::ranges::max_element(count);  // the first of the greatest
    if (*most == 0) break;
    reason = static_cast<std::uint16_t>(most - count.begin());
    *most = 0;
  }
  return main;
}

}  // namespace

bool Depth::whole(std::uint64_t id) const {
  return mix64(id) % one_in == 0;
}

/// One borrower: of the book, the list and the scores.
struct ListRowCheck::Row {
  const borrowers::Batch& batch;
  std::size_t i;
  const ListRows& list;
  const ScoreRows* scores;
  std::size_t r;
  std::int32_t offer;  ///< −1 where the list names none that there is
  Standing standing;
  Cells::Cell cell = Cells::Cell::none;

  [[nodiscard]] std::string who() const { return borrower(list.id[r]); }
};

ListRowCheck::ListRowCheck(const Catalog& catalog, const PairScorer& scorer, const Certificate& certificate,
                           const std::vector<Counting>& limits, RowFacts facts, Depth depth, Findings& findings)
    : tallies(limits.size()),
      openings(limits.size()),
      decisions(decision_names().size(), 0),
      dual(certificate),
      catalog_(catalog),
      scorer_(scorer),
      certificate_(certificate),
      limits_(limits),
      facts_(std::move(facts)),
      depth_(depth),
      findings_(findings) {
  for (std::size_t k = 0; k < limits.size(); ++k)
    if (limits[k].limit().over_scenarios()) {
      tallies[k].scenario_use.resize(limits[k].scenarios().size());
      tallies[k].scenario_variance.resize(limits[k].scenarios().size());
    }
}

void ListRowCheck::sample(std::uint64_t seed, std::uint64_t threshold) {
  sample_seed_ = seed;
  sample_threshold_ = threshold;
}

template <class T>
void ListRowCheck::same(const char* kind, const Row& row, T there, T right) {
  if (equal(static_cast<double>(there), static_cast<double>(right))) return;
  if constexpr (std::is_integral_v<T>)
    findings_.add(kind, row.who(), std::to_string(there), std::to_string(right));
  else
    findings_.add(kind, row.who(), shown(there), shown(right));
}

std::string ListRowCheck::reasons_text(std::uint32_t bits) const {
  std::string text;
  for (std::size_t bit = 0; bit < scorer_.reasons().names.size(); ++bit)
    if ((bits >> bit & 1U) != 0) text += (text.empty() ? "" : ", ") + scorer_.reasons().names[bit];
  return text.empty() ? "no reason against it" : text;
}

/// The columns that repeat the catalog, and those that say that there is no offer.
void ListRowCheck::check_columns(const Row& row) {
  const ListRows& list = row.list;
  const std::size_t r = row.r;
  constexpr float nothing = std::numeric_limits<float>::quiet_NaN();
  if (row.offer < 0) {
    same("offer", row, list.offer[r], std::int32_t{-1});
    same("product", row, list.product[r], std::uint8_t{255});
    same("channel", row, list.channel[r], std::uint8_t{255});
    same("offered limit", row, list.limit[r], 0.0);
    same("apr", row, list.apr[r], nothing);
    same("term", row, list.term[r], std::uint16_t{0});
    same("p_take", row, list.p_take[r], nothing);
    same("p_default", row, list.p_default[r], nothing);
    same("value", row, list.value[r], 0.0);
    return;
  }
  const Offer& offer = catalog_.offers[static_cast<std::size_t>(row.offer)];
  same("product", row, list.product[r], static_cast<std::uint8_t>(offer.product));
  same("channel", row, list.channel[r], static_cast<std::uint8_t>(offer.channel));
  same("offered limit", row, list.limit[r], offer.limit);
  same("apr", row, list.apr[r], static_cast<float>(offer.apr));
  same("term", row, list.term[r], static_cast<std::uint16_t>(offer.term));
}

void ListRowCheck::check_chosen(const Row& row, const Pairs& own) {
  const auto j = static_cast<std::size_t>(row.offer);
  same("p_take", row, row.list.p_take[row.r], own.take[j]);
  same("p_default", row, row.list.p_default[row.r], own.pd[j]);
  const double value_there = row.list.value[row.r];
  if (!(std::abs(value_there - own.value[j]) <= own.tolerance[j]))
    findings_.add("value", row.who(), shown(value_there), shown(own.value[j]));
  if (row.scores != nullptr)
    same("value as scored", row, value_there,
         static_cast<double>(row.scores->value[row.r * catalog_.offers.size() + j]));
  if (own.against[j] != 0)
    findings_.add("not eligible", row.who(), "offer " + catalog_.name_of(catalog_.offers[j]),
                  reasons_text(own.against[j]));
}

/// Stored scores against the recomputed ones, every offer.
void ListRowCheck::check_scores(const Row& row, const Pairs& own) {
  const ScoreRows& scores = *row.scores;
  const std::size_t offers = catalog_.offers.size();
  same("scored p_fraud", row, scores.p_fraud[row.r], own.fraud);
  for (std::size_t j = 0; j < offers; ++j) {
    const std::size_t pair = row.r * offers + j;
    const auto differs = [&](const char* kind, const std::string& there, const std::string& right) {
      findings_.add(kind, fmt::format("{}, offer {}", row.who(), catalog_.name_of(catalog_.offers[j])), there, right);
    };
    if (!equal(scores.p_take[pair], own.take[j]))
      differs("scored p_take", shown(scores.p_take[pair]), shown(own.take[j]));
    if (!equal(scores.p_default[pair], own.pd[j]))
      differs("scored p_default", shown(scores.p_default[pair]), shown(own.pd[j]));
    if (!(std::abs(static_cast<double>(scores.value[pair]) - own.value[j]) <= own.tolerance[j]))
      differs("scored value", shown(scores.value[pair]), shown(own.value[j]));
    if (scores.reason[pair] != own.against[j])
      differs("scored reasons", reasons_text(scores.reason[pair]), reasons_text(own.against[j]));
  }
}

void ListRowCheck::check_decision(const Row& row, const Pairs& known) {
  const std::uint8_t there = row.list.code[row.r];
  const std::uint8_t right =
      row.offer >= 0 ? std::uint8_t{offered} : decision_without_offer(known.against, scorer_.reasons());
  const auto name = [](std::uint8_t code) {
    return code < decision_names().size() ? decision_names()[code] : std::to_string(code);
  };
  if (there != right) findings_.add("decision", row.who(), name(there), name(right));
  check_reasons(row, known, right);
}

void ListRowCheck::check_reasons(const Row& row, const Pairs& known, std::uint8_t decision) {
  std::array<std::uint16_t, 4> right{no_reason, no_reason, no_reason, no_reason};
  if (decision >= policy_decline) right = main_reasons(known.against);
  const auto there = std::span(row.list.reasons).subspan(4 * row.r, 4);
  if (std::ranges::equal(there, right)) return;
  const auto text = [&](std::span<const std::uint16_t> reasons) {
    std::string names;
    for (const std::uint16_t reason : reasons) {
      if (reason == no_reason) continue;
      names += (names.empty() ? "" : ", ") +
               (reason < scorer_.reasons().names.size() ? scorer_.reasons().names[reason] : std::to_string(reason));
    }
    return names.empty() ? std::string("none") : names;
  };
  findings_.add("reasons", row.who(), text(there), text(right));
}

/// λ_k a_k of every limit: over its scenarios or cuts, each with a price of its own.
std::vector<double> ListRowCheck::prices_of(const Row& row, std::size_t offer, const Chances& chances) const {
  std::vector<double> prices(limits_.size(), 0.0);
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    const CertifiedLimit& there = certificate_.limits[k];
    const auto in = [&](std::size_t s) { return limits_[k].use(offer, row.standing, chances, static_cast<int>(s)); };
    if (!limits_[k].limit().over_scenarios()) {
      prices[k] = there.shadow_price * limits_[k].use(offer, row.standing, chances);
      continue;
    }
    for (std::size_t s = 0; s < there.scenarios.size(); ++s)
      if (there.scenarios[s].shadow_price) prices[k] += *there.scenarios[s].shadow_price * in(s);
    for (const CertifiedCut& cut : there.cuts)
      for (std::size_t s = 0; cut.shadow_price != 0 && s < cut.weights.size(); ++s)
        if (cut.weights[s] != 0) prices[k] += cut.shadow_price * cut.weights[s] * in(s);
  }
  return prices;
}

/// A row that nothing was chosen for: its price, and no runner-up.
void ListRowCheck::check_no_price(const Row& row, double reduced, double rounding) {
  const double there = row.list.reduced_value[row.r];
  if (!(std::abs(there - reduced) <= rounding)) findings_.add("reduced value", row.who(), shown(there), shown(reduced));
  same("runner-up", row, row.list.runner_up[row.r], std::int32_t{-1});
  same("runner-up's reduced value", row, row.list.runner_up_reduced_value[row.r], minus_infinity);
}

void ListRowCheck::check_control(const Row& row) {
  same("decision", row, row.list.code[row.r], std::uint8_t{control_borrower});
  same("offer", row, row.list.offer[row.r], std::int32_t{-1});
  for (std::size_t place = 0; place < 4; ++place)
    same("reasons", row, row.list.reasons[4 * row.r + place], place == 0 ? control_reason : no_reason);
  check_no_price(row, 0, 0);
}

/// A borrower whose offer was drawn: the draw, its probability, its price. It is no part of the choice, so that the
/// bound counts it as it is.
void ListRowCheck::check_explored(const Row& row, const Pairs& known) {
  const Cells::Draw draw = facts_.cells.draw(row.batch.id[row.i], known.against);
  same("drawn offer", row, row.list.offer[row.r], draw.offer);
  if (!row.list.propensity.empty()) same("propensity", row, row.list.propensity[row.r], draw.propensity);
  check_decision(row, known);
  if (draw.offer < 0) return check_no_price(row, 0, 0);
  const auto j = static_cast<std::size_t>(draw.offer);
  double size = 0;
  const double reduced =
      DualBound::reduced_by(known.value[j], prices_of(row, j, {known.take[j], known.pd[j], known.fraud}), size);
  dual.add_row(reduced, size, known.tolerance[j]);
  check_no_price(row, reduced, price_rounding * size + known.tolerance[j]);
}

Standing ListRowCheck::standing_of(const borrowers::Batch& batch, std::size_t i) const {
  const auto code = [&](std::optional<std::size_t> column) -> std::optional<std::size_t> {
    if (!column) return std::nullopt;
    const float stored = batch.row(i)[*column];
    return stored >= 0 && stored < 255 ? std::optional(static_cast<std::size_t>(stored)) : std::nullopt;
  };
  Standing standing(code(facts_.segment));
  standing.group = code(facts_.group);
  if (facts_.earlier != nullptr) {
    const EarlierList::Before before = facts_.earlier->of(batch.id[i]);
    standing.had_offer = before.had_offer;
    standing.before = before.offer;
  }
  return standing;
}

/// What the borrower had before, in accounts and offers.
void ListRowCheck::add_opening(const Row& row) {
  bool looked = false;
  double exposure = 0;
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    if (limits_[k].had_counted_offer(row.standing)) ++tallies[k].had_offer;
    if (!limits_[k].limit().opening_book) continue;
    if (!looked) whole_opening.add(exposure = scorer_.existing_exposure(row.batch, row.i));
    looked = true;
    if (limits_[k].in_segments(row.standing.segment)) openings[k].add(exposure);
  }
}

/// Reduced values at the shadow prices: of the offer made, of the best other one, and the best of all for the bound.
void ListRowCheck::check_prices(const Row& row, const Pairs& known) {
  double best = 0, best_size = 0, best_tolerance = 0, own = 0, own_rounding = 0;
  double runner_up = row.offer >= 0 ? 0.0 : minus_infinity, runner_rounding = 0, named = minus_infinity;
  for (std::size_t j = 0; j < catalog_.offers.size(); ++j) {
    if (known.against[j] != 0) continue;
    const Chances chances{known.take[j], known.pd[j], known.fraud};
    double size = 0;
    const double reduced = DualBound::reduced_by(known.value[j], prices_of(row, j, chances), size);
    if (!std::isfinite(reduced)) {
      findings_.add("scores", row.who(), shown(reduced), "a finite number");
      continue;
    }
    const double rounding = price_rounding * size + known.tolerance[j];
    if (reduced > best) best = reduced, best_size = size, best_tolerance = known.tolerance[j];
    const auto place = static_cast<std::int32_t>(j);
    if (place == row.offer) {
      own = reduced, own_rounding = rounding;
      continue;
    }
    if (reduced > runner_up) runner_up = reduced;
    runner_rounding = std::max(runner_rounding, rounding);
    if (place == row.list.runner_up[row.r]) named = reduced;
  }
  dual.add_row(best, best_size, best_tolerance);
  if (row.list.runner_up[row.r] < 0) named = row.offer >= 0 ? 0.0 : minus_infinity;
  const auto close = [](double a, double b, double rounding) { return a == b || std::abs(a - b) <= rounding; };
  const double reduced_there = row.list.reduced_value[row.r];
  if (!close(reduced_there, own, own_rounding))
    findings_.add("reduced value", row.who(), shown(reduced_there), shown(own));
  const double runner_there = row.list.runner_up_reduced_value[row.r];
  if (!close(runner_there, runner_up, runner_rounding))
    findings_.add("runner-up's reduced value", row.who(), shown(runner_there), shown(runner_up));
  if (!close(named, runner_up, runner_rounding))
    findings_.add("runner-up", row.who(), fmt::format("offer {}", row.list.runner_up[row.r]),
                  fmt::format("reduced value {}", shown(runner_up)));
}

/// What the list itself says goes into the sums that the certificate names.
void ListRowCheck::add_up(const Row& row, const Pairs& own) {
  const auto j = static_cast<std::size_t>(row.offer);
  const Chances chances{row.list.p_take[row.r], row.list.p_default[row.r], row.list.p_fraud[row.r]};
  const double list_value = row.list.value[row.r];
  if (!std::isfinite(chances.take + chances.pd + chances.fraud + list_value)) return;  // has been found to differ
  value.add(list_value);
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    Tally& tally = tallies[k];
    const double use = limits_[k].use(j, row.standing, chances);
    tally.use.add(use);
    tally.size.add(std::abs(use));
    tally.variance.add(limits_[k].variance(j, row.standing, chances));
    for (std::size_t s = 0; s < tally.scenario_use.size(); ++s) {
      tally.scenario_use[s].add(limits_[k].use(j, row.standing, chances, static_cast<int>(s)));
      tally.scenario_variance[s].add(limits_[k].variance(j, row.standing, chances, static_cast<int>(s)));
    }
    if (!limits_[k].limit().is_ratio()) continue;
    const Counting::Ratio ratio = limits_[k].ratio(j, row.standing, chances);
    tally.numerator.add(ratio.numerator);
    tally.denominator.add(ratio.denominator);
  }
  if (row.cell == Cells::Cell::exploration) {
    explored_value.add(list_value);
    ++explored;
    return;  // drawn, not chosen: no part of the honest ratio
  }
  const std::uint64_t id = row.batch.id[row.i];
  if (!sample_seed_ ||
      parallel::random_bits(*sample_seed_, id, parallel::purpose("offers.second_sample")) > sample_threshold_)
    return;
  honest.planned.add(list_value);
  honest.second.add(scorer_.second_value(row.batch, row.i, j));
  honest.tolerance.add(own.tolerance[j]);
  ++honest.count;
}

void ListRowCheck::check(const borrowers::Batch& batch, std::size_t i, const ListRows& list, const ScoreRows* scores,
                         std::size_t r) {
  const std::size_t offers = catalog_.offers.size();
  Row row{batch, i, list, scores, r, list.offer[r], {}};
  if (row.offer < 0 || static_cast<std::size_t>(row.offer) >= offers) row.offer = -1;
  row.standing = standing_of(batch, i);
  row.cell = facts_.cells.of(batch.unit[i]);
  control += row.cell == Cells::Cell::control ? 1 : 0;
  exploration += row.cell == Cells::Cell::exploration ? 1 : 0;
  add_opening(row);
  if (!list.propensity.empty() && row.cell != Cells::Cell::exploration)
    same("propensity", row, list.propensity[r], std::numeric_limits<float>::quiet_NaN());
  if (list.code[r] < decisions.size()) ++decisions[list.code[r]];
  check_columns(row);

  const bool whole = depth_.whole(batch.id[i]);
  Pairs own;
  if (whole || row.offer >= 0) {
    scorer_.score(batch, i, whole ? std::nullopt : std::optional(static_cast<std::size_t>(row.offer)), own);
    same("p_fraud", row, list.p_fraud[r], own.fraud);
  }
  if (row.offer >= 0) {
    check_chosen(row, own);
    add_up(row, own);
  }
  if (scores != nullptr) {
    same("scored segment", row, scores->segment[r],
         row.standing.segment ? static_cast<std::uint8_t>(*row.standing.segment) : std::uint8_t{255});
    if (whole) check_scores(row, own);
    const auto of_row = [&](const auto& column) { return std::span(column).subspan(r * offers, offers); };
    const auto values = of_row(scores->value);
    own.value.assign(values.begin(), values.end());  // the very numbers that the list was chosen by
    own.tolerance.assign(offers, 0);
    if (!whole) {
      const auto take = of_row(scores->p_take), pd = of_row(scores->p_default);
      const auto reason = of_row(scores->reason);
      own.take.assign(take.begin(), take.end());
      own.pd.assign(pd.begin(), pd.end());
      own.fraud = scores->p_fraud[r];
      own.against.assign(reason.begin(), reason.end());
    }
  } else if (!whole) {
    dual_is_known = false;
    if (row.cell == Cells::Cell::control) return check_control(row);
    if ((list.code[r] == offered) != (row.offer >= 0))
      findings_.add("decision", row.who(), fmt::format("code {}", list.code[r]),
                    row.offer >= 0 ? decision_names()[offered] : "not offered");
    return;
  }
  if (row.cell == Cells::Cell::control) return check_control(row);
  if (row.cell == Cells::Cell::exploration) return check_explored(row, own);
  check_decision(row, own);
  check_prices(row, own);
}

}  // namespace proffer::verify
