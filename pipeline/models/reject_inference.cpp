#include "models/reject_inference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "evaluation/binary_metrics.hpp"
#include "evaluation/losses.hpp"
#include "evaluation/ranking.hpp"
#include "evaluation/stability.hpp"
#include "foundation/error.hpp"
#include "models/model.hpp"
#include "models/second_opinion.hpp"
#include "models/split.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

constexpr double highest_pd = 0.999;

/// Appends a declined row with an outcome to rows that train.
void append(const RejectRows& rejects, std::size_t i, std::uint8_t label, std::size_t inputs, TrainingRows& rows) {
  const auto first = rejects.codes.begin() + static_cast<std::ptrdiff_t>(i * inputs);
  rows.codes.insert(rows.codes.end(), first, first + static_cast<std::ptrdiff_t>(inputs));
  rows.label.push_back(label);
  rows.part.push_back(rejects.part[i]);
  rows.unit.push_back(rejects.unit[i]);
  rows.as_of.push_back(rejects.as_of[i]);
}

/// Everything that a method needs, and how it fits.
class Inference {
 public:
  Inference(const boosting::CommunicatorSession& session, const borrowers::Schema& schema,
            const ModelSettings& settings, const ModelRows& booked, const RejectRows& rejects, std::uint64_t seed,
            int threads, Log& log)
      : session_(session),
        comm_(session.communicator()),
        schema_(schema),
        settings_(settings),
        booked_(booked),
        rejects_(rejects),
        seed_(seed),
        threads_(threads),
        log_(log),
        early_(settings.early_stopping > 0) {
    expects(booked.rows.weight.empty(), "rows that are not weighted yet");  // settings refuse look_alike with rejects
  }

  [[nodiscard]] ModelFit fit(RejectMethod method) {
    if (method == RejectMethod::ignore) return ignoring();
    ModelRows rows = booked_;
    rows.rows.monitored.clear();
    if (method == RejectMethod::reweighting) {
      reweigh(rows);
    } else {
      static_cast<void>(ignoring());
      method == RejectMethod::parcelling ? parcel(rows) : spread(rows);
    }
    return fit_rows(settings_, rows);
  }
  [[nodiscard]] const json& bands() const { return bands_; }

  /// What a fit says of rows that no method learnt from.
  [[nodiscard]] json judged(const ModelFit& fit) const {
    const auto kept = [](Part part) { return part == Part::test || part == Part::out_of_time; };
    const auto pd_of = [&](float margin) { return probability(settings_.link, margin); };
    const TrainingRows& rows = booked_.rows;
    std::vector<double> pd, known_pd, declined_pd;
    std::vector<std::uint8_t> label, known;
    const auto of_booked = boosting::margins(fit.forest, rows.codes, rows.rows(), threads_);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (!kept(rows.part[i])) continue;
      pd.push_back(pd_of(of_booked[i]));
      label.push_back(rows.label[i]);
    }
    const auto of_declined = boosting::margins(fit.forest, rejects_.codes, rejects_.rows(), threads_);
    for (std::size_t i = 0; i < rejects_.rows(); ++i) {
      if (!kept(rejects_.part[i])) continue;
      declined_pd.push_back(pd_of(of_declined[i]));
      if (rejects_.outcome[i] > borrowers::outcome::yes) continue;
      known_pd.push_back(declined_pd.back());
      known.push_back(rejects_.outcome[i]);
    }
    json declined = figures(known_pd, known);
    declined["known"] = declined["rows"];
    declined["rows"] = parallel::sum_over_ranks(comm_, std::uint64_t{declined_pd.size()});
    const auto mean = evaluation::exact_mean(comm_, declined_pd);
    declined["mean_pd"] = mean ? json(*mean) : json();
    return {{"booked", figures(pd, label)}, {"declined", declined}};
  }

 private:
  [[nodiscard]] json figures(const std::vector<double>& pd, const std::vector<std::uint8_t>& label) const {
    const auto metrics = evaluation::binary_metrics(comm_, pd, label);
    const auto or_null = [](const std::optional<double>& value) { return value ? json(*value) : json(); };
    return {{"rows", metrics.rows},
            {"observed_rate", or_null(metrics.base_rate)},
            {"mean_pd", or_null(metrics.mean_predicted)},
            {"auc", or_null(metrics.auc)},
            {"log_loss", or_null(metrics.log_loss)}};
  }

  [[nodiscard]] ModelFit fit_rows(const ModelSettings& settings, const ModelRows& rows) {
    return fit_model(session_, settings, rows, schema_, seed_, threads_, log_);
  }
  /// What is learnt from known outcomes; the others begin with it.
  [[nodiscard]] const ModelFit& ignoring() {
    if (!known_) known_ = fit_rows(settings_, booked_);
    return *known_;
  }
  [[nodiscard]] bool learns(Part part) const { return fits(part, early_); }

  /// Bands of about equally many applicants of those that train; counts of booked rows, bad ones, declined ones.
  struct Bands {
    std::vector<double> edges;
    std::vector<std::uint64_t> booked, bad, declined;
    [[nodiscard]] std::size_t of(double score) const {
      return static_cast<std::size_t>(std::ranges::upper_bound(edges, score) - edges.begin());
    }
  };

  /// Collective.
  [[nodiscard]] Bands cut(const std::vector<float>& of_booked, const std::vector<float>& of_declined) const {
    std::vector<double> scores;
    for (std::size_t i = 0; i < of_booked.size(); ++i)
      if (learns(booked_.rows.part[i])) scores.push_back(static_cast<double>(of_booked[i]));
    for (std::size_t i = 0; i < of_declined.size(); ++i)
      if (learns(rejects_.part[i])) scores.push_back(static_cast<double>(of_declined[i]));
    const std::vector<std::uint8_t> one_class(scores.size(), 0);
    Bands bands;
    bands.edges = evaluation::quantile_edges(evaluation::Ranking(comm_, scores, one_class, 1),
                                             static_cast<int>(settings_.rejects.bands));
    const std::size_t count = bands.edges.size() + 1;
    std::vector<std::uint64_t> counts(3 * count);
    for (std::size_t i = 0; i < of_booked.size(); ++i) {
      if (!learns(booked_.rows.part[i])) continue;
      const std::size_t band = bands.of(static_cast<double>(of_booked[i]));
      ++counts[3 * band];
      counts[3 * band + 1] += booked_.rows.label[i];
    }
    for (std::size_t i = 0; i < of_declined.size(); ++i)
      if (learns(rejects_.part[i])) ++counts[3 * bands.of(static_cast<double>(of_declined[i])) + 2];
    parallel::all_reduce_sum(comm_, std::span<std::uint64_t>(counts));
    for (std::size_t band = 0; band < count; ++band) {
      bands.booked.push_back(counts[3 * band]);
      bands.bad.push_back(counts[3 * band + 1]);
      bands.declined.push_back(counts[3 * band + 2]);
    }
    return bands;
  }

  void report(const char* method, const Bands& bands, const char* what, const std::vector<double>& values) {
    json list = json::array();
    for (std::size_t band = 0; band < values.size(); ++band)
      list.push_back({{"booked", bands.booked[band]},
                      {"bad", bands.bad[band]},
                      {"declined", bands.declined[band]},
                      {what, values[band]}});
    bands_[method] = std::move(list);
  }

  /// Augmentation (Hsia 1978): booked rows of a band of the chance of being booked stand for all applicants in it.
  void reweigh(ModelRows& rows) {
    ModelRows applicants = rows;
    std::ranges::fill(applicants.rows.label, std::uint8_t{1});
    for (std::size_t i = 0; i < rejects_.rows(); ++i) append(rejects_, i, 0, rows.inputs.size(), applicants.rows);
    ModelSettings chance = settings_;
    chance.name += ".booked";
    chance.kind = ModelKind::boosted;
    chance.link = Link::logistic;
    applicants.monotone.assign(applicants.monotone.size(), 0);
    const boosting::Forest forest = fit_rows(chance, applicants).forest;
    const auto of_booked = boosting::margins(forest, rows.rows.codes, rows.rows.rows(), threads_);
    const Bands bands = cut(of_booked, boosting::margins(forest, rejects_.codes, rejects_.rows(), threads_));
    std::vector<double> weight;
    for (std::size_t band = 0; band < bands.booked.size(); ++band)
      weight.push_back(bands.booked[band] == 0 ? 0
                                               : static_cast<double>(bands.booked[band] + bands.declined[band]) /
                                                     static_cast<double>(bands.booked[band]));
    for (const float margin : of_booked) rows.rows.weight.push_back(weight[bands.of(static_cast<double>(margin))]);
    report("reweighting", bands, "weight", weight);
  }

  /// Outcomes of declined rows drawn by band of PD.
  void parcel(ModelRows& rows) {
    const auto of_declined = boosting::margins(known_->forest, rejects_.codes, rejects_.rows(), threads_);
    const Bands bands =
        cut(boosting::margins(known_->forest, rows.rows.codes, rows.rows.rows(), threads_), of_declined);
    std::uint64_t booked = 0, bad = 0;
    for (std::size_t band = 0; band < bands.booked.size(); ++band) {
      booked += bands.booked[band];
      bad += bands.bad[band];
    }
    // One booked row at the rate of all is added to each band: a band without any has a rate too.
    const double all = static_cast<double>(bad) / static_cast<double>(booked);
    std::vector<double> rate;
    for (std::size_t band = 0; band < bands.booked.size(); ++band)
      rate.push_back(std::min(highest_pd, settings_.rejects.increase * (static_cast<double>(bands.bad[band]) + all) /
                                              (static_cast<double>(bands.booked[band]) + 1)));
    for (std::size_t i = 0; i < rejects_.rows(); ++i) {
      if (!learns(rejects_.part[i])) continue;
      const double u = parallel::to_unit_interval(parallel::random_bits(seed_, rejects_.id[i],
                                                                        parallel::purpose("models.reject.parcel"),
                                                                        static_cast<std::uint64_t>(rejects_.as_of[i])));
      const std::uint8_t label = u < rate[bands.of(static_cast<double>(of_declined[i]))] ? 1 : 0;
      append(rejects_, i, label, rows.inputs.size(), rows.rows);
    }
    report("parcelling", bands, "rate", rate);
  }

  /// Each declined row as bad with weight PD and as good with what is left.
  void spread(ModelRows& rows) {
    rows.rows.weight.assign(rows.rows.rows(), 1);
    const auto margins = boosting::margins(known_->forest, rejects_.codes, rejects_.rows(), threads_);
    for (std::size_t i = 0; i < rejects_.rows(); ++i) {
      if (!learns(rejects_.part[i])) continue;
      const double pd = std::min(highest_pd, settings_.rejects.increase * probability(settings_.link, margins[i]));
      for (const std::uint8_t label : {std::uint8_t{1}, std::uint8_t{0}}) {
        append(rejects_, i, label, rows.inputs.size(), rows.rows);
        rows.rows.weight.push_back(label == 1 ? pd : 1 - pd);
      }
    }
  }

  const boosting::CommunicatorSession& session_;
  const parallel::Communicator& comm_;
  const borrowers::Schema& schema_;
  const ModelSettings& settings_;
  const ModelRows& booked_;
  const RejectRows& rejects_;
  std::uint64_t seed_;
  int threads_;
  Log& log_;
  bool early_;
  std::optional<ModelFit> known_;
  json bands_ = json::object();
};

/// Collective. Declined rows by part.
json counts_of(const parallel::Communicator& comm, const RejectRows& rejects) {
  std::vector<std::uint64_t> counts(part_count);
  for (const Part part : rejects.part) ++counts[static_cast<std::size_t>(part)];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  json declined = json::object();
  for (std::size_t p = 0; p < part_count; ++p)
    if (counts[p] > 0) declined[std::string(name_of(static_cast<Part>(p)))] = counts[p];
  return declined;
}

}  // namespace

RejectFit fit_with_rejects(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                           const TrainSettings& train, const ModelSettings& settings, const ModelRows& booked,
                           std::uint64_t seed, int threads, Log& log) {
  const parallel::Communicator& comm = session.communicator();
  RejectRows rejects;
  parallel::together(comm, [&] {
    const Splitter splitter(train.split, book.schema(), seed);
    rejects = collect_reject_rows(comm, book, booked, splitter, settings.rejects.outcome);
  });
  RejectFit result;
  result.report = {{"method", std::string(name_of(settings.rejects.method))},
                   {"declined", counts_of(comm, rejects)},
                   {"increase", settings.rejects.increase}};
  if (!result.report["declined"].contains("train"))
    throw parallel::AgreedError(ExitCode::bad_data,
                                {fmt::format("model {} cannot learn from declined applicants", settings.name),
                                 "no training row accepted, was not booked and has no known default",
                                 "remove rejects, or check responded and booked in the book"});
  Inference inference(session, book.schema(), settings, booked, rejects, seed, threads, log);
  std::vector<RejectMethod> methods = settings.rejects.compare;
  if (std::ranges::find(methods, settings.rejects.method) == methods.end())
    methods.insert(methods.begin(), settings.rejects.method);
  result.report["comparison"] = json::array();
  for (const RejectMethod method : methods) {
    ModelFit fit = inference.fit(method);
    json entry = inference.judged(fit);
    entry["method"] = std::string(name_of(method));
    result.report["comparison"].push_back(std::move(entry));
    if (method == settings.rejects.method) result.fit = std::move(fit);
  }
  result.report["bands"] = inference.bands();
  return result;
}

}  // namespace proffer::models
