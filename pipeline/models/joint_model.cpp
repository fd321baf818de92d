#include "models/joint_model.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "foundation/error.hpp"
#include "models/joint_settings.hpp"

namespace proffer::models {

void to_json(nlohmann::json& json, const JointModel& joint) {
  json = {
      {"rho", joint.rho}, {"response", joint.response}, {"excluded", joint.excluded}, {"identified", joint.identified}};
}

void from_json(const nlohmann::json& json, JointModel& joint) {
  joint.rho = json.at("rho");
  joint.response = json.at("response");
  joint.excluded = json.at("excluded").get<std::vector<std::string>>();
  joint.identified = json.at("identified");
  if (!(std::fabs(joint.rho) <= largest_correlation))
    throw DataError({"a joint model has a correlation out of bounds", "it lies between -0.95 and 0.95", "train again"});
}

}  // namespace proffer::models
