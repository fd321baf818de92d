#include "verify/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "foundation/error.hpp"
#include "statistics/logistic.hpp"
#include "statistics/normal.hpp"
#include "storage/publish.hpp"

namespace proffer::verify {
namespace {

using nlohmann::json;

constexpr float infinite = std::numeric_limits<float>::infinity();

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw DataError({path.string() + " cannot be read as a model", why, "restore it, or train again"});
}

/// Code c of a value is the number of cuts that are not above it: "code < c" is "value < cut number c".
float threshold(int split_code, const std::vector<float>& cuts) {
  if (split_code == 0) return -infinite;
  const auto place = static_cast<std::size_t>(split_code - 1);
  return place < cuts.size() ? cuts[place] : infinite;
}

void check_walkable(const std::vector<Node>& tree, std::size_t inputs, const std::filesystem::path& path) {
  const auto size = static_cast<std::int32_t>(tree.size());
  if (tree.empty()) refuse(path, "a tree has no nodes");
  for (std::int32_t i = 0; i < size; ++i) {
    const Node& node = tree[static_cast<std::size_t>(i)];
    if (node.left < 0) continue;
    if (std::min(node.left, node.right) <= i || std::max(node.left, node.right) >= size || node.input >= inputs)
      refuse(path, "a node points outside its tree");
  }
}

Trees read_trees(const json& forest, const std::vector<std::vector<float>>& cuts, const std::filesystem::path& path) {
  Trees trees;
  trees.base = forest.at("base_margin");
  for (const json& tree : forest.at("trees")) {
    std::vector<Node> nodes(tree.at("left").size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Node& node = nodes[i];
      node.left = tree.at("left").at(i);
      node.right = tree.at("right").at(i);
      node.input = tree.at("feature").at(i);
      node.missing_left = tree.at("default_left").at(i) != 0;
      node.leaf = tree.at("leaf").at(i);
      if (node.left >= 0 && node.input < cuts.size())
        node.below = threshold(tree.at("split_code").at(i), cuts[node.input]);
    }
    check_walkable(nodes, cuts.size(), path);
    trees.trees.push_back(std::move(nodes));
  }
  return trees;
}

/// A part that is not known might change what the model says.
void refuse_unknown_parts(const std::filesystem::path& path, const json& file) {
  static const std::vector<std::string> known{
      "format",      "format_version", "name",           "target",   "link",     "horizon_months",
      "features",    "dictionaries",   "offer_terms",    "products", "channels", "bins",
      "calibration", "forest",         "second_opinion", "trials",   "training", "joint"};
  for (const auto& [name, part] : file.items())
    if (std::ranges::find(known, name) == known.end())
      throw DataError({fmt::format("{} has the part '{}'", path.string(), name),
                       "verify does not know how to recompute such a model", "use the proffer version that made it"});
}

CalibrationMap read_calibration(const json& file, const std::filesystem::path& path) {
  CalibrationMap map;
  map.method = file.at("method");
  map.shift = file.at("shift");
  map.slope = file.value("slope", 1.0);
  map.slope_no = file.value("slope_no", 1.0);
  map.intercept = file.value("intercept", 0.0);
  if (map.method == "isotonic")
    for (const json& knot : file.at("knots")) map.knots.emplace_back(knot.at(0), knot.at(1));
  static const std::vector<std::string> methods{"none", "platt", "beta", "isotonic"};
  if (std::ranges::find(methods, map.method) == methods.end() || (map.method == "isotonic" && map.knots.empty()))
    refuse(path, "its calibration is of an unknown kind");
  return map;
}

std::vector<Trial> read_trials(const json& cells, const std::vector<std::string>& products) {
  std::vector<Trial> trials;
  for (const json& cell : cells) {
    const std::size_t product = cell.at(0);
    if (product < products.size()) trials.push_back({products[product], cell.at(1), cell.at(2), cell.at(4)});
  }
  return trials;
}

/// A number of XGBoost's JSON, which may say Infinity.
std::string without_infinities(std::string text) {
  for (std::size_t at = 0; (at = text.find("Infinity", at)) != std::string::npos;) text.replace(at, 8, "9e99");
  return text;
}
float as_float(const json& number) {
  const double value = number.get<double>();
  if (std::abs(value) > 1e90) return value > 0 ? infinite : -infinite;
  return static_cast<float>(value);
}

float missing() {
  return std::numeric_limits<float>::quiet_NaN();
}

float code_in(const std::vector<std::string>& labels, const std::string& label) {
  const auto found = std::ranges::find(labels, label);
  return found == labels.end() ? missing() : static_cast<float>(found - labels.begin());
}

std::vector<float> terms_of(const ModelFile& model, const Catalog& catalog, const Offer& offer) {
  std::vector<float> values;
  for (const std::string& term : model.terms) {
    if (term == "product") values.push_back(code_in(model.products, catalog.product_of(offer).name));
    if (term == "channel") values.push_back(code_in(model.channels, catalog.channels[offer.channel]));
    if (term == "limit") values.push_back(static_cast<float>(offer.limit));
    if (term == "apr" || term == "contract_apr") values.push_back(static_cast<float>(offer.asked_apr));
    if (term == "term") values.push_back(static_cast<float>(offer.term));
  }
  return values;
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

}  // namespace

float Trees::margin(std::span<const float> inputs) const {
  float sum = base;
  for (const std::vector<Node>& tree : trees) {
    const Node* node = tree.data();
    while (node->left >= 0) {
      const float value = inputs[node->input];
      const bool left = std::isnan(value) ? node->missing_left : value < node->below;
      node = tree.data() + (left ? node->left : node->right);
    }
    sum += node->leaf;
  }
  return sum;
}

double CalibrationMap::of(double log_odds) const {
  if (method == "none") return statistics::sigmoid(log_odds + shift);
  if (method == "platt") return statistics::sigmoid(slope * log_odds + intercept + shift);
  if (method == "beta") {
    const double log_yes = -statistics::log1pexp(-log_odds), minus_log_no = statistics::log1pexp(log_odds);
    return statistics::sigmoid(slope * log_yes + slope_no * minus_log_no + intercept + shift);
  }
  std::size_t above = 0;
  while (above < knots.size() && knots[above].first <= log_odds) ++above;
  double p = above == 0 ? knots.front().second : knots.back().second;
  if (above > 0 && above < knots.size()) {
    const auto& [left, low] = knots[above - 1];
    const auto& [right, high] = knots[above];
    p = low + (log_odds - left) / (right - left) * (high - low);
  }
  return shift == 0 ? p : statistics::sigmoid(statistics::logit(p) + shift);
}

double ModelFile::log_odds(float margin) const {
  const auto m = static_cast<double>(margin);
  return link == "probit" ? statistics::log_normal_cdf(m) - statistics::log_normal_cdf(-m) : m;
}

double ModelFile::probability(float margin) const {
  if (calibration) return calibration->of(log_odds(margin));
  const auto m = static_cast<double>(margin);
  return link == "probit" ? statistics::normal_cdf(m) : 1.0 / (1.0 + std::exp(-m));
}

double ModelFile::second_probability(float margin) const {
  return 1.0 / (1.0 + std::exp(-(second_intercept + log_odds(margin))));
}

ModelFile read_model(const std::filesystem::path& path) {
  ModelFile model;
  try {
    const json file = json::parse(storage::read_text_file(path));
    if (file.at("format") != "proffer-model" || !file.at("format_version").get<std::string>().starts_with("1."))
      refuse(path, "it is of another format or version");
    refuse_unknown_parts(path, file);
    model.link = file.at("link");
    model.horizon_months = file.at("horizon_months");
    model.features = file.at("features").get<std::vector<std::string>>();
    model.terms = file.at("offer_terms").get<std::vector<std::string>>();
    model.products = file.at("products").get<std::vector<std::string>>();
    model.channels = file.at("channels").get<std::vector<std::string>>();
    model.dictionaries = file.at("dictionaries").get<std::vector<std::vector<std::string>>>();
    const auto cuts = file.at("bins").at("cuts").get<std::vector<std::vector<float>>>();
    if (cuts.size() != model.features.size() + model.terms.size() || model.dictionaries.size() != model.features.size())
      refuse(path, "bins and inputs do not fit together");
    model.trees = read_trees(file.at("forest"), cuts, path);
    if (file.contains("calibration")) model.calibration = read_calibration(file.at("calibration"), path);
    if (file.contains("second_opinion")) {
      model.second = read_trees(file.at("second_opinion").at("forest"), cuts, path);
      model.second_intercept = file.at("second_opinion").at("intercept");
    }
    if (file.contains("joint")) model.rho = file.at("joint").at("rho").get<double>();
    model.trials = read_trials(file.at("trials"), model.products);
  } catch (const json::exception& error) {
    refuse(path, error.what());
  }
  return model;
}

void check_export(const std::filesystem::path& model_path, const ModelFile& model, Findings& findings) {
  std::filesystem::path path = model_path;
  path.replace_extension(".xgboost.json");
  if (!std::filesystem::exists(path)) return;
  const auto differs = [&](std::size_t tree, std::size_t node, float there, float wanted) {
    findings.add("exported model", fmt::format("{} tree {} node {}", path.string(), tree, node), shown(there),
                 shown(wanted));
  };
  try {
    const json learner = json::parse(without_infinities(storage::read_text_file(path))).at("learner");
    const json& trees = learner.at("gradient_booster").at("model").at("trees");
    const float base = std::stof(learner.at("learner_model_param").at("base_score").get<std::string>());
    if (base != model.trees.base)
      findings.add("exported model", path.string() + " base_score", shown(base), shown(model.trees.base));
    if (trees.size() != model.trees.trees.size()) {
      findings.add("exported model", path.string(), fmt::format("{} trees", trees.size()),
                   fmt::format("{} trees", model.trees.trees.size()));
      return;
    }
    for (std::size_t t = 0; t < trees.size(); ++t)
      for (std::size_t i = 0; i < model.trees.trees[t].size(); ++i) {
        const Node& node = model.trees.trees[t][i];
        const float there = as_float(trees[t].at("split_conditions").at(i));
        const bool split = node.left >= 0;
        if (there != (split ? node.below : node.leaf)) differs(t, i, there, split ? node.below : node.leaf);
        if (trees[t].at("left_children").at(i) != node.left)
          differs(t, i, trees[t].at("left_children").at(i), static_cast<float>(node.left));
        if (split && trees[t].at("split_indices").at(i) != node.input)
          differs(t, i, trees[t].at("split_indices").at(i), static_cast<float>(node.input));
        if (split && (trees[t].at("default_left").at(i) != 0) != node.missing_left)
          differs(t, i, node.missing_left ? 0.0F : 1.0F, node.missing_left ? 1.0F : 0.0F);
      }
  } catch (const json::exception& error) {
    refuse(path, error.what());
  } catch (const std::logic_error& error) {
    refuse(path, error.what());
  }
}

ModelOnBook::ModelOnBook(ModelFile model, const borrowers::Schema& schema, const Catalog& catalog)
    : model_(std::move(model)) {
  for (std::size_t f = 0; f < model_.features.size(); ++f) {
    columns_.push_back(schema.index_of(model_.features[f], "model"));
    const std::vector<std::string>& labels = schema.columns[columns_.back()].dictionary;
    code_of_book_code_.emplace_back();
    if (labels == model_.dictionaries[f]) continue;
    for (const std::string& label : labels) code_of_book_code_.back().push_back(code_in(model_.dictionaries[f], label));
    if (labels.empty()) code_of_book_code_.back().push_back(missing());
  }
  for (const Offer& offer : catalog.offers) {
    terms_.push_back(terms_of(model_, catalog, offer));
    std::size_t first = 0;
    while (!same(terms_[first], terms_.back())) ++first;
    first_alike_.push_back(first);
  }
  if (model_.rho) of_takers_ = std::make_shared<const statistics::ConditionalQuantileTable>(*model_.rho);
}

std::vector<float> ModelOnBook::inputs_of(std::span<const float> row) const {
  std::vector<float> inputs;
  for (std::size_t f = 0; f < columns_.size(); ++f) {
    const float value = row[columns_[f]];
    const std::vector<float>& codes = code_of_book_code_[f];
    if (codes.empty())
      inputs.push_back(value);
    else
      inputs.push_back(value >= 0 && value < static_cast<float>(codes.size()) ? codes[static_cast<std::size_t>(value)]
                                                                              : missing());
  }
  return inputs;
}

float ModelOnBook::margin(std::vector<float>& inputs, std::size_t offer, bool second) const {
  inputs.resize(columns_.size() + model_.terms.size());
  std::ranges::copy(terms_[offer], inputs.begin() + static_cast<std::ptrdiff_t>(columns_.size()));
  return second ? model_.second->margin(inputs) : model_.trees.margin(inputs);
}

std::vector<float> ModelOnBook::take_up(std::span<const float> row, std::optional<std::size_t> only,
                                        bool second) const {
  std::vector<float> inputs = inputs_of(row), f(terms_.size());
  const std::size_t begin = only.value_or(0), end = only ? *only + 1 : terms_.size();
  for (std::size_t j = begin; j < end; ++j) {
    f[j] = margin(inputs, j, second);
    if (!second) continue;  // the level of a second opinion is moved on the scale of log-odds
    const auto p = static_cast<double>(static_cast<float>(model_.second_probability(f[j])));
    f[j] = static_cast<float>(statistics::normal_quantile(std::clamp(p, 1e-15, 1 - 1e-15)));
  }
  return f;
}

void ModelOnBook::probabilities(std::span<const float> row, std::optional<std::size_t> only, bool second,
                                std::vector<float>& out, const ModelOnBook* response) const {
  std::vector<float> inputs = inputs_of(row), f;
  if (of_takers_) f = response->take_up(row, only, second);
  out.resize(terms_.size());
  const std::size_t begin = only.value_or(0), end = only ? *only + 1 : terms_.size();
  for (std::size_t j = begin; j < end; ++j) {
    if (!only && !of_takers_ && first_alike_[j] < j) {
      out[j] = out[first_alike_[j]];
      continue;
    }
    float here = margin(inputs, j, second);
    if (of_takers_) here = static_cast<float>((*of_takers_)(static_cast<double>(f[j]), static_cast<double>(here)));
    out[j] = static_cast<float>(second ? model_.second_probability(here) : model_.probability(here));
  }
}

}  // namespace proffer::verify
