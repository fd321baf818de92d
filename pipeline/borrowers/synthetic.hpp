// A synthetic population with planted truth: books that look like public credit data and whose true take-up, default
// and fraud probabilities are known for any offer (docs/synthetic-population.md). Everything about a borrower is a
// function of (seed, borrower id, purpose), so books have the same bytes on any number of ranks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "parallel/communicator.hpp"
#include "settings/section.hpp"

namespace proffer::borrowers {

/// Terms that past campaigns offered for one product, each combination possible.
struct OfferLevels {
  double share = 0;        ///< of the randomised offers
  double phone_share = 0;  ///< of the randomised offers of this product made by phone
  std::vector<double> limits, aprs;
  std::vector<std::int64_t> terms;
};

/// Settings of the `generate` section.
struct GenerateSettings {
  std::string currency;
  double rho = 0;           ///< correlation of the unobserved causes of take-up and default
  int default_months = 0;   ///< horizon of /outcome/default
  double drift = 0;         ///< strength of the drift by month; 0 = none
  double hidden = 1;        ///< how often values are missing, against public data; 0 = never
  double phone_effect = 0;  ///< what a call adds to the index of take-up, on the mean
  double cash_out = 0;      ///< what the pattern of a cash-out adds to the index of fraud
  OfferLevels loan, card;
  /// Devices, phones and addresses that borrowers share, and fraud rings among them.
  struct Links {
    double ring_share = 0;    ///< of the borrowers belong to rings
    double ring_members = 0;  ///< mean, in each book
    double ring_fraud = 0;    ///< probability that a booked member is a fraud for being one
  };
  std::optional<Links> links;
  /// Account histories of those who are customers already, and what they do next.
  struct History {
    int months = 0;  ///< horizon of what they do
    double attrition_rate = 0, repeat_rate = 0, delinquent_rate = 0;
  };
  std::optional<History> history;
  struct Training {
    std::uint64_t borrowers = 0;
    std::int32_t from = 0, to = 0, cut_off = 0;  ///< YYYYMMDD; from and to are taken as their months' ends
    double randomised_share = 0, control_share = 0, surprise_share = 0;
    double take_up = 0, default_rate = 0, fraud_rate = 0;
    int fraud_months = 0;  ///< until fraud is known
  } training;
  struct Population {
    std::uint64_t borrowers = 0;
    std::int32_t as_of = 0;
    bool truth = true;  ///< whether the book holds /truth
  } population;
};

/// Independent. UsageError (file:line:column) for values out of bounds, dates that do not exist, from after to.
[[nodiscard]] GenerateSettings read_generate(const settings::Section& section);

/// The columns of synthetic books, in order.
[[nodiscard]] Schema synthetic_schema(const GenerateSettings& settings);

/// Collective. Past campaigns: features, offers (randomised and priced by risk), outcomes, side tables and /truth.
storage::Published generate_training(const parallel::Communicator& comm, const GenerateSettings& settings,
                                     std::uint64_t seed, const std::filesystem::path& path, Log& log);

/// Collective. Borrowers to decide on: features at population.as_of, side tables and /truth.
storage::Published generate_population(const parallel::Communicator& comm, const GenerateSettings& settings,
                                       std::uint64_t seed, const std::filesystem::path& path, Log& log);

}  // namespace proffer::borrowers
