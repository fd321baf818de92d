#include "combine/solved_point.hpp"

#include "combine/certificate_file.hpp"
#include "combine/list_uses.hpp"

namespace proffer::combine {

nlohmann::json solved_point(const ListProblem& problem, const SolvedList& solved) {
  using nlohmann::json;
  const allocation::Certificate& certificate = solved.solution.certificate;
  json point = {{"status", std::string(to_string(certificate.status))}};
  if (!solved.has_answer()) {
    json conflict = json::array();
    for (std::size_t k : certificate.conflict) conflict.push_back(certificate.limits[k].name);
    point["conflict"] = conflict;
    return point;
  }
  json uses = json::object(), prices = json::object();
  for (const json& limit : declared_limits(certificate, problem.limits(), problem.settings(), solved.uses)) {
    const auto name = limit["name"].get<std::string>();
    uses[name] = limit["use"];
    prices[name] = limit["shadow_price"];
  }
  point["planned_value"] = certificate.value;
  point["bound"] = certificate.bound;
  point["relaxed_bound"] = certificate.relaxed_bound;
  point["gap"] = certificate.gap;
  point["uses"] = std::move(uses);
  point["shadow_prices"] = std::move(prices);
  return point;
}

}  // namespace proffer::combine
