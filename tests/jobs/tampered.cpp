// tampered forgeries RUNDIR CHOICE_RUNDIR FOLDER: every forgery of a finished list, and of a choice for a bare problem,
// is found, as what it is. Each changes one thing in a copy of the run and makes checksums, digests and hashes fit
// again. tampered problem FILE: writes the problem that the choice is for.
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include "forged_run.hpp"
#include "foundation/error.hpp"
#include "parallel/random.hpp"
#include "verify/verify.hpp"

namespace {

using namespace proffer;
using forged::json;
using forged::Run;
namespace fs = std::filesystem;
using table_edit::File;

constexpr const char* list_path = "offers/offers.h5";
constexpr const char* scores_path = "scores/scores.h5";
constexpr const char* book_path = "books/population.h5";
constexpr const char* certificate_path = "offers/certificate.json";

struct Case {
  std::string name;
  std::string kind;  ///< of difference that must be among those found; "error 3" where the file cannot be read at all
  std::function<void(Run&)> change;
  bool sealed = true;
};

/// The first row with this decision.
std::size_t row_with(File& list, std::uint8_t code, std::size_t number = 0) {
  const auto codes = list["/decision/code"].as<std::uint8_t>();
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (codes[i] == code && number-- == 0) return i;
  throw std::logic_error("the run has no such decision: choose another config");
}

template <class T>
T& at(File& file, const std::string& path, std::size_t i) {
  return file[path].as<T>()[i];
}

float next(float value) {
  return std::nextafter(value, 2.0F);
}

/// A change of one row with a decision.
Case row(std::string name, std::string kind, std::uint8_t code, std::function<void(File&, std::size_t)> change) {
  return {std::move(name), std::move(kind), [code, change = std::move(change)](Run& run) {
            run.table(list_path, [&](File& list) { change(list, row_with(list, code)); });
          }};
}

Case certified(std::string name, std::string kind, std::function<void(json&)> change) {
  return {std::move(name), std::move(kind),
          [change = std::move(change)](Run& run) { run.object(certificate_path, change); }};
}

Case setting(std::string name, std::string kind, std::string path, std::string value) {
  return {std::move(name), std::move(kind),
          [path = std::move(path), value = std::move(value)](Run& run) { run.set(path, value); }};
}

Case scored(std::string name, std::string kind, std::function<void(File&)> change) {
  return {std::move(name), std::move(kind), [change = std::move(change)](Run& run) { run.table(scores_path, change); }};
}

std::size_t offers_of(File& list) {
  return list["/catalog/limit"].dims[0];
}

/// Row of the scores, offer and pair of the first borrower offered something.
std::size_t offered_pair(Run& run) {
  std::size_t pair = 0;
  File list = table_edit::load(run / list_path);
  const std::size_t i = row_with(list, 0);
  pair = i * offers_of(list) + static_cast<std::size_t>(at<std::int32_t>(list, "/decision/offer", i));
  return pair;
}

/// The row of the book of the first borrower offered something.
std::size_t offered_row_of_book(Run& run, File& book) {
  File list = table_edit::load(run / list_path);
  const std::uint64_t id = at<std::uint64_t>(list, "/borrower/id", row_with(list, 0));
  const auto ids = book["/borrower/id"].as<std::uint64_t>();
  return static_cast<std::size_t>(std::ranges::find(ids, id) - ids.begin());
}

void copy_offer(File& list, std::size_t from, std::size_t to) {
  for (auto& [path, data] : list.datasets) {
    if (!path.starts_with("/decision/") || path == "/decision/p_fraud") continue;
    const std::size_t width = data.bytes.size() / data.dims[0];
    std::copy_n(data.bytes.begin() + static_cast<std::ptrdiff_t>(from * width), width,
                data.bytes.begin() + static_cast<std::ptrdiff_t>(to * width));
  }
}

std::vector<Case> list_cases() {
  return {
      row("a value one cent higher", "value", 0,
          [](File& f, std::size_t i) { at<double>(f, "/decision/value", i) += 0.01; }),
      {"a value one cent higher, in list and scores", "value",
       [](Run& run) {
         const std::size_t pair = offered_pair(run);
         float value = 0;
         run.table(scores_path, [&](File& f) { value = at<float>(f, "/score/value", pair) += 0.01F; });
         run.table(list_path,
                   [&](File& f) { at<double>(f, "/decision/value", row_with(f, 0)) = static_cast<double>(value); });
       }},
      row("p_take one ulp higher", "p_take", 0,
          [](File& f, std::size_t i) {
            at<float>(f, "/decision/p_take", i) = next(at<float>(f, "/decision/p_take", i));
          }),
      row("p_default one ulp higher", "p_default", 0,
          [](File& f, std::size_t i) {
            at<float>(f, "/decision/p_default", i) = next(at<float>(f, "/decision/p_default", i));
          }),
      {"p_default one ulp higher, in list and scores", "p_default",
       [](Run& run) {
         const std::size_t pair = offered_pair(run);
         float pd = 0;
         run.table(scores_path, [&](File& f) {
           pd = at<float>(f, "/score/p_default", pair) = next(at<float>(f, "/score/p_default", pair));
         });
         run.table(list_path, [&](File& f) { at<float>(f, "/decision/p_default", row_with(f, 0)) = pd; });
       }},
      row("p_fraud of a declined borrower one ulp higher", "p_fraud", 2,
          [](File& f, std::size_t i) {
            at<float>(f, "/decision/p_fraud", i) = next(at<float>(f, "/decision/p_fraud", i));
          }),
      row("another rate than that of the offer", "apr", 0,
          [](File& f, std::size_t i) { at<float>(f, "/decision/apr", i) += 0.01F; }),
      row("another amount", "offered limit", 0,
          [](File& f, std::size_t i) { at<double>(f, "/decision/limit", i) += 1; }),
      row("another term", "term", 0, [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/term", i) += 1; }),
      row("another channel", "channel", 0,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/channel", i) ^= 1; }),
      row("another product", "product", 0,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/product", i) ^= 1; }),
      row("an offer that is not in the catalog", "offer", 0,
          [](File& f, std::size_t i) { at<std::int32_t>(f, "/decision/offer", i) = 200; }),
      row("an offer to a borrower whom the policy declines", "not eligible", 2,
          [](File& f, std::size_t i) { copy_offer(f, row_with(f, 0), i); }),
      {"one contact more than the budget", "limit broken",
       [](Run& run) {
         run.table(list_path, [](File& f) {
           for (std::size_t n = 0; n < 3; ++n) copy_offer(f, row_with(f, 0), row_with(f, 1));
         });
       }},
      {"an offer taken back, in list and counts", "limit use",
       [](Run& run) {
         run.table(list_path, [](File& f) { copy_offer(f, row_with(f, 1), row_with(f, 0)); });
         run.object(certificate_path, [](json& c) {
           c["offered"] = c["offered"].get<int>() - 1;
           c["decisions"]["offered"] = c["offered"];
           c["decisions"]["eligible_not_selected"] = c["decisions"]["eligible_not_selected"].get<int>() + 1;
         });
       }},
      row("eligible made a policy decline", "decision", 1,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 2; }),
      row("a policy decline made eligible", "decision", 2,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 1; }),
      row("a model decline made a policy decline", "decision", 3,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 2; }),
      row("an offered borrower said to be eligible", "decision", 0,
          [](File& f, std::size_t i) { at<std::uint8_t>(f, "/decision/code", i) = 1; }),
      row("a reason on an offered borrower", "reasons", 0,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i) = 2; }),
      row("a reason on an eligible borrower", "reasons", 1,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i + 3) = 0; }),
      row("a decline without its reason", "reasons", 2,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i) = 65535; }),
      row("a decline for another reason", "reasons", 2,
          [](File& f, std::size_t i) { at<std::uint16_t>(f, "/decision/reasons", 4 * i) ^= 1; }),
      row("another reduced value", "reduced value", 0,
          [](File& f, std::size_t i) { at<double>(f, "/decision/reduced_value", i) += 1e-6; }),
      row("another runner-up", "runner-up", 1,
          [](File& f, std::size_t i) { at<std::int32_t>(f, "/decision/runner_up", i) ^= 1; }),
      row("a runner-up worth more", "runner-up's reduced value", 1,
          [](File& f, std::size_t i) { at<double>(f, "/decision/runner_up_reduced_value", i) += 1e-6; }),
      {"a borrower missing", "borrower missing",
       [](Run& run) {
         run.table(list_path, [](File& f) {
           const std::size_t rows = f["/borrower/id"].rows();
           for (auto& [path, data] : f.datasets) {
             if (!data.texts.empty() || data.dims.empty() || data.dims[0] != rows) continue;
             data.bytes.resize(data.bytes.size() / rows * (rows - 1));
             data.dims[0] = rows - 1;
           }
         });
       }},
      row("a borrower twice, another not at all", "borrower listed twice", 2,
          [](File& f, std::size_t i) {
            at<std::uint64_t>(f, "/borrower/id", i) = at<std::uint64_t>(f, "/borrower/id", i + 1);
          }),
      row("somebody whom the book does not know", "borrower unknown", 1,
          [](File& f, std::size_t i) { at<std::uint64_t>(f, "/borrower/id", i) = 18'000'000'000'000'000'000U; }),
      row("two borrowers in another order", "order of borrowers", 1,
          [](File& f, std::size_t i) {
            std::swap(at<std::uint64_t>(f, "/borrower/id", i), at<std::uint64_t>(f, "/borrower/id", i + 1));
          }),
      {"two borrowers of one household", "borrower not to be decided",
       [](Run& run) {
         run.table(book_path, [&](File& book) {
           const std::size_t i = offered_row_of_book(run, book);
           at<std::uint64_t>(book, "/borrower/unit", i) = at<std::uint64_t>(book, "/borrower/unit", i == 0 ? 1 : i - 1);
         });
       }},
      {"not the latest row of a household", "borrower not to be decided",
       [](Run& run) {
         run.table(book_path, [](File& book) {
           const auto units = book["/borrower/unit"].as<std::uint64_t>();
           const auto ids = book["/borrower/id"].as<std::uint64_t>();
           std::map<std::uint64_t, std::size_t> first;
           for (std::size_t i = 0; i < units.size(); ++i) {
             const auto [other, is_new] = first.try_emplace(units[i], i);
             if (is_new) continue;
             const std::size_t not_decided = ids[other->second] < ids[i] ? i : other->second;
             at<std::int32_t>(book, "/borrower/as_of", not_decided) += 1;
             return;
           }
           throw std::logic_error("the run has no household of two");
         });
       }},
  };
}

std::vector<Case> certificate_cases() {
  const auto limit = [](json& c, std::size_t k) -> json& { return c["limits"][k]; };
  return {
      certified("use of a limit", "limit use",
                [=](json& c) { limit(c, 2)["use"] = limit(c, 2)["use"].get<double>() - 1; }),
      certified("slack", "limit slack",
                [=](json& c) { limit(c, 2)["slack"] = limit(c, 2)["slack"].get<double>() + 0.001; }),
      certified("a limit said not to hold", "limit holds", [=](json& c) { limit(c, 3)["holds"] = false; }),
      certified("a shadow price", "relaxed_bound",
                [](json& c) {
                  for (json& one : c["limits"])
                    if (one["shadow_price"] != 0.0) one["shadow_price"] = one["shadow_price"].get<double>() * 1.01;
                }),
      certified("a shadow price on the wrong side", "shadow price",
                [=](json& c) { limit(c, 4)["shadow_price"] = -0.001; }),
      certified("the gap understated", "gap", [](json& c) { c["gap"] = c["gap"].get<double>() / 2; }),
      certified("the bound below the value", "bound",
                [](json& c) {
                  c["bound"] = c["value"].get<double>() - 1;
                  c["gap"] = -1 / c["bound"].get<double>();
                }),
      certified("the bound above the relaxed one", "bound",
                [](json& c) {
                  c["bound"] = c["relaxed_bound"].get<double>() + 1;
                  c["gap"] = (c["bound"].get<double>() - c["value"].get<double>()) / c["bound"].get<double>();
                }),
      certified("the relaxed bound lowered", "relaxed_bound",
                [](json& c) {
                  c["relaxed_bound"] = c["bound"] = c["value"];
                  c["gap"] = 0.0;
                }),
      certified("the value rounded up", "certificate value",
                [](json& c) { c["value"] = c["value"].get<double>() + 0.01; }),
      certified("the planned value", "planned value", [](json& c) { c["planned_value"] = 1e6; }),
      certified("the honest value", "honest value", [](json& c) { c["honest_value"] = c["planned_value"]; }),
      certified("the honest ratio", "honest value",
                [](json& c) {
                  c["honest"]["ratio"] = c["honest"]["ratio"].get<double>() * 1.001;
                  c["honest_value"] = c["value"].get<double>() * c["honest"]["ratio"].get<double>();
                }),
      certified("no honest value", "honest value", [](json& c) { c.erase("honest_value"); }),
      certified("the basis relabelled", "limit basis", [=](json& c) { limit(c, 5)["basis"] = "quantile(0.99)"; }),
      certified("the measure relabelled", "limit measure", [=](json& c) { limit(c, 4)["measure"] = "amount"; }),
      certified("a limit renamed", "limit name", [=](json& c) { limit(c, 4)["name"] = "loss"; }),
      certified("the sense turned", "limit sense", [=](json& c) { limit(c, 8)["sense"] = "at_most"; }),
      certified("the probability of exceeding", "probability of exceeding",
                [=](json& c) { limit(c, 2)["probability_of_exceeding"] = 0.05; }),
      certified(
          "the standard deviation", "standard deviation",
          [=](json& c) { limit(c, 2)["standard_deviation"] = limit(c, 2)["standard_deviation"].get<double>() * 0.9; }),
      certified("the opening balance dropped", "opening balance", [=](json& c) { limit(c, 2)["opening"] = 0.0; }),
      certified("a limit loosened", "limit",
                [=](json& c) {
                  limit(c, 2)["limit"] = limit(c, 2)["limit"].get<double>() + 1000;
                  limit(c, 2)["slack"] = limit(c, 2)["limit"].get<double>() - limit(c, 2)["use"].get<double>();
                }),
      certified("a tolerance", "limit tolerance", [=](json& c) { limit(c, 2)["tolerance"] = 1.0; }),
      certified("a declared limit", "declared limit", [=](json& c) { limit(c, 7)["declared_limit"] = 1e5; }),
      certified("a limit left out", "limits", [](json& c) { c["limits"].erase(1); }),
      certified("a count of decisions", "count",
                [](json& c) { c["decisions"]["suppressed"] = 1 + c["decisions"]["suppressed"].get<int>(); }),
      certified("the number of borrowers", "count", [](json& c) { c["borrowers"] = 1; }),
      certified("another currency", "currency", [](json& c) { c["currency"] = "USD"; }),
      certified("no certificate", "error 3", [](json& c) { c.erase("bound"); }),
      setting("a gap that is not certified", "status", "combine.gap_tolerance", "-1"),
      setting("another opening balance", "limit", "combine.limits.2.opening", "0"),
      setting("another tightness of a quantile", "limit broken", "combine.limits.5.limit", "1"),
      setting("another common shock", "standard deviation", "combine.common_shock", "0.2"),
      setting("another segment of a limit", "limit use", "combine.limits.7.segment", "[north]"),
  };
}

std::vector<Case> source_cases() {
  return {
      setting("an affordability rule that the list breaks", "not eligible", "policy.affordability.share", "0.03"),
      setting("a rate cap that the list breaks", "not eligible", "policy.rules.2.apr_max", "0.01"),
      setting("a rate cap everywhere", "not eligible", "policy.apr_max", "0.2"),
      setting("a rule not yet in force", "scored reasons", "policy.rules.2.effective_from", "20260101"),
      setting("a maximum PD that the list breaks", "not eligible", "policy.maximum_pd", "0.05"),
      setting("a fraud gate that the list breaks", "not eligible", "policy.maximum_fraud", "0.01"),
      setting("more trials wanted", "not eligible", "policy.minimum_trials", "100000"),
      setting("older borrowers barred", "not eligible", "policy.rules.0.max", "45"),
      setting("a fee", "scored value", "catalog.products.personal_loan.origination_fee", "0.011"),
      setting("a fee's effective rate", "catalog", "catalog.products.card.annual_fee", "21"),
      setting("loss given default", "catalog", "catalog.products.card.lgd", "0.41"),
      setting("funding rate", "scored value", "economics.funding_rate", "0.0351"),
      setting("recovery lag", "scored value", "economics.recovery_lag_months", "10"),
      setting("seasoning", "scored value", "economics.seasoning", "[\"0.4\", \"0.8\", \"1.3\"]"),
      setting("prepayment", "scored value", "economics.prepayment_monthly", "[0.013]"),
      setting("capital charge", "scored value", "economics.capital.hurdle_rate", "0.11"),
      setting("cost of a contact", "catalog", "catalog.channels.mail.contact_cost", "0.8"),
      {"a suppressed borrower offered", "not eligible",
       [](Run& run) {
         File list = table_edit::load(run / list_path);
         const std::uint64_t id = at<std::uint64_t>(list, "/borrower/id", row_with(list, 0));
         run.write("suppressed.txt", "id\n" + std::to_string(id) + "\n");
         for (json& input : run.manifest["inputs"])
           if (input["name"] == "policy.suppression") input["path"] = (run / "suppressed.txt").string();
       }},
      {"a suppressed borrower's id dropped", "decision",
       [](Run& run) {
         run.write("suppressed.txt", "id\n");
         for (json& input : run.manifest["inputs"])
           if (input["name"] == "policy.suppression") input["path"] = (run / "suppressed.txt").string();
       }},
      {"a leaf of a model", "p_take",
       [](Run& run) {
         run.object("models/response.json", [](json& model) {
           for (json& leaf : model["forest"]["trees"][0]["leaf"]) leaf = leaf.get<float>() * 1.01F;
         });
       }},
      {"a leaf of a second opinion", "honest value",
       [](Run& run) {
         run.object("models/default.json", [](json& model) {
           for (json& leaf : model["second_opinion"]["forest"]["trees"][0]["leaf"]) leaf = leaf.get<float>() + 0.2F;
         });
       }},
      {"a split of the exported model", "exported model",
       [](Run& run) {
         run.object("models/fraud.xgboost.json", [](json& model) {
           auto& tree = model["learner"]["gradient_booster"]["model"]["trees"][0];
           tree["split_conditions"][0] = tree["split_conditions"][0].get<float>() + 1.0F;
         });
       }},
      {"another link of a model", "p_take",
       [](Run& run) { run.object("models/response.json", [](json& model) { model["link"] = "probit"; }); }},
      {"trials of a model", "not eligible",
       [](Run& run) {
         run.object("models/response.json", [](json& model) {
           for (json& cell : model["trials"]) cell[4] = 0;
         });
       }},
      {"a model with a node that points nowhere", "error 3",
       [](Run& run) {
         run.object("models/default.json", [](json& model) { model["forest"]["trees"][0]["left"][0] = 9999; });
       }},
      {"a feature of an offered borrower", "p_take",
       [](Run& run) {
         run.table(book_path, [&](File& book) {
           const std::size_t i = offered_row_of_book(run, book), columns = book["/borrower/features"].dims[1];
           for (std::size_t c = 0; c < columns; ++c) at<float>(book, "/borrower/features", i * columns + c) += 1.0F;
         });
       }},
      {"an instalment of an offered borrower", "not eligible",
       [](Run& run) {
         run.table(book_path, [](File& book) {
           for (double& instalment : book["/accounts/instalment"].as<double>()) instalment += 1e6;
         });
       }},
      {"labels of segments in another order", "limit use",
       [](Run& run) {
         run.table(book_path, [&](File& book) {
           auto& names = book["/schema/name"].texts;
           const auto region = static_cast<std::size_t>(std::ranges::find(names, "region") - names.begin());
           json labels = json::parse(book["/schema/dictionary"].texts[region]);
           std::swap(labels[0], labels[1]);
           book["/schema/dictionary"].texts[region] = labels.dump();
         });
       }},
      scored("a reason left out of the scores", "scored reasons",
             [](File& f) {
               for (std::uint32_t& bits : f["/score/reason"].as<std::uint32_t>()) bits &= ~std::uint32_t{4};
             }),
      scored("a scored p_take", "scored p_take", [](File& f) { at<float>(f, "/score/p_take", 5) = 0.5F; }),
      scored("a scored p_default", "scored p_default",
             [](File& f) { at<float>(f, "/score/p_default", 7) = next(at<float>(f, "/score/p_default", 7)); }),
      scored("a scored value that is no number", "scored value",
             [](File& f) { at<float>(f, "/score/value", 3) = std::nanf(""); }),
      scored("a scored segment", "scored segment", [](File& f) { at<std::uint8_t>(f, "/score/segment", 1) ^= 1; }),
      scored("a scored borrower", "scored borrower", [](File& f) { at<std::uint64_t>(f, "/borrower/id", 1) += 1; }),
      scored("a catalog of the scores", "catalog", [](File& f) { at<double>(f, "/catalog/lgd", 0) = 0.5; }),
      {"a catalog of the list", "catalog",
       [](Run& run) { run.table(list_path, [](File& f) { at<double>(f, "/catalog/contact_cost", 0) = 0.5; }); }},
      {"names of decisions", "schema",
       [](Run& run) {
         run.table(list_path,
                   [](File& f) { std::swap(f["/schema/decisions"].texts[1], f["/schema/decisions"].texts[2]); });
       }},
      {"a cell of the CSV", "offers.csv",
       [](Run& run) { run.text("offers/offers.csv", [](std::string& text) { text[text.size() / 2] ^= 1; }); }},
      {"a line left out of the CSV", "offers.csv",
       [](Run& run) {
         run.text("offers/offers.csv", [](std::string& text) { text.resize(text.rfind('\n', text.size() - 2) + 1); });
       }},
      {"a line added to the CSV", "offers.csv",
       [](Run& run) { run.text("offers/offers.csv", [](std::string& text) { text += "1,offered\n"; }); }},
      {"a setting, with the hash left as it was", "config_hash",
       [](Run& run) {
         run.set("train.models.response.rounds", "99");
         run.write("manifest.json", run.manifest.dump());
       },
       false},
      {"a byte of the list's file", "digest",
       [](Run& run) { run.table(list_path, [](File& f) { at<double>(f, "/decision/value", 0) += 1; }); }, false},
      {"a byte of the list, checksums left as they were", "error 3",
       [](Run& run) {
         File list = table_edit::load(run / list_path);
         const auto values = list["/decision/reduced_value"].as<double>();
         run.text(list_path, [&](std::string& text) {
           const std::string_view bytes(reinterpret_cast<const char*>(values.data()), 4096);
           text.at(text.find(bytes) + 100) ^= 1;
         });
       }},
  };
}

std::vector<Case> choice_cases() {
  const auto choice = [](std::string name, std::string kind, std::function<void(File&)> change) {
    return Case{std::move(name), std::move(kind),
                [change = std::move(change)](Run& run) { run.table("offers/choice.h5", change); }};
  };
  const auto made = [](File& f, bool chosen) -> std::int32_t& {
    for (std::int32_t& c : f["/choice"].as<std::int32_t>())
      if ((c >= 0) == chosen) return c;
    throw std::logic_error("everybody or nobody is chosen");
  };
  return {
      choice("a choice taken back", "certificate value", [=](File& f) { made(f, true) = -1; }),
      choice("a choice more", "limit use", [=](File& f) { made(f, false) = 0; }),
      choice("choices for everybody", "limit broken",
             [](File& f) {
               for (std::int32_t& c : f["/choice"].as<std::int32_t>()) c = 0;
             }),
      choice("an offer that is not there", "choice", [=](File& f) { made(f, true) = 99; }),
      choice("somebody else's id", "id", [](File& f) { at<std::uint64_t>(f, "/id", 3) += 7; }),
      choice("ineligible offers", "not eligible",
             [](File& f) {
               for (std::int32_t& c : f["/choice"].as<std::int32_t>()) c = 1;
             }),
      certified("use of a limit", "limit use", [](json& c) { c["limits"][0]["use"] = 1.0; }),
      certified("a limit", "limit", [](json& c) { c["limits"][1]["limit"] = 1000.0; }),
      certified("a shadow price", "relaxed_bound", [](json& c) { c["limits"][0]["shadow_price"] = 10.0; }),
      certified("the gap", "gap", [](json& c) { c["gap"] = 0.5; }),
      certified("a limit left out", "error 3", [](json& c) { c["limits"].erase(0); }),
      certified("the status", "status", [](json& c) { c["status"] = "feasible"; }),
  };
}

/// What verify says of the run: kinds are looked up in it.
bool found(const Case& one, const fs::path& folder) {
  Log silent({.speaks = false});
  std::string said;
  try {
    const verify::Report report = verify::verify(parallel::self(), folder, {}, silent);
    if (report.findings.count(one.kind) > 0) return true;
    said = report.findings.empty() ? "all agrees" : report.findings.text();
  } catch (const Error& error) {
    said = "error " + std::to_string(static_cast<int>(error.code()));
    if (said == one.kind) return true;
    said += std::string(": ") + error.what();
  }
  std::fprintf(stderr, "FAILED: %s: no '%s' but\n%s\n", one.name.c_str(), one.kind.c_str(),
               said.substr(0, 2000).c_str());
  return false;
}

int try_all(const std::vector<Case>& cases, const fs::path& good, const fs::path& folder) {
  int failures = 0;
  for (const Case& one : cases) {
    Run run(good, folder / "forged");
    one.change(run);
    if (one.sealed) run.seal();
    failures += found(one, run.folder()) ? 0 : 1;
  }
  return failures;
}

/// Copied and sealed again, nothing changed: nothing may be found, whether all pairs are rescored or only some.
int try_unchanged(const fs::path& good, const fs::path& folder) {
  Run run(good, folder / "forged");
  run.seal();
  Log silent({.speaks = false});
  int failures = 0;
  for (const verify::Options& options : {verify::Options{}, verify::Options{.full = false, .pairs = 2000}}) {
    const verify::Report report = verify::verify(parallel::self(), run.folder(), options, silent);
    if (report.findings.empty()) continue;
    std::fprintf(stderr, "FAILED: the unchanged run: %s\n", report.findings.text().c_str());
    ++failures;
  }
  return failures;
}

/// Sixty rows, four offers, a limit of each sense; every seventh pair may not be chosen.
void write_problem(const fs::path& path) {
  constexpr std::uint64_t rows = 60, offers = 4;
  std::vector<double> value, use(3 * rows * offers);
  std::vector<std::uint64_t> id;
  std::vector<std::uint8_t> eligible;
  for (std::uint64_t i = 0; i < rows; ++i) {
    id.push_back(1000 + (i * 37) % rows);
    for (std::uint64_t j = 0; j < offers; ++j) {
      const std::uint64_t pair = i * offers + j;
      const auto between = [pair](const char* what, double low, double high) {
        return low + (high - low) * parallel::to_unit_interval(parallel::random_bits(7, pair, parallel::purpose(what)));
      };
      value.push_back(between("value", 1, 10));
      use[pair] = between("use", 1, 5);
      use[rows * offers + pair] = 1;
      use[2 * rows * offers + pair] = between("other use", 0, 2);
      eligible.push_back(pair % 7 == 3 ? 0 : 1);
    }
  }
  File file;
  file.attributes = {{"format", "proffer-allocation"}, {"format_version", "1.0"}};
  file.datasets["/id"] = table_edit::dataset(id, {rows});
  file.datasets["/value"] = table_edit::dataset(value, {rows, offers});
  file.datasets["/use"] = table_edit::dataset(use, {3, rows, offers});
  file.datasets["/eligible"] = table_edit::dataset(eligible, {rows, offers});
  file.datasets["/limit"] = table_edit::dataset<double>({60, 25, 12}, {3});
  file.datasets["/sense"] = table_edit::dataset<std::uint8_t>({0, 0, 1}, {3});
  table_edit::save(std::move(file), path);
}

int try_forgeries(const fs::path& list, const fs::path& choice, const fs::path& folder) {
  int failures = try_unchanged(list, folder) + try_unchanged(choice, folder);
  std::size_t count = 0;
  for (const auto& cases : {list_cases(), certificate_cases(), source_cases()}) {
    failures += try_all(cases, list, folder);
    count += cases.size();
  }
  const auto choices = choice_cases();
  failures += try_all(choices, choice, folder);
  std::printf("%zu forgeries tried\n", count + choices.size());
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  parallel::Session session(argc, argv);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "problem") {
    write_problem(words[1]);
    return 0;
  }
  if (words.size() == 3 && words[0] == "unchanged") return try_unchanged(words[1], words[2]);
  if (words.size() == 4 && words[0] == "forgeries") return try_forgeries(words[1], words[2], words[3]);
  std::fprintf(stderr,
               "usage: tampered problem FILE | tampered unchanged RUNDIR FOLDER | tampered forgeries RUNDIR "
               "CHOICE_RUNDIR FOLDER\n");
  return 2;
}
