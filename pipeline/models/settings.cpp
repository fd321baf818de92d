#include "models/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "borrowers/book.hpp"
#include "foundation/error.hpp"
#include "models/uplift_settings.hpp"

namespace proffer::models {
namespace {

using settings::Affects;
using settings::Section;

constexpr std::array<std::string_view, 6> term_names = {"product", "channel", "limit", "apr", "contract_apr", "term"};
constexpr auto target_names = borrowers::outcome_names;
constexpr std::array<std::string_view, 2> link_names = {"logistic", "probit"};
constexpr std::array<std::string_view, part_count> part_names = {"train", "test", "valid", "out_of_time", "unused"};

template <class Enum, std::size_t N>
Enum find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  expects(false, "a name that the settings have checked");
  return Enum{};
}

template <std::size_t N>
std::vector<std::string> choices(const std::array<std::string_view, N>& names) {
  return {names.begin(), names.end()};
}

SplitSettings read_split(const Section& train) {
  const Section section = train.section("split", "which rows train and which are kept for the metrics");
  SplitSettings split;
  split.by_column = section.text("by", {.doc = "hash: by a hash of the unit; column: by a column of the book "
                                               "(0 train, 1 test, 2 valid, others unused)",
                                        .fallback = "hash",
                                        .choices = {"hash", "column"}}) == "column";
  if (split.by_column) {
    split.column = section.text("name", {.doc = "the column, where by: column"});
  } else {
    split.valid = section.number(
        "valid", {.doc = "share of units that stop the training early", .fallback = 0.15, .min = 0, .max = 0.9});
    split.test =
        section.number("test", {.doc = "share of units kept for the metrics", .fallback = 0.2, .min = 0, .max = 0.9});
    if (split.valid + split.test >= 1)
      throw section.error("test", "no rows are left to train on", "valid + test is 1 or more", "lower one of them");
  }
  const auto from = train.maybe_integer(
      "out_of_time_from", {.doc = "rows from this day on (YYYYMMDD) are never trained on and evaluated apart",
                           .min = 19000101,
                           .max = 29991231});
  if (from) split.out_of_time_from = static_cast<std::int32_t>(*from);
  return split;
}

std::map<std::string, Direction> read_monotone(const Section& model) {
  std::map<std::string, Direction> monotone;
  const Section section =
      model.section("monotone", "inputs whose effect may go one way only: decreasing or increasing");
  for (const std::string& name : section.keys())
    monotone[name] = section.text(name, {.doc = "direction", .choices = {"decreasing", "increasing"}}) == "increasing"
                         ? Direction::increasing
                         : Direction::decreasing;
  return monotone;
}

void read_boosting(const Section& section, ModelSettings& model) {
  read_trees(section, model);
  model.second_opinion = section.flag(
      "second_opinion", {.doc = "train a second model on the rows kept from this one, for the honest value "
                                "of a list",
                         .fallback = true});
}

void read_calibration(const Section& section, ModelSettings& model) {
  model.calibration.method = calibration_method_of(section.text(
      "calibration", {.doc = "a rising map of the probabilities, fitted on the valid rows: isotonic, platt or beta",
                      .fallback = "none",
                      .choices = {"none", "isotonic", "platt", "beta"}}));
  model.calibration.anchor = section.maybe_number(
      "anchor", {.doc = "base rate that the level is moved to: the mean probability of the valid rows",
                 .min = 1e-6,
                 .max = 0.999999});
  if (model.calibration.wanted() && model.early_stopping == 0 && !section.for_reference())
    throw section.error(section.has("calibration") ? "calibration" : "anchor",
                        fmt::format("model {} has no rows to be calibrated on", model.name),
                        "with early_stopping: 0 the valid rows train too", "set early_stopping above 0");
}

bool is_regression(ModelKind kind) {
  return kind == ModelKind::logistic || kind == ModelKind::scorecard;
}

void read_kind(const Section& section, bool inherits, ModelSettings& model) {
  model.kind = kind_of(section.text(
      "kind", {.doc = "boosted: boosted trees; random_forest: trees side by side; logistic: a logistic regression on "
                      "normal scores and categories; scorecard: points for WOE bins",
               .fallback = "boosted",
               .choices = kind_names()}));
  model.ridge = section.number("ridge", {.doc = "L2 penalty on the coefficients of a logistic regression or scorecard",
                                         .fallback = 0.0,
                                         .min = 0,
                                         .max = 1e9});
  // A challenger without bins of its own takes its champion's.
  const bool needed = is_regression(model.kind) && !inherits;
  if (needed || section.has("binning") || section.for_reference())
    model.binning = read_binning(section.section("binning", "WOE bins of a scorecard"));
  if (needed || section.has("scorecard") || section.for_reference())
    model.scorecard = read_scorecard(section.section("scorecard", "features and points of a scorecard"));
}

/// Declined applicants are of default models; a regression takes no weights.
void check_rejects(const Section& section, const char* key, const ModelSettings& model) {
  if (!model.rejects.infers() || section.for_reference()) return;
  if (model.target != Target::defaulted)
    throw section.error(key, fmt::format("model {} has rejects", model.name),
                        fmt::format("its target is {}, not default", name_of(model.target)), "remove rejects");
  std::vector<RejectMethod> methods = model.rejects.compare;
  methods.push_back(model.rejects.method);
  for (const RejectMethod method : methods)
    if (is_regression(model.kind) && (method == RejectMethod::reweighting || method == RejectMethod::fuzzy))
      throw section.error(key, fmt::format("rejects of model {} names {}", model.name, name_of(method)),
                          fmt::format("it weighs rows, which a {} does not", name_of(model.kind)),
                          "use parcelling, or kind: boosted");
}

/// A challenger learns the same from the same rows as its champion, in another way.
ModelSettings read_challenger(const std::string& name, const Section& section, const ModelSettings& champion) {
  ModelSettings model = champion;
  model.challengers.clear();
  model.name = champion.name + "." + name;
  model.where = section.where();
  if (name == champion_name)
    throw section.error("", "a challenger is named champion", "that name is the champion's", "name it otherwise");
  read_kind(section, is_regression(champion.kind), model);
  if (is_regression(model.kind)) model.link = Link::logistic;
  read_boosting(section, model);
  model.joint = read_joint(section);
  if (model.joint) model.rejects = {};  // it has them as accepted, with default unknown
  check_rejects(section, "kind", model);
  return model;
}

void read_challengers(const Section& section, const TrainSettings& train, ModelSettings& model) {
  for (const auto& [name, challenger] : section.named(
           "challengers", "other models of the same outcome and rows; the best is promoted (docs/formats.md)"))
    model.challengers.push_back(read_challenger(name, challenger, model));
  model.promotion = read_promotion(section.section("promote", "how the best of champion and challengers is found"));
  if (model.promotion.out_of_time && !train.split.out_of_time_from && !section.for_reference())
    throw section.error("promote", fmt::format("model {} is judged on out-of-time rows", model.name),
                        "train.out_of_time_from is not set", "set it, or use part: test");
}

/// What cold start and continuation cannot do.
void check_start(const Section& section, const TrainSettings& train, const ModelSettings& model) {
  const auto plain = [](const ModelSettings& one) {
    return one.kind == ModelKind::boosted && !one.joint && !one.rejects.infers();
  };
  const bool only_trees = plain(model) && std::ranges::all_of(model.challengers, plain);
  if (train.look_alike && !only_trees)
    throw section.error("", fmt::format("model {} takes no weights", model.name),
                        "train.look_alike weights rows, and only boosted models without joint and rejects take weights",
                        "use kind: boosted, or remove train.look_alike");
  if (!model.continues) return;
  if (!plain(model) || !model.challengers.empty())
    throw section.error("continues", fmt::format("model {} cannot continue another", model.name),
                        "only boosted models without challengers, joint and rejects do", "remove continues");
}

ModelSettings read_model(const std::string& name, const Section& section, const TrainSettings& train) {
  ModelSettings model;
  model.name = name;
  model.where = section.where();
  model.target = target_of(section.text("target", {.doc = "outcome that is learnt", .choices = choices(target_names)}));
  model.link = link_of(section.text("link", {.doc = "logistic, or probit: effects add up on the scale of a normal "
                                                    "distributed cause, as take-up and default by a threshold do",
                                             .fallback = "logistic",
                                             .choices = choices(link_names)}));
  model.features = section.texts("features", {.doc = "columns to learn from; absent: all with role feature"});
  model.exclude = section.texts("exclude", {.doc = "columns to leave out"});
  for (const std::string& term :
       section.texts("offer_terms", {.doc = "terms of the offer to learn from", .choices = choices(term_names)}))
    model.offer_terms.push_back(term_of(term));
  model.monotone = read_monotone(section);
  read_kind(section, false, model);
  if (is_regression(model.kind) && model.link != Link::logistic && !section.for_reference())
    throw section.error("link", fmt::format("model {} has a probit link", name),
                        fmt::format("a {} is a logistic regression", name_of(model.kind)), "leave link out");
  read_boosting(section, model);
  read_calibration(section, model);
  model.joint = read_joint(section);
  model.rejects = read_rejects(section, model.joint.has_value());
  check_rejects(section, "rejects", model);
  model.continues = section.maybe_path(
      "continues",
      {.doc = "file of a model of the same target and inputs (models/NAME.json): its trees come first, and "
              "rounds more are learnt from this book"});
  read_challengers(section, train, model);
  if (!section.for_reference()) check_start(section, train, model);
  return model;
}

}  // namespace

std::string_view name_of(Term term) {
  return term_names[static_cast<std::size_t>(term)];
}
Term term_of(std::string_view name) {
  return find<Term>(term_names, name);
}
std::string_view name_of(Target target) {
  return target_names[static_cast<std::size_t>(target)];
}
Target target_of(std::string_view name) {
  return find<Target>(target_names, name);
}
std::string_view name_of(Link link) {
  return link_names[static_cast<std::size_t>(link)];
}
Link link_of(std::string_view name) {
  return find<Link>(link_names, name);
}
std::string_view name_of(Part part) {
  return part_names[static_cast<std::size_t>(part)];
}

void read_trees(const Section& section, ModelSettings& model) {
  model.rounds = section.integer("rounds", {.doc = "most boosting rounds", .fallback = 200, .min = 1, .max = 10000});
  model.early_stopping =
      section.integer("early_stopping", {.doc = "stop when the log loss of the valid rows has not improved for so many "
                                                "rounds; 0 = never (then valid rows train too)",
                                         .fallback = 25,
                                         .min = 0,
                                         .max = 10000});
  const bool side_by_side = model.kind == ModelKind::random_forest;
  model.depth = section.integer(
      "depth",
      {.doc = "depth of the trees (of a random forest: 8)", .fallback = side_by_side ? 8 : 4, .min = 1, .max = 12});
  model.eta = section.number("eta", {.doc = "learning rate", .fallback = 0.1, .min = 1e-4, .max = 1});
  model.lambda = section.number("lambda", {.doc = "L2 penalty of leaf values", .fallback = 1.0, .min = 0, .max = 1e6});
  model.gamma = section.number("gamma", {.doc = "least gain of a split", .fallback = 0.0, .min = 0, .max = 1e6});
  model.min_child_weight = section.number(
      "min_child_weight", {.doc = "least sum of second derivatives in a leaf", .fallback = 1.0, .min = 0, .max = 1e6});
  model.row_share =
      section.number("row_share", {.doc = "share of rows that a round looks at, by hash of unit and round (of a "
                                          "random forest: 0.5)",
                                   .fallback = side_by_side ? 0.5 : 1.0,
                                   .min = 0.01,
                                   .max = 1});
}

TrainSettings read_train(const Section& section) {
  TrainSettings settings;
  settings.split = read_split(section);
  settings.monitor = read_monitor(section.section("monitor", "the groups a model is watched by; they never train"));
  settings.max_bins = section.integer("max_bins", {.doc = "bins per feature", .fallback = 255, .min = 2, .max = 255});
  settings.tracker_host = section.text(
      "listen_on",
      {.doc = "network interface (or its IPv4 address) at which the ranks' XGBoost communicator is arranged where they "
              "do not share a host; empty: the first that is not loopback",
       .fallback = "",
       .affects = Affects::speed});
  settings.timeout_seconds =
      section.integer("timeout", {.doc = "the communicator gives up after so long without an answer",
                                  .fallback = 300,
                                  .min = 1,
                                  .max = 86400,
                                  .unit = "s",
                                  .affects = Affects::speed});
  const Section look_alike = section.section(
      "look_alike",
      "cold start: the training book is external, and its rows are weighted to look like the lender's own "
      "borrowers");
  if (look_alike.present() || look_alike.for_reference()) settings.look_alike = read_look_alike(look_alike);
  for (const auto& [name, model] : section.named("models",
                                                 "one entry per model; the names response, default and fraud "
                                                 "are those that score looks for"))
    settings.models.push_back(read_model(name, model, settings));
  for (const auto& [name, uplift] : section.named("uplift", "one entry per uplift model: what contact changes")) {
    settings.uplift.push_back(read_uplift(name, uplift));
    if (!section.for_reference() &&
        std::ranges::find(settings.models, name, &ModelSettings::name) != settings.models.end())
      throw uplift.error("", fmt::format("{} is also the name of a model", name), "both would write the same files",
                         "name it otherwise");
  }
  if (!settings.uplift.empty() && !section.for_reference() &&
      std::ranges::find(settings.models, "uplift", &ModelSettings::name) != settings.models.end())
    throw section.error("models", "a model is named uplift", "metrics.json holds those of train.uplift under that name",
                        "name it otherwise");
  if (settings.models.empty() && settings.uplift.empty())
    throw section.error("models", "no models are named", "there is nothing to train", "add train.models.response");
  return settings;
}

}  // namespace proffer::models
