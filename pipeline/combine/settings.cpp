#include "combine/settings.hpp"

#include <fmt/format.h>

#include <array>
#include <set>

#include "foundation/error.hpp"

namespace proffer::combine {
namespace {

using allocation::Sense;
using settings::Section;

constexpr std::array<std::string_view, 8> measure_names = {"contacts", "contact_cost", "takes",      "amount",
                                                           "exposure", "loss",         "fraud_loss", "average_pd"};
constexpr std::array<std::string_view, 3> basis_names = {"committed", "expected", "quantile"};
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

/// Whether the measure is known at the moment of the offer, so that a committed basis makes sense.
bool certain(Measure measure) {
  return measure == Measure::contacts || measure == Measure::contact_cost;
}
bool only_expected(Measure measure) {
  return measure == Measure::takes || measure == Measure::loss || measure == Measure::fraud_loss ||
         measure == Measure::average_pd;
}

void check_basis(const Section& section, const LimitSettings& limit) {
  if (certain(limit.measure) && limit.basis != Basis::committed)
    throw section.error("basis", fmt::format("{} has no {} basis", name_of(limit.measure), name_of(limit.basis)),
                        "contacts are certain once decided", "use basis: committed, or leave it out");
  if (only_expected(limit.measure) && limit.basis == Basis::committed)
    throw section.error("basis", fmt::format("{} has no committed basis", name_of(limit.measure)),
                        "it depends on who accepts", "use basis: expected or quantile");
  if (limit.measure == Measure::average_pd && limit.basis == Basis::quantile)
    throw section.error("basis", "average_pd has no quantile basis", "it is a ratio", "use basis: expected");
}

LimitSettings read_limit(const Section& section) {
  LimitSettings limit;
  limit.where = section.where();
  limit.name = section.text("name", {.doc = "name in the certificate"});
  limit.measure = choice<Measure>(section, "measure", "what is counted", measure_names, {});
  limit.basis =
      choice<Basis>(section, "basis",
                    "committed: as if everyone accepted; expected: weighted with the probabilities; quantile: "
                    "exceeded with at most the given probability",
                    basis_names, std::string(certain(limit.measure) ? "committed" : "expected"));
  limit.quantile = section.number("quantile", {.doc = "share of cases in which a limit with basis quantile holds",
                                               .fallback = 0.95,
                                               .min = 0.5,
                                               .max = 0.9999});
  limit.sense = choice<Sense>(section, "sense", "at_most, at_least or equal", sense_names, "at_most");
  limit.limit = section.number("limit", {.doc = "in units of the measure"});
  limit.tolerance =
      section.number("tolerance", {.doc = "by how much the use may miss the limit", .fallback = 0.0, .min = 0});
  limit.opening = section.number("opening", {.doc = "use of the existing book, counted in", .fallback = 0.0});
  limit.products = section.texts("product", {.doc = "only offers of these products"});
  limit.channels = section.texts("channel", {.doc = "only offers through these channels"});
  limit.segments = section.texts("segment", {.doc = "only borrowers of these segments"});
  if (section.for_reference()) return limit;
  check_basis(section, limit);
  if (limit.sense == Sense::equal && limit.tolerance == 0 && limit.measure != Measure::contacts)
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
  std::set<std::string> names;
  for (const Section& entry : section.list("limits", "the lender's limits, at most 64")) {
    settings.limits.push_back(read_limit(entry));
    if (!names.insert(settings.limits.back().name).second)
      throw entry.error("name", fmt::format("two limits are called '{}'", settings.limits.back().name),
                        "the certificate tells them apart by name", "rename one");
  }
  if (settings.limits.size() > allocation::max_limits)
    throw section.error("limits", fmt::format("{} limits are given", settings.limits.size()),
                        fmt::format("at most {} are possible", allocation::max_limits), "remove some");
  return settings;
}

}  // namespace proffer::combine
