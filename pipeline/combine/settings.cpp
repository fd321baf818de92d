#include "combine/settings.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::combine {
namespace {

using allocation::Sense;
using settings::Section;

constexpr std::array<std::string_view, 12> measure_names = {"contacts", "contact_cost", "takes",      "amount",
                                                            "exposure", "loss",         "fraud_loss", "average_pd",
                                                            "capital",  "changed",      "lost",       "impact_ratio"};
constexpr std::array<std::string_view, 5> basis_names = {"committed", "expected", "quantile", "worst_case", "cvar"};
constexpr std::array<std::string_view, 3> sense_names = {"at_most", "at_least", "equal"};

template <class Enum, std::size_t N>
Enum choice(const Section& section, std::string_view key, std::string_view doc,
            const std::array<std::string_view, N>& names, std::optional<std::string> fallback) {
  const std::string text = section.text(
      key,
      {.doc = doc, .fallback = std::move(fallback), .choices = std::vector<std::string>(names.begin(), names.end())});
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  return Enum{};
}

/// Whether the measure is known at the moment of the offer, so that only a committed basis makes sense.
bool certain(Measure measure) {
  return measure == Measure::contacts || measure == Measure::contact_cost || measure == Measure::changed ||
         measure == Measure::lost || measure == Measure::impact_ratio;
}
bool only_expected(Measure measure) {
  return measure == Measure::takes || measure == Measure::loss || measure == Measure::fraud_loss ||
         measure == Measure::average_pd;
}
bool against_previous(Measure measure) {
  return measure == Measure::changed || measure == Measure::lost;
}

void check_basis(const Section& section, const LimitSettings& limit) {
  if (certain(limit.measure) && limit.basis != Basis::committed)
    throw section.error("basis", fmt::format("{} has no {} basis", name_of(limit.measure), name_of(limit.basis)),
                        against_previous(limit.measure) || limit.measure == Measure::impact_ratio
                            ? "offers are certain once decided"
                            : "contacts are certain once decided",
                        "use basis: committed, or leave it out");
  if (only_expected(limit.measure) && limit.basis == Basis::committed)
    throw section.error("basis", fmt::format("{} has no committed basis", name_of(limit.measure)),
                        "it depends on who accepts", "use basis: expected or quantile");
  if (limit.measure == Measure::average_pd && limit.basis != Basis::expected)
    throw section.error("basis", fmt::format("average_pd has no {} basis", name_of(limit.basis)), "it is a ratio",
                        "use basis: expected");
  if (limit.basis == Basis::quantile && limit.sense == Sense::equal)
    throw section.error("sense", fmt::format("limit '{}' with basis quantile is to be equal", limit.name),
                        "only one side can hold with a high probability", "use sense: at_most or at_least");
  if (limit.basis == Basis::cvar && limit.sense != Sense::at_most)
    throw section.error("sense", fmt::format("limit '{}' with basis cvar is not at_most", limit.name),
                        "cvar is the mean of the worst cases", "use sense: at_most, or basis: worst_case");
  if (limit.basis == Basis::worst_case && limit.sense == Sense::equal)
    throw section.error("sense", fmt::format("limit '{}' is to be equal in every scenario", limit.name),
                        "scenarios differ", "use at_most or at_least");
}

void check_share(const Section& section, const LimitSettings& limit) {
  if (!limit.share) return;
  const auto refuse = [&](const std::string& problem, const std::string& why, const std::string& suggestion) {
    throw section.error("share", fmt::format("limit '{}' {}", limit.name, problem), why, suggestion);
  };
  if (limit.measure == Measure::average_pd || limit.measure == Measure::impact_ratio)
    refuse("is on a share", fmt::format("{} is a ratio already", name_of(limit.measure)), "remove share");
  if (limit.limit < 0 || limit.limit > 1)
    refuse(fmt::format("is on a share of {}", shortest(limit.limit)), "a share is from 0 to 1", "write 0.3 for 30 %");
  if (limit.basis == Basis::quantile)
    refuse("is on a share with basis quantile", "part and whole vary together", "use basis: expected or committed");
  if (!against_previous(limit.measure) && limit.products.empty() && limit.channels.empty() && limit.funders.empty() &&
      limit.segments.empty())
    refuse("is on a share of everything", "it names no part", "name a product, channel, funder or segment");
}

void check_meaning(const Section& section, const LimitSettings& limit) {
  const bool by_offer = !limit.products.empty() || !limit.channels.empty() || !limit.funders.empty();
  if ((against_previous(limit.measure) || limit.measure == Measure::impact_ratio) && by_offer)
    throw section.error("", fmt::format("limit '{}' names offers", limit.name),
                        fmt::format("{} counts borrowers, whatever their offer", name_of(limit.measure)),
                        "remove product, channel and funder");
  if ((limit.measure == Measure::impact_ratio) != (!limit.group.empty() && !limit.reference.empty()))
    throw section.error("group", fmt::format("limit '{}' compares groups by halves", limit.name),
                        "impact_ratio, and nothing else, needs group and reference",
                        "give both with measure: impact_ratio, or neither");
  if (limit.measure == Measure::impact_ratio && (limit.sense == Sense::equal || !limit.segments.empty()))
    throw section.error("", fmt::format("limit '{}' is no bound on the ratio over all borrowers", limit.name),
                        "impact_ratio takes at_least or at_most, and no segment", "remove what does not fit");
  if (limit.opening_book && limit.measure != Measure::exposure && limit.measure != Measure::amount)
    throw section.error("opening", fmt::format("the book does not know the opening of {}", name_of(limit.measure)),
                        "its accounts have an exposure only", "use measure: exposure or amount, or give a number");
  if (limit.opening_book && by_offer)
    throw section.error("opening", fmt::format("the book does not know the opening of limit '{}'", limit.name),
                        "its accounts have no product, channel or funder",
                        "limit a segment or everything, or give a number");
  if (limit.opening != 0 && (against_previous(limit.measure) || limit.measure == Measure::impact_ratio || limit.share))
    throw section.error("opening", fmt::format("limit '{}' has an opening of {}", limit.name, shortest(limit.opening)),
                        "a number for the part alone says nothing here", "remove it, or use opening: book");
}

void read_opening(const Section& section, LimitSettings& limit) {
  const std::string text = section.text(
      "opening",
      {.doc = "use of the existing book, counted in: a number, or `book`: the accounts in the book", .fallback = "0"});
  limit.opening_book = text == "book";
  if (limit.opening_book || section.for_reference()) return;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), limit.opening);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(limit.opening))
    throw section.error("opening", fmt::format("{}.opening is {}", section.path(), text), "it is a number or `book`",
                        "write for example opening: 250000");
}

LimitSettings read_limit(const Section& section) {
  LimitSettings limit;
  limit.where = section.where();
  limit.name = section.text("name", {.doc = "name in the certificate"});
  limit.measure = choice<Measure>(section, "measure", "what is counted", measure_names, {});
  limit.basis = choice<Basis>(
      section, "basis",
      "committed: as if everyone accepted; expected: weighted with the probabilities; quantile: "
      "exceeded with at most the given probability; worst_case: expected in every scenario; cvar: mean of "
      "the worst scenarios",
      basis_names, std::string(certain(limit.measure) ? "committed" : "expected"));
  limit.quantile = section.number("quantile", {.doc = "share of cases in which a limit with basis quantile holds; "
                                                      "level of basis cvar",
                                               .fallback = 0.95,
                                               .min = 0.5,
                                               .max = 0.9999});
  limit.sense = choice<Sense>(section, "sense", "at_most, at_least or equal", sense_names, "at_most");
  limit.limit = section.number("limit", {.doc = "in units of the measure"});
  limit.tolerance =
      section.number("tolerance", {.doc = "by how much the use may miss the limit", .fallback = 0.0, .min = 0});
  read_opening(section, limit);
  limit.share = section.flag(
      "share", {.doc = "the limit is a share: of the same measure over all offers and borrowers, or (changed, lost) of "
                       "the borrowers with an offer in the previous list",
                .fallback = false});
  limit.products = section.texts("product", {.doc = "only offers of these products"});
  limit.channels = section.texts("channel", {.doc = "only offers through these channels"});
  limit.funders = section.texts("funder", {.doc = "only offers of these funders"});
  limit.segments = section.texts("segment", {.doc = "only borrowers of these segments"});
  limit.group =
      section.maybe_text("group", {.doc = "impact_ratio: the group whose rate of offers is divided …"}).value_or("");
  limit.reference =
      section.maybe_text("reference", {.doc = "… by the rate of this group; labels of combine.monitor"}).value_or("");
  if (section.for_reference()) return limit;
  check_basis(section, limit);
  check_share(section, limit);
  check_meaning(section, limit);
  if (limit.sense == Sense::equal && limit.tolerance == 0 && limit.measure != Measure::contacts &&
      !against_previous(limit.measure))
    throw section.error("tolerance", fmt::format("limit '{}' must be met exactly", limit.name),
                        "sums of money hardly ever hit a number exactly", "give a tolerance");
  return limit;
}

}  // namespace

std::string_view name_of(Measure measure) {
  return measure_names[static_cast<std::size_t>(measure)];
}
std::string_view name_of(Basis basis) {
  return basis_names[static_cast<std::size_t>(basis)];
}

CombineSettings read_combine(const Section& section) {
  CombineSettings settings;
  settings.gap_tolerance =
      section.number("gap_tolerance",
                     {.doc = "relative gap at which a list counts as certified", .fallback = 1e-6, .min = 0, .max = 1});
  settings.node_limit = section.integer(
      "node_limit", {.doc = "most nodes of the exact search", .fallback = 20000, .min = 0, .max = 1000000000});
  settings.common_shock = section.number(
      "common_shock", {.doc = "relative standard deviation of a shock common to all take-up, defaults and "
                              "fraud, for the probability of exceeding a limit",
                       .fallback = 0.1,
                       .min = 0,
                       .max = 2});
  settings.scenarios = read_scenarios(section);
  settings.previous =
      section.maybe_path("previous", {.doc = "an earlier offers.h5, for limits with measure changed or lost"});
  settings.start_from = section.maybe_path(
      "start_from", {.doc = "certificate.json of an earlier run: its shadow prices are where the search begins"});
  const Section cells = section.section("cells", "borrowers held out of the choice, whole units by hash");
  settings.cells.control =
      cells.number("control", {.doc = "share that is offered nothing", .fallback = 0.0, .min = 0, .max = 1});
  settings.cells.exploration =
      cells.number("exploration", {.doc = "share that is offered at random what is allowed, its use within the limits",
                                   .fallback = 0.0,
                                   .min = 0,
                                   .max = 1});
  if (settings.cells.control + settings.cells.exploration > 1)
    throw cells.error("", "the cells hold more than all borrowers", "their shares sum to more than 1",
                      "give smaller shares");
  std::set<std::string> names;
  for (const Section& entry : section.list("limits", "the lender's limits, at most 64")) {
    settings.limits.push_back(read_limit(entry));
    if (!names.insert(settings.limits.back().name).second)
      throw entry.error("name", fmt::format("two limits are called '{}'", settings.limits.back().name),
                        "the certificate tells them apart by name", "rename one");
  }
  for (const LimitSettings& limit : settings.limits)
    if (against_previous(limit.measure) && !settings.previous && !section.for_reference())
      throw UsageError(
          {fmt::format("{}: limit '{}' counts what is {}", limit.where, limit.name, name_of(limit.measure)),
           "there is no earlier list", "add combine.previous: path/to/offers.h5"});
  for (const LimitSettings& limit : settings.limits)
    if ((limit.basis == Basis::worst_case || limit.basis == Basis::cvar) && settings.scenarios.empty() &&
        !section.for_reference())
      throw UsageError({fmt::format("{}: limit '{}' has basis {}", limit.where, limit.name, name_of(limit.basis)),
                        "there are no scenarios", "add combine.scenarios, or use basis: expected"});
  if (settings.limits.size() > allocation::max_limits)
    throw section.error("limits", fmt::format("{} limits are given", settings.limits.size()),
                        fmt::format("at most {} are possible", allocation::max_limits), "remove some");
  return settings;
}

}  // namespace proffer::combine
