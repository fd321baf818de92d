// What a joint default model adds to a model, and PD of an offer from it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace proffer::models {

/// The model's margin is then g: Φ(g) is the PD of everyone, Φ₂(f, g; ρ)/Φ(f) that of those who take the offer, with f
/// the margin of the response model.
struct JointModel {
  double rho = 0;
  std::string response;               ///< name of the response model
  std::vector<std::string> excluded;  ///< its inputs that do not move default
  bool identified = false;            ///< whether offers were drawn at random; else prices and ρ rest on assumptions
};

void to_json(nlohmann::json& json, const JointModel& joint);
/// DataError where ρ is out of bounds.
void from_json(const nlohmann::json& json, JointModel& joint);

}  // namespace proffer::models
