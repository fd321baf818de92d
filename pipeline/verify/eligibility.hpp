// Who may be offered what: every rule of the recorded policy, one borrower at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "verify/catalog.hpp"
#include "verify/model_file.hpp"

namespace proffer::verify {

/// What a borrower without any allowed offer gets, by the class of what stands against it.
enum class ReasonClass { policy, model, fraud, suppressed };

/// Names of reasons by bit, and their classes: eleven fixed ones, then the policy's rules.
struct Reasons {
  std::vector<std::string> names;
  std::vector<ReasonClass> classes;
};

/// What the policy looks at besides the row of the book.
struct Applicant {
  std::uint64_t id = 0;
  std::span<const float> features;
  std::span<const float> p_default;  ///< of every offer
  std::optional<float> p_fraud;      ///< nothing: there is no fraud model
  double instalments = 0;            ///< of existing accounts, a month
  double exposure = 0;               ///< of existing accounts
};

/// Independent; const.
class Eligibility {
 public:
  /// `response`: its trials decide what is unsupported. `suppressed`: the list of the policy, where it names one.
  Eligibility(const RecordedSettings& settings, const Catalog& catalog, const borrowers::Schema& schema,
              const ModelFile& response, std::set<std::uint64_t> suppressed);
  [[nodiscard]] const Reasons& reasons() const { return reasons_; }
  /// Bits of what stands against offer `offer`; 0 = it may be made.
  [[nodiscard]] std::uint32_t against(const Applicant& applicant, std::size_t offer) const;

 private:
  struct Rule {
    std::vector<bool> concerned;  ///< of each offer, on the day of the policy
    std::vector<bool> broken;     ///< of each offer, whoever the borrower is
    std::optional<std::size_t> region;
    std::set<float> regions;
    std::optional<std::size_t> feature;
    std::optional<float> min, max;
    std::set<float> in;
    bool refuse_missing = true;
  };
  Rule read_rule(const RecordedSettings& settings, const std::string& at, const borrowers::Schema& schema) const;
  [[nodiscard]] bool breaks(const Rule& rule, std::span<const float> row, std::size_t offer) const;
  void read_limits(const RecordedSettings& settings, const borrowers::Schema& schema, const ModelFile& response);

  const Catalog& catalog_;
  Reasons reasons_;
  std::vector<Rule> rules_;
  std::optional<double> apr_max_, maximum_term_, maximum_exposure_;
  std::optional<float> maximum_pd_, maximum_fraud_;
  std::optional<std::size_t> income_;
  double income_share_ = 1;
  bool refuse_missing_income_ = true;
  std::vector<bool> unsupported_;
  std::set<std::uint64_t> suppressed_;
};

/// Independent. The ids of a suppression list: the first column of its lines; comments, empty lines and a heading are
/// passed over.
[[nodiscard]] std::set<std::uint64_t> read_suppressed(const std::filesystem::path& path);

}  // namespace proffer::verify
