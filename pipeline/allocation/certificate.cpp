#include "allocation/certificate.hpp"

namespace proffer::allocation {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::certified:
      return "certified";
    case Status::feasible:
      return "feasible";
    case Status::infeasible:
      return "infeasible";
    case Status::not_found:
      break;
  }
  return "not_found";
}

}  // namespace proffer::allocation
