#include "boosting/library.hpp"

#include <fmt/format.h>
#include <xgboost/c_api.h>

namespace proffer::boosting {

std::string library_version() {
  int major = 0, minor = 0, patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace proffer::boosting
