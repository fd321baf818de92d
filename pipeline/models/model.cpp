#include "models/model.hpp"

#include <fmt/format.h>

#include <cmath>

#include "foundation/error.hpp"
#include "statistics/normal.hpp"
#include "storage/publish.hpp"

namespace proffer::models {
namespace {

constexpr int major = 1;
constexpr const char* version = "1.0";

nlohmann::json trials_json(const std::vector<Trials>& trials) {
  nlohmann::json json = nlohmann::json::array();
  for (const Trials& cell : trials) json.push_back({cell.product, cell.limit, cell.apr, cell.term, cell.count});
  return json;
}

std::vector<Trials> trials_from(const nlohmann::json& json) {
  std::vector<Trials> trials;
  for (const auto& cell : json)
    trials.push_back({cell.at(0).get<std::uint8_t>(), cell.at(1).get<double>(), cell.at(2).get<float>(),
                      cell.at(3).get<std::uint16_t>(), cell.at(4).get<std::uint64_t>()});
  return trials;
}

void check_version(const nlohmann::json& json, std::string_view file) {
  if (json.value("format", "") != "proffer-model")
    throw DataError(
        {fmt::format("{} is not a model", file), "its format is not proffer-model", "name a file that train wrote"});
  const std::string text = json.value("format_version", "");
  if (std::atoi(text.c_str()) != major)
    throw DataError({fmt::format("{} has format version {}", file, text), fmt::format("this program reads {}.x", major),
                     "use the proffer version that wrote it"});
}

}  // namespace

Probability probability(Link link, float margin) {
  const auto m = static_cast<double>(margin);
  return link == Link::probit ? statistics::normal_cdf(m) : 1.0 / (1.0 + std::exp(-m));
}

Probability probability(Link link, const std::optional<Calibration>& calibration, float margin) {
  return calibration ? calibration->apply(log_odds(link, margin)) : probability(link, margin);
}

Probability probability(Link link, const SecondOpinion& second, float margin) {
  return 1.0 / (1.0 + std::exp(-(second.intercept + log_odds(link, margin))));
}

double log_odds(Link link, float margin) {
  const auto m = static_cast<double>(margin);
  return link == Link::probit ? statistics::log_normal_cdf(m) - statistics::log_normal_cdf(-m) : m;
}

std::string as_text(const Model& model) {
  nlohmann::json terms = nlohmann::json::array();
  for (Term term : model.offer_terms) terms.push_back(std::string(name_of(term)));
  nlohmann::json json = {{"format", "proffer-model"},
                         {"format_version", version},
                         {"name", model.name},
                         {"target", std::string(name_of(model.target))},
                         {"link", std::string(name_of(model.link))},
                         {"horizon_months", model.horizon_months},
                         {"features", model.features},
                         {"dictionaries", model.dictionaries},
                         {"offer_terms", terms},
                         {"products", model.products},
                         {"channels", model.channels},
                         {"bins", model.bins},
                         {"forest", model.forest},
                         {"trials", trials_json(model.trials)},
                         {"training", model.training}};
  if (model.calibration) json["calibration"] = *model.calibration;
  if (model.second) json["second_opinion"] = {{"forest", model.second->forest}, {"intercept", model.second->intercept}};
  if (model.joint) json["joint"] = *model.joint;
  return json.dump() + "\n";
}

Model model_from_text(std::string_view text, std::string_view file) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    check_version(json, file);
    Model model;
    model.name = json.at("name");
    model.target = target_of(json.at("target").get<std::string>());
    model.link = link_of(json.at("link").get<std::string>());
    model.horizon_months = json.at("horizon_months");
    model.features = json.at("features").get<std::vector<std::string>>();
    model.dictionaries = json.at("dictionaries").get<std::vector<std::vector<std::string>>>();
    for (const auto& term : json.at("offer_terms")) model.offer_terms.push_back(term_of(term.get<std::string>()));
    model.products = json.at("products").get<std::vector<std::string>>();
    model.channels = json.at("channels").get<std::vector<std::string>>();
    model.bins = json.at("bins").get<features::BinTable>();
    model.forest = json.at("forest").get<boosting::Forest>();
    if (json.contains("calibration")) model.calibration = json["calibration"].get<Calibration>();
    if (json.contains("second_opinion")) {
      const nlohmann::json& second = json["second_opinion"];
      model.second = SecondOpinion{second.at("forest").get<boosting::Forest>(), second.at("intercept").get<double>()};
    }
    if (json.contains("joint")) model.joint = json["joint"].get<JointModel>();
    model.trials = trials_from(json.at("trials"));
    model.training = json.at("training");
    if (model.bins.features() != model.inputs() || model.dictionaries.size() != model.features.size() ||
        model.forest.features != model.inputs() || (model.second && model.second->forest.features != model.inputs()))
      throw DataError(
          {fmt::format("{} is damaged", file), "bins, forest and inputs do not fit together", "train again"});
    return model;
  } catch (const nlohmann::json::exception& error) {
    throw DataError({fmt::format("{} cannot be read as a model", file), error.what(), "train again"});
  } catch (const std::logic_error& error) {
    throw DataError({fmt::format("{} cannot be read as a model", file), error.what(), "train again"});
  }
}

Model read_model_file(const std::filesystem::path& path) {
  return model_from_text(storage::read_text_file(path), path.string());
}

}  // namespace proffer::models
