// What `train` reads: which models, from which rows, how.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/calibration.hpp"
#include "models/champion_settings.hpp"
#include "models/fairness_groups.hpp"
#include "models/joint_settings.hpp"
#include "models/membership.hpp"
#include "models/reject_settings.hpp"
#include "models/scorecard_settings.hpp"
#include "settings/section.hpp"

namespace proffer::models {

/// An offer term as a model input, appended behind the borrower's features in the order the config names them.
enum class Term { product, channel, limit, apr, contract_apr, term };
[[nodiscard]] std::string_view name_of(Term term);
[[nodiscard]] Term term_of(std::string_view name);  ///< std::logic_error for another name

enum class Target { responded, booked, defaulted, fraud, attrited, repeated, delinquent };
[[nodiscard]] std::string_view name_of(Target target);
[[nodiscard]] Target target_of(std::string_view name);

/// Which rows train (0), stop the training early (valid), or are kept for the metrics (test, out of time).
enum class Part : std::uint8_t { train = 0, test = 1, valid = 2, out_of_time = 3, unused = 4 };
inline constexpr std::size_t part_count = 5;
[[nodiscard]] std::string_view name_of(Part part);

struct SplitSettings {
  bool by_column = false;
  std::string column;  ///< of the book: 0 train, 1 test, 2 valid, anything else unused
  double valid = 0.15;
  double test = 0.2;
  std::optional<std::int32_t> out_of_time_from;  ///< YYYYMMDD; rows from this day on are never trained on
};

/// How a margin becomes a probability.
enum class Link { logistic, probit };
[[nodiscard]] std::string_view name_of(Link link);
[[nodiscard]] Link link_of(std::string_view name);

enum class Direction { decreasing = -1, increasing = 1 };

struct ModelSettings {
  std::string name;
  Target target = Target::responded;
  Link link = Link::logistic;
  ModelKind kind = ModelKind::boosted;
  BinningSettings binning;  ///< of a scorecard
  ScorecardSettings scorecard;
  double ridge = 0;  ///< of a logistic regression
  PromotionSettings promotion;
  std::vector<ModelSettings> challengers;
  std::vector<std::string> features;  ///< empty: all columns with role feature
  std::vector<std::string> exclude;
  CalibrationSettings calibration;
  std::vector<Term> offer_terms;
  std::map<std::string, Direction> monotone;  ///< by feature or offer term
  std::string where;                          ///< file:line:column, for messages
  std::int64_t rounds = 200;
  std::int64_t early_stopping = 25;  ///< 0: never
  std::int64_t depth = 4;
  double eta = 0.1;
  double lambda = 1.0;
  double gamma = 0.0;
  double min_child_weight = 1.0;
  double row_share = 1.0;                          ///< share of the rows each round looks at, by hash of (unit, round)
  std::optional<JointSettings> joint;              ///< learnt together with the response
  RejectSettings rejects;                          ///< of a default model: applicants that the lender declined
  std::optional<std::filesystem::path> continues;  ///< file of a model whose trees come first
  bool second_opinion = true;                      ///< also train on the rows kept from the model, for the honest value
};

/// One forest that knows the arms; one per arm; or forests of the effect behind those (docs/methods.md, "Uplift").
enum class Learner { s, t, x };
[[nodiscard]] std::string_view name_of(Learner learner);

/// What contact, or each of several treatments, changes in an outcome.
struct UpliftSettings {
  ModelSettings trees;         ///< name, inputs and how trees are grown; target responded or booked
  std::string outcome_column;  ///< of the book, 0 or 1; empty: the outcome trees.target
  std::string treatment;       ///< contacted, product, channel, or a column of the book
  std::string control;         ///< label of the arm without treatment, where treatment is a column
  Learner learner = Learner::t;
  std::string propensity;           ///< column: probability of the arm that was drawn; empty: the same for everyone
  std::int64_t effect_rounds = 50;  ///< of an X-learner: trees of the effect, at most
  double effect_min_rows = 200;     ///< in a leaf of them
  double top_share = 0.3;
  std::int64_t replicates = 200;
};

struct TrainSettings {
  SplitSettings split;
  std::int64_t max_bins = 255;
  MonitorSettings monitor;
  std::optional<LookAlikeSettings> look_alike;  ///< cold start: the training book is not of the lender's own borrowers
  std::vector<ModelSettings> models;
  std::vector<UpliftSettings> uplift;
  std::string tracker_host;          ///< speed: address the communicator listens on
  std::int64_t timeout_seconds = 0;  ///< speed: of the communicator
};

/// Independent. Reads how trees are grown (rounds, depth, eta …) into `model`.
void read_trees(const settings::Section& section, ModelSettings& model);

/// Reads the `train` section. UsageError with file:line:column.
[[nodiscard]] TrainSettings read_train(const settings::Section& section);

}  // namespace proffer::models
