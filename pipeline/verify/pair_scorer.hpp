// Every number of a borrower and an offer, from book, models and settings alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "verify/cash_flows.hpp"
#include "verify/catalog.hpp"
#include "verify/eligibility.hpp"
#include "verify/model_file.hpp"
#include "verify/population.hpp"

namespace proffer::verify {

/// Of one borrower against every offer (or the one asked for; the others then say nothing).
struct Pairs {
  std::vector<float> take, pd;
  float fraud = 0;
  std::vector<double> value;
  std::vector<double> tolerance;  ///< by how much proffer's value may differ: its tables, and rounding to float
  std::vector<std::uint32_t> against;
};

/// Independent; const.
class PairScorer {
 public:
  /// `models`: response and default, booking and fraud where there are. DataError, UsageError where they do not fit the
  /// book.
  PairScorer(const RecordedSettings& settings, const Catalog& catalog, const borrowers::BookReader& book,
             std::map<std::string, ModelFile> models, std::set<std::uint64_t> suppressed);
  [[nodiscard]] const Reasons& reasons() const { return eligibility_->reasons(); }
  void score(const borrowers::Batch& batch, std::size_t i, std::optional<std::size_t> only, Pairs& out) const;
  /// Exposure of the borrower's existing accounts.
  [[nodiscard]] double existing_exposure(const borrowers::Batch& batch, std::size_t i) const {
    return accounts_.of(batch.id[i], batch.as_of[i]).exposure;
  }
  [[nodiscard]] bool has_second() const;
  /// Value of one pair by the second opinions.
  [[nodiscard]] double second_value(const borrowers::Batch& batch, std::size_t i, std::size_t offer) const;

 private:
  void probabilities(std::span<const float> row, std::optional<std::size_t> only, bool second, Pairs& out) const;
  void default_of(std::span<const float> row, std::optional<std::size_t> only, bool second,
                  std::vector<float>& pd) const;
  void apply_prices(std::optional<std::size_t> only, double Offer::*factor, std::vector<float>& p) const;
  [[nodiscard]] double value_of(std::size_t offer, const Pairs& pairs, double& tolerance) const;
  /// Worth of an accepted and booked offer, and by how much proffer's may differ.
  [[nodiscard]] double worth_of(std::size_t offer, float pd, float fraud, double& tolerance) const;
  /// Takes from the values (of `only` where given) what those bring who are not contacted.
  void subtract_without_contact(std::span<const float> row, std::optional<std::size_t> only, bool second,
                                Pairs& pairs) const;

  const Catalog& catalog_;
  std::map<std::string, ModelOnBook> models_;
  ExistingAccounts accounts_;
  std::vector<LoanAccount> loans_;  ///< one per product, rate and term
  std::vector<std::size_t> loan_of_;
  std::optional<std::size_t> offer_without_contact_;  ///< nothing: the offer itself
  std::optional<Eligibility> eligibility_;
};

}  // namespace proffer::verify
