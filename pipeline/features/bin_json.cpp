#include <cmath>
#include <nlohmann/json.hpp>

#include "features/binning.hpp"
#include "foundation/error.hpp"

namespace proffer::features {
namespace {
[[noreturn]] void refuse(const std::string& why) {
  throw DataError({"the model file's bins cannot be read", why, "take a model file that proffer wrote"});
}
}  // namespace

void to_json(nlohmann::json& json, const BinTable& table) {
  // A float widened to double is written so that it reads back as the same double, hence as the same float.
  json = nlohmann::json{{"names", table.names}, {"cuts", table.cuts}};
}

void from_json(const nlohmann::json& json, BinTable& table) {
  try {
    table.names = json.at("names").get<std::vector<std::string>>();
    table.cuts = json.at("cuts").get<std::vector<std::vector<float>>>();
  } catch (const nlohmann::json::exception& error) {
    refuse(error.what());
  }
  if (table.names.size() != table.cuts.size()) refuse("features and lists of cuts differ in number");
  for (const auto& cuts : table.cuts) {
    if (cuts.size() >= max_bins) refuse("more than 254 cuts");
    for (std::size_t i = 0; i < cuts.size(); ++i)
      if (!std::isfinite(cuts[i]) || (i > 0 && !(cuts[i - 1] < cuts[i]))) refuse("cuts are not finite and ascending");
  }
}

}  // namespace proffer::features
