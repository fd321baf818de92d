// What a risk team files with a model: data, inputs, performance, stability, assumptions and limits of use, as JSON and
// as a page to read. No times, hosts or paths: the same bytes at any number of ranks.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "borrowers/book.hpp"
#include "models/inputs.hpp"
#include "models/model.hpp"
#include "models/part_metrics.hpp"
#include "models/settings.hpp"
#include "models/training_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Where a model comes from.
struct CardOrigin {
  std::string software;     ///< name and version
  std::string config_hash;  ///< of the run
  std::string book_digest;  ///< SHA-256, as in the manifest; empty: not known yet
};

/// What a card is made from.
struct CardSubject {
  const ModelSettings& settings;
  const SplitSettings& split;
  const borrowers::Schema& schema;
  const Inputs& inputs;
  const TrainingRows& rows;
  const Model& model;
  const Judged& judged;
  const nlohmann::json& metrics;  ///< part_metrics
  std::uint64_t seed = 0;
};

/// Collective. The card without its origin. Information value, CSI and the observed direction of an input are counted
/// over groups of neighbouring bins of the model, about ten of equal rows and one of missing values (categories each on
/// their own): IV = Σ (g − b) ln(g/b) over the shares of negatives g and positives b, half a row added to every group
/// where one has none of a class. The same on every rank, at any number of ranks.
[[nodiscard]] nlohmann::json model_card(const parallel::Communicator& comm, const CardSubject& subject);

/// Independent. Puts the origin into a card.
void set_origin(nlohmann::json& card, const CardOrigin& origin);

/// Independent. The card as Markdown.
[[nodiscard]] std::string card_page(const nlohmann::json& card);

}  // namespace proffer::models
