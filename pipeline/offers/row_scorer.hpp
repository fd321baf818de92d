// Rows of a book to rows of the score file: probabilities, value and reasons of every pair.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "offers/joint_default.hpp"
#include "offers/model_grid.hpp"
#include "offers/offer_value.hpp"
#include "offers/policy.hpp"
#include "offers/price_effects.hpp"
#include "offers/score.hpp"
#include "offers/score_file.hpp"

namespace proffer::offers {

/// Const after construction. Independent. `settings` must outlive it.
class RowScorer {
 public:
  /// UsageError where a model, the policy or the segment wants a column that the book does not have.
  RowScorer(const borrowers::BookReader& book, const ScoreModels& models, const ScoreSettings& settings, int threads);

  [[nodiscard]] ScoreSchema schema(const borrowers::Schema& book) const;
  [[nodiscard]] bool has_second() const {
    return response_.has_second() && default_.has_second() && (!booking_ || booking_->has_second()) &&
           (!fraud_ || fraud_->has_second()) && (!without_contact_ || without_contact_->has_second());
  }
  [[nodiscard]] const std::vector<std::string>& assumptions() const { return economics_.assumptions(); }
  /// Code of a borrower's segment and group; 255: none.
  [[nodiscard]] std::uint8_t segment_of(std::span<const float> row) const { return segment_.code(row); }
  [[nodiscard]] std::uint8_t group_of(std::span<const float> row) const { return group_.code(row); }

  /// What the borrowers of a batch owe already; an empty span: nothing.
  struct ExistingRows {
    std::span<const double> instalment, exposure;
  };
  /// By all threads; their number changes no bit.
  void score(const borrowers::Batch& batch, const ExistingRows& existing, ScoreRows& rows) const;
  /// Value of every pair of the batch by the second opinions.
  void second_values(const borrowers::Batch& batch, std::vector<float>& value) const;

 private:
  /// Of some rows: rows × offers, and one per row.
  struct Probabilities {
    std::span<float> take, defaults, fraud;
  };
  [[nodiscard]] PolicyFacts facts() const;
  /// `features`: rows × columns of the book. Serial.
  void probabilities(std::span<const float> features, Opinion which, const Probabilities& p) const;
  /// PD of those who take, and p.take; `features` as above.
  void joint_probabilities(std::span<const float> features, Opinion which, const Probabilities& p) const;
  /// Values of rows × offers; where there is a model of the response without contact, what contact adds.
  void values(std::span<const float> features, Opinion which, const Probabilities& p, std::span<float> out) const;
  void score_strip(const borrowers::Batch& batch, const ExistingRows& existing, std::size_t first, std::size_t count,
                   ScoreRows& rows) const;

  const ScoreSettings& settings_;
  int threads_;
  PriceEffects prices_;
  ModelGrid response_, default_;
  std::optional<JointDefault> joint_;  // PD given take-up needs the response's margins
  std::optional<ModelGrid> booking_, fraud_, without_contact_;
  std::optional<std::size_t> loan_without_contact_;  // of the catalog; absent: the one offered
  OfferEconomics economics_;
  std::vector<std::uint64_t> trials_;
  Policy policy_;
  /// A categorical column and its labels.
  struct Coded {
    std::optional<std::size_t> column;
    std::vector<std::string> labels;
    [[nodiscard]] std::uint8_t code(std::span<const float> row) const;
  };
  [[nodiscard]] static Coded find_column(const borrowers::Schema& schema, const std::string& name,
                                         std::string_view setting);
  Coded segment_, group_;
};

}  // namespace proffer::offers
