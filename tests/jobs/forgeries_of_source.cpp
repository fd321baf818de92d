#include "forgeries.hpp"

namespace forged {

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

}  // namespace forged
